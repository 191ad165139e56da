/**
 * The simplest variant that fails in each way. Of those that were run it is the one with the fewest
 * faults and the earliest place; where a budget has left out simpler ones, some of these are tried.
 */
import { smallerThan } from '../sweep/spread.ts'
import type { VariantPlan } from '../sweep/variant.ts'
import { failuresOf, type Smallest, type VariantResult } from './report.ts'

export interface Shrinking {
  readonly results: readonly VariantResult[]
  /** All variants, run or not. */
  readonly plans: readonly VariantPlan[]
  readonly attempt: (plan: VariantPlan) => Promise<VariantResult>
  readonly isOver: () => boolean
}

/** For one kind of failure, and for all of them. */
const mostRunsEach = 6
const mostRuns = 30

export interface Shrunk {
  readonly smallest: readonly Smallest[]
  /** Those that were run in search of them, and had not been before. */
  readonly tried: readonly VariantResult[]
}

export async function smallestOf(shrinking: Shrinking): Promise<Shrunk> {
  const found: Smallest[] = []
  const all: VariantResult[] = []
  let left = mostRuns
  for (const kind of kindsOf(failuresOf({ variants: shrinking.results }))) {
    const [simplest] = kind
    if (!simplest) continue
    const most = Math.min(mostRunsEach, left)
    const { result, tried } = await simpler(simplest, shrinking, most)
    all.push(...tried)
    left -= tried.length
    found.push({ result, alike: kind.length, again: await again(result, shrinking, left) })
    left -= 1
  }
  return { smallest: found, tried: all }
}

/** Failures of one group with one verdict, the simplest first. */
function kindsOf(failures: readonly VariantResult[]): VariantResult[][] {
  const kinds = new Map<string, VariantResult[]>()
  for (const failure of failures) {
    const kind = `${failure.verdict}/${failure.group}`
    const known = kinds.get(kind)
    if (known) known.push(failure)
    else kinds.set(kind, [failure])
  }
  return [...kinds.values()].map((kind) => kind.sort(bySimplicity))
}

const bySimplicity = (a: VariantResult, b: VariantResult): number =>
  a.fault.length - b.fault.length || a.size - b.size

/** Halves the way to the simplest of the family that nobody has run yet. */
async function simpler(
  from: VariantResult,
  { results, plans, attempt, isOver }: Shrinking,
  most: number,
): Promise<{ result: VariantResult; tried: readonly VariantResult[] }> {
  const known = new Set(results.map(({ name }) => name))
  let candidates = smallerThan(from, plans).filter(({ name }) => !known.has(name))
  let result = from
  const tried: VariantResult[] = []
  while (candidates.length > 0 && tried.length < most && !isOver()) {
    // The very simplest first: where it fails, all is said.
    const at = tried.length === 0 ? 0 : candidates.length >> 1
    const plan = candidates[at]
    if (!plan) break
    const other = { ...(await attempt(plan)), shrunk: true }
    tried.push(other)
    const isAlike = other.verdict === from.verdict && !other.allowed
    if (isAlike) result = other
    candidates = isAlike ? candidates.slice(0, at) : candidates.slice(at + 1)
  }
  return { result, tried }
}

/** A failure that is not seen twice may be the machine's. */
async function again(
  result: VariantResult,
  { plans, attempt, isOver }: Shrinking,
  left: number,
): Promise<VariantResult['verdict'] | undefined> {
  const plan = plans.find(({ name }) => name === result.name)
  if (!plan || left <= 0 || isOver()) return undefined
  const { verdict } = await attempt(plan)
  return verdict === result.verdict ? undefined : verdict
}
