/** The command line. Each command's work is loaded when it is asked for, so that starting is quick. */
import process from 'node:process'
import { Command, CommanderError } from 'commander'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { version } from '../core/version.ts'
import { addCheck } from './commands/check.ts'
import { addDiff } from './commands/diff.ts'
import { addExport } from './commands/export.ts'
import { addFaults } from './commands/faults.ts'
import { addFit } from './commands/fit.ts'
import { addImport } from './commands/import.ts'
import { addList } from './commands/list.ts'
import { addPlan } from './commands/plan.ts'
import { addRecord } from './commands/record.ts'
import { addReplay } from './commands/replay.ts'
import { addServe } from './commands/serve.ts'
import { addShow } from './commands/show.ts'
import { addTorture } from './commands/torture.ts'

/** By name, in the order in which help lists them. */
const commands = new Map([
  ['serve', addServe],
  ['record', addRecord],
  ['replay', addReplay],
  ['check', addCheck],
  ['list', addList],
  ['show', addShow],
  ['diff', addDiff],
  ['fit', addFit],
  ['import', addImport],
  ['export', addExport],
  ['faults', addFaults],
  ['plan', addPlan],
  ['torture', addTorture],
])

/** 0 done, 1 the work failed, 2 wrong usage. */
const failed = 1
const wrongUsage = 2

/** With all commands, unless the first word is the name of one: the others take 3 ms of a start. */
function buildProgram(firstWord = ''): Command {
  const asked = commands.get(firstWord)
  const program = new Command('stuntdouble')
    .description('A stunt double for streaming chat APIs: plays, tapes and breaks their streams.')
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError('Try --help for what is possible.')
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'stuntdouble: ')),
    })
    .addHelpText('after', examples)
  for (const add of asked ? [asked] : commands.values()) add(program)
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
  const program = buildProgram(process.argv[2])
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
void main()
