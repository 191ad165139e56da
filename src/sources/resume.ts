/**
 * Goes on with a stream that was begun for someone else: what is past comes at once, what is still to
 * come at its time. Must never send a part of a frame that the client has.
 */
import type { Frame, Framing } from '../core/frame.ts'
import type { Step, Timeline } from '../core/timeline.ts'

export interface Resumed {
  /** Of the first stream, counted from the arrival of the first request. */
  readonly timeline: Timeline
  readonly framing: Framing
  /** How long ago the first request arrived. */
  readonly elapsedMs: number
  /** Frames that the client has already. */
  readonly skip?: ((frame: Frame) => boolean) | undefined
}

export const resumeTimeline = (resumed: Resumed): Timeline => ({
  [Symbol.iterator]: () => resumedSteps(resumed),
})

function* resumedSteps({ timeline, framing, elapsedMs, skip }: Resumed): Generator<Step> {
  const decoder = framing.decoder()
  for (const step of timeline) {
    const atMs = Math.max(0, step.atMs - elapsedMs)
    // A step may hold several frames, or a part of one.
    const frames = step.do === 'write' ? decoder.push(step.bytes) : decoder.end()
    for (const frame of frames) {
      if (!skip?.(frame)) yield { atMs, do: 'write', bytes: frame.bytes }
    }
    if (step.do !== 'write') yield { ...step, atMs }
  }
}

/** Ends after the head, or between two steps, as soon as it is stopped. */
export const stoppable = (timeline: Timeline, isStopped: () => boolean): Timeline => ({
  *[Symbol.iterator]() {
    let begun = false
    for (const step of timeline) {
      if (begun && isStopped()) {
        yield { atMs: step.atMs, do: 'end' }
        return
      }
      begun ||= step.do === 'head'
      yield step
    }
  },
})
