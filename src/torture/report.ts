/** What torture found, as plain data: what every form of report is made from. */
import type { Step } from '../core/timeline.ts'
import type { VariantPlan } from '../sweep/variant.ts'
import type { Comparing } from './output.ts'
import type { Seen } from './seen.ts'
import { type Verdict, verdicts } from './verdict.ts'

export interface VariantResult extends VariantPlan {
  readonly verdict: Verdict
  readonly why: string
  readonly notes: readonly string[]
  readonly allowed: boolean
  readonly seen: Seen
  /** What the server was to do, as long as nobody left; the first steps only. */
  readonly timeline: readonly Step[]
  /** It was run beside those of the budget, in search of the simplest that fails. */
  readonly shrunk: boolean
}

/** The simplest that failed in a way, among all that did. */
export interface Smallest {
  readonly result: VariantResult
  /** How many of its group failed alike. */
  readonly alike: number
  /** What a second run of it gave, where that was another verdict. */
  readonly again: Verdict | undefined
}

export interface Report {
  /** `demo/hello`, or what else answered. */
  readonly reply: string
  readonly dialect: string
  readonly clean: Seen
  readonly comparedBy: Comparing['by']
  readonly limitMs: number
  readonly seed: number
  readonly variants: readonly VariantResult[]
  /** How many there are in all, run or not. */
  readonly known: number
  /** How many of them were asked for by name; all where none was named. */
  readonly chosen: number
  /** Groups that were asked for, and of which nothing was run. */
  readonly unreached: readonly string[]
  readonly smallest: readonly Smallest[]
  readonly ms: number
  /** It was ended before it was done. */
  readonly interrupted: boolean
}

export interface Summary {
  readonly variants: number
  readonly failed: number
  readonly verdicts: Readonly<Record<Verdict, number>>
}

export function summaryOf({ variants }: Pick<Report, 'variants'>): Summary {
  const counts = verdicts.map((verdict): [Verdict, number] => [
    verdict,
    variants.filter((one) => one.verdict === verdict).length,
  ])
  return {
    variants: variants.length,
    failed: failuresOf({ variants }).length,
    verdicts: recordOf(counts),
  }
}

function recordOf(counts: readonly (readonly [Verdict, number])[]): Record<Verdict, number> {
  const record: Record<Verdict, number> = {
    'same output': 0,
    'clean error': 0,
    'silent truncation': 0,
    'wrong output': 0,
    hang: 0,
    crash: 0,
    'retry storm': 0,
  }
  for (const [verdict, count] of counts) record[verdict] = count
  return record
}

export const failuresOf = ({ variants }: Pick<Report, 'variants'>): readonly VariantResult[] =>
  variants.filter(({ allowed }) => !allowed)

/** Groups in the order of their first variant, with how many came to which verdict. */
export function groupsOf(
  variants: readonly VariantResult[],
): readonly { readonly group: string; readonly variants: readonly VariantResult[] }[] {
  const groups = new Map<string, VariantResult[]>()
  for (const one of variants) {
    const group = groups.get(one.group)
    if (group) group.push(one)
    else groups.set(one.group, [one])
  }
  return [...groups].map(([group, members]) => ({ group, variants: members }))
}
