/**
 * A stream by its frames, for those who come back to one: it gives frames their ids, finds the frame
 * of an id, and goes on after it. Must never change when a step is due, nor where chunks end.
 */
import { joinBytes } from '../core/bytes.ts'
import type { Frame, Framing, Message } from '../core/frame.ts'
import {
  type Ending,
  type HeadStep,
  isEnding,
  type Step,
  type Timeline,
  type WriteStep,
} from '../core/timeline.ts'

/** Steps that begin and end at borders between frames, and the frames that they hold. */
interface FrameGroup {
  readonly steps: readonly Step[]
  readonly frames: readonly Frame[]
}

/** Looks ahead as far as a frame goes that is spread over several chunks. */
function* frameGroups(timeline: Timeline, framing: Framing): Generator<FrameGroup> {
  const decoder = framing.decoder()
  let steps: Step[] = []
  let frames: Frame[] = []
  let openBytes = 0
  for (const step of timeline) {
    if (step.do === 'head') {
      yield { steps: [step], frames: [] }
      continue
    }
    if (isEnding(step)) {
      yield { steps, frames: [...frames, ...decoder.end()] }
      yield { steps: [step], frames: [] }
      return
    }
    const whole = decoder.push(step.bytes)
    steps.push(step)
    frames.push(...whole)
    openBytes += step.bytes.length - lengthOf(whole)
    if (openBytes > 0) continue
    yield { steps, frames }
    steps = []
    frames = []
  }
  if (steps.length > 0) yield { steps, frames: [...frames, ...decoder.end()] }
}

const lengthOf = (frames: readonly Frame[]): number =>
  frames.reduce((sum, { bytes }) => sum + bytes.length, 0)

/** Comments and bare settings such as `retry:` mean nothing to whoever reads the stream. */
const meansSomething = ({ data, incomplete }: Frame): boolean => data !== undefined && !incomplete

export interface Labels {
  /**
   * Said with the first frame that means something, in whole milliseconds: a block of its own would
   * count as a frame of the answer.
   */
  readonly retryMs: number | undefined
  /** Makes the ids of one walk, in order; undefined leaves frames as they are. */
  readonly ids: (() => () => string) | undefined
}

/** The same stream with ids on the frames that have none, and with `retry:` in the first of them. */
export const withLabels = (timeline: Timeline, framing: Framing, labels: Labels): Timeline =>
  labels.ids === undefined && labels.retryMs === undefined
    ? timeline
    : { [Symbol.iterator]: () => labelledSteps(timeline, framing, labels) }

/** The body is longer than it was, or only the rest of it. */
const withoutLength = (step: HeadStep): HeadStep => ({
  ...step,
  headers: step.headers.filter(([name]) => name.toLowerCase() !== 'content-length'),
})

function* labelledSteps(
  timeline: Timeline,
  framing: Framing,
  { ids, retryMs }: Labels,
): Generator<Step> {
  const nextId = ids?.()
  let retry = retryMs
  for (const { steps, frames } of frameGroups(timeline, framing)) {
    const lines = new Map<number, Uint8Array>()
    let at = 0
    for (const frame of frames) {
      if (meansSomething(frame)) {
        const line = linesFor(frame, { id: nextId?.(), retry }, framing)
        retry = undefined
        if (line) lines.set(at, line)
      }
      at += frame.bytes.length
    }
    const [head] = steps
    if (head?.do === 'head') yield withoutLength(head)
    else if (lines.size === 0) yield* steps
    else yield* withLines(steps, lines)
  }
}

const LF = 10
const CR = 13

interface Label {
  readonly id: string | undefined
  readonly retry: number | undefined
}

/** What the framing writes for what a frame lacks, without the line end that closes a frame. */
function linesFor(frame: Frame, { id, retry }: Label, framing: Framing): Uint8Array | undefined {
  const missing: Message = {
    ...(id !== undefined && frame.id === undefined ? { id } : {}),
    ...(retry !== undefined && frame.retry === undefined ? { retry } : {}),
  }
  const bytes = Object.keys(missing).length > 0 ? framing.encode(missing)?.bytes : undefined
  if (!bytes) return undefined
  const isCrLf = bytes.at(-1) === LF && bytes.at(-2) === CR
  return bytes.subarray(0, bytes.length - (isCrLf ? 2 : 1))
}

/** Lines put in before the bytes at these offsets. */
function* withLines(
  steps: readonly Step[],
  lines: ReadonlyMap<number, Uint8Array>,
): Generator<Step> {
  let start = 0
  for (const step of steps) {
    if (step.do !== 'write') {
      yield step
      continue
    }
    const end = start + step.bytes.length
    const parts: Uint8Array[] = []
    let from = start
    for (const [at, line] of lines) {
      if (at < start || at >= end) continue
      parts.push(step.bytes.subarray(from - start, at - start), line)
      from = at
    }
    parts.push(step.bytes.subarray(from - start))
    yield parts.length === 1 ? step : { ...step, bytes: joinBytes(parts) }
    start = end
  }
}

/** Where a stream goes on, for one who has everything up to an id. */
export interface PlaceAfter {
  /** Body bytes up to and with the frame of that id. */
  readonly byte: number
  /** Frames with a meaning that come after it. */
  readonly left: number
  /** Of those, how many are past by then. */
  readonly missed: number
  /** How the stream ends, and when. */
  readonly ending: Ending
  readonly endMs: number
}

/** Where several frames have one id, the first counts: so nothing is lost. */
export function placeAfter(
  timeline: Timeline,
  framing: Framing,
  { id, elapsedMs }: { readonly id: string; readonly elapsedMs: number },
): PlaceAfter | undefined {
  let byte: number | undefined
  let seen = 0
  let left = 0
  let missed = 0
  let last: Step | undefined
  for (const { steps, frames } of frameGroups(timeline, framing)) {
    last = steps.at(-1) ?? last
    let rest = frames
    if (byte === undefined) {
      const at = frames.findIndex((frame) => frame.id === id && !frame.incomplete)
      const upTo = at < 0 ? frames : frames.slice(0, at + 1)
      seen += lengthOf(upTo)
      if (at < 0) continue
      byte = seen
      rest = frames.slice(at + 1)
    }
    const coming = rest.filter(meansSomething).length
    left += coming
    if (last && last.atMs <= elapsedMs) missed += coming
  }
  if (byte === undefined) return undefined
  const ending = last && isEnding(last) ? last.do : 'end'
  return { byte, left, missed, ending, endMs: last?.atMs ?? 0 }
}

/** The last frames with a meaning before a place, oldest first. */
export function framesBefore(
  timeline: Timeline,
  framing: Framing,
  { isBefore, count }: { isBefore: (frame: Frame, endByte: number) => boolean; count: number },
): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  let seen = 0
  for (const { frames } of frameGroups(timeline, framing)) {
    for (const frame of frames) {
      seen += frame.bytes.length
      if (!meansSomething(frame) || !isBefore(frame, seen)) continue
      found.push(frame.bytes)
      if (found.length > count) found.shift()
    }
  }
  return found
}

export interface Continued {
  readonly timeline: Timeline
  readonly framing: Framing
  /** Body bytes that the client has. */
  readonly byte: number
  /** How far the stream had come when the client came back. */
  readonly elapsedMs: number
}

/**
 * The rest of a stream: what is past at once, what is to come at its own time. Comments that are past
 * stay past: they only kept a connection alive.
 */
export const continueAfter = (continued: Continued): Timeline => ({
  [Symbol.iterator]: () => continuedSteps(continued),
})

function* continuedSteps({ timeline, framing, byte, elapsedMs }: Continued): Generator<Step> {
  let seen = 0
  for (const { steps, frames } of frameGroups(timeline, framing)) {
    const isIdle =
      frames.length > 0 &&
      frames.every(({ comment, data }) => comment !== undefined && data === undefined)
    for (const step of steps) {
      const atMs = Math.max(0, step.atMs - elapsedMs)
      if (step.do !== 'write') {
        yield { ...(step.do === 'head' ? withoutLength(step) : step), atMs }
        continue
      }
      const rest = afterByte(step, byte - seen)
      seen += step.bytes.length
      if (rest.length > 0 && !(isIdle && step.atMs <= elapsedMs))
        yield { atMs, do: 'write', bytes: rest }
    }
  }
}

const afterByte = ({ bytes }: WriteStep, skip: number): Uint8Array =>
  skip <= 0 ? bytes : bytes.subarray(Math.min(skip, bytes.length))
