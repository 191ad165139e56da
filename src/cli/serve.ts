/** `serve`, `record` and `replay`: one server, three sources. */
import process from 'node:process'
import { StuntdoubleError } from '../core/errors.ts'
import { openFolder } from '../recording/store-folder.ts'
import type { Double, StartOptions } from '../testing/start.ts'
import { tellApart } from './asked-first.ts'
import type { Doing } from './banner.ts'
import { createLog } from './log.ts'
import { print } from './print.ts'
import { type ReachingOptions, reaching } from './reaching.ts'

interface ListeningOptions extends MaskingOptions {
  readonly port: number
  readonly host: string
  readonly allowHost?: readonly string[]
  readonly seed?: number
  readonly dialect?: readonly string[]
  readonly fault?: readonly string[]
  readonly limit?: readonly string[]
  readonly plan?: string
  readonly maxBody: number
  readonly reportLag?: boolean
  readonly lateAfter?: number
  readonly maxConnections?: number
  readonly maxStreams?: number
  readonly logLevel: string
}

interface RelayingOptions extends ListeningOptions, ReachingOptions {
  readonly upstream?: readonly string[]
  readonly note?: string
}

interface MaskingOptions {
  readonly secret?: readonly string[]
  readonly redactEmails?: boolean
}

interface MatchingOptions {
  readonly ignore?: readonly string[]
  readonly matchHeader?: readonly string[]
  readonly volatile?: readonly string[]
  readonly after?: string
  readonly staleAfter?: string
  readonly stale?: string
}

const matched = (options: MatchingOptions): StartOptions => ({
  ...(options.ignore ? { ignore: options.ignore } : {}),
  ...(options.matchHeader ? { matchHeaders: options.matchHeader } : {}),
  ...(options.volatile ? { volatile: options.volatile } : {}),
  ...(options.after === undefined ? {} : { after: options.after }),
  ...(options.staleAfter === undefined ? {} : { staleAfter: options.staleAfter }),
  ...(options.stale === undefined ? {} : { stale: options.stale }),
})

const masked = ({ secret, redactEmails }: MaskingOptions): StartOptions => ({
  ...(secret ? { secrets: secret } : {}),
  ...(redactEmails ? { redactEmails } : {}),
})

const usual = (options: ListeningOptions): StartOptions => ({
  ...masked(options),
  port: options.port,
  host: options.host,
  maxBodyBytes: options.maxBody * 1024 * 1024,
  log: createLog(options.logLevel),
  ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
  ...(options.maxStreams === undefined ? {} : { maxStreams: options.maxStreams }),
  ...(options.lateAfter === undefined ? {} : { lateAfter: options.lateAfter }),
  ...(options.allowHost ? { allowHosts: options.allowHost } : {}),
  ...(options.seed === undefined ? {} : { seed: options.seed }),
  ...(options.dialect ? { dialects: options.dialect } : {}),
  ...(options.limit ? { limits: options.limit } : {}),
  ...(options.fault ? { fault: options.fault } : {}),
  ...(options.plan === undefined ? {} : { plan: options.plan }),
})

export async function serve(
  scenarios: readonly string[],
  options: RelayingOptions & { watch: boolean; out?: string },
): Promise<void> {
  for (const file of scenarios) {
    if (file.endsWith('.jsonl')) throw wrongCommand(file, 'recording', 'replay')
  }
  const { upstream, out, note, watch } = options
  const sources = {
    ...usual(options),
    ...(scenarios.length === 0 ? {} : { scenarios }),
    ...(upstream ? { upstream } : {}),
    upstreamDefaults: reaching(options),
    ...(note === undefined ? {} : { note }),
    // Only what somebody asks to keep is kept.
    tapes: out ?? (false as const),
  }
  const doing = { doing: 'playing', upstream, folder: out } as const
  await run({ ...sources, watch }, doing, options)
}

export async function record(
  given: readonly string[],
  options: RelayingOptions &
    MatchingOptions & { upstream: readonly string[]; out: string; missing?: boolean },
): Promise<void> {
  if (given.length > 0 && !options.missing) {
    throw new StuntdoubleError('usage', 'record takes scenarios and recordings only with --missing')
  }
  if (options.missing && given.length === 0) {
    const what = 'the scenarios and recordings that are asked first'
    throw new StuntdoubleError('usage', `--missing needs ${what}`)
  }
  const { upstream, out, note } = options
  openFolder(out, `--out ${out}`)
  const { scenarios, recordings } = tellApart(given)
  const sources = {
    ...usual(options),
    ...matched(options),
    ...(scenarios.length === 0 ? {} : { scenarios, watch: true }),
    ...(recordings.length === 0 ? {} : { recordings }),
    ...(note === undefined ? {} : { note }),
    ...{ upstream, tapes: out, upstreamDefaults: reaching(options) },
  }
  await run(sources, { doing: 'taping', upstream, folder: out }, options)
}

export async function replay(
  recordings: readonly string[],
  options: ListeningOptions & MatchingOptions & { pace: string; strict?: boolean },
): Promise<void> {
  for (const file of recordings) {
    if (/\.ya?ml$/.test(file)) throw wrongCommand(file, 'scenario', 'serve')
  }
  const { pace } = options
  const sources = { ...usual(options), ...matched(options), recordings, pace }
  await run(sources, { doing: 'replaying', recordings, pace }, options)
}

const wrongCommand = (file: string, what: string, command: string): StuntdoubleError =>
  new StuntdoubleError('usage', `${file} is a ${what}: play it with stuntdouble ${command} ${file}`)

interface Running {
  readonly workers?: number | 'auto'
  readonly logLevel: string
  readonly strict?: boolean
  readonly reportLag?: boolean
}

async function run(
  given: StartOptions,
  doing: Doing,
  { strict = false, reportLag = false, workers = 1, logLevel }: Running,
): Promise<void> {
  // Only now, so that wrong usage is told at once.
  const [{ start }, { banner }, { withProgress }, { checkGiven }] = await Promise.all([
    import('../testing/start.ts'),
    import('./banner.ts'),
    import('./progress.ts'),
    import('./given.ts'),
  ])
  const options = checkGiven(given)
  if (workers !== 1) {
    const { runWorkers } = await import('./workers.ts')
    const tell = { banner: (double: Double) => banner(double, doing), waiting }
    const asked = { workers, logLevel, strict, reportLag, ...tell }
    if (await runWorkers(options, asked)) return
  }
  // Ten thousand recordings that no index knows yet take a second or two.
  const double = await withProgress('recordings read:', ({ at }) =>
    start({ ...options, onIndexing: at }),
  )
  // Before anyone learns that it listens, so that no signal finds it unprepared.
  const tellLag = async (): Promise<void> => {
    if (reportLag) await (await import('./lag.ts')).printLag(double.lag)
  }
  const over = stopped(double, tellLag)
  await print([banner(double, doing)])
  await over
  await tellLag()
  if (strict) double.verify()
}

/** The first signal lets streams end, a second one does not wait for them. */
function stopped(double: Double, tellLag: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let signals = 0
    const stop = (): void => {
      signals += 1
      if (signals > 1) {
        // Nothing that still runs may keep the process alive.
        const closed = double.close().then(tellLag)
        closed.finally(() => process.exit())
        return
      }
      if (double.open > 0) process.stderr.write(`${waiting(double.open)}\n`)
      double.drain().then(resolve, reject)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

const waiting = (open: number): string =>
  `stuntdouble: waiting for ${open === 1 ? '1 stream' : `${open} streams`} to end; once more stops at once`
