/** Everything from a place on comes later than it would have: the pace stays, the start shifts. */
import type { z } from 'zod'
import type { Step } from '../core/timeline.ts'
import type { FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { choose, duration, isMapping, strict } from './options.ts'
import { optionalPlace, type Place, theVeryStart } from './place.ts'
import { scannerFor } from './places.ts'

interface DelayOptions {
  readonly for: number
  readonly at?: Place
}

const short: z.ZodType<DelayOptions> = duration.transform((ms) => ({ for: ms }))

const long: z.ZodType<DelayOptions> = strict({
  for: duration.describe('How much later everything comes.'),
  at: optionalPlace.describe('From where on; from before the head unless said.'),
})

export const delay: FaultKind<DelayOptions> = {
  name: 'delay',
  summary: 'Shifts everything from the place on to a later time; without a place, the head too.',
  schema: choose(pickForm, () => [short, long], 'A duration, or { for, at }.'),
  create: ({ for: ms, at = theVeryStart }, context) =>
    fromPlace(
      scannerFor(at, context),
      shifted(ms, (reached) => context.onAct?.('delay', reached)),
    ),
}

function pickForm(written: unknown): z.ZodType<DelayOptions> | string {
  if (typeof written === 'string' || typeof written === 'number') return short
  if (isMapping(written) && written['for'] !== undefined) return long
  return 'delay needs how long, e.g. delay: 300ms or delay: { for: 300ms, at: { frame: 2 } }'
}

function shifted(ms: number, report: (at: Reached) => void): Aftermath {
  return {
    reach(at): Step[] {
      report(at)
      return []
    },
    push: (step) => [{ ...step, atMs: step.atMs + ms }],
    end: () => [],
  }
}
