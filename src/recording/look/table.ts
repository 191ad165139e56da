/**
 * Tables whose rows are written as they come, so that a folder of thousands begins at once. Widths
 * are therefore decided beforehand, and columns that a narrow terminal has no room for are left out.
 * Pure.
 */
import { clip, clipStart } from './printable.ts'

export interface Column<Row> {
  readonly title: string
  /** At least; what is longer is cut, but in the last column. */
  readonly width: number
  /** Up to this width where there is room. */
  readonly widest?: number
  readonly align?: 'right'
  /** Of a long cell its end is shown and not its beginning. */
  readonly keep?: 'end'
  /** The highest goes first where there is no room; a column without this stays. */
  readonly drop?: number
  cell(row: Row): string
}

export interface Table<Row> {
  readonly header: string
  line(row: Row): string
}

const between = 2

export function tableOf<Row>(columns: readonly Column<Row>[], width: number): Table<Row> {
  const shown = widen(fitting(columns, width), width)
  const line = (cellOf: (column: Column<Row>) => string): string =>
    shown
      .map((column, at) => placed(cellOf(column), column, at === shown.length - 1))
      .join(' '.repeat(between))
      .trimEnd()
  return { header: line(({ title }) => title), line: (row) => line(({ cell }) => cell(row)) }
}

const widthOf = (columns: readonly { readonly width: number }[]): number =>
  columns.reduce((sum, { width }) => sum + width + between, -between)

function fitting<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  let shown = columns
  while (widthOf(shown) > width) {
    const most = Math.max(...shown.map(({ drop = 0 }) => drop))
    if (most === 0) return shown
    shown = shown.filter(({ drop = 0 }) => drop !== most)
  }
  return shown
}

/** What room is left goes to those that can use it, the first first. */
function widen<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  let room = Math.max(0, width - widthOf(columns))
  return columns.map((column) => {
    const more = Math.min(room, Math.max(0, (column.widest ?? column.width) - column.width))
    room -= more
    return { ...column, width: column.width + more }
  })
}

function placed<Row>(text: string, { width, align, keep }: Column<Row>, isLast: boolean): string {
  if (align === 'right') return text.padStart(width)
  if (isLast && keep !== 'end') return clip(text, width)
  return (keep === 'end' ? clipStart(text, width) : clip(text, width)).padEnd(width)
}
