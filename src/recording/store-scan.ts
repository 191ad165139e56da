/**
 * What a file holds, found out without keeping it: small ones are read whole, of large ones the
 * head and the last line; their middle is checked as it plays.
 */
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { type Mistake, messageOf } from '../core/errors.ts'
import type { RecordedRequest, RecordingInfo, RecordingLine } from './format.ts'
import { explainBroken, RecordingReader } from './read.ts'
import { parseLine } from './read-line.ts'
import { lastLine, readLines } from './store-lines.ts'

/** Files up to this size are read whole. */
export const smallBytes = 1024 * 1024

/** A file with other figures is another file; with the same, it is the same unless it is young. */
export interface FileVersion {
  readonly size: number
  readonly mtimeMs: number
  /** Also moves when someone sets the time of the last change back. */
  readonly ctimeMs: number
  readonly inode: number
}

/** What is kept of a recording in memory and in an index: all but its request. */
export type Facts = Omit<RecordingInfo, 'request' | 'file'>

export interface Scan {
  /** From before the file was read, so that what changed meanwhile is found out. */
  readonly version: FileVersion
  /** Undefined where nothing of the file plays. */
  readonly facts: Facts | undefined
  /** What was asked, where it plays. */
  readonly request: RecordedRequest | undefined
  readonly mistakes: readonly Mistake[]
}

export const versionFrom = ({ size, mtimeMs, ctimeMs, ino }: Stats): FileVersion => ({
  size,
  mtimeMs,
  ctimeMs,
  inode: ino,
})

/** Undefined where there is no such file, or it may not be looked at. */
export function versionOf(file: string): FileVersion | undefined {
  try {
    const found = statSync(file, { throwIfNoEntry: false })
    return found && versionFrom(found)
  } catch {
    return undefined
  }
}

/** Kernels count the time of a change in steps of up to 10 ms, a few file systems in whole seconds. */
const fineStepMs = 50
const coarseStepMs = 2000

/** Changed so shortly before it was looked at that another change could leave the same figures. */
export function isYoung({ mtimeMs, ctimeMs }: FileVersion, lookedAtMs: number): boolean {
  const changedMs = Math.max(mtimeMs, ctimeMs)
  return changedMs > lookedAtMs - (changedMs % 1000 === 0 ? coarseStepMs : fineStepMs)
}

export const isSameVersion = (a: FileVersion, b: FileVersion): boolean =>
  a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.inode === b.inode

/** Of what cannot be read. */
const noVersion: FileVersion = { size: -1, mtimeMs: 0, ctimeMs: 0, inode: 0 }

const noFacts = { facts: undefined, request: undefined }

/** Never throws. `isWhole` reads large files to their end as well. */
export function scan(file: string, isWhole = false): Scan {
  try {
    return scanFile(file, isWhole)
  } catch (error) {
    return { version: noVersion, ...noFacts, mistakes: [unreadable(file, error)] }
  }
}

/** That a path cannot be read, as the one mistake in it. */
export function unreadable(path: string, error: unknown): Mistake {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  const why = isMissing ? 'there is no such file or folder' : `cannot be read: ${messageOf(error)}`
  return { file: path, line: 1, column: 1, message: why }
}

function scanFile(file: string, isWhole: boolean): Scan {
  const fd = openSync(file, 'r')
  try {
    const version = versionFrom(fstatSync(fd))
    if (version.size > smallBytes) {
      return { version, ...(isWhole ? readAll(file) : readEnds(file, fd, version.size)) }
    }
    const reader = new RecordingReader(file)
    for (const line of smallLines(fd)) reader.push(line)
    return { version, ...outcome(reader) }
  } finally {
    closeSync(fd)
  }
}

type Outcome = Omit<Scan, 'version'>

function readAll(file: string): Outcome {
  const reader = new RecordingReader(file)
  for (const line of readLines(file)) reader.push(line)
  return outcome(reader)
}

function outcome(reader: RecordingReader): Outcome {
  const read = reader.end()
  if ('info' in read) return { ...factsOf(read.info), mistakes: [] }
  if (!read.rest) return { ...noFacts, mistakes: read.mistakes }
  return { ...factsOf(read.rest.info), mistakes: explainBroken(read.rest.info) }
}

/** A head stands in the third line or nowhere. */
const headLines = 3

function readEnds(file: string, fd: number, size: number): Outcome {
  const reader = new RecordingReader(file)
  let count = 0
  for (const line of readLines(file)) {
    reader.push(line)
    if (++count === headLines) break
  }
  const { facts, request, mistakes } = outcome(reader)
  if (!facts || mistakes.length > 0) return { facts, request, mistakes }
  const last = lastLine(fd, size)
  return {
    facts: { ...facts, ...endingOf(last === undefined ? undefined : parsed(last)) },
    request,
    mistakes,
  }
}

/** A last line that makes no sense is for the player to find. */
function parsed(line: string): RecordingLine | undefined {
  try {
    return parseLine(line)
  } catch {
    return undefined
  }
}

function endingOf(line: RecordingLine | undefined): Pick<Facts, 'ending' | 'failed'> {
  return {
    ending: line && 'end' in line ? line.end : undefined,
    failed: line && 'failed' in line ? line.failed : undefined,
  }
}

function factsOf({ request, file: _, ...facts }: RecordingInfo): Pick<Scan, 'facts' | 'request'> {
  return { facts, request }
}

/** Shared by all, since a scan is over before the next begins. */
const scratch = Buffer.allocUnsafeSlow(smallBytes + 1)

function smallLines(fd: number): string[] {
  let length = 0
  for (;;) {
    const read = readSync(fd, scratch, length, scratch.length - length, null)
    if (read === 0) break
    length += read
  }
  const lines = scratch.toString('utf8', 0, length).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** What was asked: the second line. Throws `LineMistake`, or what reading throws. */
export function readRequest(file: string): RecordedRequest | undefined {
  let count = 0
  for (const line of readLines(file)) {
    if (++count < 2) continue
    const second = parseLine(line.toString())
    return 'request' in second ? second.request : undefined
  }
  return undefined
}
