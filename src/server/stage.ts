/**
 * All that answers may come from, as one immutable value: a reload puts a new stage in place, and
 * streams in flight finish on the old one.
 */
import type { Dialect } from '../core/dialect.ts'
import type { ReplayPace } from '../core/pacing.ts'
import type { FaultSpec } from '../faults/fault.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { ReplaySource } from '../sources/recording.ts'
import type { Upstream } from '../sources/upstream.ts'
import { buildRoutes, type Routes } from './routes.ts'

/** Sources are asked in this order: scenarios, recordings, upstream. */
export interface StageOptions {
  readonly scenarios?: readonly Scenario[]
  /** Known without any scenario, in the order in which they are asked for a path. */
  readonly dialects: readonly Dialect[]
  /** Put first, by name: what `--dialect` names. */
  readonly prefer?: readonly string[]
  /** Instead of the scenarios' own seeds. */
  readonly seed?: number
  readonly replay?: { readonly source: ReplaySource; readonly pace: ReplayPace }
  readonly relay?: Relay
  /** Act on every answer, after those of its rule. */
  readonly faults?: readonly FaultSpec[]
}

interface Relay {
  readonly upstream: Upstream
  /** The folder that recordings go to. */
  readonly folder: string
  /** Written into each of them, for whoever reads them later. */
  readonly note: string | undefined
}

export interface Stage extends StageOptions {
  readonly scenarios: readonly Scenario[]
  readonly routes: Routes
}

export function buildStage(options: StageOptions): Stage {
  const scenarios = options.scenarios ?? []
  const dialects = orderDialects(scenarios, options.dialects, options.prefer ?? [])
  const brought = scenarios.flatMap((scenario) => scenario.dialects.map(nameOf))
  const settled = new Set([...(options.prefer ?? []), ...brought])
  return { ...options, scenarios, dialects, routes: buildRoutes(dialects, settled) }
}

const nameOf = (entry: Scenario['dialects'][number]): string =>
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
