/** Chunks on their way to the tape, in which places are still overwritten. Must keep their lengths. */
import { viewOf } from '../../core/bytes.ts'
import type { WriteStep } from '../../core/timeline.ts'

interface HeldChunk {
  readonly step: WriteStep
  /** Where it begins in the body. */
  readonly from: number
  bytes: Buffer
  isOwn: boolean
}

export class HeldChunks {
  readonly #chunks: HeldChunk[] = []
  #end = 0

  /** Where the body ends, so far. */
  get end(): number {
    return this.#end
  }

  get heldBytes(): number {
    const [first] = this.#chunks
    return first ? this.#end - first.from : 0
  }

  add(step: WriteStep): void {
    const bytes = viewOf(step.bytes)
    this.#chunks.push({ step, from: this.#end, bytes, isOwn: false })
    this.#end += bytes.length
  }

  /** What stands there now; shorter where a part of it is out. */
  read(from: number, to: number): string {
    const parts = this.#within(from, to).map(({ from: start, bytes }) =>
      bytes.toString('latin1', Math.max(0, from - start), Math.min(bytes.length, to - start)),
    )
    return parts.join('')
  }

  /** One character a byte; what is out already stays as it is. */
  write(from: number, text: string): void {
    for (const chunk of this.#within(from, from + text.length)) {
      // The client is still being sent the bytes that came.
      if (!chunk.isOwn) chunk.bytes = Buffer.from(chunk.bytes)
      chunk.isOwn = true
      const skipped = Math.max(0, chunk.from - from)
      chunk.bytes.write(text.slice(skipped), from + skipped - chunk.from, 'latin1')
    }
  }

  #within(from: number, to: number): HeldChunk[] {
    return this.#chunks.filter((chunk) => chunk.from < to && chunk.from + chunk.bytes.length > from)
  }

  /** Lets out the chunks that end before `limit`. */
  take(limit: number): WriteStep[] {
    const [only, next] = this.#chunks
    // Most chunks are out as soon as they are in.
    if (only && !next && only.from + only.bytes.length <= limit) {
      this.#chunks.length = 0
      return [only.isOwn ? { ...only.step, bytes: only.bytes } : only.step]
    }
    let count = 0
    for (const { from, bytes } of this.#chunks) {
      if (from + bytes.length > limit) break
      count++
    }
    return this.#chunks
      .splice(0, count)
      .map(({ step, bytes, isOwn }) => (isOwn ? { ...step, bytes } : step))
  }
}
