/** Silence at a place: what was due in it comes at once when it is over, the rest on schedule. */
import type { z } from 'zod'
import type { Step } from '../core/timeline.ts'
import type { FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { choose, duration, isMapping, strict } from './options.ts'
import { optionalPlace, type Place, theVeryStart } from './place.ts'
import { scannerFor } from './places.ts'

interface StallOptions {
  readonly for: number
  readonly at?: Place
}

const schema: z.ZodType<StallOptions> = strict({
  for: duration.describe('How long the silence lasts.'),
  at: optionalPlace.describe('Where it begins; before the head unless said.'),
})

export const stall: FaultKind<StallOptions> = {
  name: 'stall',
  summary: 'Falls silent for a while, then catches up with what was due and goes on as planned.',
  schema: choose(pickForm, () => [schema], 'How long, and where the silence begins.'),
  create: ({ for: ms, at = theVeryStart }, context) =>
    fromPlace(
      scannerFor(at, context),
      stalled(ms, (reached) => context.onAct?.('stall', reached)),
    ),
}

function pickForm(written: unknown): z.ZodType<StallOptions> | string {
  if (isMapping(written) && written['for'] !== undefined) return schema
  return 'stall needs `for`, e.g. { for: 2s }; for silence that never ends use hang'
}

function stalled(ms: number, report: (at: Reached) => void): Aftermath {
  let untilMs = 0
  return {
    reach(at): Step[] {
      untilMs = at.atMs + ms
      report(at)
      return []
    },
    push: (step) => [step.atMs < untilMs ? { ...step, atMs: untilMs } : step],
    end: () => [],
  }
}
