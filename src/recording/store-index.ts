/**
 * What a folder of recordings is known to hold, kept beside them so that the next start need not
 * read them all. Only ever a help: whatever is wrong with it, it is as if there were none.
 * Must never be believed about a file that has changed since.
 */
import { createHash, randomUUID } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { version as programVersion } from '../core/version.ts'
import { lostParts, recordedEndings } from './format.ts'
import type { Facts, FileVersion } from './store-scan.ts'

export interface IndexEntry {
  readonly version: FileVersion
  readonly facts: Facts
  /** What was derived from the request, by name. */
  readonly keys: ReadonlyMap<string, string>
}

export interface Index {
  /** Of what was derived, the last used last. */
  readonly names: readonly string[]
  find(name: string): IndexEntry | undefined
}

export const noIndex: Index = { names: [], find: () => undefined }

const indexFolder = '.stuntdouble'
const indexFile = 'index.jsonl'

/** Another version of the program may see other mistakes, and reads the files for itself. */
const maker = `1 stuntdouble ${programVersion}`

/** Derived under more names than this, the one unused for longest is forgotten. */
const mostNames = 4

/** Position by position; null where there is nothing. */
type Row = readonly [
  name: string,
  size: number,
  mtimeMs: number,
  ctimeMs: number,
  inode: number,
  by: string,
  at: string,
  dialect: string | null,
  note: string | null,
  lost: readonly string[],
  status: number | null,
  ending: string | null,
  failed: string | null,
  keys: readonly (string | null)[],
]

/** Empty where there is no index, or none that can be believed. */
export function loadIndex(folder: string): Index {
  try {
    return parseIndex(readFileSync(join(folder, indexFolder, indexFile), 'utf8'))
  } catch {
    return noIndex
  }
}

function parseIndex(text: string): Index {
  const end = text.indexOf('\n')
  const head: unknown = JSON.parse(text.slice(0, end))
  const content = text.slice(end + 1)
  if (!isHead(head) || head.by !== maker || head.sum !== sumOf(content)) return noIndex
  // The sum says that what follows is what was written by `saveIndex` of this very version.
  const { names, rows }: { names: string[]; rows: Row[] } = JSON.parse(content)
  const byName = new Map(rows.map((row) => [row[0], row]))
  return {
    names,
    find: (name) => {
      const row = byName.get(name)
      return row && entryOf(row, names)
    },
  }
}

const isHead = (head: unknown): head is { by: string; sum: string } =>
  typeof head === 'object' && head !== null && 'by' in head && 'sum' in head

const sumOf = (content: string): string => createHash('sha1').update(content).digest('base64')

function entryOf(row: Row, names: readonly string[]): IndexEntry {
  // By number, since taking ten thousand rows apart by pattern costs more than reading them.
  const lost = row[9]
  return {
    version: { size: row[1], mtimeMs: row[2], ctimeMs: row[3], inode: row[4] },
    facts: {
      version: 1,
      by: row[5],
      at: row[6],
      dialect: row[7] ?? undefined,
      note: row[8] ?? undefined,
      lost: lost.length === 0 ? noneLost : lostParts.filter((part) => lost.includes(part)),
      status: row[10] ?? undefined,
      ending: recordedEndings.find((one) => one === row[11]),
      failed: row[12] ?? undefined,
    },
    keys: keysOf(row[13], names),
  }
}

interface WrittenIndex extends Pick<Index, 'names'> {
  readonly entries: ReadonlyMap<string, IndexEntry>
}

const noneLost: Facts['lost'] = []

function keysOf(written: Row[13], names: readonly string[]): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  written.forEach((key, at) => {
    if (key !== null) keys.set(names[at] ?? '', key)
  })
  return keys
}

/**
 * In place of what was there, in one step: who reads meanwhile has the old or the new. Where the
 * folder cannot be written to, there is no index.
 */
export function saveIndex(folder: string, index: WrittenIndex): void {
  const home = join(folder, indexFolder)
  const temporary = join(home, `${indexFile}.${randomUUID()}.tmp`)
  // Not with the folder above it, which may have been removed meanwhile.
  tried(() => mkdirSync(home, { mode: 0o700 }))
  const isSaved = tried(() => {
    // Whoever keeps the recordings under version control does not want this beside them.
    writeFileSync(join(home, '.gitignore'), '*\n', { mode: 0o600 })
    writeFileSync(temporary, formatIndex(index), { mode: 0o600 })
    renameSync(temporary, join(home, indexFile))
    removeLeftOvers(home)
  })
  if (!isSaved) tried(() => rmSync(temporary, { force: true }))
}

function tried(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}

function formatIndex(index: WrittenIndex): string {
  const names = index.names.slice(-mostNames)
  const rows = [...index.entries].map(([name, entry]) => rowOf(name, entry, names))
  const content = JSON.stringify({ names, rows })
  return `${JSON.stringify({ by: maker, sum: sumOf(content) })}\n${content}`
}

function rowOf(name: string, { version, facts, keys }: IndexEntry, names: readonly string[]): Row {
  return [
    ...([name, version.size, version.mtimeMs, version.ctimeMs, version.inode] as const),
    ...([facts.by, facts.at, facts.dialect ?? null, facts.note ?? null, facts.lost] as const),
    ...([facts.status ?? null, facts.ending ?? null, facts.failed ?? null] as const),
    names.map((derived) => keys.get(derived) ?? null),
  ]
}

/** What a process that was killed while writing has left is older than any writing takes. */
const leftOverMs = 60_000

function removeLeftOvers(home: string): void {
  const nowMs = statSync(join(home, indexFile)).mtimeMs
  for (const name of readdirSync(home).filter((one) => one.endsWith('.tmp'))) {
    const file = join(home, name)
    const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: nowMs }
    if (nowMs - mtimeMs > leftOverMs) rmSync(file, { force: true })
  }
}
