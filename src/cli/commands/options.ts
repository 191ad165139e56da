/** What several commands ask for on the command line. Loads nothing that costs time. */
import { type Command, InvalidArgumentError, Option } from 'commander'

export function integerFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= low && value <= high) return value
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`)
  }
}

/** For options that are given once for each name: a list of names would swallow what follows it. */
export const collect = (name: string, before: readonly string[] = []): string[] => [...before, name]

const largestSeed = Number.MAX_SAFE_INTEGER

export const parseSeed = integerFrom(0, largestSeed)

const levels = ['debug', 'info', 'warn', 'error', 'silent']

/** Options that every command with a server has. */
export function listening(command: Command): Command {
  return command
    .option(
      '-p, --port <port>',
      'port to listen on; 0 takes a free one',
      integerFrom(0, 65_535),
      4141,
    )
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--allow-host <name>', 'one more host name for the control API', collect)
    .option('--seed <n>', "seed of all chance, instead of the scenarios' own", parseSeed)
    .option('--dialect <name>', 'ask this dialect first where several have one path', collect)
    .option('--fault <fault>', 'break every answer, e.g. "reset; at=frame:4"')
    .option('--max-body <mib>', 'largest request body in MiB', integerFrom(1, 1024), 32)
    .addOption(new Option('--log-level <level>', 'what is logged').choices(levels).default('info'))
}
