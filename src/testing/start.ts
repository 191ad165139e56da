/** A server in one call: the library's front door, and what the commands themselves use. */
import { fileURLToPath } from 'node:url'
import type { Clock } from '../core/clock.ts'
import { parseDuration } from '../core/duration.ts'
import { type Mistake, StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import type { RunTimeFaults } from '../server/faults/run-time-faults.ts'
import type { JournalEntry } from '../server/journal.ts'
import type { LagReport } from '../server/lag/lag-report.ts'
import { type CapacitySettings, capacityWarning, usualCapacity } from '../server/limits/capacity.ts'
import { openFileLimit } from '../server/limits/file-limit.ts'
import { type Log, silentLog } from '../server/log.ts'
import type { Peers } from '../server/peers/peers.ts'
import { createStuntdouble } from '../server/server.ts'
import type { ServerSettings, ServerState } from '../server/server-state.ts'
import { SharedMemory } from '../server/shared/shared-memory.ts'
import type { SharedState } from '../server/shared/shared-state.ts'
import { type Composed, compose, type Sources } from '../server/stage/compose.ts'
import { KnownMistakes } from '../server/stage/known-mistakes.ts'
import type { Stage } from '../server/stage/stage.ts'
import { type LiveStreams, liveStreams } from '../server/streams/streams-live.ts'
import { type WaitOptions, waitFor } from '../server/streams/wait.ts'
import { type VerifyOptions, verify, verifyPart } from '../server/verify.ts'
import { RealClock } from '../time/clock.ts'
import { Staging } from './staging.ts'
import { reloadOnChange } from './watching.ts'

export interface StartOptions extends Sources {
  /** 0, which is also the default, takes a free port. */
  readonly port?: number
  /** `127.0.0.1` unless given. */
  readonly host?: string
  readonly clock?: Clock
  readonly log?: Log
  /** Reload when a scenario file changes; a broken edit keeps the last good version. */
  readonly watch?: boolean
  /** In bytes; larger request bodies are refused with 413. */
  readonly maxBodyBytes?: number
  /**
   * A chunk that is later than this against its script marks its stream as late in the journal:
   * `50ms`, or a number of milliseconds; 20 ms unless given.
   */
  readonly lateAfter?: string | number
  /** Exchanges that the journal keeps; 1,000 unless given. */
  readonly journalLimit?: number
  /** Connections past so many get a 503; unless given, as many as files may be open for. */
  readonly maxConnections?: number
  /** Requests past so many at a time get a 503, over HTTP/1.1 and HTTP/2 alike. */
  readonly maxStreams?: number
  /** Further host names under which the control API may be called. */
  readonly allowHosts?: readonly string[]
  /** Called now and then while many recordings are read for the first time: so many of so many. */
  readonly onIndexing?: (done: number, total: number) => void
}

/** A running server. */
export interface Double extends AsyncDisposable {
  readonly port: number
  readonly host: string
  /** The URL of a path, e.g. `url('/v1')`. */
  url(path?: string): string
  /** The latest exchanges, oldest first, secrets masked. */
  readonly journal: readonly JournalEntry[]
  /** What it answers from at the moment. */
  readonly stage: Stage
  /**
   * What is wrong with recordings of which the rest plays, or which others stand in for; it grows
   * with what is found while playing.
   */
  readonly mistakes: readonly Mistake[]
  /** The number of exchanges that are being played. */
  readonly open: number
  /** The streams that are being played, to be watched and steered. */
  readonly streams: LiveStreams
  /**
   * Waits until so many exchanges have come so far, and gives their entries. Throws a `timeout` error
   * with what was `seen`, and a `draining` one where the server stops.
   */
  waitFor(options: WaitOptions): Promise<readonly JournalEntry[]>
  /**
   * Resolves when every recording that is being written now is closed, which may be later than the
   * client's stream: one that a fault has broken is taped to the service's own end.
   */
  taped(): Promise<void>
  /**
   * Throws an `unverified` error where a recording has answered nothing, or a request was answered
   * by nothing; it names them all. With `onTime` also where a stream could not be kept on time.
   */
  verify(options?: VerifyOptions): void
  /** Scheduled against actual times so far, of every chunk that had a time. */
  readonly lag: LagReport
  /** Faults that are added while it runs: for a time, a number of requests, a session. */
  readonly faults: RunTimeFaults
  /** Forgets hits, states and dialogues, and faults added, of one session or of all. */
  reset(session?: string): void
  /** Plays what is in flight to its end, then closes. */
  drain(): Promise<void>
  /** Closes at once. */
  close(): Promise<void>
}

export const demoScenario = fileURLToPath(new URL('../../scenarios/demo.yaml', import.meta.url))

/** Throws a `StuntdoubleError` that says what, where and what would be right. */
export async function start(options: StartOptions = {}): Promise<Double> {
  return (await startAmong(options)).double
}

/** What a server is given by the others of which it is one; nothing where it is by itself. */
export interface Around {
  readonly peers?: Peers
  /** What it shares with them. */
  readonly shared?: SharedState
  /** Told what any of the others may say as well, and a person needs to know once. */
  readonly said?: Log
}

/** A server, and what is behind it for those who run several as one. */
export interface Started {
  readonly double: Double
  readonly state: ServerState
  readonly staging: Staging
}

/** One server among others, or by itself. */
export async function startAmong(options: StartOptions, around: Around = {}): Promise<Started> {
  checkOptions(options)
  const clock = options.clock ?? new RealClock()
  const sources = withDemo(options)
  const { said = options.log ?? silentLog } = around
  const mistakes = new KnownMistakes(said)
  const opening = { onMistake: mistakes.add, onProgress: options.onIndexing }
  const composed = await compose(sources, clock, opening)
  composed.mistakes.forEach(mistakes.add)
  for (const warning of composed.warnings) said.warn({}, warning)
  const capacity = capacityFor(options, composed, said)
  const shared = new SharedMemory(clock)
  const server = createStuntdouble(composed.stage, {
    ...settings(options, clock),
    shared: around.shared ?? shared,
    ...(around.peers ? { peers: around.peers } : {}),
    capacity,
  })
  const host = options.host ?? '127.0.0.1'
  for (const url of composed.upstreams.urls) refuseItself(url, options.port)
  const port = await server.listen(options.port ?? 0, host)
  const staging = new Staging({ sources, composed, server, clock, mistakes })
  const watching = options.watch
    ? await reloadOnChange(staging.staged, staging, options.log ?? silentLog)
    : undefined
  const end = async (how: 'drain' | 'close'): Promise<void> => {
    await watching?.close()
    // First, so that a tape does not take our own end for the client's leaving.
    if (how === 'close') await composed.upstreams.close()
    await server[how]()
    // Also what is read on for a tape alone.
    await composed.upstreams.close()
  }
  const base = `http://${urlHost(host)}:${port}`
  const double: Double = {
    port,
    host,
    url: (path = '') => base + (path === '' || path.startsWith('/') ? path : `/${path}`),
    get journal() {
      return server.state.journal.entries
    },
    get stage() {
      return server.state.stage
    },
    get mistakes() {
      return mistakes.all
    },
    get open() {
      return server.state.streams.size
    },
    streams: liveStreams(server.state.streams),
    waitFor: (options) => waitFor(options, server.state),
    taped: () => server.state.tapes.closed(),
    verify: (options) => verify([verifyPart(server.state)], options),
    get lag() {
      const { lag, counters } = server.state
      return lag.report(counters.late)
    },
    faults: shared.runTimeFaults,
    reset: (session) => server.state.reset(session),
    drain: () => end('drain'),
    close: () => end('close'),
    [Symbol.asyncDispose]: () => end('close'),
  }
  return { double, state: server.state, staging }
}

const oneProcess =
  'workers are processes, and what start() gives is in this one; for several run `stuntdouble serve --workers N`'

/** For callers without types: a misspelt option would be ignored, and the demo played instead. */
function checkOptions(options: StartOptions): void {
  const wrong = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)
  for (const name of Object.keys(options)) {
    if (name === 'workers') throw wrong(`start: ${oneProcess}`)
    if (!optionNames.includes(name)) {
      throw wrong(`start has no option "${name}"${suggestion(name, optionNames)}`)
    }
  }
  for (const name of lists) {
    const list: unknown = options[name]
    if (list !== undefined && !Array.isArray(list)) throw wrong(`start: ${name} must be a list`)
  }
  const { port = 0 } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw wrong(`start: port must be a whole number from 0 to 65535, not ${port}`)
  }
  const { lateAfter = 0 } = options
  if (parseDuration(lateAfter) === undefined) {
    throw wrong(`start: lateAfter must be a time such as 20ms, not ${lateAfter}`)
  }
  for (const name of ['maxConnections', 'maxStreams', 'journalLimit'] as const) {
    const most = options[name] ?? 1
    if (Number.isInteger(most) && most >= 1) continue
    throw wrong(`start: ${name} must be a whole number of at least 1, not ${most}`)
  }
}

/** What is not said follows from how many files may be open, and how many a stream needs. */
function capacityFor(
  options: StartOptions,
  { stage, upstreams }: Composed,
  log: Log,
): CapacitySettings {
  const isReplaying = stage.replay !== undefined || stage.replays.size > 0
  const filesEach = upstreams.urls.length > 0 ? 3 : isReplaying ? 2 : 1
  const around = { fileLimit: openFileLimit(), filesEach }
  const usual = usualCapacity(around)
  const { maxConnections = usual.maxConnections, maxStreams = usual.maxStreams } = options
  const capacity = { maxConnections, maxStreams }
  const warning = capacityWarning(capacity, around)
  if (warning !== undefined) log.warn({}, warning)
  return capacity
}

const lists = [
  ...(['scenarios', 'recordings', 'dialects', 'allowHosts'] as const),
  ...(['ignore', 'matchHeaders', 'volatile', 'secrets'] as const),
]

const knownOptions: { readonly [name in keyof StartOptions]-?: true } = {
  scenarios: true,
  recordings: true,
  pace: true,
  upstream: true,
  upstreamDefaults: true,
  tapes: true,
  note: true,
  dialects: true,
  seed: true,
  fault: true,
  limits: true,
  plan: true,
  ignore: true,
  matchHeaders: true,
  volatile: true,
  after: true,
  staleAfter: true,
  stale: true,
  secrets: true,
  redactEmails: true,
  port: true,
  host: true,
  clock: true,
  log: true,
  watch: true,
  maxBodyBytes: true,
  lateAfter: true,
  journalLimit: true,
  maxConnections: true,
  maxStreams: true,
  allowHosts: true,
  onIndexing: true,
}

const optionNames = Object.keys(knownOptions)

/** Without any source there would be nothing to see. */
function withDemo(options: Sources): Sources {
  const given = options.scenarios ?? options.recordings ?? options.upstream
  return given === undefined ? { ...options, scenarios: [demoScenario] } : options
}

/** A relay to itself would ask itself again, without end. */
function refuseItself(upstream: string, port: number | undefined): void {
  if (!port) return
  const { hostname, port: upstreamPort } = new URL(upstream)
  const isHere = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  if (!isHere || Number(upstreamPort) !== port) return
  const message = `the upstream ${upstream} is this server itself; give it another --port`
  throw new StuntdoubleError('usage', message)
}

function settings(options: StartOptions, clock: Clock): ServerSettings {
  return {
    clock,
    log: options.log ?? silentLog,
    controlHosts: [...(options.allowHosts ?? []), ...(options.host ? [options.host] : [])],
    ...(options.maxBodyBytes === undefined ? {} : { maxBodyBytes: options.maxBodyBytes }),
    ...(options.lateAfter === undefined ? {} : { lateAfterMs: parseDuration(options.lateAfter) }),
    ...(options.journalLimit === undefined ? {} : { journalLimit: options.journalLimit }),
  }
}

/** An address to call, where the server listens on all of them. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
