/** What can be waited for, and how it is written: the same words by HTTP and in the library. */
import { z } from 'zod'
import { StuntdoubleError } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import { duration, strict, wholeNumber } from '../../faults/options.ts'
import { faultKinds, faultNames } from '../../faults/registry.ts'
import { readStreamPlace, type StreamPlace } from './streams-place.ts'

/** What is waited for, in the same words over HTTP and in the library. */
export const waitedFor = [
  ...(['request', 'head', 'written', 'fault', 'paused', 'ended'] as const),
  ...(['client-left', 'taped', 'idle'] as const),
] as const

type WaitedFor = (typeof waitedFor)[number]

export interface WaitOptions {
  readonly for: WaitedFor
  /** How many exchanges; 1 unless said. */
  readonly count?: number
  readonly session?: string
  /** `scenario/rule`, or what else answers. */
  readonly rule?: string
  /** Only exchanges after the one of this id. */
  readonly since?: number
  /** With `written`: how much of the body, as `frame:3` or `byte:100`; the first byte unless said. */
  readonly at?: string | { readonly frame: number } | { readonly byte: number }
  /** With `fault`: only faults of this kind, as `reset`; no profile. */
  readonly kind?: string
  /** `5s` unless said, or milliseconds. */
  readonly timeout?: string | number
}

const mostMs = 600_000
const usualMs = 5000

const text = z.string({ error: 'must be text' })

/** The kinds that an entry can tell of: profiles are taken apart before they act. */
export const waitedKinds: readonly string[] = faultKinds.map(({ name }) => name)

function noKind(written: string): string {
  if (faultNames.includes(written)) {
    return `"${written}" is a profile of several faults; name the one that is waited for`
  }
  return `no fault is called "${written}"${suggestion(written, waitedKinds)}`
}

const shape = {
  for: z.enum(waitedFor, {
    error: ({ input }) =>
      input === undefined
        ? `say what is waited for: one of ${waitedFor.join(', ')}`
        : `nobody can wait for "${input}"${suggestion(String(input), waitedFor)}`,
  }),
  count: wholeNumber(1).optional(),
  session: text.optional(),
  rule: text.optional(),
  since: wholeNumber(0).optional(),
  at: z.unknown().optional(),
  kind: z.enum(waitedKinds, { error: ({ input }) => noKind(String(input)) }).optional(),
  timeout: duration.refine((ms) => ms <= mostMs, { error: 'must be at most 10m' }).optional(),
}

const schema = strict(shape, 'wait')

export interface Wait {
  readonly for: WaitedFor
  readonly count: number
  readonly session: string | undefined
  readonly rule: string | undefined
  readonly since: number
  readonly at: StreamPlace
  readonly kind: string | undefined
  readonly timeoutMs: number
}

export function readWait(written: unknown): Wait {
  const read = schema.safeParse(written)
  if (!read.success) {
    const said = read.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    )
    throw new StuntdoubleError('bad-request', `wait: ${said.join('; ')}`)
  }
  const { data } = read
  const only = (name: 'at' | 'kind', what: WaitedFor): void => {
    if (data[name] === undefined || data.for === what) return
    throw new StuntdoubleError('bad-request', `wait: ${name} goes with for=${what} only`)
  }
  only('at', 'written')
  only('kind', 'fault')
  if (data.for === 'idle' && data.count !== undefined) {
    throw new StuntdoubleError('bad-request', 'wait: there is nothing to count for idle')
  }
  const at = readStreamPlace(data.at ?? { byte: 1 }, 'wait: at', ['frame', 'byte'])
  const { count = 1, since = 0, timeout = usualMs, session, rule, kind } = data
  return { for: data.for, count, since, timeoutMs: timeout, session, rule, kind, at }
}
