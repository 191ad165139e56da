/** From paths and names, as people give them, to a stage. */
import { resolve } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { type Mistake, StuntdoubleError } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import { checkLive } from '../../faults/apply.ts'
import { type GivenFaults, readFaults } from '../../faults/asked.ts'
import type { FaultSpec } from '../../faults/fault.ts'
import { openFolder } from '../../recording/store-folder.ts'
import { type LimitsGiven, parseLimits } from '../../scenario/given-limits.ts'
import { loadScenarios, parseScenario } from '../../scenario/load.ts'
import { knownDialects } from '../../scenario/load-dialects.ts'
import { type LoadedPlan, loadPlan, parsePlan } from '../../scenario/load-plan.ts'
import { mayAskUpstream, type Reply, type Scenario } from '../../scenario/scenario.ts'
import { parsePace } from '../../sources/recording.ts'
import type { UpstreamDefaults, UpstreamsGiven } from '../../sources/upstreams.ts'
import { allUpstreams, type Live } from '../answers/live.ts'
import { FolderSettings, type GivenSettings } from './folder-settings.ts'
import { missingUpstreams, openLive, UpstreamPool } from './open-live.ts'
import { badFiles, type OpeningOptions, openRecordings, openReplays } from './open-replays.ts'
import { buildStage, nameOf, type Stage, type StageOptions } from './stage.ts'

/** What a server is to answer from. Sources are asked in this order. */
export interface Sources extends GivenSettings {
  /** Files and folders, or scenarios as objects of the same form as a file. */
  readonly scenarios?: readonly (string | object)[]
  /** Recordings, or folders of them. */
  readonly recordings?: readonly string[]
  /** How fast recordings are played: `recorded`, `instant`, `x2`, or a profile's name. */
  readonly pace?: string
  /**
   * Live services: one URL, or several, each as on a command line or in full. They are asked where
   * nothing else answers, and by the rules that say so.
   */
  readonly upstream?: UpstreamsGiven
  /** How live services are reached: proxy, certificates, deadlines, AWS credentials. */
  readonly upstreamDefaults?: UpstreamDefaults
  /** The folder that recordings go to; `recordings` unless given, `false` for no tapes. */
  readonly tapes?: string | false
  /** Written into each recording, for whoever reads it later. */
  readonly note?: string
  /** Names of dialects that are asked first for their paths. */
  readonly dialects?: readonly string[]
  /** Instead of the scenarios' own seeds. */
  readonly seed?: number
  /**
   * Faults for every answer: one line as in `x-stuntdouble-fault`, or one or a list of them as in a
   * scenario.
   */
  readonly fault?: GivenFaults
  /** A plan of faults: the nth answer of a session gets its nth entry. A file, or its content. */
  readonly plan?: string | object
  /** How much is let in, besides what the scenarios say: `3rpm`, or as in a scenario. */
  readonly limits?: LimitsGiven
}

export interface Composed {
  readonly stage: Stage
  /** Files that the stage was made of, for watching; absolute. */
  readonly files: readonly string[]
  readonly upstreams: UpstreamPool
  /** In recordings that play all the same, or that others stand in for. */
  readonly mistakes: readonly Mistake[]
  /** What somebody should know who keeps the recordings. */
  readonly warnings: readonly string[]
}

const defaultTapes = 'recordings'

export interface ComposeOptions extends OpeningOptions {
  /** Services that are open already. */
  readonly upstreams?: UpstreamPool
  /** Nothing is going to be asked: no service need be there, and no folder to tape into. */
  readonly isRehearsal?: boolean
}

/** Throws one error that lists every mistake in every file. */
export async function compose(
  sources: Sources,
  clock: Clock,
  {
    upstreams = new UpstreamPool(clock, sources.upstreamDefaults),
    isRehearsal = false,
    ...opening
  }: ComposeOptions = {},
): Promise<Composed> {
  const { scenarios, ...loaded } = await loadAll(sources.scenarios ?? [])
  const planned = sources.plan === undefined ? undefined : await openPlan(sources.plan)
  const mistakes = [...loaded.mistakes, ...(planned?.mistakes ?? [])]
  if (mistakes.length > 0) throw badFiles('bad-scenario', mistakes)
  const known = await knownDialects()
  const live = await openLiveOf(sources, scenarios, upstreams)
  const settings = new FolderSettings(sources)
  const around = { ...opening, settings, clock, mayBeEmpty: live.general !== undefined }
  const replay = sources.recordings && openRecordings(sources.recordings, around)
  const faults = sources.fault === undefined ? undefined : parseFaults(sources.fault)
  refuseNotLive([...(faults ?? []), ...(planned?.plan?.requests.flat() ?? [])], scenarios, live)
  if (!isRehearsal) readyForLive(scenarios, live)
  const replays = isRehearsal ? undefined : openReplays(scenarios, around)
  const options: StageOptions = {
    scenarios,
    dialects: known,
    prefer: sources.dialects ?? [],
    live,
    settings,
    replays: replays?.opened ?? new Map(),
    ...(sources.seed === undefined ? {} : { seed: sources.seed }),
    ...(replay
      ? { replay: { source: replay.opened, pace: parsePace(sources.pace ?? 'recorded') } }
      : {}),
    ...(faults ? { faults } : {}),
    ...(sources.limits === undefined ? {} : { limits: parseLimits(sources.limits) }),
    ...(planned?.plan ? { plan: planned.plan } : {}),
  }
  const stage = buildStage(options)
  checkDialects(sources.dialects ?? [], stage)
  const opened = [replay, replays].filter((one) => one !== undefined)
  const broken = opened.flatMap((one) => one.mistakes)
  const warnings = opened.flatMap((one) => one.warnings)
  const files = [...loaded.files, ...(planned?.files ?? [])]
  return { stage, files, upstreams, mistakes: broken, warnings }
}

async function openLiveOf(
  { upstream, tapes, note }: Sources,
  scenarios: readonly Scenario[],
  pool: UpstreamPool,
): Promise<Live> {
  const brought = scenarios.flatMap(({ dialects }) => dialects.map(nameOf))
  const dialects = [...(await knownDialects()).map(({ name }) => name), ...brought]
  // What a scenario alone asks of a service is kept only where somebody says where.
  const usual = upstream === undefined ? false : defaultTapes
  const folder = (tapes ?? usual) || undefined
  const live = await openLive({ upstream, scenarios, dialects, folder, note }, pool)
  if (typeof tapes === 'string' && allUpstreams(live).length === 0) {
    const why = `the folder ${tapes} is for recordings of a live service, and there is none`
    throw new StuntdoubleError('usage', `${why}: say which by --upstream URL`)
  }
  return live
}

/** Every service that a rule asks is there, and every folder that something is taped into. */
function readyForLive(scenarios: readonly Scenario[], live: Live): void {
  const mistakes = missingUpstreams(scenarios, live)
  if (mistakes.length > 0) throw badFiles('bad-scenario', mistakes)
  if (live.folder !== undefined && allUpstreams(live).length > 0) {
    openFolder(live.folder, live.folder)
  }
  for (const { reply, name, file, line } of scenarios.flatMap(({ rules }) => rules)) {
    const folder = folderOf(reply)
    if (folder !== undefined)
      openFolder(folder, `${file}:${line}: ${folder}, of the rule "${name}",`)
  }
}

/** That a rule names for its tapes. */
function folderOf(reply: Reply): string | undefined {
  if (reply.kind === 'replay') return reply.missing === 'tape' ? reply.path : undefined
  return reply.kind === 'upstream' ? reply.tape || undefined : undefined
}

/** A fault for every answer meets live ones, too, wherever there may be any. */
function refuseNotLive(
  faults: readonly FaultSpec[],
  scenarios: readonly Scenario[],
  { general }: Live,
): void {
  const asks = scenarios.some(({ rules }) => rules.some(({ reply }) => mayAskUpstream(reply)))
  const problem = general || asks ? checkLive(faults) : undefined
  if (problem) throw new StuntdoubleError('usage', `fault: ${problem}`)
}

interface Loaded {
  readonly scenarios: readonly Scenario[]
  readonly mistakes: readonly Mistake[]
  readonly files: readonly string[]
}

async function loadAll(given: readonly (string | object)[]): Promise<Loaded> {
  const paths = given.filter((one) => typeof one === 'string')
  const objects = given.filter((one) => typeof one === 'object')
  const fromFiles = await loadScenarios(paths)
  const parsed = await Promise.all(
    // JSON is YAML, so that an object takes the same road as a file.
    objects.map((one, at) => parseScenario(JSON.stringify(one, undefined, 2), `inline-${at + 1}`)),
  )
  return {
    scenarios: [...fromFiles.scenarios, ...parsed.flatMap(({ scenario }) => scenario ?? [])],
    mistakes: [
      ...fromFiles.mistakes,
      ...fromFiles.planFiles.filter((file) => paths.includes(file)).map(playsNothing),
      ...parsed.flatMap(({ mistakes }) => mistakes),
    ],
    files: fromFiles.files,
  }
}

/** Found in a folder, a plan is for the scenarios beside it. */
const playsNothing = (file: string): Mistake => ({
  ...{ file, line: 1, column: 1 },
  message: 'this is a plan of faults and plays nothing; give it by --plan, or as `plan` of a rule',
})

function parseFaults(given: GivenFaults): readonly FaultSpec[] {
  const specs = readFaults(given)
  if (typeof specs === 'string') throw new StuntdoubleError('usage', `fault: ${specs}`)
  return specs
}

/** An object takes the same road as a file. */
async function openPlan(
  given: string | object,
): Promise<LoadedPlan & { readonly files: readonly string[] }> {
  if (typeof given === 'string') return { ...(await loadPlan(given)), files: [resolve(given)] }
  return { ...parsePlan(JSON.stringify(given, undefined, 2), 'plan'), files: [] }
}

function checkDialects(names: readonly string[], { dialects }: Stage): void {
  const known = dialects.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new StuntdoubleError('usage', `No dialect "${unknown}"${suggestion(unknown, known)}`)
}
