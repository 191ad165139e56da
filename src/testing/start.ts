/** A server in one call: the library's front door, and what the commands themselves use. */
import { fileURLToPath } from 'node:url'
import type { Clock } from '../core/clock.ts'
import { type Mistake, messageOf, StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { type Watching, watchFiles } from '../scenario/load-watch.ts'
import type { RunTimeFaults } from '../server/faults/run-time-faults.ts'
import type { JournalEntry } from '../server/journal.ts'
import { type Log, silentLog } from '../server/log.ts'
import { createStuntdouble, type StuntdoubleServer } from '../server/server.ts'
import type { ServerSettings } from '../server/server-state.ts'
import { type Composed, compose, type Sources } from '../server/stage/compose.ts'
import { KnownMistakes } from '../server/stage/known-mistakes.ts'
import type { Stage } from '../server/stage/stage.ts'
import { type LiveStreams, liveStreams } from '../server/streams/streams-live.ts'
import { type WaitOptions, waitFor } from '../server/streams/wait.ts'
import { verify } from '../server/verify.ts'
import { RealClock } from '../time/clock.ts'

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
  /** Exchanges that the journal keeps; 1,000 unless given. */
  readonly journalLimit?: number
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
   * by nothing; it names them all.
   */
  verify(): void
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
  checkOptions(options)
  const clock = options.clock ?? new RealClock()
  const sources = withDemo(options)
  const mistakes = new KnownMistakes(options.log ?? silentLog)
  const opening = { onMistake: mistakes.add, onProgress: options.onIndexing }
  const composed = await compose(sources, clock, opening)
  composed.mistakes.forEach(mistakes.add)
  for (const warning of composed.warnings) (options.log ?? silentLog).warn({}, warning)
  const server = createStuntdouble(composed.stage, settings(options, clock))
  const host = options.host ?? '127.0.0.1'
  for (const url of composed.upstreams.urls) refuseItself(url, options.port)
  const port = await server.listen(options.port ?? 0, host)
  const watching = options.watch
    ? await watchSources(sources, composed, server, { ...options, clock, mistakes })
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
  return {
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
      return server.state.open.size
    },
    streams: liveStreams(server.state.streams),
    waitFor: (options) => waitFor(options, server.state),
    taped: () => server.state.tapes.closed(),
    verify: () => verify(server.state),
    faults: server.state.runTimeFaults,
    reset: (session) => server.state.reset(session),
    drain: () => end('drain'),
    close: () => end('close'),
    [Symbol.asyncDispose]: () => end('close'),
  }
}

/** For callers without types: a misspelt option would be ignored, and the demo played instead. */
function checkOptions(options: StartOptions): void {
  const wrong = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)
  for (const name of Object.keys(options)) {
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
  journalLimit: true,
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
    ...(options.journalLimit === undefined ? {} : { journalLimit: options.journalLimit }),
  }
}

interface Watched extends StartOptions {
  readonly clock: Clock
  readonly mistakes: KnownMistakes
}

async function watchSources(
  sources: Sources,
  composed: Composed,
  server: StuntdoubleServer,
  { log = silentLog, clock, mistakes }: Watched,
): Promise<Watching> {
  const folders = (sources.scenarios ?? []).filter((one) => typeof one === 'string')
  const followed = ({ files }: Composed): string[] => [...folders, ...files]
  let last = Promise.resolve()
  const reload = async (): Promise<void> => {
    try {
      const opening = { upstreams: composed.upstreams, onMistake: mistakes.add }
      const next = await compose(sources, clock, opening)
      server.reload(next.stage)
      next.mistakes.forEach(mistakes.add)
      watching.follow(followed(next))
      log.info({ scenarios: next.stage.scenarios.length }, 'reloaded')
    } catch (error) {
      tellUnused(log, messageOf(error))
    }
  }
  const watching = await watchFiles(followed(composed), () => {
    // One after the other, so that an older edit never overtakes a newer one.
    last = last.then(reload)
  })
  return watching
}

/** A line for each mistake: a log in JSON would show them all in one. */
function tellUnused(log: Log, message: string): void {
  const [first, ...mistakes] = message.split('\n')
  log.error({}, `the edit is not used, the last good version stays: ${first}`)
  for (const mistake of mistakes) log.error({}, mistake)
}

/** An address to call, where the server listens on all of them. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
