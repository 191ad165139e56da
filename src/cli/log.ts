/** The log goes to stderr: lines for people on a terminal, JSON for everything else. */
import process from 'node:process'
import { destination, pino } from 'pino'
import type { Log } from '../server/log.ts'
import { terminalStream } from './terminal-log.ts'

/** @param worker stands in each line, where there are several */
export function createLog(level: string, worker?: number): Log {
  const stream = process.stderr.isTTY
    ? terminalStream(process.env['NO_COLOR'])
    : destination({ fd: 2, sync: true })
  return pino({ level, base: worker === undefined ? null : { worker } }, stream)
}
