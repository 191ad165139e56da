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

function tick() {
  let nowMs = performance.now()
  let stream = ring.first
  while (stream !== undefined && stream.dueMs <= nowMs) {
    ring.shift()
    lags.note(nowMs - stream.dueMs)
    const goesOn = stream.write(stream.sent)
    stream.sent += 1
    stream.dueMs += stream.gapMs
    if (goesOn && stream.sent < stream.count) ring.push(stream)
    nowMs = performance.now()
    stream = ring.first
  }
  isWaiting = stream !== undefined
  if (isWaiting) setTimeout(tick, Math.max(1, stream.dueMs - nowMs))
}
