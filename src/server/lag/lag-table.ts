/** The lags as text for people: a table of quantiles, a plot of their spread, and what it means. */
import { LagHistogram, type LagJson } from '../../time/lag.ts'
import type { LagReport } from './lag-report.ts'

export interface LagTableOptions {
  /** Columns of the whole; the plot's bars become longer or shorter. */
  readonly columns: number
  /** Bars of eighths of a character instead of `#`. */
  readonly unicode: boolean
  /** What is over the threshold stands out. */
  readonly color: boolean
}

const heading = ['', 'chunks', 'p50', 'p90', 'p99', 'p99.9', 'max']

/** Upper bounds of the plot's rows, which are bounds of the histogram's buckets as well. */
const rowsMs = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

export function lagTable(report: LagReport, options: LagTableOptions): string[] {
  const { chunks, held, wakes, dialects } = report
  if (chunks.count === 0) return ['lag: no chunk had a time to be late against']
  const names = Object.entries(dialects)
  const rows = [
    heading,
    ['lag', ...figures(chunks)],
    ...(names.length > 1 ? names.map(([name, one]) => [`  ${name}`, ...figures(one.chunks)]) : []),
    ...(held.count > 0 ? [['held by clients', ...figures(held)]] : []),
    ...(wakes && wakes.count > 0 ? [['timers', ...figures(wakes)]] : []),
  ]
  return [
    'lag against the schedule, in ms',
    ...aligned(rows),
    '',
    ...plot(report, options),
    '',
    ...told(report),
  ]
}

const figures = ({ count, p50Ms, p90Ms, p99Ms, p999Ms, maxMs }: LagJson): string[] => [
  `${count}`,
  ...[p50Ms, p90Ms, p99Ms, p999Ms, maxMs].map((ms) => ms.toFixed(2)),
]

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = heading.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  )
}

/** A row for each doubling that has chunks, and for those between them. */
function plot({ chunks, lateAfterMs }: LagReport, options: LagTableOptions): string[] {
  const lags = LagHistogram.from(chunks)
  const bounds = [...rowsMs, Number.POSITIVE_INFINITY]
  const rows = bounds.map((toMs, at) => {
    const fromMs = bounds[at - 1]
    const upTo = toMs === Number.POSITIVE_INFINITY ? lags.count : lags.upTo(toMs)
    const count = upTo - (fromMs === undefined ? 0 : lags.upTo(fromMs))
    const label = toMs === Number.POSITIVE_INFINITY ? `over ${fromMs} ms` : `to ${toMs} ms`
    return { label, count, isLate: (fromMs ?? 0) >= lateAfterMs }
  })
  const last = rows.findLastIndex(({ count }) => count > 0)
  const shown = rows.slice(
    rows.findIndex(({ count }) => count > 0),
    last + 1,
  )
  const most = Math.max(...shown.map(({ count }) => count))
  const labels = Math.max(...shown.map(({ label }) => label.length))
  const counts = `${most}`.length
  const room = Math.max(10, Math.min(options.columns, 80) - labels - counts - 4)
  return shown.map(({ label, count, isLate }) => {
    const drawn = bar((count / most) * room, options.unicode)
    const colored = options.color && isLate && count > 0 ? `\u001b[33m${drawn}\u001b[39m` : drawn
    return `${label.padStart(labels)}  ${`${count}`.padStart(counts)}  ${colored}`.trimEnd()
  })
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** What is there at all is seen, however little it is. */
function bar(length: number, unicode: boolean): string {
  if (length <= 0) return ''
  if (!unicode) return '#'.repeat(Math.max(1, Math.round(length)))
  const parts = Math.max(1, Math.round(length * 8))
  return '█'.repeat(parts >> 3) + (eighths[parts & 7] ?? '')
}

function told({ lateStreams, lateAfterMs, chunks, held, wakes, busy }: LagReport): string[] {
  const streams = lateStreams === 1 ? '1 stream was' : `${lateStreams} streams were`
  const lines = [`${streams} not kept on time: a chunk was more than ${lateAfterMs} ms late`]
  if (held.count > 0) {
    lines.push(`${held.count} chunks waited for a slow client or a pause; that is not in the lag`)
  }
  if (busy === undefined || !wakes) return lines
  const share = `the process was busy ${Math.round(busy * 100)} % of the time`
  if (lateStreams === 0) return [...lines, share]
  const isBlocked = wakes.maxMs * 2 > chunks.maxMs
  const why = isBlocked
    ? `and once came ${wakes.maxMs.toFixed(0)} ms late to its timers: something blocked it, or requests kept it busy`
    : 'and came to its timers in time: many streams were due at once, or a first answer had to warm up'
  return [...lines, `${share}, ${why}`]
}
