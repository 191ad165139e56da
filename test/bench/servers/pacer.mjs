/**
 * What the paced floors share: one timer for all streams, and no stream looked at before it is due.
 * Every stream has the same gap, so those who wait stand in the order in which they are due.
 */
import { WriteLags } from '../answering.mjs'

export const lags = new WriteLags()

/** The streams that wait, the next one first; a ring that grows. */
class Ring {
  #slots = new Array(1024)
  #first = 0
  #count = 0

  get first() {
    return this.#count > 0 ? this.#slots[this.#first] : undefined
  }

  push(stream) {
    if (this.#count === this.#slots.length) this.#grow()
    this.#slots[(this.#first + this.#count) & (this.#slots.length - 1)] = stream
    this.#count += 1
  }

  shift() {
    this.#slots[this.#first] = undefined
    this.#first = (this.#first + 1) & (this.#slots.length - 1)
    this.#count -= 1
  }

  #grow() {
    const inOrder = [...this.#slots.slice(this.#first), ...this.#slots.slice(0, this.#first)]
    this.#slots = [...inOrder, ...new Array(inOrder.length)]
    this.#first = 0
  }
}

const ring = new Ring()
let isWaiting = false

/** Calls `write` with 0, 1, 2, ..., so many times, one every `gapMs`; false from it is the end. */
export function pace(gapMs, count, write) {
  ring.push({ gapMs, count, write, sent: 0, dueMs: performance.now() + gapMs })
  if (!isWaiting) tick()
}

/**
 * Who becomes due meanwhile waits for the next turn: in one long turn, requests that have arrived
 * would not be read before all others are in time again.
 */
function tick() {
  const untilMs = performance.now()
  let stream = ring.first
  while (stream !== undefined && stream.dueMs <= untilMs) {
    ring.shift()
    lags.note(performance.now() - stream.dueMs)
    const goesOn = stream.write(stream.sent)
    stream.sent += 1
    stream.dueMs += stream.gapMs
    if (goesOn && stream.sent < stream.count) ring.push(stream)
    stream = ring.first
  }
  isWaiting = stream !== undefined
  if (!isWaiting) return
  const waitMs = stream.dueMs - performance.now()
  if (waitMs > 0) setTimeout(tick, Math.max(1, waitMs))
  else setImmediate(tick)
}
