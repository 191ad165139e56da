/** Counts the frames of a stream while it is written, for those who pause or watch it by frames. */
import type { Timeline } from '../../core/timeline.ts'
import type { StreamLanguage } from '../../faults/fault.ts'
import { FrameWalk } from '../../faults/places.ts'

export class FrameCounter {
  readonly #walk: FrameWalk
  /** Where in the body the counting began. */
  readonly #startByte: number
  /** Where in the body each frame ended. */
  readonly #ends: number[] = []
  #fedByte: number

  /** @param startByte the body bytes before it are not counted */
  constructor(language: StreamLanguage, startByte: number) {
    this.#walk = new FrameWalk(language)
    this.#startByte = startByte
    this.#fedByte = startByte
  }

  /** Nothing came before it counted. */
  get fromStart(): boolean {
    return this.#startByte === 0
  }

  /** Bytes may come again, as those of a chunk that was divided do; they are counted once. */
  feed(bytes: Uint8Array, atByte: number): void {
    const fresh = bytes.subarray(Math.max(0, this.#fedByte - atByte))
    if (fresh.length === 0) return
    this.#fedByte += fresh.length
    for (const { end } of this.#walk.push(fresh)) this.#ends.push(this.#startByte + end)
  }

  /** Frames that are whole within so many bytes of the body. */
  whole(bytes: number): number {
    let count = this.#ends.length
    while (count > 0 && (this.#ends[count - 1] ?? 0) > bytes) count -= 1
    return count
  }

  /** Where the nth frame ends, counted from 1; undefined where it has not come. */
  endOf(n: number): number | undefined {
    return n === 0 ? this.#startByte : this.#ends[n - 1]
  }
}

/** The first bytes of a timeline's body, which have been written before anybody counted. */
export function feedAgain(counter: FrameCounter, timeline: Timeline, bytes: number): void {
  let passed = 0
  for (const step of timeline) {
    if (passed >= bytes) return
    if (step.do !== 'write') continue
    counter.feed(step.bytes.subarray(0, bytes - passed), passed)
    passed += step.bytes.length
  }
}
