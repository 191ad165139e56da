/**
 * A recording as JSON for programs, in pieces: its events come one by one, so that a long one needs
 * no memory. Pure.
 */
import { wholeText } from '../../core/bytes.ts'
import type { Event } from '../../core/event.ts'
import type { Recording } from '../format.ts'
import type { Reader } from './body-reader.ts'
import { framesOf, statisticsOf } from './statistics.ts'

export interface JsonOptions {
  readonly dialect?: Reader | undefined
  /** With every event and its time; only the figures otherwise. */
  readonly events?: boolean
}

/** The lines of one JSON object. */
export function* recordingJson(
  recording: Recording,
  { dialect, events = true }: JsonOptions,
): Generator<string> {
  const { file, by, at, note, lost, request, status, ending, failed, broken } = recording
  const about = {
    file,
    by,
    at,
    dialect: recording.dialect,
    note,
    lost,
    request: { method: request.method, url: request.url },
    status,
    ending,
    failed,
    broken,
    statistics: statisticsOf(recording, dialect),
  }
  const written = JSON.stringify(about, undefined, 2)
  if (!events || !dialect) {
    yield written
    return
  }
  yield `${written.replace(/\n\}$/, '')},`
  yield '  "events": ['
  yield* separated(eventsOf(recording, dialect))
  yield '  ]'
  yield '}'
}

function* eventsOf(recording: Recording, dialect: Reader): Generator<string> {
  const hasTimes = !recording.lost.includes('times')
  for (const { atMs, frame } of framesOf(recording.timeline(), dialect)) {
    const time = hasTimes ? { atMs } : {}
    for (const event of frame.events) {
      yield `    ${JSON.stringify({ ...time, ...plainEvent(event) })}`
    }
  }
}

/** Bytes as text, or as base64 where they are none. */
function plainEvent(event: Event): object {
  if (event.type !== 'raw') return event
  const { bytes, ...rest } = event
  const text = wholeText(bytes)
  return text === undefined
    ? { ...rest, base64: Buffer.from(bytes).toString('base64') }
    : { ...rest, text }
}

/** A comma after each line but the last. */
function* separated(lines: Iterable<string>): Generator<string> {
  let held: string | undefined
  for (const line of lines) {
    if (held !== undefined) yield `${held},`
    held = line
  }
  if (held !== undefined) yield held
}

/** The lines of one JSON array. */
export function* jsonArrayOf(items: Iterable<Iterable<string>>): Generator<string> {
  yield '['
  let isFirst = true
  for (const item of items) {
    if (!isFirst) yield ','
    isFirst = false
    yield* item
  }
  yield ']'
}
