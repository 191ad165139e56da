/**
 * A timeline as text, for people. Works on any timeline, a line at a time.
 * Must never change what it shows, nor need a whole timeline to begin.
 */
import { looseText } from '../core/bytes.ts'
import type { Dialect } from '../core/dialect.ts'
import type { Event } from '../core/event.ts'
import { header } from '../core/http.ts'
import type { Push } from '../core/push.ts'
import type { HeadStep, Step, Timeline, WriteStep } from '../core/timeline.ts'
import type { Recording } from './format.ts'

export interface ShowOptions {
  /** Decodes the body, and prints each event under the chunk that completed it. */
  readonly events?: Pick<Dialect, 'framing' | 'decoder' | 'decodeWhole'> | undefined
  /** Width of a line; 100 unless said otherwise. */
  readonly columns?: number | undefined
  /** What the ending step stands for, where a recording knows better than the step. */
  readonly ending?: string | undefined
}

const indent = ' '.repeat(35)

const row = (atMs: string, gapMs: string, what: string, bytes: string, text: string): string =>
  `${atMs.padStart(11)} ${gapMs.padStart(10)}  ${what.padEnd(6)}${bytes.padStart(8)}  ${text}`

const ms = (value: number): string => value.toFixed(3)

/** A table of any timeline, a line at a time. */
export function* renderTimeline(timeline: Timeline, options: ShowOptions = {}): Generator<string> {
  const width = Math.max(20, (options.columns ?? 100) - 40)
  let events: Push<Uint8Array, Event> | undefined
  let lastMs = 0
  let writes = 0
  let bytes = 0
  yield row('at ms', 'gap ms', 'what', 'bytes', '').trimEnd()
  for (const step of timeline) {
    const line = (what: string, size: string, text: string): string =>
      row(ms(step.atMs), ms(step.atMs - lastMs), what, size, text).trimEnd()
    if (step.do === 'head') {
      events = options.events && eventsOf(step, options.events)
      yield line('head', '', clip(describeHead(step), width))
    } else if (step.do === 'write') {
      yield line('write', String(step.bytes.length), preview(step, width))
      yield* eventLines(events?.push(step.bytes) ?? [], width)
    } else {
      yield* eventLines(events?.end() ?? [], width)
      yield line(step.do, '', options.ending ?? endingWords[step.do])
    }
    writes += step.do === 'write' ? 1 : 0
    bytes += step.do === 'write' ? step.bytes.length : 0
    lastMs = step.atMs
  }
  yield `${writes} chunk${writes === 1 ? '' : 's'}, ${bytes} bytes in ${ms(lastMs)} ms`
}

const endingWords: Readonly<Record<Exclude<Step['do'], 'head' | 'write'>, string>> = {
  end: 'a clean end',
  close: 'FIN, without the end of the body',
  reset: 'RST',
  hang: 'silence, the connection stays open',
}

/** The same with what was asked above it, and how it ended in the recording's own words. */
export function* renderRecording(
  recording: Recording,
  options: ShowOptions = {},
): Generator<string> {
  const { by, at, dialect, note, request } = recording
  const width = options.columns ?? 100
  yield recording.file
  yield `taped ${at} by ${by}${dialect === undefined ? '' : `, ${dialect}`}`
  if (note !== undefined) yield `note: ${visible(note)}`
  yield `${request.method} ${visible(request.url)}`
  for (const [name, value] of request.headers) yield clip(`  ${name}: ${visible(value)}`, width)
  const body = request.body ?? (request.base64 && `base64 ${request.base64}`)
  if (body) yield clip(`  ${visible(body)}`, width)
  yield ''
  yield* renderTimeline(recording.timeline(), { ...options, ending: endingOf(recording) })
}

function endingOf({ ending, failed }: Recording): string | undefined {
  if (failed !== undefined) return `the service was never reached: ${visible(failed)}`
  if (ending === 'client-left') return 'the client left; what the service went on to say is unknown'
  return ending === undefined ? 'cut off while taping: the file has no ending' : undefined
}

const describeHead = ({ status, headers }: HeadStep): string => {
  const retryAfter = header(headers, 'retry-after')
  const type = header(headers, 'content-type') ?? ''
  return visible(
    `${status} ${type}${retryAfter === undefined ? '' : ` retry-after: ${retryAfter}`}`,
  )
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Control characters as escapes, so that a body cannot move the cursor or colour the screen. */
const visible = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) =>
      escapes[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )

const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1).replace(/[\uD800-\uDBFF]$/, '')}…`

/** The beginning of a chunk. What is no UTF-8 shows as U+FFFD. */
const preview = ({ bytes }: WriteStep, width: number): string =>
  clip(visible(looseText(bytes.subarray(0, width * 4))), width)

function* eventLines(events: readonly Event[], width: number): Generator<string> {
  for (const event of events) yield clip(`${indent}· ${describeEvent(event)}`, width + 40)
}

function describeEvent(event: Event): string {
  if (event.type === 'raw') return `raw ${visible(looseText(event.bytes.subarray(0, 400)))}`
  const { type, ...rest } = event
  if ('text' in rest && Object.keys(rest).length === 1)
    return `${type} ${JSON.stringify(rest.text)}`
  return Object.keys(rest).length === 0 ? type : `${type} ${JSON.stringify(rest)}`
}

/** A stream is decoded frame by frame; any other body when it is whole. */
function eventsOf(
  head: HeadStep,
  { framing, decoder, decodeWhole }: NonNullable<ShowOptions['events']>,
): Push<Uint8Array, Event> {
  const type = header(head.headers, 'content-type') ?? ''
  const isStream = type.split(';')[0]?.trim() === framing.contentType.split(';')[0]?.trim()
  return isStream ? streamed(framing.decoder(), decoder()) : whole(decodeWhole)
}

function streamed(
  frames: ReturnType<Dialect['framing']['decoder']>,
  events: ReturnType<Dialect['decoder']>,
): Push<Uint8Array, Event> {
  return {
    push: (bytes) => frames.push(bytes).flatMap((frame) => events.push(frame)),
    end: () => [...frames.end().flatMap((frame) => events.push(frame)), ...events.end()],
  }
}

function whole(decodeWhole: Dialect['decodeWhole']): Push<Uint8Array, Event> {
  const parts: Uint8Array[] = []
  return {
    push(bytes) {
      parts.push(bytes)
      return []
    },
    end: () => decodeWhole(Buffer.concat(parts)),
  }
}
