/**
 * What the paced floors share: one timer for all streams, and no stream looked at before it is due.
 * Those who wait stand in the order in which they are due, also where some of them are late: a stream
 * that has begun since must not keep them waiting.
 */
import { WriteLags } from '../answering.mjs'

export const lags = new WriteLags()

/** The streams that wait, the next one first: a binary heap, each above those at 2n+1 and 2n+2. */
class Waiting {
  #heap = []

  get first() {
    return this.#heap[0]
  }

  push(stream) {
    const heap = this.#heap
    let at = heap.length
    heap.push(stream)
    while (at > 0) {
      const above = (at - 1) >> 1
      if (heap[above].dueMs <= stream.dueMs) break
      heap[at] = heap[above]
      at = above
    }
    heap[at] = stream
  }

  shift() {
    const heap = this.#heap
    const last = heap.pop()
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (heap[below + 1]?.dueMs < heap[below].dueMs) below += 1
      if (heap[below].dueMs >= last.dueMs) break
      heap[at] = heap[below]
      at = below
    }
    heap[at] = last
  }
}

const waiting = new Waiting()
let isWaiting = false

/** Calls `write` with 0, 1, 2, ..., so many times, one every `gapMs`; false from it is the end. */
export function pace(gapMs, count, write) {
  waiting.push({ gapMs, count, write, sent: 0, dueMs: performance.now() + gapMs })
  if (!isWaiting) tick()
}

/**
 * Who becomes due meanwhile waits for the next turn: in one long turn, requests that have arrived
 * would not be read before all others are in time again.
 */
function tick() {
  const untilMs = performance.now()
  let stream = waiting.first
  while (stream !== undefined && stream.dueMs <= untilMs) {
    waiting.shift()
    lags.note(performance.now() - stream.dueMs)
    const goesOn = stream.write(stream.sent)
    stream.sent += 1
    stream.dueMs += stream.gapMs
    if (goesOn && stream.sent < stream.count) waiting.push(stream)
    stream = waiting.first
  }
  isWaiting = stream !== undefined
  if (!isWaiting) return
  const waitMs = stream.dueMs - performance.now()
  if (waitMs > 0) setTimeout(tick, Math.max(1, waitMs))
  else setImmediate(tick)
}
