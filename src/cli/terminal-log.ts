/** Log lines for people. */
import { PinoPretty } from 'pino-pretty'

/** `noColor` is what the environment says: https://no-color.org counts any text but the empty one. */
export const terminalStream = (noColor: string | undefined, destination: number | string = 2) =>
  PinoPretty({
    colorize: noColor === undefined || noColor === '',
    destination,
    sync: true,
    messageFormat: '{if worker}[{worker}] {end}{msg}',
    ignore: 'worker,status,ended,rule,ms,bytes,chunks,why',
    translateTime: 'HH:MM:ss',
  })
