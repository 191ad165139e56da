/**
 * A plot of a recording for a terminal: what arrived when, and how the gaps are distributed. Pure:
 * its width, its alphabet and whether it may use colour are told.
 */
import { type GapBucket, type Plot, readableBuckets } from './plot.ts'
import { clip, clipStart, duration, grouped, shortBytes, shortMs } from './printable.ts'
import { gapRange, ticks, timeMark } from './scale.ts'
import type { Statistics } from './statistics.ts'

export interface PlotStyle {
  readonly columns: number
  /** Block elements; otherwise plain ASCII. */
  readonly unicode: boolean
  readonly color: boolean
}

/** Parts of a line of text, from nothing to a full cell. */
const unicodeLevels = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
const asciiLevels = [' ', '.', ':', '#']
const unicodeBars = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█']

const margin = 9
const leastColumns = 40
const mostColumns = 200

/** How many slices of time a plot of this width has room for. */
export const plotBins = (style: PlotStyle): number => plotWidth(style) - margin

const plotWidth = ({ columns }: PlotStyle): number =>
  Math.min(mostColumns, Math.max(leastColumns, columns))

export function* renderPlot(plot: Plot, style: PlotStyle): Generator<string> {
  for (const line of lines(plot, style)) yield style.unicode ? line : line.replaceAll('…', '.')
}

function* lines(plot: Plot, style: PlotStyle): Generator<string> {
  const paint = style.color ? painted : plainly
  const { statistics, spanMs, bins } = plot
  const each = `${duration(spanMs / bins.length)} a column`
  const status = `${statistics.status ?? 'no head'}, ${duration(spanMs)}`
  yield paint('bold', clipStart(plot.file, style.columns))
  const dialect = plot.dialect === undefined ? '' : `${plot.dialect}, `
  yield clip(`${dialect}${status}, ${each}`, plotWidth(style))
  yield ''
  yield* chart(
    'bytes',
    bins.map(({ bytes }) => bytes),
    4,
    style,
  )
  yield* chart(
    'frames',
    bins.map(({ frames }) => frames),
    2,
    style,
  )
  yield* axis(plot, style)
  yield* legend(plot, style)
  const buckets = readableBuckets(plot.gaps)
  if (buckets.length > 0) {
    yield ''
    yield* histogram(buckets, statistics, style)
  }
}

type Paint = (kind: 'bold' | 'dim' | 'blue', text: string) => string

const codes = { bold: 1, dim: 2, blue: 36 } as const

const painted: Paint = (kind, text) => (text === '' ? '' : `\u001b[${codes[kind]}m${text}\u001b[0m`)
const plainly: Paint = (_, text) => text

/** Columns of blocks; the greatest value fills the height. */
function* chart(
  name: string,
  values: readonly number[],
  height: number,
  style: PlotStyle,
): Generator<string> {
  const levels = style.unicode ? unicodeLevels : asciiLevels
  const paint = style.color ? painted : plainly
  const most = values.reduce((left, right) => Math.max(left, right), 0)
  const parts = levels.length - 1
  const filled = values.map((value) =>
    value === 0 ? 0 : Math.max(1, (value / most) * height * parts),
  )
  for (let line = height - 1; line >= 0; line--) {
    const cells = filled.map((value) => {
      const level = Math.round(Math.min(parts, Math.max(0, value - line * parts)))
      return levels[level] ?? ' '
    })
    const label = line === height - 1 ? compact(most) : line === 0 ? name : ''
    yield `${label.padStart(margin - 1)} ${paint('blue', cells.join('').trimEnd())}`.trimEnd()
  }
}

const compact = (value: number): string =>
  value < 100_000 ? grouped(value) : shortBytes(value).replace(' B', '')

/** A line with marks and, below it, what they stand for. */
function* axis({ spanMs, bins }: Plot, { unicode }: PlotStyle): Generator<string> {
  const [line, mark] = unicode ? ['─', '┬'] : ['-', '+']
  const width = bins.length
  const marks = ticks(spanMs, Math.max(2, Math.floor(width / 14)))
  const rule = new Array<string>(width).fill(line)
  let labels = ''
  for (const ms of marks) {
    const at = Math.min(width - 1, Math.floor((ms / spanMs) * width))
    rule[at] = mark
    const label = timeMark(ms, spanMs)
    if (at >= labels.length + (labels === '' ? 0 : 1) && at + label.length <= width) {
      labels = labels.padEnd(at) + label
    }
  }
  const before = ' '.repeat(margin)
  yield before + rule.join('')
  yield before + labels
}

interface Mark {
  readonly letter: string
  readonly atMs: number
  readonly says: string
}

const endingSays: Readonly<Record<Statistics['ending'], string>> = {
  end: 'clean end',
  close: 'closed too early',
  reset: 'reset',
  'client-left': 'the client left',
  failed: 'never reached',
  'cut-off': 'cut off while taping',
}

function marksOf({ timing, statistics, spanMs }: Plot): Mark[] {
  const { headMs, ttftMs, ttftOf } = timing
  const first = ttftOf === 'content' ? 'first content' : 'first byte'
  return [
    ...(headMs === undefined ? [] : [{ letter: 'H', atMs: headMs, says: 'head' }]),
    ...(ttftMs === undefined ? [] : [{ letter: 'F', atMs: ttftMs, says: first }]),
    { letter: 'E', atMs: spanMs, says: endingSays[statistics.ending] },
  ]
}

/** A line of letters under the axis, and what they mean. */
function* legend(plot: Plot, style: PlotStyle): Generator<string> {
  const paint = style.color ? painted : plainly
  const { spanMs, bins, timing } = plot
  const place = (atMs: number): number =>
    Math.min(bins.length - 1, Math.floor((atMs / spanMs) * bins.length))
  const cells = new Array<string>(bins.length).fill(' ')
  for (const { atMs, forMs } of timing.stalls) {
    cells.fill(style.unicode ? '╌' : '~', place(atMs), place(atMs + forMs) + 1)
  }
  const marks = marksOf(plot)
  for (const { letter, atMs } of marks) cells[place(atMs)] = letter
  yield `${' '.repeat(margin)}${paint('bold', cells.join('').trimEnd())}`
  const said = marks.map(({ letter, atMs, says }) => `${letter} ${says} ${duration(atMs)}`)
  const [longest] = timing.stalls.toSorted((a, b) => b.forMs - a.forMs)
  if (longest) {
    const count = timing.stalls.length
    const stalls = `${count} stall${count === 1 ? '' : 's'}, the longest ${duration(longest.forMs)}`
    said.push(`${style.unicode ? '╌' : '~'} ${stalls}`)
  }
  const width = plotWidth(style) - margin
  for (const line of wrapped(said, width)) yield `${' '.repeat(margin)}${paint('dim', line)}`
}

/** As many to a line as have room. */
function wrapped(texts: readonly string[], width: number): string[] {
  const filled: string[] = []
  for (const text of texts) {
    const longer = `${filled.at(-1)}   ${text}`
    if (filled.length > 0 && longer.length <= width) filled[filled.length - 1] = longer
    else filled.push(text)
  }
  return filled
}

const labelWidth = 16
const countWidth = 9

/** A bar for each range of gaps. */
function* histogram(
  buckets: readonly GapBucket[],
  { timing, deltasAre }: Statistics,
  style: PlotStyle,
): Generator<string> {
  const paint = style.color ? painted : plainly
  const gaps = timing?.gaps
  const of = deltasAre === 'content' ? 'deltas' : 'frames'
  if (gaps) {
    const figures = [gaps.p50, gaps.p90, gaps.p99].map(shortMs).join(', ')
    yield clip(`gaps between ${of}: p50, p90, p99 = ${figures} ms`, plotWidth(style))
  }
  const all = buckets.reduce((sum, { count }) => sum + count, 0)
  const most = buckets.reduce((left, { count }) => Math.max(left, count), 0)
  const width = plotWidth(style) - labelWidth - countWidth - 9
  for (const { fromMs, toMs, count } of buckets) {
    const share = `${((count / all) * 100).toFixed(count / all < 0.1 ? 1 : 0)} %`
    const label = gapRange(fromMs, toMs).padStart(labelWidth)
    const figures = `${grouped(count).padStart(countWidth)} ${share.padStart(6)}`
    yield `${label}${figures}  ${paint('blue', bar((count / most) * width, style))}`.trimEnd()
  }
}

function bar(length: number, { unicode }: PlotStyle): string {
  if (!unicode) return '#'.repeat(length > 0 ? Math.max(1, Math.round(length)) : 0)
  const whole = Math.floor(length)
  const part = Math.round((length - whole) * 8)
  const rest = unicodeBars[length > 0 && whole === 0 ? Math.max(1, part) : part] ?? ''
  return '█'.repeat(whole) + rest
}
