/**
 * A heap of alarms, earliest first; those of one deadline ring in the order they were set. Four children
 * to a parent, and the deadlines beside the entries: of 3,000 streams each sets an alarm for every
 * chunk, and to look at an entry for each comparison made that twice as dear.
 */
import type { Alarm } from '../core/clock.ts'

/** A class, since thousands of streams set one each for every chunk, and a closure would be another. */
class Entry implements Alarm {
  run: (() => void) | undefined
  readonly deadlineMs: number
  readonly order: number
  readonly #onCancel: (entry: Entry) => void

  constructor(deadlineMs: number, order: number, onCancel: (entry: Entry) => void) {
    this.deadlineMs = deadlineMs
    this.order = order
    this.#onCancel = onCancel
  }

  cancel(): void {
    this.#onCancel(this)
  }
}

/** Fewer cancelled alarms than this are not worth clearing away. */
const fewCancelled = 1000

/** Children of one parent. */
const width = 4

export class AlarmHeap {
  #entries: Entry[] = []
  #deadlinesMs = new Float64Array(64)
  #order = 0
  #cancelled = 0
  readonly #onIdle: (() => void) | undefined

  /** @param onIdle called when the last alarm that was still wanted is cancelled */
  constructor(onIdle?: () => void) {
    this.#onIdle = onIdle
  }

  add(deadlineMs: number, run: () => void): Alarm {
    const entry = new Entry(deadlineMs, this.#order++, this.#cancel)
    entry.run = run
    const at = this.#entries.length
    if (at === this.#deadlinesMs.length) this.#grow()
    this.#entries.push(entry)
    this.#rise(entry, at)
    return entry
  }

  /**
   * A cancelled entry stays in its place, since taking it out would cost a search. Where most are
   * cancelled, as when many clients leave long stalls, all of those are cleared away at once.
   */
  #cancel = (entry: Entry): void => {
    if (entry.run === undefined) return
    entry.run = undefined
    this.#cancelled += 1
    const { length } = this.#entries
    if (this.#cancelled === length) this.#onIdle?.()
    if (this.#cancelled < fewCancelled || this.#cancelled * 2 < length) return
    // A list in order is a heap.
    this.#entries = this.#entries
      .filter(({ run }) => run !== undefined)
      .sort((a, b) => a.deadlineMs - b.deadlineMs || a.order - b.order)
    for (const [at, { deadlineMs }] of this.#entries.entries()) this.#deadlinesMs[at] = deadlineMs
    this.#cancelled = 0
  }

  /** The earliest deadline that is still wanted. */
  earliest(): number | undefined {
    while (this.#entries[0] && this.#entries[0].run === undefined) this.#take()
    return this.#entries[0]?.deadlineMs
  }

  /** Rings all that is due; the limit is asked anew each time, since ringing takes time itself. */
  ringUntil(limitMs: () => number): void {
    let first = this.#entries[0]
    while (first && first.deadlineMs <= limitMs()) {
      this.#take()
      const run = first.run
      first.run = undefined
      run?.()
      first = this.#entries[0]
    }
  }

  #take(): void {
    if (this.#entries[0]?.run === undefined) this.#cancelled -= 1
    const last = this.#entries.pop()
    if (last && this.#entries.length > 0) this.#sink(last)
  }

  #grow(): void {
    const deadlinesMs = new Float64Array(2 * this.#deadlinesMs.length)
    deadlinesMs.set(this.#deadlinesMs)
    this.#deadlinesMs = deadlinesMs
  }

  #put(entry: Entry, at: number): void {
    this.#entries[at] = entry
    this.#deadlinesMs[at] = entry.deadlineMs
  }

  /** Finds its place for an entry from the end of the heap towards the top. */
  #rise(entry: Entry, from: number): void {
    let at = from
    while (at > 0) {
      const parent = Math.floor((at - 1) / width)
      const above = this.#entries[parent]
      if (!above || !isBefore(entry, above)) break
      this.#put(above, at)
      at = parent
    }
    this.#put(entry, at)
  }

  /** The same from the top downwards. */
  #sink(entry: Entry): void {
    const { length } = this.#entries
    let at = 0
    for (let first = 1; first < length; first = width * at + 1) {
      const child = this.#earliestOf(first, Math.min(first + width, length))
      const below = this.#entries[child]
      if (!below || isBefore(entry, below)) break
      this.#put(below, at)
      at = child
    }
    this.#put(entry, at)
  }

  #earliestOf(first: number, end: number): number {
    const deadlinesMs = this.#deadlinesMs
    let earliest = first
    let earliestMs = deadlinesMs[first] ?? 0
    for (let at = first + 1; at < end; at++) {
      const ms = deadlinesMs[at] ?? 0
      if (ms > earliestMs || (ms === earliestMs && !this.#isOlder(at, earliest))) continue
      earliest = at
      earliestMs = ms
    }
    return earliest
  }

  #isOlder(a: number, b: number): boolean {
    return (this.#entries[a]?.order ?? 0) < (this.#entries[b]?.order ?? 0)
  }
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.order < b.order)
