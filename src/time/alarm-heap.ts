/** A binary heap of alarms, earliest first; those of one deadline ring in the order they were set. */
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

export class AlarmHeap {
  #heap: Entry[] = []
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
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
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
    if (this.#cancelled === this.#heap.length) this.#onIdle?.()
    if (this.#cancelled < fewCancelled || this.#cancelled * 2 < this.#heap.length) return
    // A list in order is a heap.
    this.#heap = this.#heap
      .filter(({ run }) => run !== undefined)
      .sort((a, b) => a.deadlineMs - b.deadlineMs || a.order - b.order)
    this.#cancelled = 0
  }

  /** The earliest deadline that is still wanted. */
  earliest(): number | undefined {
    while (this.#heap[0] && this.#heap[0].run === undefined) this.#take()
    return this.#heap[0]?.deadlineMs
  }

  /** Rings all that is due; the limit is asked anew each time, since ringing takes time itself. */
  ringUntil(limitMs: () => number): void {
    for (let first = this.#heap[0]; first && first.deadlineMs <= limitMs(); first = this.#heap[0]) {
      this.#take()
      const run = first.run
      first.run = undefined
      run?.()
    }
  }

  #take(): void {
    if (this.#heap[0]?.run === undefined) this.#cancelled -= 1
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  #rise(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfEarlier(at, parent)) return
      at = parent
    }
  }

  #sink(from: number): void {
    let at = from
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#heap.length) return
      const right = left + 1
      const child = right < this.#heap.length && this.#earlier(right, left) ? right : left
      if (!this.#swapIfEarlier(child, at)) return
      at = child
    }
  }

  #earlier(a: number, b: number): boolean {
    const x = this.#heap[a]
    const y = this.#heap[b]
    if (!x || !y) return false
    return x.deadlineMs < y.deadlineMs || (x.deadlineMs === y.deadlineMs && x.order < y.order)
  }

  #swapIfEarlier(a: number, b: number): boolean {
    const x = this.#heap[a]
    const y = this.#heap[b]
    if (!x || !y || !this.#earlier(a, b)) return false
    this.#heap[a] = y
    this.#heap[b] = x
    return true
  }
}
