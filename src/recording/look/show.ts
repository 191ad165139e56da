/**
 * A timeline as text, for people. Works on any timeline, a line at a time.
 * Must never change what it shows, nor need a whole timeline to begin.
 */
import { looseText } from '../../core/bytes.ts'
import type { Event } from '../../core/event.ts'
import { header } from '../../core/http.ts'
import type { Ending, EndStep, HeadStep, Timeline } from '../../core/timeline.ts'
import type { Broken, LostPart, Recording } from '../format.ts'
import { type BodyReader, bodyReader, type Reader, type ReadFrame } from './body-reader.ts'
import { chunkPreview } from './chunk-preview.ts'
import { clip, exactMs, visible } from './printable.ts'

export interface ShowOptions {
  /** Decodes the body, and prints each event under the chunk that completed it. */
  readonly events?: Reader | undefined
  /** Width of a line; 100 unless said otherwise. */
  readonly columns?: number | undefined
  /** What the ending step stands for, where a recording knows better than the step. */
  readonly ending?: string | undefined
  /** Times that are lost are not shown. */
  readonly lost?: readonly LostPart[] | undefined
}

const indent = ' '.repeat(35)

const row = (atMs: string, gapMs: string, what: string, bytes: string, text: string): string =>
  `${atMs.padStart(11)} ${gapMs.padStart(10)}  ${what.padEnd(6)}${bytes.padStart(8)}  ${text}`

/** A table of any timeline, a line at a time. */
export function* renderTimeline(timeline: Timeline, options: ShowOptions = {}): Generator<string> {
  const width = Math.max(20, (options.columns ?? 100) - 40)
  const hasTimes = !options.lost?.includes('times')
  const time = (ms: number): string => (hasTimes ? exactMs(ms) : '-')
  let body: BodyReader | undefined
  let lastMs = 0
  let writes = 0
  let bytes = 0
  yield row('at ms', 'gap ms', 'what', 'bytes', '').trimEnd()
  for (const step of timeline) {
    const line = (what: string, size: string, text: string): string =>
      row(time(step.atMs), time(step.atMs - lastMs), what, size, text).trimEnd()
    if (step.do === 'head') {
      body = bodyReader(step, options.events)
      yield line('head', '', clip(describeHead(step), width))
    } else if (step.do === 'write' && step.goaway !== undefined) {
      yield line('goaway', '', `GOAWAY with ${step.goaway}; streams that are open go on`)
    } else if (step.do === 'write') {
      const frames = body?.push(step.bytes) ?? []
      yield line('write', String(step.bytes.length), chunkPreview(step.bytes, frames, width))
      yield* eventLines(frames, width)
    } else {
      yield* eventLines(body?.end() ?? [], width)
      yield line(step.do, '', options.ending ?? clip(describeEnding(step), width))
    }
    writes += step.do === 'write' && step.goaway === undefined ? 1 : 0
    bytes += step.do === 'write' ? step.bytes.length : 0
    lastMs = step.atMs
  }
  yield sumLine(writes, bytes, lastMs, options.lost ?? [])
}

function sumLine(writes: number, bytes: number, lastMs: number, lost: readonly LostPart[]): string {
  const chunks = `${writes} ${lost.includes('chunks') ? 'frame' : 'chunk'}${writes === 1 ? '' : 's'}`
  return `${chunks}, ${bytes} bytes${lost.includes('times') ? '' : ` in ${exactMs(lastMs)} ms`}`
}

/** With what stands on the wire before the connection is left. */
function describeEnding({ do: ending, raw, code }: EndStep): string {
  if (raw) return `${visible(looseText(raw))}, and FIN`
  return code === undefined ? endingWords[ending] : `RST_STREAM with ${code}`
}

const endingWords: Readonly<Record<Ending, string>> = {
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
  const { lost } = recording
  yield* renderAbout(recording, options.columns ?? 100)
  yield ''
  yield* renderTimeline(recording.timeline(), { ...options, lost, ending: endingOf(recording) })
}

/** Where a recording comes from, and what was asked. */
export function* renderAbout(recording: Recording, width: number): Generator<string> {
  const { by, at, dialect, note, lost, request } = recording
  yield recording.file
  yield visible(`taped ${at} by ${by}${dialect === undefined ? '' : `, ${dialect}`}`)
  if (note !== undefined) yield `note: ${visible(note)}`
  if (recording.broken) yield brokenLine(recording.broken)
  if (lost.length > 0) yield `lost: ${lost.map((part) => lostWords[part]).join('; ')}`
  yield `${request.method} ${visible(request.url)}`
  for (const [name, value] of request.headers) yield clip(`  ${name}: ${visible(value)}`, width)
  const body = request.body ?? (request.base64 && `base64 ${request.base64}`)
  // Of a body of megabytes, only so much is made visible as can be seen.
  if (body) yield clip(`  ${visible(body.slice(0, width))}`, width)
}

function brokenLine({ mistakes, chunks }: Broken): string {
  const [first] = mistakes
  const where = first ? `line ${first.line}: ${first.message}` : 'a line makes no sense'
  return visible(`broken: ${where}; ${chunks} chunk${chunks === 1 ? '' : 's'} before it still play`)
}

const lostWords: Readonly<Record<LostPart, string>> = {
  chunks: 'the borders of chunks, put at those of frames',
  times: 'all times',
}

function endingOf({ ending, failed, broken }: Recording): string | undefined {
  if (broken) return 'the file makes no sense from here on'
  if (failed !== undefined) return `the service was never reached: ${visible(failed)}`
  if (ending === 'client-left') return 'the client left; what the service went on to say is unknown'
  return ending === undefined ? 'cut off while taping: the file has no ending' : undefined
}

function describeHead({ status, headers, declaredBytes }: HeadStep): string {
  const type = header(headers, 'content-type') ?? ''
  const more = ['retry-after', 'content-encoding'].flatMap((name) => {
    const value = header(headers, name)
    return value === undefined ? [] : `${name}: ${value}`
  })
  if (declaredBytes !== undefined) more.push(`content-length: ${declaredBytes}`)
  return visible([status, type, ...more].join(' ').trim())
}

function* eventLines(frames: readonly ReadFrame[], width: number): Generator<string> {
  for (const { events } of frames) {
    for (const event of events) yield clip(`${indent}· ${describeEvent(event)}`, width + 40)
  }
}

function describeEvent(event: Event): string {
  if (event.type === 'raw') return `raw ${visible(looseText(event.bytes.subarray(0, 400)))}`
  const { type, ...rest } = event
  if ('text' in rest && Object.keys(rest).length === 1)
    return `${type} ${JSON.stringify(rest.text)}`
  return Object.keys(rest).length === 0 ? type : `${type} ${JSON.stringify(rest)}`
}
