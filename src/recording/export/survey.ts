/**
 * A body looked over before it is written, and then written piece by piece: a recording may be
 * larger than memory. Must never hold more than a chunk.
 */
import { header } from '../../core/http.ts'
import type { HeadStep, Timeline } from '../../core/timeline.ts'
import type { Recording } from '../format.ts'

export interface Survey {
  readonly head: HeadStep | undefined
  /** Bytes of the body, as they were on the wire. */
  readonly bytes: number
  readonly chunks: number
  /** All of it is whole UTF-8. */
  readonly isText: boolean
  /** The last thing that is known to have happened. */
  readonly endMs: number
}

export function surveyOf(recording: Recording): Survey {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let head: HeadStep | undefined
  let [bytes, chunks, endMs, isText] = [0, 0, 0, true]
  const decode = (chunk?: Uint8Array): void => {
    try {
      if (isText) decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      isText = false
    }
  }
  for (const step of recording.timeline()) {
    endMs = step.atMs
    if (step.do === 'head') head = step
    if (step.do !== 'write') continue
    bytes += step.bytes.length
    chunks += 1
    decode(step.bytes)
  }
  decode()
  return { head, bytes, chunks, isText, endMs }
}

/** The body as text, in pieces that never part a character; only for one that is text. */
export function* textPieces(timeline: Timeline): Generator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for (const step of timeline) {
    const text = step.do === 'write' ? decoder.decode(step.bytes, { stream: true }) : ''
    if (text !== '') yield text
  }
  const rest = decoder.decode()
  if (rest !== '') yield rest
}

/** The body in base64, in pieces which joined are what the whole would be. */
export function* base64Pieces(timeline: Timeline): Generator<string> {
  let rest: Uint8Array = Buffer.alloc(0)
  for (const step of timeline) {
    if (step.do !== 'write') continue
    const bytes = Buffer.concat([rest, step.bytes])
    const whole = bytes.length - (bytes.length % 3)
    if (whole > 0) yield bytes.subarray(0, whole).toString('base64')
    rest = bytes.subarray(whole)
  }
  if (rest.length > 0) yield Buffer.from(rest).toString('base64')
}

/** The coding that the body is still in, in lower case; undefined where it is as it was meant. */
export function codingOf({ head }: Survey): string | undefined {
  const coding = head && header(head.headers, 'content-encoding')?.trim().toLowerCase()
  return coding === undefined || coding === '' || coding === 'identity' ? undefined : coding
}
