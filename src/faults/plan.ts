/**
 * A plan of faults: what the first request gets, what the second, and so on. The form in which it is
 * written; plain data, with nothing left to chance but what a fault draws from its own seed.
 */
import { z } from 'zod'
import type { FaultSpec } from './fault.ts'
import { choose, isMapping, strict } from './options.ts'
import { faultSchema } from './registry.ts'
import { checkTogether } from './wire.ts'

/** What requests get after the last entry. */
const planAfter = ['clean', 'repeat-last', 'loop'] as const

export type PlanAfter = (typeof planAfter)[number]

export interface FaultPlan {
  readonly name?: string
  readonly after: PlanAfter
  /** The nth is for the nth request; an empty one is left as it is. */
  readonly requests: readonly (readonly FaultSpec[])[]
}

/** What one request gets. */
const entry: z.ZodType<readonly FaultSpec[]> = choose<readonly FaultSpec[]>(
  (written) => {
    if (written === 'clean') return clean
    return Array.isArray(written) ? several : single
  },
  () => [clean, faultSchema, several],
  'What one request gets: a fault, a list of faults, or `clean`.',
)

const clean = z
  .literal('clean')
  .transform((): readonly FaultSpec[] => [])
  .describe('Nothing: the answer is left as it is.')

const single = faultSchema.transform((spec): readonly FaultSpec[] => [spec])

const several = z
  .array(faultSchema)
  .min(1, { error: 'an empty list is no fault; write `clean` for a request that is left as it is' })
  .superRefine((specs, context) => {
    const clash = checkTogether(specs)
    if (clash) context.addIssue({ code: 'custom', message: clash.why, path: [clash.at] })
  })
  .describe('Each acts on what the one before it left.')

const shape = {
  name: z.exactOptional(
    z.string({ error: 'must be text' }).describe('What the plan is called, for people.'),
  ),
  after: z
    .enum(planAfter, { error: `must be ${planAfter.join(', ')}` })
    .default('clean')
    .describe(
      'What requests get after the last: nothing (`clean`, the default), the last entry again (`repeat-last`), or all from the first (`loop`).',
    ),
  requests: z
    .array(entry, { error: 'must be a list: what the first request gets, what the second, …' })
    .min(1, { error: 'must have one entry at least' })
    .describe('What goes wrong with the first request, with the second, and so on.'),
}

const mapping = strict(shape, 'a plan')

const list = shape.requests.transform((requests): FaultPlan => ({ requests, after: 'clean' }))

/** A plan within a scenario: told in short, or every scenario's schema would hold all of it again. */
export const planInShort = z
  .unknown()
  .describe(
    'As in a file of its own: `requests`, with `name` and `after` beside; or only the list.',
  )

/** Told to editors in short, since its items are told at `requests`. */
const bareList = z.array(z.unknown()).describe('Only what requests get, as in `requests`.')

/** A plan in full, or only its list of requests. */
export const planSchema: z.ZodType<FaultPlan> = choose<FaultPlan>(
  (written) => {
    if (Array.isArray(written)) return list
    if (!isMapping(written))
      return 'a plan is a mapping with `requests`, or a list of what they get'
    return mapping
  },
  () => [mapping, bareList],
  'A plan of faults: the nth request gets the nth entry.',
)

/** What the nth request gets, counted from 1, and which entry that is; none where the plan is over. */
export function entryFor(
  { requests, after }: FaultPlan,
  nth: number,
): { readonly entry: number; readonly faults: readonly FaultSpec[] } | undefined {
  const entry = placeOf(nth, requests.length, after)
  const faults = requests[entry - 1]
  return faults && { entry, faults }
}

function placeOf(nth: number, length: number, after: PlanAfter): number {
  if (nth <= length || after === 'clean') return nth
  return after === 'loop' ? ((nth - 1) % length) + 1 : length
}
