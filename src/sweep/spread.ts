/**
 * Which variants come first where not all can be run, and which are simpler than one that fails.
 */
import type { VariantPlan } from './variant.ts'

/**
 * The same variants in another order: each family has its turn, and within a family the ends come
 * first, then the middle, then the middles of what is left. So the first few of any number lie
 * everywhere.
 */
export function spread<Plan extends VariantPlan>(plans: readonly Plan[]): Plan[] {
  const families = new Map<string, Plan[]>()
  for (const plan of plans) {
    const family = families.get(plan.family)
    if (family) family.push(plan)
    else families.set(plan.family, [plan])
  }
  const queues = [...families.values()].map((members) => halving(members))
  const out: Plan[] = []
  for (let turn = 0; out.length < plans.length; turn++) {
    for (const queue of queues) {
      const plan = queue[turn]
      if (plan) out.push(plan)
    }
  }
  return out
}

/** First, last, middle, the middles of both halves, and so on. */
function halving<Item>(items: readonly Item[]): Item[] {
  const last = items.length - 1
  const order = new Set<number>(last > 0 ? [0, last] : items.keys())
  let gaps: (readonly [from: number, to: number])[] = [[0, last]]
  while (gaps.length > 0) {
    gaps = gaps.flatMap(([from, to]) => {
      const middle = (from + to) >> 1
      if (middle === from) return []
      order.add(middle)
      return [[from, middle] as const, [middle, to] as const]
    })
  }
  return [...order].flatMap((index) => items[index] ?? [])
}

/**
 * Simpler variants of the same family, the simplest first: the one to look at is the first of them
 * that fails in the same way.
 */
export const smallerThan = <Plan extends VariantPlan>(
  plan: VariantPlan,
  plans: readonly Plan[],
): Plan[] =>
  plans
    .filter(({ family, size }) => family === plan.family && size < plan.size)
    .sort((a, b) => a.size - b.size)
