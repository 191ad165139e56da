/**
 * What torture found, for a terminal: groups and verdicts, then each kind of failure by its smallest
 * variant, with what the server did beside what the client did. Pure.
 */
import { clip } from '../recording/look/printable.ts'
import { renderTimeline } from '../recording/look/show.ts'
import { faultWords } from './fault-words.ts'
import { failuresOf, groupsOf, type Report, type Smallest, summaryOf } from './report.ts'
import type { Seen, SeenRequest } from './seen.ts'
import { memoryLine, seconds, type Verdict, verdicts } from './verdict.ts'

export interface TextOptions {
  readonly columns: number
  readonly color: boolean
  /** The exact command that runs one variant again. */
  readonly repeat: (name: string) => string
}

const shownKinds = 10

export function* renderReport(report: Report, options: TextOptions): Generator<string> {
  yield* table(report, options)
  yield ''
  const paint = painter(options.color)
  const failures = failuresOf(report)
  const [, ...others] = report.smallest.slice(shownKinds - 1)
  for (const one of report.smallest.slice(0, shownKinds)) {
    yield* failure(one, options)
    yield ''
  }
  if (others.length > 0)
    yield `and ${others.length} more kinds of failure; --json and --html have all`
  const line = `${ranWords(report)} of ${report.reply} (${report.dialect}, seed ${report.seed}) in ${seconds(report.ms)}: `
  const result = failures.length === 0 ? 'none failed' : `${failures.length} failed`
  yield line + paint(failures.length === 0 ? 'good' : 'bad', result)
  yield* leftLines(report)
  yield* comparedLine(report)
}

/** How many were run, of how many that were asked for, of how many that there are. */
export function ranWords(report: Report): string {
  const { variants } = summaryOf(report)
  const { chosen, known } = report
  const ran = variants === chosen ? `${variants}` : `${variants} of ${chosen}`
  const shrunk = report.variants.filter((one) => one.shrunk).length
  const notes = [
    ...(chosen === known ? [] : [`chosen from ${known}`]),
    ...(shrunk === 0 ? [] : [`${shrunk} to find smaller ones`]),
  ]
  return `${ran} variant${chosen === 1 ? '' : 's'}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`
}

function* leftLines(report: Report): Generator<string> {
  const { chosen, unreached, interrupted } = report
  if (interrupted) yield 'Stopped before all were run.'
  if (unreached.length > 0) yield `Nothing was run of: ${unreached.join(', ')}.`
  if (summaryOf(report).variants < chosen) {
    yield '--budget all runs the rest; --list names all that there are.'
  }
}

function* comparedLine({ comparedBy }: Report): Generator<string> {
  if (comparedBy === 'all') return
  const how =
    comparedBy === 'nothing'
      ? 'The output differs from run to run so much that none of it is compared: a lost piece goes unseen.'
      : `The output differs from run to run, and is compared ${comparing[comparedBy]}.`
  yield how
  yield 'Print nothing but what was heard, or name what changes: --mask /a pattern/'
}

const comparing = {
  'without times and ids': 'without times and ids',
  'without numbers': 'without numbers',
  'stable lines': 'by those lines that stay the same',
} as const

const short: Readonly<Record<Verdict, string>> = {
  'same output': 'same',
  'clean error': 'error',
  'silent truncation': 'truncated',
  'wrong output': 'wrong',
  hang: 'hang',
  crash: 'crash',
  'retry storm': 'storm',
}

function* table(report: Report, { color }: TextOptions): Generator<string> {
  const paint = painter(color)
  const groups = groupsOf(report.variants)
  const width = Math.max(5, ...groups.map(({ group }) => group.length))
  const widths = verdicts.map((verdict) => Math.max(5, short[verdict].length))
  const row = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(width)}  ${cells.map((cell, at) => cell.padStart(widths[at] ?? 5)).join('  ')}`
  yield `${row(
    'group',
    verdicts.map((verdict) => short[verdict]),
  )}  failed`
  for (const { group, variants } of groups) {
    const cells = verdicts.map((verdict) => {
      const count = variants.filter((one) => one.verdict === verdict).length
      return count === 0 ? '·' : `${count}`
    })
    const failed = variants.filter(({ allowed }) => !allowed).length
    const last = `${failed === 0 ? '·' : failed}`.padStart(6)
    yield `${row(group, cells)}  ${failed === 0 ? last : paint('bad', last)}`
  }
}

function* failure({ result, alike, again }: Smallest, options: TextOptions): Generator<string> {
  const paint = painter(options.color)
  const { verdict, name, fault, why, notes, seen } = result
  const others = alike > 1 ? `, the smallest of ${alike} like it` : ''
  yield `${paint('bad', verdict)}: ${paint('name', name)}${others}`
  yield `  ${[why, ...notes].join('; ')}`
  if (again !== undefined) yield `  once more it was ${again}: perhaps the machine was busy`
  yield clip(`  fault    ${faultWords(fault)}`, options.columns)
  yield `  repeat   ${options.repeat(name)}`
  yield '  the server'
  for (const line of excerpt([
    ...renderTimeline(result.timeline, { columns: options.columns - 4 }),
  ])) {
    yield `    ${line}`
  }
  yield '  the client'
  yield* clientLines(seen).map((line) => clip(`    ${line}`, options.columns))
}

/** The place that matters is near an end of it. */
function excerpt(lines: readonly string[]): readonly string[] {
  const most = 12
  if (lines.length <= most) return lines
  const left = lines.length - most + 1
  return [...lines.slice(0, 6), `${' '.repeat(24)}... ${left} lines`, ...lines.slice(-(most - 7))]
}

export function clientLines(seen: Seen): string[] {
  const shown = seen.requests.slice(0, 8)
  const more = seen.requests.length - shown.length
  return [
    ...shown.map(requestLine),
    ...(more > 0 ? [`${' '.repeat(12)}... ${more} more requests`] : []),
    `${at(seen.ms)}  ${endWords(seen)}`,
    ...quoted('stdout', seen.stdout),
    ...quoted('stderr', seen.stderr, memoryLine(seen)),
  ]
}

const at = (ms: number): string => `${ms.toFixed(0)} ms`.padStart(10)

const requestLine = ({ atMs, method, path, status, ms, ended }: SeenRequest): string => {
  const left = ended === 'client-left' ? 'and left' : `until ${ended}`
  return `${at(atMs)}  ${method} ${path} -> ${status ?? 'no answer'}, ${left} after ${seconds(ms)}`
}

function endWords({ stopped, exit, signal }: Seen): string {
  if (stopped) return stopped === 'storm' ? 'stopped by us: too many requests' : 'stopped by us'
  return signal === null ? `exit code ${exit}` : `killed by ${signal}`
}

/** @param telling a line that is shown wherever it stands */
function quoted(name: string, text: string, telling?: string): string[] {
  const lines = text.trimEnd().split('\n')
  const shown = name === 'stderr' ? lines.slice(-4) : lines.slice(0, 4)
  if (text.trim() === '') return name === 'stdout' ? ['    stdout  (nothing)'] : []
  const isApart = telling !== undefined && !shown.includes(telling)
  return [...(isApart ? [telling] : []), ...shown].map((line) => `    ${name}  ${line}`)
}

type Tone = 'good' | 'bad' | 'name'

const codes: Readonly<Record<Tone, string>> = { good: '32', bad: '31', name: '1' }

const painter =
  (color: boolean) =>
  (tone: Tone, text: string): string =>
    color ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text
