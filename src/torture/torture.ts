/**
 * Puts a client to the test: runs it against the clean reply, twice, and then against each variant of
 * it, and judges what it saw. Runs several at once, each against a server of its own.
 */
import { chosenBy } from '../sweep/names.ts'
import { spread } from '../sweep/spread.ts'
import type { VariantPlan } from '../sweep/variant.ts'
import { variantsOf } from '../sweep/variants.ts'
import { checkAllowed } from './allow.ts'
import { type Clean, cleanRuns } from './clean.ts'
import type { Report, VariantResult } from './report.ts'
import { settle, type TortureOptions, type TortureSettings } from './settings.ts'
import { smallestOf } from './smallest.ts'
import { openStand, type Stand } from './stand.ts'
import { tryVariant } from './trial.ts'

/**
 * Throws a `usage` error for what makes no sense, and a `not-possible` one where the clean run fails
 * or never asks.
 */
export async function torture(options: TortureOptions): Promise<Report> {
  const settings = settle(options)
  const { clock, onProgress, sources, pace } = settings
  const startedMs = clock.now()
  const stand = await openStand(sources, pace, clock)
  const clean = await cleanRuns(stand, settings)
  const plans = variantsFor(clean)
  checkAllowed(settings.allow, plans)
  const chosen = chosenOf(plans, settings)
  const first = inOrder(chosen, settings)
  onProgress({ at: 'variants', total: first.length, limitMs: clean.limitMs })
  const round: Round = { clean, settings, startedMs }
  const results = await runAll(first, stand, round)
  const isOver = (): boolean => settings.signal.aborted || isOverdue(round)
  if (results.some(({ allowed }) => !allowed)) onProgress({ at: 'shrinking' })
  const attempt = (plan: VariantPlan) => tryVariant(plan, clean, stand, settings)
  const { smallest, tried } = await smallestOf({ results, plans: chosen, attempt, isOver })
  const variants = sortedAs(plans, [...results, ...tried])
  return {
    reply: clean.reply.name,
    dialect: clean.reply.dialect.name,
    clean: clean.seen,
    comparedBy: clean.comparing.by,
    limitMs: clean.limitMs,
    seed: clean.reply.seed,
    variants,
    known: plans.length,
    chosen: chosen.length,
    unreached: unreachedOf(chosen, variants),
    smallest,
    ms: clock.now() - startedMs,
    interrupted: settings.signal.aborted,
  }
}

/** All that there are, or that are chosen by name, whatever the budget; only the clean reply is run. */
export async function listVariants(options: TortureOptions): Promise<readonly VariantPlan[]> {
  const settings = settle(options)
  const stand = await openStand(settings.sources, settings.pace, settings.clock)
  return chosenOf(variantsFor(await cleanRuns(stand, settings)), settings)
}

const chosenOf = (
  plans: readonly VariantPlan[],
  { only }: TortureSettings,
): readonly VariantPlan[] => (only ? chosenBy(only, plans) : plans)

/** Groups of which nothing was run. */
function unreachedOf(
  chosen: readonly VariantPlan[],
  results: readonly VariantResult[],
): readonly string[] {
  const reached = new Set(results.map(({ group }) => group))
  return [...new Set(chosen.map(({ group }) => group))].filter((group) => !reached.has(group))
}

/** Silences that a client must outlast are shorter than what it is given. */
const variantsFor = ({ reply }: Clean): readonly VariantPlan[] =>
  variantsOf(reply, { seed: reply.seed, silence: '2s', retryAfter: '1s' })

/** Where there is a budget, spread so that the first few lie everywhere. */
function inOrder(
  chosen: readonly VariantPlan[],
  { budget }: TortureSettings,
): readonly VariantPlan[] {
  const isWhole = budget.ms === undefined && (budget.runs ?? chosen.length) >= chosen.length
  if (isWhole) return chosen
  return spread(chosen).slice(0, budget.runs)
}

interface Round {
  readonly clean: Clean
  readonly settings: TortureSettings
  readonly startedMs: number
}

/** Nothing more is begun; what runs may end. */
const isOverdue = ({ settings: { budget, clock }, startedMs }: Round): boolean =>
  budget.ms !== undefined && clock.now() - startedMs >= budget.ms

/** Each job has a stand of its own, since what a stand plays may remember what it has played. */
async function runAll(
  plans: readonly VariantPlan[],
  first: Stand,
  round: Round,
): Promise<VariantResult[]> {
  const { clean, settings } = round
  const { sources, pace, clock, jobs, signal, onProgress } = settings
  const queue = plans.values()
  const results: VariantResult[] = []
  const work = async (stand: Stand): Promise<void> => {
    for (const plan of queue) {
      if (signal.aborted || isOverdue(round)) return
      const result = await tryVariant(plan, clean, stand, settings)
      // What we ourselves have ended says nothing of the client.
      if (signal.aborted) return
      results.push(result)
      onProgress({ at: 'variant', result, done: results.length })
    }
  }
  const others = Array.from({ length: Math.min(jobs, plans.length) - 1 }, async () =>
    work(await openStand(sources, pace, clock)),
  )
  await Promise.all([work(first), ...others])
  return results
}

/** In the order of the set, whichever was done first. */
function sortedAs(
  plans: readonly VariantPlan[],
  results: readonly VariantResult[],
): VariantResult[] {
  const order = new Map(plans.map(({ name }, at) => [name, at]))
  return [...results].sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0))
}
