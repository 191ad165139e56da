/** The log goes to stderr: lines for people on a terminal, JSON for everything else. */
import process from 'node:process'
import { destination, pino } from 'pino'
import { lazy } from '../core/lazy.ts'
import type { Log } from '../server/log.ts'
import { terminalStream } from './terminal-log.ts'

/**
 * Pino is made for the first line, since to load it takes 7 ms of a start.
 *
 * @param worker stands in each line, where there are several
 */
export function createLog(level: string, worker?: number): Log {
  const log = lazy(() => pinoFor(level, worker))
  return {
    debug: (fields, message) => log().debug(fields, message),
    info: (fields, message) => log().info(fields, message),
    warn: (fields, message) => log().warn(fields, message),
    error: (fields, message) => log().error(fields, message),
  }
}

function pinoFor(level: string, worker: number | undefined): Log {
  const stream = process.stderr.isTTY
    ? terminalStream(process.env['NO_COLOR'])
    : destination({ fd: 2, sync: true })
  return pino({ level, base: worker === undefined ? null : { worker } }, stream)
}
