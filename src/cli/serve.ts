/** `serve`, `record` and `replay`: one server, three sources. */
import { mkdirSync } from 'node:fs'
import process from 'node:process'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import type { Double, StartOptions } from '../testing/start.ts'
import type { Doing } from './banner.ts'
import { createLog } from './log.ts'
import { print } from './print.ts'

interface ListeningOptions {
  readonly port: number
  readonly host: string
  readonly allowHost?: readonly string[]
  readonly seed?: number
  readonly dialect?: readonly string[]
  readonly fault?: string
  readonly maxBody: number
  readonly logLevel: string
}

const usual = (options: ListeningOptions): StartOptions => ({
  port: options.port,
  host: options.host,
  maxBodyBytes: options.maxBody * 1024 * 1024,
  log: createLog(options.logLevel),
  ...(options.allowHost ? { allowHosts: options.allowHost } : {}),
  ...(options.seed === undefined ? {} : { seed: options.seed }),
  ...(options.dialect ? { dialects: options.dialect } : {}),
  ...(options.fault === undefined ? {} : { fault: options.fault }),
})

export async function serve(
  scenarios: readonly string[],
  options: ListeningOptions & { watch: boolean },
): Promise<void> {
  for (const file of scenarios) {
    if (file.endsWith('.jsonl')) throw wrongCommand(file, 'recording', 'replay')
  }
  const given = scenarios.length === 0 ? {} : { scenarios }
  await run({ ...usual(options), ...given, watch: options.watch }, { doing: 'playing' })
}

export async function record(
  scenarios: readonly string[],
  options: ListeningOptions & { upstream: string; out: string; note?: string; missing?: boolean },
): Promise<void> {
  if (scenarios.length > 0 && !options.missing) {
    throw new StuntdoubleError('usage', 'record takes scenarios only with --missing')
  }
  if (options.missing && scenarios.length === 0) {
    throw new StuntdoubleError('usage', '--missing needs the scenarios that are asked first')
  }
  const { upstream, out, note } = options
  openFolder(out)
  const given = scenarios.length === 0 ? {} : { scenarios, watch: true }
  const noted = note === undefined ? {} : { note }
  const sources = { ...usual(options), ...given, ...noted, upstream, tapes: out }
  await run(sources, { doing: 'taping', upstream, folder: out })
}

/** Found out now, and not by the first exchange that stays untaped. */
function openFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StuntdoubleError(
      'bad-recording',
      `--out ${folder} cannot be a folder for recordings: ${messageOf(error)}`,
    )
  }
}

export async function replay(
  recordings: readonly string[],
  options: ListeningOptions & { pace: string },
): Promise<void> {
  for (const file of recordings) {
    if (/\.ya?ml$/.test(file)) throw wrongCommand(file, 'scenario', 'serve')
  }
  const { pace } = options
  await run({ ...usual(options), recordings, pace }, { doing: 'replaying', recordings, pace })
}

const wrongCommand = (file: string, what: string, command: string): StuntdoubleError =>
  new StuntdoubleError('usage', `${file} is a ${what}: play it with stuntdouble ${command} ${file}`)

async function run(options: StartOptions, doing: Doing): Promise<void> {
  // Only now, so that wrong usage is told at once.
  const [{ start }, { banner }] = await Promise.all([
    import('../testing/start.ts'),
    import('./banner.ts'),
  ])
  const double = await start(options)
  // Before anyone learns that it listens, so that no signal finds it unprepared.
  const over = stopped(double)
  await print([banner(double, doing)])
  await over
}

/** The first signal lets streams end, a second one does not wait for them. */
function stopped(double: Double): Promise<void> {
  return new Promise((resolve, reject) => {
    let signals = 0
    const stop = (): void => {
      signals += 1
      if (signals > 1) {
        // Nothing that still runs may keep the process alive.
        double.close().finally(() => process.exit())
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
