/** `export`: recordings in the formats of others. Must never write over a file unasked. */
import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Dialect } from '../core/dialect.ts'
import { formatMistake, messageOf, StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import type { Exported, Exporter, ScriptTiming } from '../recording/export/exporter.ts'
import { exporters } from '../recording/export/registry.ts'
import type { Recording } from '../recording/format.ts'
import { listRecordings } from '../recording/store.ts'
import { knownDialects } from '../scenario/load-dialects.ts'
import { gathered, printPieces } from './print.ts'
import { type Progress, withProgress } from './progress.ts'

export interface ExportFlags {
  readonly as: string
  readonly out?: string
  readonly force?: boolean
  readonly dialect?: string
  readonly timing: ScriptTiming
}

export async function exportRecordings(
  paths: readonly string[],
  flags: ExportFlags,
): Promise<void> {
  const exporter = exporterNamed(flags.as)
  const dialects = await knownDialects()
  const fallback = flags.dialect === undefined ? undefined : named(flags.dialect, dialects)
  const recordings = recordingsAt(paths)
  if (flags.out !== undefined) mustBeFree(flags.out, flags.force)
  const report = new Report(exporter, recordings.length)
  const options = {
    timing: flags.timing,
    dialects,
    lose: (what: string) => report.lost.add(what),
    leaveOut: (file: string, why: string) => report.leftOut.set(file, why),
    tell: (word: string) => report.told.add(word),
  }
  const work = async (progress: Progress): Promise<void> => {
    const each = { [Symbol.iterator]: () => eachRead(recordings, { dialects, fallback, progress }) }
    const pieces = report.checked(exporter.write(each, options))
    if (flags.out === undefined) await printPieces(pieces)
    else save(pieces, flags.out)
  }
  await withProgress('exporting', work, { total: recordings.length })
  for (const line of report.lines()) process.stderr.write(`stuntdouble: ${line}\n`)
}

function exporterNamed(wanted: string): Exporter {
  const found = exporters.find(({ name }) => name === wanted)
  if (found) return found
  const names = exporters.map(({ name }) => name)
  throw usage(`There is no format "${wanted}"${suggestion(wanted, names)}`)
}

function named(wanted: string, dialects: readonly Dialect[]): Dialect {
  const found = dialects.find(({ name }) => name === wanted)
  if (found) return found
  const names = dialects.map(({ name }) => name)
  throw usage(`There is no dialect "${wanted}"${suggestion(wanted, names)}`)
}

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)

function recordingsAt(paths: readonly string[]): readonly Recording[] {
  const { recordings, mistakes } = listRecordings(paths)
  if (mistakes.length > 0) {
    throw new StuntdoubleError('bad-recording', mistakes.map(formatMistake).join('\n'))
  }
  if (recordings.length > 0) return recordings
  throw new StuntdoubleError('bad-recording', `There is no recording in ${paths.join(', ')}`)
}

interface Reading {
  readonly dialects: readonly Dialect[]
  /** Of recordings that name none. */
  readonly fallback: Dialect | undefined
  readonly progress: Progress
}

function* eachRead(recordings: readonly Recording[], reading: Reading): Generator<Exported> {
  const { dialects, fallback, progress } = reading
  for (const recording of recordings) {
    const own = dialects.find(({ name }) => name === recording.dialect)
    yield { recording, dialect: own ?? (recording.dialect === undefined ? fallback : undefined) }
    progress.step()
  }
}

function mustBeFree(file: string, force = false): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw usage(`${file} is a folder; name a file`)
  if (found && !force) throw usage(`${file} exists; take another name, or --force`)
}

/** Beside its place first, so that nobody finds half a file there. */
function save(pieces: Iterable<string>, file: string): void {
  const unfinished = `${file}.${process.pid}.tmp`
  const fd = opened(unfinished, file)
  try {
    for (const piece of gathered(pieces)) writeFileSync(fd, piece)
    renameSync(unfinished, file)
  } catch (thrown) {
    rmSync(unfinished, { force: true })
    throw thrown instanceof StuntdoubleError ? thrown : notWritten(file, thrown)
  } finally {
    closeSync(fd)
  }
}

function opened(unfinished: string, file: string): number {
  try {
    return openSync(unfinished, 'wx', 0o600)
  } catch (thrown) {
    throw notWritten(file, thrown)
  }
}

const notWritten = (file: string, thrown: unknown): StuntdoubleError =>
  new StuntdoubleError('internal', `${file} cannot be written: ${messageOf(thrown)}`, {
    cause: thrown,
  })

/** Of recordings that are left out. */
const mostNamed = 10

/** What is said beside the result. */
class Report {
  readonly lost = new Set<string>()
  readonly leftOut = new Map<string, string>()
  readonly told = new Set<string>()
  readonly #exporter: Exporter
  readonly #count: number

  constructor(exporter: Exporter, count: number) {
    this.#exporter = exporter
    this.#count = count
  }

  /** The same pieces; throws at their end where nothing was left to write. */
  *checked(pieces: Iterable<string>): Generator<string> {
    yield* pieces
    if (this.leftOut.size < this.#count) return
    throw new StuntdoubleError(
      'bad-recording',
      ['nothing is left to write', ...this.lines()].join('\n'),
    )
  }

  lines(): string[] {
    const { name } = this.#exporter
    const lost = this.lost.size > 0 ? [`${name} cannot hold ${[...this.lost].join(', ')}`] : []
    const out = [...this.leftOut].map(([file, why]) => `${file} is left out: ${why}`)
    const more = out.length > mostNamed ? [`and ${out.length - mostNamed} more`] : []
    const of = out.length > 0 ? [`${this.#count - out.length} of ${this.#count} written`] : []
    return [...lost, ...this.told, ...out.slice(0, mostNamed), ...more, ...of]
  }
}
