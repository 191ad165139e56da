/**
 * The lines of a recording: one exchange, one JSON Lines file, written down as it happened.
 * Pure. Must never touch a file, and never change a byte of what was taped.
 *
 * Line 1 says what this is, line 2 what was asked, each further line one thing the service did, and
 * the last how it ended. A file without that last line was cut off while taping.
 */
import { viewOf, wholeText } from '../core/bytes.ts'
import type { Mistake } from '../core/errors.ts'
import type { Headers } from '../core/http.ts'
import type { HeadStep, Step, Timeline, WriteStep } from '../core/timeline.ts'

/** How an exchange ended on tape; `client-left` means that the service had more to say. */
export type RecordedEnding = 'end' | 'close' | 'reset' | 'client-left'

export const recordedEndings: readonly RecordedEnding[] = ['end', 'close', 'reset', 'client-left']

/** Line 1. */
export interface AboutLine {
  /** The version of this format. */
  readonly recording: 1
  /** The program that taped it, with its version. */
  readonly by: string
  /** When the request arrived, ISO 8601 in UTC. */
  readonly at: string
  /** The wire format, where one was recognised. Nothing depends on it but decoding. */
  readonly dialect?: string
  /** A word from whoever keeps the file. */
  readonly note?: string
  /**
   * What the place it was brought from had lost: chunk borders, which are then put at frames, and
   * times, which are then 0 and set by a profile when it is played.
   */
  readonly lost?: readonly LostPart[]
}

export type LostPart = 'chunks' | 'times'

export const lostParts: readonly LostPart[] = ['chunks', 'times']

/** What was asked, without its secrets. */
export interface RecordedRequest {
  readonly method: string
  /** Absolute: where the request was sent to. Replaying ignores the host. */
  readonly url: string
  /** Path and query as the client asked, where the upstream's base path makes them differ. */
  readonly asked?: string | undefined
  /** Only names that mean something to a chat API and hold no secret. */
  readonly headers: Headers
  /** The body as text; undefined where it is empty or no UTF-8. */
  readonly body: string | undefined
  /** The body in base64 where it is no UTF-8. */
  readonly base64?: string | undefined
}

/** Line 2. */
export interface RequestLine {
  readonly request: RecordedRequest
}

/** Milliseconds since the request arrived, with up to three decimals; never descends. */
interface Timed {
  readonly atMs: number
}

export interface HeadLine extends Timed {
  readonly head: { readonly status: number; readonly headers: Headers }
}

/** One chunk that is whole UTF-8. */
export interface TextLine extends Timed {
  readonly text: string
}

/** One chunk that is not. */
export interface Base64Line extends Timed {
  readonly base64: string
}

interface EndLine extends Timed {
  readonly end: RecordedEnding
}

/** The service was never reached; the client got an error of ours, which is not on tape. */
interface FailedLine extends Timed {
  readonly failed: string
}

export type RecordingLine =
  | AboutLine
  | RequestLine
  | HeadLine
  | TextLine
  | Base64Line
  | EndLine
  | FailedLine

export interface RecordingInfo {
  readonly file: string
  readonly version: 1
  readonly by: string
  readonly at: string
  readonly dialect: string | undefined
  readonly note: string | undefined
  /** Empty for what was taped here. */
  readonly lost: readonly LostPart[]
  readonly request: RecordedRequest
  /** Undefined where the service never sent a head. */
  readonly status: number | undefined
  /** Undefined where the file was cut off while taping, or the service was never reached. */
  readonly ending: RecordedEnding | undefined
  /** Why the service could not be reached. */
  readonly failed: string | undefined
  /** Undefined where every line that was looked at makes sense. */
  readonly broken?: Broken | undefined
}

/** A file that stops making sense after its head: what comes before still plays. */
export interface Broken {
  /** The first of them is where playing stops. */
  readonly mistakes: readonly Mistake[]
  /** Chunks before it. */
  readonly chunks: number
}

export interface Recording extends RecordingInfo {
  /**
   * What the service did, as a timeline that can be played. Where the client left, the rest is not
   * known and the timeline falls silent (`hang`); where the file was cut off or is broken, it
   * closes.
   */
  timeline(): Timeline
  /**
   * What `make` makes of the request, remembered under `name` beside the recording, so that the
   * request need not be read again. `make` must be a function of the request and of the name.
   */
  derived(name: string, make: (request: RecordedRequest) => string): string
  /** False where the file has changed or gone since; undefined where there is no file behind it. */
  readonly isCurrent?: boolean
  /** Tells what stands in the file from what stood there before; undefined where there is none. */
  readonly edition?: string
}

/** Three decimals: microseconds are as fine as the clock is worth. */
export const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000

export const formatLine = (line: RecordingLine): string => JSON.stringify(line)

/** The line for a chunk, as text where it is whole UTF-8. */
export function chunkLine({ atMs, bytes }: WriteStep): TextLine | Base64Line {
  const text = wholeText(bytes)
  return text === undefined
    ? { atMs: roundMs(atMs), base64: viewOf(bytes).toString('base64') }
    : { atMs: roundMs(atMs), text }
}

/** The same, written: a text by itself is written sooner than an object with a text in it. */
export function formatChunk({ atMs, bytes }: WriteStep): string {
  const text = wholeText(bytes)
  return text === undefined
    ? `{"atMs":${roundMs(atMs)},"base64":"${viewOf(bytes).toString('base64')}"}`
    : `{"atMs":${roundMs(atMs)},"text":${JSON.stringify(text)}}`
}

export const headLine = ({ atMs, status, headers }: HeadStep): HeadLine => ({
  atMs: roundMs(atMs),
  head: { status, headers },
})

/** The step that a line stands for; undefined for the lines that are none. */
export function stepOf(line: RecordingLine): Step | undefined {
  if ('head' in line) return { atMs: line.atMs, do: 'head', ...line.head }
  if ('text' in line) return { atMs: line.atMs, do: 'write', bytes: Buffer.from(line.text, 'utf8') }
  if ('base64' in line) {
    return { atMs: line.atMs, do: 'write', bytes: Buffer.from(line.base64, 'base64') }
  }
  if ('end' in line) return { atMs: line.atMs, do: line.end === 'client-left' ? 'hang' : line.end }
  if ('failed' in line) return { atMs: line.atMs, do: 'close' }
  return undefined
}
