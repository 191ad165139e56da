/**
 * Watches how far one stream keeps to its schedule, and tells our lateness from what others cause: a
 * client that sends its request or reads its answer slowly, or a hand that paused it. Looks at the
 * clock once for all that is sent together, which costs ten times more than all else here.
 */
import type { Clock } from '../core/clock.ts'
import type { LagHistogram } from './lag.ts'

/** Where the lags of many streams are gathered. */
export interface LagMeter {
  /** Of every chunk that had a time: how late we were with it. */
  readonly late: LagHistogram
  /** Of the chunks that had to wait for somebody else: how long they had to, beyond their time. */
  readonly held: LagHistogram
  /** A chunk that is later than this marks its stream as late. */
  readonly lateAfterMs: number
}

/** What is told of a stream that was not kept on time. */
export interface Late {
  /** How many were later than the meter allows. */
  readonly chunks: number
  /** The latest of them, and which it was; the first chunk of the stream with a time is 1. */
  readonly maxMs: number
  readonly chunk: number
  /**
   * How much of `maxMs` the process did not even come to its timers: other code blocked it, garbage was
   * collected, or requests kept it busy. In the rest, other streams had their turn.
   */
  readonly blockedMs: number
}

export interface LagWatchOptions {
  readonly clock: Clock
  readonly lag?: LagMeter | undefined
  /** When all was there that an answer needs of its client; nobody is late before. */
  readonly readyMs?: number | undefined
}

export class LagWatch {
  /** The most that any step was late by our doing. */
  maxMs = 0
  #lateChunks = 0
  #lateMaxMs = 0
  #lateChunk = 0
  #blockedMs = 0
  readonly #clock: Clock
  readonly #meter: LagMeter | undefined
  /** Nothing could be sent before this, whatever the schedule says. */
  #freeMs: number
  #sentChunks = 0
  /**
   * Of what waits to be sent: when it was due, and how many chunks it is. Nearly always that is one
   * time; a list for every write would cost three times as much.
   */
  #waits = false
  #dueMs = 0
  #dueChunks = 0
  /** What is due at other times, in pairs. */
  #further: number[] | undefined

  constructor({ clock, lag, readyMs }: LagWatchOptions) {
    this.#clock = clock
    this.#meter = lag
    this.#freeMs = readyMs ?? 0
  }

  /** It goes out with what is sent next. */
  add(deadlineMs: number, chunks: number): void {
    if (!this.#waits) {
      this.#waits = true
      this.#dueMs = deadlineMs
      this.#dueChunks = chunks
    } else if (deadlineMs === this.#dueMs && !this.#further) this.#dueChunks += chunks
    else if (this.#further) this.#further.push(deadlineMs, chunks)
    else this.#further = [deadlineMs, chunks]
  }

  /** All that was added is handed to the socket now. */
  sent(): void {
    if (!this.#waits) return
    this.#waits = false
    const nowMs = this.#clock.now()
    this.#note(this.#dueMs, this.#dueChunks, nowMs)
    const further = this.#further
    if (!further) return
    this.#further = undefined
    for (let at = 0; at < further.length; at += 2) {
      this.#note(further[at] ?? 0, further[at + 1] ?? 0, nowMs)
    }
  }

  /** Until now somebody else held it up. */
  freed(): void {
    this.#freeMs = this.#clock.now()
  }

  #note(deadlineMs: number, chunks: number, nowMs: number): void {
    const heldMs = this.#freeMs - deadlineMs
    const lagMs = nowMs - (heldMs > 0 ? this.#freeMs : deadlineMs)
    if (lagMs > this.maxMs) this.maxMs = lagMs
    this.#sentChunks += chunks
    const meter = this.#meter
    if (!meter || chunks === 0) return
    meter.late.note(lagMs, chunks)
    if (heldMs > 0) meter.held.note(heldMs, chunks)
    if (lagMs > meter.lateAfterMs) this.#mark(lagMs, chunks, nowMs)
  }

  /** Of a stream that is late at every chunk, nothing is made for each. */
  #mark(lagMs: number, chunks: number, nowMs: number): void {
    this.#lateChunks += chunks
    if (lagMs <= this.#lateMaxMs) return
    const wokeMs = this.#clock.wokeMs ?? 0
    this.#lateMaxMs = lagMs
    this.#lateChunk = this.#sentChunks - chunks + 1
    this.#blockedMs = Math.max(0, wokeMs - (nowMs - lagMs))
  }

  /** Set where the stream was not kept on time. */
  get late(): Late | undefined {
    if (this.#lateChunks === 0) return undefined
    return {
      chunks: this.#lateChunks,
      maxMs: this.#lateMaxMs,
      chunk: this.#lateChunk,
      blockedMs: this.#blockedMs,
    }
  }
}
