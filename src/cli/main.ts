#!/usr/bin/env node
/** The command line. Each command's work is loaded when it is asked for, so that starting is quick. */
import process from 'node:process'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { version } from '../core/version.ts'

/** 0 done, 1 the work failed, 2 wrong usage. */
const failed = 1
const wrongUsage = 2

function integerFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= low && value <= high) return value
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`)
  }
}

/** For options that are given once for each name: a list of names would swallow what follows it. */
const collect = (name: string, before: readonly string[] = []): string[] => [...before, name]

const largestSeed = Number.MAX_SAFE_INTEGER

const levels = ['debug', 'info', 'warn', 'error', 'silent']

/** Options that every command with a server has. */
function listening(command: Command): Command {
  return command
    .option(
      '-p, --port <port>',
      'port to listen on; 0 takes a free one',
      integerFrom(0, 65_535),
      4141,
    )
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--allow-host <name>', 'one more host name for the control API', collect)
    .option(
      '--seed <n>',
      "seed of all chance, instead of the scenarios' own",
      integerFrom(0, largestSeed),
    )
    .option('--dialect <name>', 'ask this dialect first where several have one path', collect)
    .option('--fault <fault>', 'break every answer, e.g. "reset; at=frame:4"')
    .option('--max-body <mib>', 'largest request body in MiB', integerFrom(1, 1024), 32)
    .addOption(new Option('--log-level <level>', 'what is logged').choices(levels).default('info'))
}

function buildProgram(): Command {
  const program = new Command('stuntdouble')
    .description('A stunt double for streaming chat APIs: plays, tapes and breaks their streams.')
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError('Try --help for what is possible.')
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'stuntdouble: ')),
    })
    .addHelpText('after', examples)
  listening(program.command('serve'))
    .description('play scenarios; without any, the shipped demo')
    .argument('[scenario...]', 'scenario files or folders')
    .option('--no-watch', 'do not reload when a file changes')
    .action(async (scenarios, options) => (await import('./serve.ts')).serve(scenarios, options))
  listening(program.command('record'))
    .description('stand between a client and a live service, and tape every exchange')
    .argument('[scenario...]', 'with --missing: scenarios that are asked first')
    .requiredOption('--upstream <url>', 'base URL of the one service that is asked')
    .option('-o, --out <folder>', 'where recordings go', 'recordings')
    .option('--note <text>', 'a note that is kept in each recording')
    .option('--missing', 'tape only what no rule of the scenarios answers')
    .action(async (scenarios, options) => (await import('./serve.ts')).record(scenarios, options))
  listening(program.command('replay'))
    .description('answer from recordings only')
    .argument('<recording...>', 'recordings or folders of them')
    .option('--pace <pace>', 'recorded, instant, x2 (any factor), or a profile', 'recorded')
    .action(async (recordings, options) => (await import('./serve.ts')).replay(recordings, options))
  program
    .command('check')
    .description('report every mistake in scenarios and recordings; exit code 1 if there is any')
    .argument('<file...>', 'scenarios, recordings, or folders')
    .option('--json', 'print the mistakes as JSON')
    .action(async (files, options) => (await import('./check.ts')).check(files, options))
  program
    .command('show')
    .description('print the timeline of a recording, or of each rule of a scenario')
    .argument('<file>', 'a recording or a scenario, or a folder')
    .option('--events', 'decode the frames')
    .option('--rule <name>', 'only this rule of a scenario')
    .option(
      '--dialect <name>',
      "what to show it in (default: openai-chat for a scenario, a recording's own)",
    )
    .option('--user <text>', 'what the user is taken to have said', 'Hello')
    .option('--whole', 'a scenario as it answers when not streaming')
    .option('--seed <n>', "instead of the scenario's own", integerFrom(0, largestSeed))
    .action(async (file, options) => (await import('./show.ts')).show(file, options))
  program
    .command('help')
    .description('the same as --help, also of one command')
    .argument('[command]')
    .action((name) => help(program, name))
  return program
}

const examples = `
Examples:
  stuntdouble serve                                      play the demo on port 4141
  stuntdouble record --upstream https://api.example.com  tape what passes into recordings/
  stuntdouble replay recordings                          answer from what was taped
`

function help(program: Command, name: string | undefined): void {
  const names = program.commands.map((command) => command.name())
  const command = name === undefined ? program : program.commands.find((one) => one.name() === name)
  if (!command) {
    throw new StuntdoubleError('usage', `unknown command '${name}'${suggestion(name ?? '', names)}`)
  }
  command.outputHelp()
}

async function main(): Promise<void> {
  const program = buildProgram()
  for (const command of [program, ...program.commands]) command.exitOverride()
  if (process.argv.length <= 2) {
    program.outputHelp({ error: true })
    process.exitCode = wrongUsage
    return
  }
  try {
    await program.parseAsync()
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    if (error instanceof CommanderError) return
    const isOurs = error instanceof StuntdoubleError
    process.stderr.write(`stuntdouble: ${isOurs ? error.message : stackOf(error)}\n`)
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongUsage
  return error instanceof StuntdoubleError && error.code === 'usage' ? wrongUsage : failed
}

/** A stack is for mistakes of ours; those of the user are named without one. */
const stackOf = (error: unknown): string =>
  (error instanceof Error && error.stack) || messageOf(error)

/** A reader such as `head` may leave early, which is no failure; a full disk is one. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return
  process.exitCode = failed
  process.stderr.write(`stuntdouble: cannot write: ${error.message}\n`)
}

process.stdout.on('error', onOutputError)
process.stderr.on('error', () => undefined)
await main()
