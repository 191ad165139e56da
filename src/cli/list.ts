/** `list`: what is in folders of recordings, a line for each. */
import { statSync } from 'node:fs'
import process from 'node:process'
import { formatMistake } from '../core/errors.ts'
import type { Recording } from '../recording/format.ts'
import {
  type ListedRecording,
  listed,
  listSummary,
  listTable,
  type SortKey,
  sortListed,
} from '../recording/look/list.ts'
import { measure } from '../recording/look/statistics.ts'
import { type Library, openLibrary } from '../recording/store.ts'
import { dialectsFor } from './dialects.ts'
import { print } from './print.ts'
import { type Progress, withProgress } from './progress.ts'
import { tableColumns } from './terminal.ts'

export interface ListFlags {
  readonly long?: boolean
  readonly json?: boolean
  readonly sort: SortKey
  readonly reverse?: boolean
}

/** Exit code 1 where a file or folder cannot be read at all. */
export async function list(paths: readonly string[], flags: ListFlags): Promise<void> {
  const library = await withProgress('reading', (progress) => open(paths, progress))
  const rows = await withProgress('reading', (progress) => rowsOf(library, flags, progress), {
    total: library.recordings.length,
  })
  const sorted = sortListed(rows, flags.sort)
  if (flags.reverse) sorted.reverse()
  // Where nothing can be read at all there is only the mistake to be told.
  const isTold = rows.length > 0 || library.mistakes.length === 0
  const lines = isTold ? tableLines(sorted, flags) : []
  await print(flags.json ? [JSON.stringify(sorted, undefined, 2)] : lines)
  const listedFiles = new Set(rows.map(({ file }) => file))
  const mistakes = library.mistakes.filter(({ file }) => !listedFiles.has(file))
  for (const mistake of mistakes) process.stderr.write(`stuntdouble: ${formatMistake(mistake)}\n`)
  if (mistakes.length > 0) process.exitCode = 1
}

const open = (paths: readonly string[], progress: Progress): Library =>
  openLibrary(paths, { onProgress: (done) => progress.at(done) })

async function rowsOf(
  { recordings }: Library,
  { long }: ListFlags,
  progress: Progress,
): Promise<ListedRecording[]> {
  const dialectOf = long ? await dialectsFor(undefined) : undefined
  const row = (recording: Recording): ListedRecording => {
    progress.step()
    const fileBytes = statSync(recording.file, { throwIfNoEntry: false })?.size ?? 0
    const statistics = dialectOf && measure(recording, dialectOf(recording)).statistics
    return listed(recording, { fileBytes, statistics })
  }
  return recordings.map(row)
}

function* tableLines(rows: readonly ListedRecording[], { long }: ListFlags): Generator<string> {
  const table = listTable(rows, { width: tableColumns(), isLong: long === true })
  if (rows.length > 0) yield table.header
  for (const row of rows) yield table.line(row)
  if (rows.length > 0) yield ''
  yield listSummary(rows)
}
