/**
 * Faults that no stream of a framing can have, known before there is one. Asks the faults themselves,
 * as an answer would; must never have an opinion of its own.
 */
import { noBytes } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { Framing } from '../core/frame.ts'
import type { Random } from '../core/random.ts'
import { expandProfiles } from './expand.ts'
import type { FaultSpec, StreamLanguage } from './fault.ts'
import { faultKind } from './registry.ts'
import type { Impossible } from './wire.ts'

/** The first of the faults that cannot act in any of these framings. */
export function checkFramings(
  specs: readonly FaultSpec[],
  framings: readonly Framing[],
): Impossible | undefined {
  for (const [at, spec] of specs.entries()) {
    for (const member of expandProfiles([spec])) {
      const reasons = framings.flatMap((framing) => refusal(member, framing) ?? [])
      const [why] = reasons
      if (why !== undefined && reasons.length === framings.length) return { at, why }
    }
  }
  return undefined
}

/** Why it is refused when the head of such a stream comes. */
function refusal({ kind, options }: FaultSpec, framing: Framing): string | undefined {
  const context = { stream: languageIn(framing), random: noChance, bodyLength: () => 0 }
  try {
    faultKind(kind)
      ?.create(options, context)
      .push({ atMs: 0, do: 'head', status: 200, headers: [['content-type', framing.contentType]] })
    return undefined
  } catch (thrown) {
    if (thrown instanceof StuntdoubleError && thrown.code === 'not-possible') return thrown.message
    throw thrown
  }
}

const noChance: Random = { next: () => 0, fork: () => noChance }

/** What a dialect can say often depends on the request, so that only comments are known to be none. */
const languageIn = (framing: Framing): StreamLanguage => ({
  framing,
  decoder: () => ({ push: () => [], end: () => [] }),
  countTokens: () => 0,
  encode: (event) =>
    event.type === 'comment' ? framing.encode({ comment: event.text })?.bytes : noBytes,
  heartbeat: () => noBytes,
  errorReply: () => ({ status: 500, headers: [], body: '' }),
})
