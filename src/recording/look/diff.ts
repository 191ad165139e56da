/**
 * In what two recordings differ: what was asked, the head, the bytes, what they mean, how they are
 * cut, when they came, and how they ended. Pure, and in constant memory but for the text.
 */
import { type Event, generatedText } from '../../core/event.ts'
import type { Headers } from '../../core/http.ts'
import type { RecordedRequest, Recording } from '../format.ts'
import type { Reader } from './body-reader.ts'
import {
  type BodyDifference,
  bodyDifference,
  type ChunkDifference,
  chunkDifference,
  haveSameTimes,
  leveledDifference,
} from './diff-body.ts'
import { type Distance, distanceOf } from './distance.ts'
import { levelText } from './level.ts'
import { framesOf, type Measured, measure, type Timing } from './statistics.ts'
import { diffTexts, type Piece } from './text-diff.ts'
import { type TreeDifference, treeDifferences } from './tree-diff.ts'

export interface DiffOptions {
  /** Decodes both; undefined where only bytes can be compared. */
  readonly dialectOf: (recording: Recording) => Reader | undefined
  readonly ignoreTimes?: boolean | undefined
  readonly ignoreChunks?: boolean | undefined
  /** Ids, dates and the like are taken for the same. */
  readonly levelIds?: boolean | undefined
}

/** The parts in which two recordings can differ, in the order in which they are told. */
export type DiffPart = 'request' | 'head' | 'body' | 'events' | 'chunks' | 'times' | 'ending'

/** The text of one kind, of one answer. */
interface TextDifference {
  /** `text`, `reasoning` or `refusal`; with a number where there are several answers. */
  readonly where: string
  readonly pieces: readonly Piece[]
}

export interface EventDifferences {
  readonly texts: readonly TextDifference[]
  /** Calls, usage, finish and errors. */
  readonly others: readonly TreeDifference[]
}

export interface TimingDifference {
  readonly a: Timing
  readonly b: Timing
  /** Of the gaps; undefined where one of them has none. */
  readonly distance: Distance | undefined
}

export interface RecordingDiff {
  readonly a: string
  readonly b: string
  /** Those in which they differ; empty where they are the same. */
  readonly differ: readonly DiffPart[]
  readonly request: readonly TreeDifference[]
  readonly head: readonly TreeDifference[]
  readonly body: BodyDifference | undefined
  readonly events: EventDifferences
  /** Undefined where it is not compared: borders are lost, or not wanted. */
  readonly chunks: ChunkDifference | undefined
  /** Undefined where it is not compared: times are lost, or not wanted. */
  readonly timing: TimingDifference | undefined
  readonly ending: readonly TreeDifference[]
}

export function diffRecordings(a: Recording, b: Recording, options: DiffOptions): RecordingDiff {
  const level = options.levelIds ? levelText : unchanged
  // One that names no dialect is most likely in that of the other.
  const dialectA = options.dialectOf(a) ?? options.dialectOf(b)
  const dialectB = options.dialectOf(b) ?? dialectA
  const [measuredA, measuredB] = [measure(a, dialectA), measure(b, dialectB)]
  const has = (part: 'chunks' | 'times'): boolean =>
    !a.lost.includes(part) && !b.lost.includes(part)
  // Where ids are of other lengths, the bytes of two bodies have nothing to do with each other.
  const hasChunks = has('chunks') && !options.ignoreChunks && !options.levelIds
  const timing = options.ignoreTimes ? undefined : timingDifference(measuredA, measuredB)
  const compareBodies = options.levelIds ? leveledDifference : bodyDifference
  const found = {
    request: [...requestDifferences(a.request, b.request, level)],
    head: [...headDifferences(a, b, level)],
    body: compareBodies(a.timeline(), b.timeline(), dialectA),
    events: eventDifferences(saidIn(a, dialectA, level), saidIn(b, dialectB, level)),
    chunks: hasChunks ? chunkDifference(a.timeline(), b.timeline()) : undefined,
    timing,
    ending: [
      ...treeDifferences('ending', measuredA.statistics.ending, measuredB.statistics.ending),
      ...treeDifferences('failed', a.failed, b.failed),
    ],
  }
  const isTimed = timing === undefined || haveSameTimes(a.timeline(), b.timeline())
  return { a: a.file, b: b.file, differ: partsOf(found, isTimed), ...found }
}

function partsOf(found: Omit<RecordingDiff, 'a' | 'b' | 'differ'>, isTimed: boolean): DiffPart[] {
  const { request, head, body, events, chunks, ending } = found
  const isSame: Readonly<Record<DiffPart, boolean>> = {
    request: request.length === 0,
    head: head.length === 0,
    body: body === undefined,
    events: events.texts.length + events.others.length === 0,
    chunks: chunks?.byte === undefined,
    times: isTimed,
    ending: ending.length === 0,
  }
  return diffParts.filter((part) => !isSame[part])
}

const diffParts: readonly DiffPart[] = [
  ...(['request', 'head', 'body', 'events', 'chunks', 'times', 'ending'] as const),
]

type Level = (text: string) => string

const unchanged: Level = (text) => text

/** Headers that every answer has anew: what they were called, when, and how long it took. */
const drawnHeaders =
  /^(?:date|age|cf-ray|set-cookie|server-timing|etag|content-length|x-envoy-upstream-service-time)$|request-?id|trace|processing-ms|^x-ratelimit-|^anthropic-ratelimit-|invocation-latency/

function* requestDifferences(
  a: RecordedRequest,
  b: RecordedRequest,
  level: Level,
): Generator<TreeDifference> {
  yield* treeDifferences('method', a.method, b.method)
  yield* treeDifferences('url', level(a.url), level(b.url))
  yield* headerDifferences(a.headers, b.headers, level)
  yield* treeDifferences('$', bodyOf(a, level), bodyOf(b, level))
}

/** As JSON where it is some. */
function bodyOf({ body, base64 }: RecordedRequest, level: Level): unknown {
  const text = level(body ?? base64 ?? '')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The order of headers of different names means nothing. */
function* headerDifferences(a: Headers, b: Headers, level: Level): Generator<TreeDifference> {
  const [left, right] = [grouped(a, level), grouped(b, level)]
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    yield* treeDifferences(`header ${name}`, left.get(name), right.get(name))
  }
}

function grouped(headers: Headers, level: Level): Map<string, string> {
  const byName = new Map<string, string>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const before = byName.get(key)
    const isDrawn = level !== unchanged && drawnHeaders.test(key)
    const shown = isDrawn ? '…' : level(value)
    byName.set(key, before === undefined ? shown : `${before}, ${shown}`)
  }
  return byName
}

function* headDifferences(a: Recording, b: Recording, level: Level): Generator<TreeDifference> {
  yield* treeDifferences('status', a.status, b.status)
  yield* headerDifferences(headersOf(a), headersOf(b), level)
}

function headersOf(recording: Recording): Headers {
  for (const step of recording.timeline()) if (step.do === 'head') return step.headers
  return []
}

/** What an answer says, joined. */
interface Said {
  readonly texts: ReadonlyMap<string, string>
  readonly others: object
}

/** Of more text than this, only so much is compared as text; its bytes are compared all. */
const longestText = 4_000_000

function saidIn(recording: Recording, dialect: Reader | undefined, level: Level): Said {
  const parts = new Map<string, string[]>()
  let characters = 0
  const note = (event: Event): void => {
    const text = generatedText(event)
    if (text === '' || event.type === 'tool-arguments' || characters > longestText) return
    characters += text.length
    const where = event.choice ? `${event.type} of answer ${event.choice + 1}` : event.type
    const joined = parts.get(where)
    if (joined) joined.push(text)
    else parts.set(where, [text])
  }
  for (const { frame } of framesOf(recording.timeline(), dialect)) frame.events.forEach(note)
  const { toolCalls, usage, finish, errors } = measure(recording, dialect).statistics
  const calls = toolCalls.map((call) => ({
    ...call,
    id: call.id === undefined || level === unchanged ? call.id : '…',
    arguments: level(call.arguments),
  }))
  return {
    texts: new Map([...parts].map(([where, texts]) => [where, texts.join('')])),
    others: { calls, usage, finish, errors },
  }
}

function eventDifferences(a: Said, b: Said): EventDifferences {
  const texts: TextDifference[] = []
  for (const where of new Set([...a.texts.keys(), ...b.texts.keys()])) {
    const [left, right] = [a.texts.get(where) ?? '', b.texts.get(where) ?? '']
    if (left !== right) texts.push({ where, pieces: diffTexts(left, right) })
  }
  const others = [...treeDifferences('', a.others, b.others)]
  return { texts, others: others.map((one) => ({ ...one, where: one.where.slice(1) })) }
}

/** Undefined where one of them has lost its times. */
function timingDifference(a: Measured, b: Measured): TimingDifference | undefined {
  const [timingA, timingB] = [a.statistics.timing, b.statistics.timing]
  if (!timingA || !timingB) return undefined
  return { a: timingA, b: timingB, distance: distanceOf(a.gaps, b.gaps) }
}
