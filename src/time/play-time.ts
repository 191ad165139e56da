/** Where the times of a timeline stand on the clock: it can be held, and played ahead of its time. */
import type { Clock } from '../core/clock.ts'

export class PlayTime {
  /** Nothing is due while it is held. */
  isHeld = false
  /** All is due. */
  isHurrying = false
  readonly #clock: Clock
  readonly #startedMs: number
  /** Later than the start by what was spent held. */
  #originMs: number
  /** Since when it is held, and how far the timeline had come by then, in its own time. */
  #heldSinceMs = 0
  #heldAtMs = 0
  #heldForMs = 0
  /** What is not later is due, even where the alarm rang a little early. */
  #dueMs = 0

  constructor(clock: Clock, startedMs: number) {
    this.#clock = clock
    this.#startedMs = startedMs
    this.#originMs = startedMs
  }

  /** What is measured from the request's arrival. */
  get sinceStartMs(): number {
    return this.#clock.now() - this.#startedMs
  }

  deadlineMs(atMs: number): number {
    return this.#originMs + atMs
  }

  isDue(atMs: number): boolean {
    if (atMs <= this.#dueMs || this.isHurrying) return true
    const playedMs = this.#clock.now() - this.#originMs
    if (atMs > playedMs) return false
    this.#dueMs = playedMs
    return true
  }

  /** The alarm of this time has rung. */
  rang(atMs: number): void {
    this.#dueMs = atMs
  }

  /** What is played ahead of its time has been played when it goes on. */
  played(atMs: number): void {
    if (this.isHurrying) this.#heldAtMs = Math.max(this.#heldAtMs, atMs)
  }

  hold(): void {
    this.isHeld = true
    this.#heldSinceMs = this.#clock.now()
    this.#heldAtMs = Math.max(this.#heldAtMs, this.#heldSinceMs - this.#originMs)
  }

  /** Goes on where it was held, or with `catchUp` where it would be by now. */
  release(catchUp: boolean): void {
    this.over()
    this.#originMs = catchUp ? this.#startedMs : this.#clock.now() - this.#heldAtMs
  }

  /** It is held no longer, and nothing goes on. */
  over(): void {
    this.#heldForMs = this.heldForMs
    this.isHeld = false
  }

  get heldForMs(): number {
    return this.#heldForMs + (this.isHeld ? this.#clock.now() - this.#heldSinceMs : 0)
  }
}
