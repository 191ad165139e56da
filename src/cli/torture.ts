/** `torture`: what the command line asks of it, and what it says while it runs and at its end. */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { parseDuration } from '../core/duration.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { faultWords } from '../torture/fault-words.ts'
import { failuresOf, type Report } from '../torture/report.ts'
import { reportHtml } from '../torture/report-html.ts'
import { reportJson } from '../torture/report-json.ts'
import { reportJunit } from '../torture/report-junit.ts'
import { renderReport } from '../torture/report-text.ts'
import type { TortureOptions } from '../torture/settings.ts'
import { listVariants, torture as tortureClient } from '../torture/torture.ts'
import { print, printPieces } from './print.ts'
import { terminalColumns, wantsColor } from './terminal.ts'
import { tortureProgress } from './torture-progress.ts'

export interface TortureFlags {
  readonly scenario?: string
  readonly recording?: string
  readonly dialect?: readonly string[]
  readonly seed?: number
  readonly only?: readonly string[]
  readonly budget?: string
  readonly timeout?: string
  readonly jobs?: number
  readonly allow?: readonly string[]
  readonly mask?: readonly string[]
  readonly pace: 'quick' | 'own'
  readonly list?: boolean
  readonly json?: string
  readonly junit?: string
  readonly html?: string
}

/** As a shell says it of a command that Ctrl-C has ended. */
const interrupted = 130

export async function torture(command: readonly string[], flags: TortureFlags): Promise<void> {
  const options = optionsOf(command, flags)
  const signal = stopSignal()
  if (flags.list) {
    const plans = await listVariants({ ...options, signal })
    return await print(plans.map(({ name, fault }) => `${name.padEnd(28)}  ${faultWords(fault)}`))
  }
  const progress = tortureProgress()
  let report: Report
  try {
    report = await tortureClient({ ...options, signal, onProgress: progress.at })
  } catch (error) {
    if (!signal.aborted) throw error
    process.exitCode = interrupted
    return
  } finally {
    progress.end()
  }
  await tell(report, command, flags)
  if (failuresOf(report).length > 0) process.exitCode = 1
  if (report.interrupted) process.exitCode = interrupted
}

async function tell(
  report: Report,
  command: readonly string[],
  flags: TortureFlags,
): Promise<void> {
  const repeat = (name: string): string => repeating(name, command, { ...flags, seed: report.seed })
  const look = { columns: terminalColumns(), color: wantsColor(), repeat }
  if (flags.json === '-') await printPieces([reportJson(report)])
  else await print(renderReport(report, look))
  if (flags.json !== undefined && flags.json !== '-')
    write('--json', flags.json, reportJson(report))
  if (flags.junit !== undefined) write('--junit', flags.junit, reportJunit(report))
  if (flags.html !== undefined) write('--html', flags.html, reportHtml(report, repeat))
}

function write(option: string, file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new StuntdoubleError('usage', `${option}: ${messageOf(error)}`)
  }
}

function optionsOf(command: readonly string[], flags: TortureFlags): TortureOptions {
  const { scenario, recording, dialect, seed, only, budget, allow, mask, pace } = flags
  return {
    command,
    pace,
    env: process.env,
    jobs: flags.jobs ?? availableParallelism(),
    ...(scenario === undefined ? {} : { scenario }),
    ...(recording === undefined ? {} : { recording }),
    ...(dialect === undefined ? {} : { dialects: dialect }),
    ...(seed === undefined ? {} : { seed }),
    ...(only === undefined ? {} : { only }),
    ...(budget === undefined ? {} : { budget }),
    ...(allow === undefined ? {} : { allow }),
    ...(mask === undefined ? {} : { mask: mask.map(patternOf) }),
    ...(flags.timeout === undefined ? {} : { timeoutMs: timeoutOf(flags.timeout) }),
  }
}

function timeoutOf(written: string): number {
  const ms = parseDuration(written)
  if (ms !== undefined && ms > 0) return ms
  const message = `--timeout must be a time such as 500ms, 30s or 2m, not ${written}`
  throw new StuntdoubleError('usage', message)
}

function patternOf(written: string): RegExp {
  const [, pattern, flags = ''] = /^\/(.*)\/([imsu]*)$/s.exec(written) ?? []
  try {
    if (pattern) return new RegExp(pattern, `${flags}g`)
  } catch (error) {
    throw new StuntdoubleError('usage', `--mask ${written}: ${messageOf(error)}`)
  }
  throw new StuntdoubleError(
    'usage',
    `--mask must be a pattern such as /took \\d+/, not ${written}`,
  )
}

/** Aborted by the first signal; a second one does not wait for clients to end. */
function stopSignal(): AbortSignal {
  const stopper = new AbortController()
  const stop = (): void => {
    // Groups that still run are ended when the process exits.
    if (stopper.signal.aborted) process.exit(interrupted)
    process.stderr.write('stuntdouble: stopping; once more stops at once\n')
    stopper.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  return stopper.signal
}

/** Copied into a shell, it runs one variant as it was run. */
function repeating(name: string, command: readonly string[], flags: TortureFlags): string {
  const given: (readonly [string, string | undefined])[] = [
    ['--scenario', flags.scenario],
    ['--recording', flags.recording],
    ...(flags.dialect ?? []).map((one): [string, string] => ['--dialect', one]),
    ['--pace', flags.pace === 'own' ? 'own' : undefined],
    ['--timeout', flags.timeout],
    ...(flags.mask ?? []).map((one): [string, string] => ['--mask', one]),
    ['--seed', flags.seed === undefined ? undefined : String(flags.seed)],
    ['--only', name],
  ]
  const options = given.flatMap(([option, value]) => (value === undefined ? [] : [option, value]))
  return ['stuntdouble', 'torture', ...options, '--', ...command].map(shellWord).join(' ')
}

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
