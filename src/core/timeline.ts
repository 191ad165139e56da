/**
 * The one noun of the house: what the server does to one connection, and when.
 * Plain data. Must never hold a socket, a timer or a vendor's word.
 */
import type { Headers, Http2Code } from './http.ts'

/** How a connection can be left: clean end, FIN without the last chunk, RST, or silence. */
export type Ending = 'end' | 'close' | 'reset' | 'hang'

export const endings: readonly Ending[] = ['end', 'close', 'reset', 'hang']

/*
 * The optional parts of a step say what stands on the wire below the body. Only faults make them: no
 * source does, and no recording holds them.
 */

export interface HeadStep {
  readonly atMs: number
  readonly do: 'head'
  readonly status: number
  readonly headers: Headers
  /** The length that is declared, whatever comes. */
  readonly declaredBytes?: number
  /** Names in lower case that the server must not add either. */
  readonly without?: readonly string[]
}

export interface WriteStep {
  readonly atMs: number
  readonly do: 'write'
  /** One HTTP chunk, whatever frames it holds. Empty means nothing is written: time passes. */
  readonly bytes: Uint8Array
  /** Of a write of no bytes: HTTP/2 is told, by this error code, that no new stream is taken. */
  readonly goaway?: Http2Code
}

export interface EndStep {
  readonly atMs: number
  readonly do: Ending
  /** Before the connection is left: bytes that stand as they are where a chunk is due. */
  readonly raw?: Uint8Array
  /** What HTTP/2 gives as the reason of a reset. */
  readonly code?: Http2Code
}

/** `atMs` counts from the request's arrival and never descends within a timeline. */
export type Step = HeadStep | WriteStep | EndStep

/** Lazy and re-iterable: a stream in flight holds one step, and a second look gives the same steps. */
export type Timeline = Iterable<Step>

/** A timeline that is still being written by a live upstream; it can be walked only once. */
export interface LiveTimeline {
  [Symbol.asyncIterator](): LiveSteps
}

/** Whoever waits for a live source, without a promise for each step. */
export interface Sleeper {
  onWake(): void
}

/** `return` means that the other side has left, so that nobody is there for the rest. */
export interface LiveSteps extends AsyncIterator<Step> {
  /**
   * A step that has arrived already, without a promise for it; undefined where one has to wait. So
   * what arrives together can be sent on together.
   */
  take?(): Step | undefined
  /**
   * In place of `next`, after `take` has given nothing: the other is told once, when there is
   * something to take, or nothing will come any more. False where `next` is to be asked.
   */
  wake?(sleeper: Sleeper): boolean
  /**
   * Instead of `return`: our side has ended the stream, and wants no more of it. Whoever else
   * listens may go on.
   */
  detach?(): void
}

/** Several chunks that are due together, as they stand on an HTTP/1.1 connection. */
export interface FramedStep {
  readonly atMs: number
  readonly do: 'framed'
  /** Where in all that is written it begins and ends; it begins where the one before it ends. */
  readonly from: number
  readonly to: number
  /** How many chunks these are, and how many bytes of the body. */
  readonly chunks: number
  readonly bytes: number
}

/**
 * A timeline that has its chunks framed already. Whoever only writes them to an HTTP/1.1 connection
 * walks it that way and gets the same bytes at the same times, at a tenth of the cost; all others
 * walk it as any other.
 */
export interface FramedTimeline extends Timeline {
  framed(): FramedSteps
}

export interface FramedSteps extends Iterator<HeadStep | FramedStep | EndStep> {
  /** Writes the bytes between two places; each once, and in their order. */
  copy(part: FramedPart, target: Buffer, at: number): void
}

export type FramedPart = Pick<FramedStep, 'from' | 'to'>

export const isLive = (timeline: Timeline | LiveTimeline): timeline is LiveTimeline =>
  Symbol.asyncIterator in timeline

export const isFramed = (timeline: Timeline | LiveTimeline): timeline is FramedTimeline =>
  'framed' in timeline

/** A write that leaves nothing on the wire: it only says that time passes. */
export const isNothing = (step: Step): boolean =>
  step.do === 'write' && step.bytes.length === 0 && step.goaway === undefined

export const isEnding = (step: Step): step is EndStep => step.do !== 'head' && step.do !== 'write'

/** The length in bytes of a finite timeline's body, without keeping any of it. */
export function bodyLength(timeline: Timeline): number {
  let length = 0
  for (const step of timeline) if (step.do === 'write') length += step.bytes.length
  return length
}
