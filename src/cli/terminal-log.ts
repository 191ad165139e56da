/** Log lines for people. */
import process from 'node:process'
import { PinoPretty } from 'pino-pretty'

export const terminalStream = () =>
  PinoPretty({
    colorize: process.env['NO_COLOR'] === undefined,
    destination: 2,
    sync: true,
    ignore: 'status,ended,rule,ms,bytes,chunks,why',
    translateTime: 'HH:MM:ss',
  })
