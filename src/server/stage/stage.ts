/**
 * All that answers may come from, as one immutable value: a reload puts a new stage in place, and
 * streams in flight finish on the old one.
 */
import type { Dialect } from '../../core/dialect.ts'
import type { Limit } from '../../core/limits.ts'
import type { ReplayPace } from '../../core/pacing.ts'
import type { FaultSpec } from '../../faults/fault.ts'
import type { FaultPlan } from '../../faults/plan.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { ReplaySource } from '../../sources/recording.ts'
import { type Live, noLive } from '../answers/live.ts'
import type { ReplaySources } from '../answers/replays.ts'
import { buildRoutes, type Routes } from '../answers/routes.ts'
import { FolderSettings } from './folder-settings.ts'

/** Sources are asked in this order: scenarios, recordings, the services given for all. */
export interface StageOptions {
  readonly scenarios?: readonly Scenario[]
  /** Known without any scenario, in the order in which they are asked for a path. */
  readonly dialects: readonly Dialect[]
  /** Put first, by name: what `--dialect` names. */
  readonly prefer?: readonly string[]
  /** Instead of the scenarios' own seeds. */
  readonly seed?: number
  readonly replay?: { readonly source: ReplaySource; readonly pace: ReplayPace }
  readonly live?: Live
  /** Of folders that recordings are in, or go to. */
  readonly settings?: FolderSettings
  /** Recordings that rules replay by request. */
  readonly replays?: ReplaySources
  /** Hold for every answer, besides those of the scenarios. */
  readonly limits?: readonly Limit[]
  /** Act on every answer, after those of its rule. */
  readonly faults?: readonly FaultSpec[]
  /** The nth answer of a session gets its nth entry, beside those. */
  readonly plan?: FaultPlan
  /** What the chance of all faults is drawn from, instead of each answer's own. */
  readonly faultSeed?: number
}

export interface Stage extends StageOptions {
  readonly scenarios: readonly Scenario[]
  readonly live: Live
  readonly settings: FolderSettings
  readonly replays: ReplaySources
  /** All that hold, each once. */
  readonly limits: readonly Limit[]
  readonly routes: Routes
}

export function buildStage(options: StageOptions): Stage {
  const scenarios = options.scenarios ?? []
  const dialects = orderDialects(scenarios, options.dialects, options.prefer ?? [])
  const brought = scenarios.flatMap((scenario) => scenario.dialects.map(nameOf))
  const settled = new Set([...(options.prefer ?? []), ...brought])
  const { live = noLive, replays = new Map(), settings = new FolderSettings({}) } = options
  const routes = buildRoutes(dialects, settled)
  return {
    ...options,
    scenarios,
    live,
    settings,
    replays,
    limits: limitsOf(options),
    dialects,
    routes,
  }
}

/** Two scenarios may say the same, as where both are for one service. */
function limitsOf({ scenarios = [], limits = [] }: StageOptions): readonly Limit[] {
  const all = [...scenarios.flatMap((scenario) => scenario.limits), ...limits]
  return [...new Map(all.map((limit) => [JSON.stringify(limit), limit])).values()]
}

export const nameOf = (entry: Scenario['dialects'][number]): string =>
  entry.kind === 'declared' ? entry.dialect.name : entry.name

/** What scenarios bring or name comes before what is known anyway, and replaces it by its name. */
function orderDialects(
  scenarios: readonly Scenario[],
  known: readonly Dialect[],
  prefer: readonly string[],
): readonly Dialect[] {
  const ordered = new Map<string, Dialect>()
  const add = (dialect: Dialect | undefined): void => {
    if (dialect && !ordered.has(dialect.name)) ordered.set(dialect.name, dialect)
  }
  const entries = scenarios.flatMap(({ dialects }) => dialects)
  const brought = entries.flatMap((entry) => (entry.kind === 'declared' ? [entry.dialect] : []))
  const all = [...brought, ...known]
  for (const name of prefer) add(all.find((dialect) => dialect.name === name))
  for (const entry of entries) {
    if (entry.kind === 'declared') add(entry.dialect)
    else add(all.find((dialect) => dialect.name === entry.name))
  }
  for (const dialect of known) add(dialect)
  return [...ordered.values()]
}
