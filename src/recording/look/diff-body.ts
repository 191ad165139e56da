/**
 * Where two bodies first differ, in bytes and in frames, and where their chunks are cut otherwise.
 * Pure, in constant memory, whatever the length of the bodies.
 */
import { looseText } from '../../core/bytes.ts'
import type { Timeline } from '../../core/timeline.ts'
import type { Reader } from './body-reader.ts'
import { levelFrame, levelText } from './level.ts'
import { framesOf } from './statistics.ts'

export interface BodyDifference {
  /** The first byte that differs, counted from 0; the same in both. Undefined where ids are leveled. */
  readonly byte: number | undefined
  /** The frame that it is in, counted from 1; undefined where the body has no frames. */
  readonly frame: number | undefined
  /** The last bytes that are the same. */
  readonly before: Uint8Array
  /** What comes next in each; empty where it is over. */
  readonly a: Uint8Array
  readonly b: Uint8Array
}

const contextBytes = 48

/** Undefined where the bodies are the same. */
export function bodyDifference(
  a: Timeline,
  b: Timeline,
  dialect: Reader | undefined,
): BodyDifference | undefined {
  const [left, right] = [new Bytes(a), new Bytes(b)]
  let byte = 0
  let before: Uint8Array = Buffer.alloc(0)
  for (;;) {
    const length = Math.min(left.rest.length, right.rest.length)
    const same = sameLength(left.rest, right.rest, length)
    before = tail(before, left.rest.subarray(0, same))
    byte += same
    left.skip(same)
    right.skip(same)
    if (same < length) break
    if (left.rest.length > 0 && right.rest.length > 0) continue
    if (left.isOver && right.isOver) return undefined
    if (left.isOver || right.isOver) break
  }
  return {
    byte,
    frame: frameAt(a, dialect, byte) ?? frameAt(b, dialect, byte),
    before,
    a: left.next(contextBytes),
    b: right.next(contextBytes),
  }
}

/** The chunks of a body as one run of bytes. */
class Bytes {
  readonly #chunks: Iterator<Uint8Array>
  rest: Uint8Array = Buffer.alloc(0)
  isOver = false

  constructor(timeline: Timeline) {
    this.#chunks = chunksOf(timeline)
    this.skip(0)
  }

  /** There is something left afterwards, or it is over. */
  skip(length: number): void {
    this.rest = this.rest.subarray(length)
    while (this.rest.length === 0 && !this.isOver) {
      const next = this.#chunks.next()
      if (next.done) this.isOver = true
      else this.rest = next.value
    }
  }

  next(length: number): Uint8Array {
    const parts: Uint8Array[] = []
    for (let missing = length; missing > 0 && this.rest.length > 0; ) {
      const part = this.rest.subarray(0, missing)
      parts.push(part)
      missing -= part.length
      this.skip(part.length)
    }
    return Buffer.concat(parts)
  }
}

function* chunksOf(timeline: Timeline): Generator<Uint8Array> {
  for (const step of timeline) if (step.do === 'write') yield step.bytes
}

function sameLength(a: Uint8Array, b: Uint8Array, length: number): number {
  if (Buffer.compare(a.subarray(0, length), b.subarray(0, length)) === 0) return length
  let same = 0
  while (same < length && a[same] === b[same]) same++
  return same
}

const tail = (before: Uint8Array, more: Uint8Array): Uint8Array =>
  more.length >= contextBytes
    ? more.subarray(-contextBytes)
    : Buffer.concat([before, more]).subarray(-contextBytes)

/** The number of the frame that a byte is in; undefined behind the last, or where there are none. */
function frameAt(
  timeline: Timeline,
  dialect: Reader | undefined,
  byte: number,
): number | undefined {
  let [number, end] = [0, 0]
  for (const { frame, framing } of framesOf(timeline, dialect)) {
    if (framing === 'text' || framing === 'json') return undefined
    if (!frame.frame) continue
    number++
    end += frame.frame.bytes.length
    if (byte < end) return number
  }
  return undefined
}

/** The first frame that differs although ids and dates are taken for the same. */
export function leveledDifference(
  a: Timeline,
  b: Timeline,
  dialect: Reader | undefined,
): BodyDifference | undefined {
  const [left, right] = [leveled(a, dialect), leveled(b, dialect)]
  let before = ''
  for (let frame = 1; ; frame++) {
    const [one, other] = [left.next(), right.next()]
    if (one.done && other.done) return undefined
    const [textA, textB] = [one.done ? '' : one.value, other.done ? '' : other.value]
    if (one.done || other.done || textA !== textB) return leveledAt(frame, before, textA, textB)
    before = textA
  }
}

function leveledAt(frame: number, last: string, a: string, b: string): BodyDifference {
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  const before = (same === 0 ? last : a.slice(0, same)).slice(-contextBytes)
  const piece = (text: string): Uint8Array => Buffer.from(text.slice(same, same + contextBytes))
  return { byte: undefined, frame, before: Buffer.from(before), a: piece(a), b: piece(b) }
}

function* leveled(timeline: Timeline, dialect: Reader | undefined): Generator<string, undefined> {
  const plain: Uint8Array[] = []
  for (const { frame, framing } of framesOf(timeline, dialect)) {
    if (!frame.frame) continue
    // Plain text has no frames but its chunks, and is compared as a whole.
    if (framing === 'text') plain.push(frame.frame.bytes)
    else yield levelFrame(frame.frame)
  }
  if (plain.length > 0) yield levelText(looseText(Buffer.concat(plain)))
  return undefined
}

export interface ChunkDifference {
  readonly chunksA: number
  readonly chunksB: number
  /** The first border that only one of them has, as a byte of the body; undefined where none is. */
  readonly byte: number | undefined
}

/** How two bodies are cut into chunks. */
export function chunkDifference(a: Timeline, b: Timeline): ChunkDifference {
  const [left, right] = [bordersOf(a), bordersOf(b)]
  let [chunksA, chunksB] = [0, 0]
  let byte: number | undefined
  for (;;) {
    const [one, other] = [left.next(), right.next()]
    if (one.done && other.done) return { chunksA, chunksB, byte }
    if (!one.done) chunksA++
    if (!other.done) chunksB++
    const [borderA, borderB] = [
      one.done ? Number.NaN : one.value,
      other.done ? Number.NaN : other.value,
    ]
    if (borderA !== borderB)
      byte ??= Math.min(...[borderA, borderB].filter((at) => !Number.isNaN(at)))
  }
}

function* bordersOf(timeline: Timeline): Generator<number, undefined> {
  let byte = 0
  for (const chunk of chunksOf(timeline)) {
    byte += chunk.length
    yield byte
  }
  return undefined
}

/** Whether every step comes at the same moment in both. */
export function haveSameTimes(a: Timeline, b: Timeline): boolean {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()]
  for (;;) {
    const [one, other] = [left.next(), right.next()]
    if (one.done || other.done) return one.done === other.done
    if (one.value.atMs !== other.value.atMs) return false
  }
}
