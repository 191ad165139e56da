/**
 * What is due of a timeline and not sent yet: it grows until it goes out in one go. Must never mix what
 * is framed already with what is not.
 */
import type { Burst, Framed } from '../core/sink.ts'
import type { FramedStep, FramedSteps, HeadStep } from '../core/timeline.ts'

export class DueBurst {
  head: HeadStep | undefined
  chunkCount = 0
  /** Of the body. */
  bytes = 0
  #chunks: Uint8Array[] = []
  #from = 0
  #to = 0

  get isEmpty(): boolean {
    return this.head === undefined && this.chunkCount === 0
  }

  get isFramed(): boolean {
    return this.#to > this.#from
  }

  get hasUnframed(): boolean {
    return this.#chunks.length > 0
  }

  /** Not where it is framed. */
  add(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.chunkCount += 1
    this.bytes += bytes.length
  }

  /** Not where it has unframed chunks. */
  addFramed(step: FramedStep): void {
    this.#to = step.to
    this.chunkCount += step.chunks
    this.bytes += step.bytes
  }

  /** Gives it, and begins with the next. @param framedSteps where the framed ones are */
  take(last: Omit<Burst, 'head' | 'chunks'> | undefined, framedSteps?: FramedSteps): Burst {
    const burst: Burst = {
      head: this.head,
      chunks: this.#chunks,
      framed: this.#framed(framedSteps),
      ending: last?.ending,
      raw: last?.raw,
      code: last?.code,
      goaway: last?.goaway,
    }
    this.head = undefined
    if (this.#chunks.length > 0) this.#chunks = []
    this.#from = this.#to
    this.chunkCount = 0
    this.bytes = 0
    return burst
  }

  #framed(steps: FramedSteps | undefined): Framed | undefined {
    return steps && this.isFramed ? { steps, from: this.#from, to: this.#to } : undefined
  }
}
