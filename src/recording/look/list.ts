/**
 * A line for each recording of a folder. Needs only what the index of the folder knows; what takes
 * a look at the whole file is measured when asked. Pure.
 */
import type { RecordedRequest, Recording } from '../format.ts'
import { pathAndQuery } from '../transcribe.ts'
import { counted, duration, grouped, shortBytes, visible } from './printable.ts'
import type { Statistics } from './statistics.ts'
import { type Column, type Table, tableOf } from './table.ts'

export interface ListedRecording {
  readonly file: string
  readonly at: string
  readonly dialect: string | undefined
  readonly method: string
  readonly path: string
  readonly model: string | undefined
  /** The beginning of what the user said last. */
  readonly user: string | undefined
  readonly status: number | undefined
  readonly ending: string
  /** `lost chunks`, `lost times`, `broken`, `stale`. */
  readonly marks: readonly string[]
  /** Of the file. */
  readonly fileBytes: number
  /** With `--long`. */
  readonly measured: Measures | undefined
}

type Measures = Pick<Statistics, 'chunks' | 'bytes'> & {
  readonly ttftMs: number | undefined
  readonly durationMs: number | undefined
}

export interface ListOptions {
  readonly fileBytes: number
  readonly statistics?: Statistics | undefined
  /** Older than this, in milliseconds since 1970, is stale. */
  readonly staleBeforeMs?: number | undefined
}

export function listed(recording: Recording, options: ListOptions): ListedRecording {
  const { file, at, dialect, status, ending, failed, lost, broken } = recording
  const isStale = Date.parse(at) < (options.staleBeforeMs ?? Number.NEGATIVE_INFINITY)
  const { statistics } = options
  return {
    file,
    at,
    dialect,
    ...askedOf(recording),
    status,
    ending: failed === undefined ? (ending ?? 'cut off') : 'failed',
    marks: [
      ...lost.map((part) => `lost ${part}`),
      ...(broken ? ['broken'] : []),
      ...(isStale ? ['stale'] : []),
    ],
    fileBytes: options.fileBytes,
    measured: statistics && {
      chunks: statistics.chunks,
      bytes: statistics.bytes,
      ttftMs: statistics.timing?.ttftMs,
      durationMs: statistics.timing?.durationMs,
    },
  }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly model: string | undefined
  readonly user: string | undefined
}

/** Remembered beside the recording, so that a second look at a folder reads no request. */
function askedOf(recording: Recording): Asked {
  const [method = '', path = '', model, user]: (string | null)[] = JSON.parse(
    recording.derived('asked-1', (request) => JSON.stringify(askedIn(request))),
  )
  return {
    method: method ?? '',
    path: path ?? '',
    model: model ?? undefined,
    user: user ?? undefined,
  }
}

const longestUser = 120

function askedIn({ method, url, asked, body = '' }: RecordedRequest): (string | undefined)[] {
  const [path = '/'] = pathAndQuery(asked ?? url).split('?', 1)
  const json = parsed(body)
  const model = textAt(json, 'model') ?? textAt(json, 'modelId') ?? modelIn(path)
  return [
    method,
    path,
    model,
    lastWords(json)?.replaceAll(/\s+/g, ' ').trim().slice(0, longestUser),
  ]
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(key)
    : undefined

function textAt(value: unknown, key: string): string | undefined {
  const field = fieldOf(value, key)
  return typeof field === 'string' ? field : undefined
}

/** Some services are told the model by the path. */
const modelIn = (path: string): string | undefined => {
  const found = /\/(?:models?|deployments)\/([^/:]+)/.exec(path)?.[1]
  return found === undefined ? undefined : decoded(found)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What the user said last, wherever the formats of chat APIs have it. */
function lastWords(json: unknown): string | undefined {
  for (const key of ['messages', 'contents', 'input', 'prompt', 'message', 'inputText', 'query']) {
    const words = wordsOf(fieldOf(json, key))
    if (words !== undefined) return words
  }
  return undefined
}

function wordsOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) {
    const inner = ['content', 'parts', 'text'].map((key) => fieldOf(value, key))
    return inner.map(wordsOf).find((words) => words !== undefined)
  }
  const roles = value.map((one: unknown) => textAt(one, 'role'))
  const last = roles.lastIndexOf('user')
  if (last >= 0) return wordsOf(value[last])
  return value.map(wordsOf).find((words) => words !== undefined)
}

export type SortKey = 'time' | 'file' | 'dialect' | 'path' | 'model' | 'status' | 'ending' | 'size'

const sortValues: Readonly<Record<SortKey, (one: ListedRecording) => string | number>> = {
  time: ({ at }) => at,
  file: ({ file }) => file,
  dialect: ({ dialect }) => dialect ?? '',
  path: ({ path }) => path,
  model: ({ model }) => model ?? '',
  status: ({ status }) => status ?? 0,
  ending: ({ ending }) => ending,
  // The largest first, as one looks for them.
  size: ({ fileBytes }) => -fileBytes,
}

/** Those that are alike stay in the order of their files. */
export function sortListed(all: readonly ListedRecording[], key: SortKey): ListedRecording[] {
  const of = sortValues[key]
  return all.toSorted((a, b) => {
    const [left, right] = [of(a), of(b)]
    return left < right ? -1 : left > right ? 1 : 0
  })
}

const right = { align: 'right' } as const

/** The name in its folder, which is what the other commands are told; folders are often long. */
const nameOf = ({ file }: ListedRecording): string => visible(file.replace(/^.*[\\/]/s, ''))

/** Of a terminal: what we name ourselves is told apart by its beginning, its time and number. */
const widestName = 32

const columns: readonly Column<ListedRecording>[] = [
  { title: 'time (UTC)', width: 16, drop: 7, cell: ({ at }) => at.slice(0, 16).replace('T', ' ') },
  { title: 'dialect', width: 12, drop: 3, cell: ({ dialect }) => dialect ?? '-' },
  {
    title: 'path',
    width: 14,
    widest: 28,
    drop: 1,
    keep: 'end',
    cell: ({ method, path }) => visible(method === 'POST' ? path : `${method} ${path}`),
  },
  { title: 'model', width: 12, widest: 24, drop: 2, cell: ({ model }) => visible(model ?? '-') },
  { title: '', width: 3, ...right, cell: ({ status }) => String(status ?? '-') },
  { title: 'ending', width: 11, cell: ({ ending }) => ending },
]

/** A letter each, so that no mark takes the place of a word; the line below the table has them whole. */
const letterOf = (mark: string): string => mark.replace(/^lost /, '').slice(0, 1)

const marksColumn: Column<ListedRecording> = {
  title: 'marks',
  width: 5,
  cell: ({ marks }) => marks.map(letterOf).join(''),
}

const userColumn: Column<ListedRecording> = {
  title: 'user',
  width: 14,
  widest: 200,
  cell: ({ user }) => visible(user ?? ''),
}

const measuredColumns: readonly Column<ListedRecording>[] = [
  {
    title: 'chunks',
    width: 6,
    ...right,
    drop: 6,
    cell: ({ measured }) => grouped(measured?.chunks ?? 0),
  },
  {
    title: 'body',
    width: 7,
    ...right,
    drop: 5,
    cell: ({ measured }) => shortBytes(measured?.bytes ?? 0),
  },
  { title: 'ttft', width: 7, ...right, cell: ({ measured }) => time(measured?.ttftMs) },
  { title: 'took', width: 7, ...right, cell: ({ measured }) => time(measured?.durationMs) },
]

const sizeColumn: Column<ListedRecording> = {
  title: 'size',
  width: 7,
  ...right,
  drop: 4,
  cell: ({ fileBytes }) => shortBytes(fileBytes),
}

const time = (ms: number | undefined): string => (ms === undefined ? '-' : duration(ms))

export interface TableShape {
  /** Endless where nothing need be cut. */
  readonly width: number
  readonly isLong: boolean
}

export function listTable(
  rows: readonly ListedRecording[],
  { width, isLong }: TableShape,
): Table<ListedRecording> {
  const longest = rows.reduce((most, row) => Math.max(most, nameOf(row).length), 4)
  const widest = width === Number.POSITIVE_INFINITY ? longest : Math.min(longest, widestName)
  const fileColumn = {
    title: 'file',
    width: Math.min(widest, width < 90 ? 20 : 30),
    widest,
    cell: nameOf,
  }
  const isMarked = rows.some(({ marks }) => marks.length > 0)
  const measures = isLong ? measuredColumns : [sizeColumn]
  const marks = isMarked ? [marksColumn] : []
  return tableOf([fileColumn, ...columns, ...measures, ...marks, userColumn], width)
}

/** `3 recordings, 13.2 kB; 1 broken (b)` */
export function listSummary(all: readonly ListedRecording[]): string {
  const bytes = all.reduce((sum, { fileBytes }) => sum + fileBytes, 0)
  const marks = new Map<string, number>()
  for (const mark of all.flatMap((one) => one.marks)) marks.set(mark, (marks.get(mark) ?? 0) + 1)
  const told = [...marks].map(([mark, count]) => `${grouped(count)} ${mark} (${letterOf(mark)})`)
  return [`${counted(all.length, 'recording')}, ${shortBytes(bytes)}`, ...told].join('; ')
}
