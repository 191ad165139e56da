/** From what people give to the live services of a stage; they outlive a reload. */
import type { Clock } from '../../core/clock.ts'
import type { Mistake } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import { mayAskUpstream, type Rule, type Scenario } from '../../scenario/scenario.ts'
import type {
  UpstreamDefaults,
  UpstreamSpec,
  Upstreams,
  UpstreamsGiven,
} from '../../sources/upstreams.ts'
import type { Live } from '../answers/live.ts'

/** Services that have been opened, each collection once. */
export class UpstreamPool {
  readonly #opened = new Map<string, Upstreams>()
  readonly #clock: Clock
  readonly #defaults: UpstreamDefaults

  constructor(clock: Clock, defaults: UpstreamDefaults = {}) {
    this.#clock = clock
    this.#defaults = defaults
  }

  async open(specs: readonly UpstreamSpec[]): Promise<Upstreams> {
    const key = JSON.stringify(specs)
    const known = this.#opened.get(key)
    if (known) return known
    // The client library is loaded only by those who relay: it would double the time to start.
    const { openUpstreams } = await import('../../sources/upstreams.ts')
    const opened = openUpstreams(specs, this.#clock, this.#defaults)
    this.#opened.set(key, opened)
    return opened
  }

  /** Of all services, for those who must not be one of them. */
  get urls(): readonly string[] {
    return [...this.#opened.values()].flatMap(({ all }) => all.map(({ url }) => url))
  }

  /** Leaves what is still running; resolves when its tapes are closed. */
  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map((upstreams) => upstreams.close()))
  }
}

export interface LiveGiven {
  readonly upstream?: UpstreamsGiven | undefined
  readonly folder: string | undefined
  readonly note: string | undefined
  readonly scenarios: readonly Scenario[]
  /** Names of all that are known. */
  readonly dialects: readonly string[]
}

/** Throws a `usage` error where an upstream is wrong, or is for nobody. */
export async function openLive(given: LiveGiven, pool: UpstreamPool): Promise<Live> {
  const { scenarios, folder, note } = given
  const own = new Map<string, Upstreams>()
  for (const { name, upstreams } of scenarios) {
    if (upstreams.length > 0) own.set(name, await pool.open(upstreams))
  }
  return { general: await openGeneral(given, pool), own, folder, note }
}

async function openGeneral(
  { upstream, scenarios, dialects }: LiveGiven,
  pool: UpstreamPool,
): Promise<Upstreams | undefined> {
  if (upstream === undefined) return undefined
  const { checkUpstreamNames, upstreamSpecs } = await import('../../sources/upstreams.ts')
  const specs = upstreamSpecs(upstream)
  if (specs.length === 0) return undefined
  const asked = scenarios.flatMap(({ rules }) => rules.flatMap((rule) => askedName(rule) ?? []))
  checkUpstreamNames(specs, dialects, asked)
  return pool.open(specs)
}

const askedName = ({ reply }: Rule): string | undefined =>
  reply.kind === 'upstream' || reply.kind === 'replay' ? reply.upstream : undefined

/** Rules that ask a live service, where there is none that they could mean. */
export function missingUpstreams(
  scenarios: readonly Scenario[],
  { general, own }: Live,
): readonly Mistake[] {
  return scenarios.flatMap((scenario) => {
    const all = [general, own.get(scenario.name)].flatMap((upstreams) => upstreams ?? [])
    return scenario.rules.flatMap((rule): Mistake[] => {
      const { file, reply, asksAt } = rule
      if (!asksAt || !mayAskUpstream(reply)) return []
      const message = complaint(askedName(rule), all, scenario)
      return message === undefined ? [] : [{ file, ...asksAt, message }]
    })
  })
}

function complaint(
  name: string | undefined,
  all: readonly Upstreams[],
  { upstreams }: Scenario,
): string | undefined {
  if (all.length === 0) {
    const named = name === undefined ? 'URL' : `${name}=URL`
    return `this rule asks a live service, and there is none: say which by --upstream ${named}, or by \`upstream: URL\` in the scenario`
  }
  if (name === undefined || all.some((one) => one.named(name))) return undefined
  const known = upstreams.flatMap((one) => one.name ?? one.dialect ?? [])
  const near = known.length > 0 ? suggestion(name, known) : ''
  return `no upstream is named "${name}"${near || `; --upstream ${name}=URL would name one`}`
}
