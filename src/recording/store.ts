/**
 * Recordings on disk: the only file of this folder that touches files.
 * Must never write a line that has not been through the transcriber, never overwrite a file, and
 * never keep the relay waiting.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Mistake, messageOf, StuntdoubleError } from '../core/errors.ts'
import type { HeadStep, Step, Timeline, WriteStep } from '../core/timeline.ts'
import type { RecordedEnding, Recording } from './format.ts'
import { RecordingReader } from './read.ts'
import { Appender, joinLines } from './store-appender.ts'
import { type TapeHead, Transcriber } from './transcribe.ts'

export type { TapeHead } from './transcribe.ts'

/** One exchange on its way to disk. Nothing here throws or waits: a tape never blocks the relay. */
export interface Tape {
  /** Empty where the file could not be created. */
  readonly path: string
  /** Redacted, and appended as soon as it is certain that no secret is in it. */
  write(step: HeadStep | WriteStep): void
  /** The exchange is over; resolves when the file is closed. Later calls do nothing. */
  end(ending: RecordedEnding, atMs: number): Promise<void>
  /** Taping stops before the exchange is over: the file gets no ending. */
  abandon(): Promise<void>
  /** The service was never reached. */
  fail(reason: string, atMs: number): Promise<void>
}

let exchanges = 0

/** `2026-11-22T10-00-00.000Z-0001-post-v1-chat-completions`, which sorts by time. */
function fileName(head: TapeHead, path: string): string {
  const time = new Date(head.arrivedMs).toISOString().replaceAll(':', '-')
  const sequence = String(++exchanges).padStart(4, '0')
  const what = `${head.request.method}-${path}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return `${time}-${sequence}-${what.slice(0, 60).replace(/-+$/, '')}.jsonl`
}

/** Creates a file of its own, also beside another process that tapes into the same folder. */
function createFile(folder: string, head: TapeHead, path: string): { fd: number; path: string } {
  for (;;) {
    const file = join(folder, fileName(head, path))
    try {
      return { fd: openSync(file, 'ax', 0o600), path: file }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}

/**
 * Opens the tape of one exchange. Where the folder cannot be written to, `onFailure` is told and
 * the exchange goes on untaped; it throws where nobody would be told.
 */
export function createTape(folder: string, head: TapeHead): Tape {
  try {
    return openTape(folder, head)
  } catch (error) {
    if (!head.onFailure || !(error instanceof Error)) throw error
    head.onFailure(error)
    return noTape
  }
}

const noTape: Tape = {
  path: '',
  write: () => undefined,
  end: () => Promise.resolve(),
  abandon: () => Promise.resolve(),
  fail: () => Promise.resolve(),
}

function openTape(folder: string, head: TapeHead): Tape {
  const transcriber = new Transcriber(head)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = createFile(folder, head, transcriber.path)
  writeSync(file.fd, joinLines(transcriber.opening))
  const appender = new Appender(file.fd, head.onFailure)
  let isOver = false
  const finish = (last: () => string[]): Promise<void> => {
    if (!isOver) appender.append(last())
    isOver = true
    return appender.close()
  }
  return {
    path: file.path,
    write: (step) => {
      if (!isOver) appender.append(transcriber.push(step))
    },
    end: (ending, atMs) => finish(() => transcriber.end(ending, atMs)),
    abandon: () => finish(() => []),
    fail: (reason, atMs) => finish(() => transcriber.fail(reason, atMs)),
  }
}

const blockBytes = 64 * 1024

/** The lines of a file, read as they are asked for. */
function* readLines(file: string): Generator<string> {
  const fd = openSync(file, 'r')
  try {
    let rest: Buffer[] = []
    for (;;) {
      const block = Buffer.allocUnsafe(blockBytes)
      const length = readSync(fd, block, 0, blockBytes, null)
      if (length === 0) break
      let from = 0
      for (let to = block.indexOf(10); to >= 0 && to < length; to = block.indexOf(10, from)) {
        yield Buffer.concat([...rest, block.subarray(from, to)]).toString('utf8')
        rest = []
        from = to + 1
      }
      if (from < length) rest.push(block.subarray(from, length))
    }
    if (rest.length > 0) yield Buffer.concat(rest).toString('utf8')
  } finally {
    closeSync(fd)
  }
}

/** Files up to this size are kept in memory once they have been played. */
const largestCachedBytes = 1024 * 1024
const largestCacheBytes = 64 * 1024 * 1024

/** Steps of small recordings, the longest unused first. */
class StepCache {
  readonly #kept = new Map<Recording, { steps: readonly Step[]; bytes: number }>()
  #bytes = 0

  steps(recording: Recording, bytes: number): readonly Step[] {
    const found = this.#kept.get(recording)
    const entry = found ?? { steps: [...readSteps(recording.file)], bytes }
    this.#kept.delete(recording)
    this.#kept.set(recording, entry)
    if (!found) this.#bytes += bytes
    this.#shrink()
    return entry.steps
  }

  #shrink(): void {
    for (const [recording, { bytes }] of this.#kept) {
      if (this.#bytes <= largestCacheBytes) return
      this.#kept.delete(recording)
      this.#bytes -= bytes
    }
  }
}

const cache = new StepCache()

/** A file that was sound when it was opened; throws where it no longer is. */
function* readSteps(file: string): Generator<Step> {
  const reader = new RecordingReader(file)
  for (const line of readLines(file)) {
    const step = reader.push(line)
    if (step) yield step
  }
  const read = reader.end()
  if ('mistakes' in read) throw new StuntdoubleError('bad-recording', firstOf(read.mistakes))
  if (read.last) yield read.last
}

const firstOf = (mistakes: readonly Mistake[]): string => {
  const [first] = mistakes
  const more = mistakes.length > 1 ? ` (and ${mistakes.length - 1} more)` : ''
  return first ? `${first.file}:${first.line}:${first.column}: ${first.message}${more}` : ''
}

function scan(file: string): { recording: Recording } | { mistakes: Mistake[] } {
  const reader = new RecordingReader(file)
  for (const line of readLines(file)) reader.push(line)
  const read = reader.end()
  if ('mistakes' in read) return { mistakes: [...read.mistakes] }
  const bytes = statSync(file).size
  const recording: Recording = {
    ...read.info,
    timeline: (): Timeline =>
      bytes <= largestCachedBytes
        ? cache.steps(recording, bytes)
        : { [Symbol.iterator]: () => readSteps(file) },
  }
  return { recording }
}

/** What was opened, by file, as long as the file is the same. */
const opened = new Map<string, { version: string; recording: Recording }>()
const mostOpened = 1000

/**
 * The same recording for the same file until the file changes, so that it can be asked for with
 * every request. Throws `bad-recording` where the file is none, or cannot be read.
 */
export function openRecording(file: string): Recording {
  const version = versionOf(file)
  const known = opened.get(file)
  if (known && known.version === version) return known.recording
  const { recordings, mistakes } = listRecordings([file])
  const [recording] = recordings
  if (!recording) throw new StuntdoubleError('bad-recording', firstOf(mistakes))
  if (opened.size >= mostOpened) opened.clear()
  opened.set(file, { version, recording })
  return recording
}

function versionOf(file: string): string {
  const { mtimeMs = 0, size = 0, ino = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {}
  return `${mtimeMs} ${size} ${ino}`
}

/** Files as named, and of folders every `*.jsonl`, each folder sorted by name. */
export function listRecordings(paths: readonly string[]): {
  recordings: Recording[]
  mistakes: Mistake[]
} {
  const recordings: Recording[] = []
  const mistakes: Mistake[] = []
  for (const path of paths) {
    try {
      for (const file of filesOf(path)) {
        const scanned = scan(file)
        if ('recording' in scanned) recordings.push(scanned.recording)
        else mistakes.push(...scanned.mistakes)
      }
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      const message = isMissing
        ? 'there is no such file or folder'
        : `cannot be read: ${messageOf(error)}`
      mistakes.push({ file: path, line: 1, column: 1, message })
    }
  }
  return { recordings, mistakes }
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => name.endsWith('.jsonl'))
  return names.sort().map((name) => join(path, name))
}
