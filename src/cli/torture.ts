/** `torture`: what the command line asks of it, and what it says while it runs and at its end. */
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
import { checkReportFiles, writeReportFile } from './torture-files.ts'
import { tortureProgress } from './torture-progress.ts'

export interface TortureFlags {
  readonly scenario?: string
  readonly recording?: string
  readonly ignore?: readonly string[]
  readonly volatile?: readonly string[]
  readonly dialect?: readonly string[]
  readonly seed?: number
  readonly only?: readonly string[]
  readonly budget?: string
  readonly timeout?: string
  readonly jobs?: number
  readonly allow?: readonly string[]
  readonly allowErrorReply?: boolean
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
  checkReportFiles(flags)
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
  const { json, junit, html } = flags
  if (json === '-') {
    // What a program reads stays pure; what people read goes where the progress was.
    const look = { columns: terminalColumns(), color: false, repeat }
    for (const line of renderReport(report, look)) process.stderr.write(`${line}\n`)
    await printPieces([reportJson(report)])
  } else {
    await print(renderReport(report, { columns: terminalColumns(), color: wantsColor(), repeat }))
    if (json !== undefined) writeReportFile('--json', json, reportJson(report))
  }
  if (junit !== undefined) writeReportFile('--junit', junit, reportJunit(report))
  if (html !== undefined) writeReportFile('--html', html, reportHtml(report, repeat))
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
    ...(flags.ignore === undefined ? {} : { ignore: flags.ignore }),
    ...(flags.volatile === undefined ? {} : { volatile: flags.volatile }),
    ...(allow === undefined ? {} : { allow }),
    ...(flags.allowErrorReply ? { allowErrorReply: true } : {}),
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
  const each = (option: string, values: readonly string[] = []): [string, string][] =>
    values.map((value) => [option, value])
  const given: (readonly [string, string | undefined])[] = [
    ['--scenario', flags.scenario],
    ['--recording', flags.recording],
    ...each('--ignore', flags.ignore),
    ...each('--volatile', flags.volatile),
    ...each('--dialect', flags.dialect),
    ['--pace', flags.pace === 'own' ? 'own' : undefined],
    ['--timeout', flags.timeout],
    ...each('--mask', flags.mask),
    ['--seed', flags.seed === undefined ? undefined : String(flags.seed)],
    ['--only', name],
  ]
  const options = given.flatMap(([option, value]) => (value === undefined ? [] : [option, value]))
  if (flags.allowErrorReply) options.push('--allow-error-reply')
  return ['stuntdouble', 'torture', ...options, '--', ...command].map(shellWord).join(' ')
}

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
