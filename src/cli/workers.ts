/** `--workers N`: the same command in several processes, which look like one from outside. */
import process from 'node:process'
import { joinReports } from '../server/lag/lag-report.ts'
import { verify } from '../server/verify.ts'
import type { Double, StartOptions } from '../testing/start.ts'
import { type Led, lead } from '../workers/lead.ts'
import { serveAsMember } from '../workers/member.ts'
import { coreCount, placeOfWorker } from '../workers/spawn.ts'
import type { LastWord } from '../workers/terms.ts'
import { createLog } from './log.ts'
import { print } from './print.ts'

export interface WorkersOptions {
  readonly workers: number | 'auto'
  readonly logLevel: string
  readonly banner: (double: Double) => string
  /** Said where streams are open that are waited for. */
  readonly waiting: (open: number) => string
  readonly strict: boolean
  readonly reportLag: boolean
}

/** False where one process is enough. */
export async function runWorkers(start: StartOptions, options: WorkersOptions): Promise<boolean> {
  const place = placeOfWorker()
  if (place) {
    const own = {
      ...start,
      log: createLog(options.logLevel, place.number),
      ...share(start, place.of),
    }
    serveAsMember({ place, start: own, banner: options.banner })
    return true
  }
  const count = options.workers === 'auto' ? coreCount() : options.workers
  if (count === 1) return false
  const { port = 0, watch = false, log = createLog(options.logLevel) } = start
  const led = await lead({ count, port, watch, log })
  // Before anyone learns that it listens, so that no signal finds it unprepared.
  const over = stopped(led, options)
  await print([led.banner])
  await tellEnd(await over, options)
  return true
}

/** What is taken on at once is divided: the kernel gives each worker about as many connections. */
function share({ maxConnections, maxStreams }: StartOptions, of: number): StartOptions {
  return {
    ...(maxConnections === undefined ? {} : { maxConnections: Math.ceil(maxConnections / of) }),
    ...(maxStreams === undefined ? {} : { maxStreams: Math.ceil(maxStreams / of) }),
  }
}

async function tellEnd(words: readonly LastWord[], { strict, reportLag }: WorkersOptions) {
  if (reportLag) {
    const report = joinReports(words.map(({ lag }) => lag))
    await (await import('./lag.ts')).printLag(report)
  }
  if (strict) verify(words.map((word) => word.verify))
}

/** The first signal lets streams end, a second one does not wait for them. */
function stopped(led: Led, options: WorkersOptions): Promise<readonly LastWord[]> {
  return new Promise((resolve, reject) => {
    let signals = 0
    const stop = (): void => {
      signals += 1
      if (signals > 1) {
        const closed = led.close().then((words) => tellEnd(words, { ...options, strict: false }))
        closed.finally(() => process.exit())
        return
      }
      const drained = async (): Promise<readonly LastWord[]> => {
        const open = await led.drain()
        if (open > 0) process.stderr.write(`${options.waiting(open)}\n`)
        return await led.over()
      }
      drained().then(resolve, reject)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    led.failed.catch(async (error: unknown) => {
      await led.close()
      reject(error)
    })
  })
}
