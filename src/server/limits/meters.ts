/**
 * What one limit has counted for one client: a sliding window, a bucket that fills up, or places.
 * Pure: each step is told the time, and none waits.
 */
import type { Limit } from '../../core/limits.ts'

export interface Meter {
  /** Never below 0. */
  remaining(nowMs: number): number
  /** Until all is free again. */
  resetMs(nowMs: number): number
  /** 0 where there is room for so much; undefined where there never is, or nobody knows when. */
  waitMs(amount: number, nowMs: number): number | undefined
  /** Counts it, whether there is room or not. */
  take(ticket: string, amount: number, nowMs: number): void
  /** What the ticket took is free again, as if it had never been taken. */
  giveBack(ticket: string): void
}

export function meterFor(limit: Limit): Meter {
  if (limit.counted === 'concurrent') return new Places(limit)
  return limit.as === 'bucket' ? new Bucket(limit) : new Window(limit)
}

/** Sums and differences of milliseconds are not exact in binary; this much is no difference. */
const noTimeMs = 1e-6

/** What is told of a wait: never early, and no millisecond late. */
export const wholeMs = (ms: number): number => Math.max(0, Math.ceil(ms - noTimeMs))

/** What costs nothing yet, such as words to come, still needs that something is left. */
const needOf = (amount: number): number => Math.max(1, amount)

interface Entry {
  readonly ticket: string
  readonly atMs: number
  readonly amount: number
}

/** Exact: what was let in is remembered for as long as the window is, and no longer. */
class Window implements Meter {
  readonly #most: number
  readonly #perMs: number
  /** Oldest first; those before `#first` are over. */
  #entries: Entry[] = []
  #first = 0
  #sum = 0

  constructor({ most, perMs }: Limit) {
    this.#most = most
    this.#perMs = perMs
  }

  remaining(nowMs: number): number {
    this.#forget(nowMs)
    return Math.max(0, this.#most - this.#sum)
  }

  resetMs(nowMs: number): number {
    this.#forget(nowMs)
    const last = this.#entries.at(-1)
    return last && this.#first < this.#entries.length ? last.atMs + this.#perMs - nowMs : 0
  }

  waitMs(amount: number, nowMs: number): number | undefined {
    this.#forget(nowMs)
    const need = needOf(amount)
    if (need > this.#most) return undefined
    let sum = this.#sum
    if (sum + need <= this.#most) return 0
    for (let at = this.#first; at < this.#entries.length; at += 1) {
      const entry = this.#entries[at]
      if (!entry) break
      sum -= entry.amount
      if (sum + need <= this.#most) return entry.atMs + this.#perMs - nowMs
    }
    return undefined
  }

  take(ticket: string, amount: number, nowMs: number): void {
    if (amount === 0) return
    this.#entries.push({ ticket, atMs: nowMs, amount })
    this.#sum += amount
  }

  giveBack(ticket: string): void {
    const kept = this.#entries.slice(this.#first).filter((entry) => entry.ticket !== ticket)
    this.#entries = kept
    this.#first = 0
    this.#sum = kept.reduce((sum, { amount }) => sum + amount, 0)
  }

  #forget(nowMs: number): void {
    for (;;) {
      const oldest = this.#entries[this.#first]
      if (!oldest || oldest.atMs + this.#perMs > nowMs + noTimeMs) break
      this.#sum -= oldest.amount
      this.#first += 1
    }
    // Now and then, since to move all the others each time would cost more than it frees.
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
  }
}

/** Full at first; fills up evenly, so much in its time. */
class Bucket implements Meter {
  readonly #most: number
  readonly #perMs: number
  #level: number
  #atMs = Number.NEGATIVE_INFINITY
  /** So that a request can be as if it had never been; the latest are enough for that. */
  readonly #taken = new Map<string, number>()

  constructor({ most, perMs }: Limit) {
    this.#most = most
    this.#perMs = perMs
    this.#level = most
  }

  remaining(nowMs: number): number {
    return Math.max(0, Math.floor(this.#fill(nowMs) + this.#almost))
  }

  resetMs(nowMs: number): number {
    return this.#timeFor(this.#most - this.#fill(nowMs))
  }

  waitMs(amount: number, nowMs: number): number | undefined {
    const need = needOf(amount)
    if (need > this.#most) return undefined
    const lacking = need - this.#fill(nowMs)
    return lacking <= this.#almost ? 0 : this.#timeFor(lacking)
  }

  take(ticket: string, amount: number, nowMs: number): void {
    this.#level = this.#fill(nowMs) - amount
    this.#taken.set(ticket, (this.#taken.get(ticket) ?? 0) + amount)
    for (const oldest of this.#taken.keys()) {
      if (this.#taken.size <= 1000) break
      this.#taken.delete(oldest)
    }
  }

  giveBack(ticket: string): void {
    this.#level = Math.min(this.#most, this.#level + (this.#taken.get(ticket) ?? 0))
    this.#taken.delete(ticket)
  }

  get #almost(): number {
    return (noTimeMs * this.#most) / this.#perMs
  }

  #timeFor(amount: number): number {
    return (amount * this.#perMs) / this.#most
  }

  #fill(nowMs: number): number {
    if (nowMs > this.#atMs) {
      const passedMs = nowMs - this.#atMs
      this.#level = Math.min(this.#most, this.#level + (passedMs * this.#most) / this.#perMs)
      this.#atMs = nowMs
    }
    return this.#level
  }
}

/** So many at one time: nobody knows when the next one leaves. */
class Places implements Meter {
  readonly #most: number
  readonly #held = new Set<string>()

  constructor({ most }: Limit) {
    this.#most = most
  }

  remaining(): number {
    return Math.max(0, this.#most - this.#held.size)
  }

  resetMs(): number {
    return 0
  }

  waitMs(): number | undefined {
    return this.#held.size < this.#most ? 0 : undefined
  }

  take(ticket: string): void {
    this.#held.add(ticket)
  }

  giveBack(ticket: string): void {
    this.#held.delete(ticket)
  }
}
