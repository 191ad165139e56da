/** From paths and names, as people give them, to a stage. */
import type { Clock } from '../core/clock.ts'
import { formatMistake, type Mistake, StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { checkLive } from '../faults/apply.ts'
import type { FaultSpec } from '../faults/fault.ts'
import { parseFaultHeader } from '../faults/header.ts'
import { listRecordings } from '../recording/store.ts'
import { loadScenarios, parseScenario } from '../scenario/load.ts'
import { knownDialects } from '../scenario/load-dialects.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { parsePace, type ReplaySource, replaySource } from '../sources/recording.ts'
import type { Upstream } from '../sources/upstream.ts'
import { buildStage, type Stage, type StageOptions } from './stage.ts'

/** What a server is to answer from. Sources are asked in this order. */
export interface Sources {
  /** Files and folders, or scenarios as objects of the same form as a file. */
  readonly scenarios?: readonly (string | object)[]
  /** Recordings, or folders of them. */
  readonly recordings?: readonly string[]
  /** How fast recordings are played: `recorded`, `instant`, `x2`, or a profile's name. */
  readonly pace?: string
  /** The base URL of the one service that requests are relayed to and taped from. */
  readonly upstream?: string
  /** The folder that recordings go to; `recordings` unless given. */
  readonly tapes?: string
  /** Written into each recording, for whoever reads it later. */
  readonly note?: string
  /** Names of dialects that are asked first for their paths. */
  readonly dialects?: readonly string[]
  /** Instead of the scenarios' own seeds. */
  readonly seed?: number
  /** Faults for every answer, written as in `x-stuntdouble-fault`. */
  readonly fault?: string
}

export interface Composed {
  readonly stage: Stage
  /** Files that the stage was made of, for watching; absolute. */
  readonly files: readonly string[]
  readonly upstream: Upstream | undefined
}

const defaultTapes = 'recordings'

/** Throws one error that lists every mistake in every file. */
export async function compose(sources: Sources, clock: Clock, kept?: Upstream): Promise<Composed> {
  const loaded = await loadAll(sources.scenarios ?? [])
  if (loaded.mistakes.length > 0) throw badFiles('bad-scenario', loaded.mistakes)
  const known = await knownDialects()
  const replay = sources.recordings && openRecordings(sources.recordings)
  const faults = sources.fault === undefined ? undefined : parseFaults(sources.fault)
  const notLive = sources.upstream !== undefined && faults ? checkLive(faults) : undefined
  if (notLive) throw new StuntdoubleError('usage', `fault: ${notLive}`)
  const upstream = kept ?? (await openUpstreamOf(sources, clock))
  const options: StageOptions = {
    scenarios: loaded.scenarios,
    dialects: known,
    prefer: sources.dialects ?? [],
    ...(sources.seed === undefined ? {} : { seed: sources.seed }),
    ...(replay ? { replay: { source: replay, pace: parsePace(sources.pace ?? 'recorded') } } : {}),
    ...(upstream
      ? { relay: { upstream, folder: sources.tapes ?? defaultTapes, note: sources.note } }
      : {}),
    ...(faults ? { faults } : {}),
  }
  const stage = buildStage(options)
  checkDialects(sources.dialects ?? [], stage)
  return { stage, files: loaded.files, upstream }
}

/** The client library is loaded only by those who relay: it would double the time to start. */
async function openUpstreamOf({ upstream }: Sources, clock: Clock): Promise<Upstream | undefined> {
  if (upstream === undefined) return undefined
  const { openUpstream } = await import('../sources/upstream.ts')
  return openUpstream({ url: upstream, clock })
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
    mistakes: [...fromFiles.mistakes, ...parsed.flatMap(({ mistakes }) => mistakes)],
    files: fromFiles.files,
  }
}

function openRecordings(paths: readonly string[]): ReplaySource {
  const { recordings, mistakes } = listRecordings(paths)
  if (mistakes.length > 0) throw badFiles('bad-recording', mistakes)
  if (recordings.length === 0) {
    throw new StuntdoubleError('bad-recording', `There is no recording in ${paths.join(', ')}`)
  }
  return replaySource(recordings)
}

function parseFaults(written: string): readonly FaultSpec[] {
  const parsed = parseFaultHeader(written)
  if ('problem' in parsed) throw new StuntdoubleError('usage', `fault: ${parsed.problem}`)
  return parsed.specs
}

function checkDialects(names: readonly string[], { dialects }: Stage): void {
  const known = dialects.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new StuntdoubleError('usage', `No dialect "${unknown}"${suggestion(unknown, known)}`)
}

function badFiles(
  code: 'bad-scenario' | 'bad-recording',
  mistakes: readonly Mistake[],
): StuntdoubleError {
  const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`
  return new StuntdoubleError(code, [`${count}:`, ...mistakes.map(formatMistake)].join('\n'))
}
