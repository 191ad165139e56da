/**
 * A prepared script as one reply tells it: the same bytes at the same times as its ordinary timeline,
 * framed for HTTP/1.1. What is due together is one step.
 */
import type { Copied, EndStep, FramedStep, HeadStep } from '../core/timeline.ts'
import type { Pacer } from '../time/pacing.ts'
import type { Between, Prepared } from './prepared.ts'

/** One reply of those that a script was prepared for. */
export interface FramedReply {
  readonly prepared: Prepared
  /** The strings of this reply, as its dialect gives them. */
  readonly own: readonly string[]
  readonly headers: HeadStep['headers']
  readonly pacer: Pacer
}

export function* framedSteps(reply: FramedReply): Generator<HeadStep | FramedStep | EndStep> {
  const { prepared, headers, pacer } = reply
  const { chunks, ending } = prepared
  const schedule = new Schedule(pacer)
  const copy = new Copy(reply)
  yield { atMs: pacer.headMs, do: 'head', status: 200, headers }
  let first = 0
  let atMs = chunks[0] ? schedule.after(chunks[0]) : 0
  while (first < chunks.length) {
    let next = first
    let bytes = 0
    let nextMs = atMs
    for (let chunk = chunks[next]; chunk && nextMs === atMs; ) {
      bytes += chunk.bytes
      chunk = chunks[++next]
      if (chunk) nextMs = schedule.after(chunk)
    }
    const from = chunks[first]?.from ?? 0
    const to = chunks[next]?.from ?? prepared.body.length
    const wire = new CopiedPart(copy, from, to)
    yield { atMs, do: 'framed', wire, chunks: next - first, bytes }
    first = next
    atMs = nextMs
  }
  yield { atMs: schedule.after(ending), do: ending.do }
}

/** The times of what is told, drawn in the order in which the script draws them. */
class Schedule {
  readonly #pacer: Pacer
  #atMs = 0
  #begun = false

  constructor(pacer: Pacer) {
    this.#pacer = pacer
  }

  after({ waitMs, gaps }: Between): number {
    this.#atMs += waitMs
    for (let gap = 0; gap < gaps; gap++) {
      this.#atMs += this.#begun ? this.#pacer.gapMs() : this.#pacer.ttftMs
      this.#begun = true
    }
    return Math.max(this.#atMs, this.#pacer.headMs)
  }
}

/**
 * Copies parts of a prepared body, one after the other, with the reply's own strings in place. The
 * blocks that hold them are made once a reply: 66 copies of one cost 5 µs, 200 strings cost 23.
 */
class Copy {
  readonly #prepared: Prepared
  readonly #blocks: readonly Uint8Array[]
  #nextPlace = 0

  constructor({ prepared, own }: FramedReply) {
    this.#prepared = prepared
    this.#blocks = prepared.blocks.map(({ at, length, places }) => {
      const bytes = Buffer.allocUnsafe(length)
      prepared.body.copy(bytes, 0, at, at + length)
      for (const place of places) bytes.write(own[place.index] ?? '', place.at, 'latin1')
      return bytes
    })
  }

  write({ from, to }: Part, target: Buffer, at: number): void {
    const { body, places } = this.#prepared
    body.copy(target, at, from, to)
    for (let place = places[this.#nextPlace]; place && place.at < to; ) {
      const block = this.#blocks[place.index]
      if (block) target.set(block, at + place.at - from)
      place = places[++this.#nextPlace]
    }
  }
}

/** Of a prepared body. */
interface Part {
  readonly from: number
  readonly to: number
}

class CopiedPart implements Copied {
  readonly length: number
  readonly #copy: Copy
  readonly #from: number

  constructor(copy: Copy, from: number, to: number) {
    this.length = to - from
    this.#copy = copy
    this.#from = from
  }

  copyTo(target: Buffer, at: number): void {
    this.#copy.write({ from: this.#from, to: this.#from + this.length }, target, at)
  }
}
