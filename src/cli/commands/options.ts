/** What several commands ask for on the command line. Loads nothing that costs time. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../core/duration.ts'

export function integerFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= low && value <= high) return value
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`)
  }
}

/** For options that are given once for each name: a list of names would swallow what follows it. */
export const collect = (name: string, before: readonly string[] = []): string[] => [...before, name]

/** For options that mean one thing: the last of several would hold without a word. */
function once(value: string, before?: string): string {
  if (before === undefined) return value
  throw new InvalidArgumentError('It can be given once only.')
}

const largestSeed = Number.MAX_SAFE_INTEGER

export const parseSeed = integerFrom(0, largestSeed)

function parseTime(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('It must be a time such as 20ms or 1s.')
}

const levels = ['debug', 'info', 'warn', 'error', 'silent']

function parseWorkers(text: string): number | 'auto' {
  if (text === 'auto') return text
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= 64) return count
  throw new InvalidArgumentError('It must be a whole number from 1 to 64, or auto.')
}

/** Options that every command with a server has. */
export function listening(command: Command): Command {
  return masking(command)
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
    .option(
      '--fault <fault>',
      'break every answer, e.g. "reset; at=frame:4" or flaky-mobile; and several times',
      collect,
    )
    .option(
      '--plan <file>',
      'a plan of faults: the nth answer of a session gets its nth entry',
      once,
    )
    .option(
      '--limit <limit>',
      'let in no more than this: 3rpm, 90ktpm, 2 concurrent, or { ... }; and several times',
      collect,
    )
    .option(
      '--max-connections <n>',
      'connections past so many get a 503 (default: from `ulimit -n`)',
      integerFrom(1, 10_000_000),
    )
    .option(
      '--max-streams <n>',
      'requests past so many at a time get a 503 (default: 50000; with services or recordings, as connections)',
      integerFrom(1, 10_000_000),
    )
    .option('--report-lag', 'at the end, tell scheduled against actual times as a table and a plot')
    .option(
      '--late-after <time>',
      'a stream with a chunk later than this is marked as late; a bare number is in ms (default: 20ms)',
      parseTime,
    )
    .option('--workers <n>', 'serve with so many processes; auto takes one a core', parseWorkers, 1)
    .option('--max-body <mib>', 'largest request body in MiB', integerFrom(1, 1024), 32)
    .addOption(new Option('--log-level <level>', 'what is logged').choices(levels).default('info'))
}

/** Options of every command that keeps or tells what passed. */
export function masking(command: Command): Command {
  return command
    .option(
      '--secret </regex/>',
      'what this finds is secret, beside all that looks like a key',
      collect,
    )
    .option('--redact-emails', 'e-mail addresses are secret, too')
}

/** Options that every command with recordings has. */
export function matching(command: Command): Command {
  return command
    .option(
      '--ignore <place>',
      'do not compare this: $.metadata.run_id, $..name, query:page',
      collect,
    )
    .option('--match-header <name>', 'compare this request header, too', collect)
    .option(
      '--volatile <kind>',
      'take as changing from run to run: /a pattern/, dates, uuids, ids; or none',
      collect,
    )
    .option('--after <mode>', 'after the last of several takes: repeat-last, loop or error')
    .option('--stale-after <age>', 'recordings older than this are stale: 30d, 12h')
    .option('--stale <mode>', 'what is done about stale recordings: warn or fail')
}

/** Options that every command with a live service has. */
export function relaying(command: Command, { isNeeded = false } = {}): Command {
  const what = 'base URL of a live service; or /path=URL, DIALECT=URL, NAME=URL, and several times'
  const upstream = new Option('--upstream <url>', what)
  return command
    .addOption(upstream.argParser(collect).makeOptionMandatory(isNeeded))
    .option('--note <text>', 'a note that is kept in each recording')
    .option('--proxy <url>', "proxy on the way there, instead of the environment's; or none")
    .option('--upstream-ca <file>', 'certificates in PEM to trust beside the usual ones')
    .option('--insecure-upstream', 'take any certificate; never do this with a key that matters')
    .option('--upstream-http1', 'speak HTTP/1.1 even where the service speaks HTTP/2')
    .option('--connect-timeout <time>', 'how long connecting may take (default: 10s)')
    .option('--head-timeout <time>', 'how long the status line may take (default: for ever)')
    .option('--idle-timeout <time>', 'how long a stream may be silent (default: for ever)')
    .option('--aws-region <region>', 'sign AWS requests anew for this region, whatever the host')
}
