/**
 * Messages of an AWS event stream whose payload was masked get a checksum that is right again; one
 * that was wrong stays wrong, since that is what the service sent.
 */
import { crc32 } from 'node:zlib'
import type { Push } from '../../core/push.ts'
import type { WriteStep } from '../../core/timeline.ts'

const preludeBytes = 12
const checksumBytes = 4

/** Around a transformation that keeps chunks and lengths, and may change bytes. */
export class RightChecksums implements Push<WriteStep, WriteStep> {
  readonly #inner: Push<WriteStep, WriteStep>
  /** As they came, for those that are within. */
  readonly #originals: Uint8Array[] = []
  readonly #message = new Message()

  constructor(inner: Push<WriteStep, WriteStep>) {
    this.#inner = inner
  }

  push(step: WriteStep): WriteStep[] {
    this.#originals.push(step.bytes)
    return this.#mend(this.#inner.push(step))
  }

  end(): WriteStep[] {
    return this.#mend(this.#inner.end())
  }

  #mend(steps: readonly WriteStep[]): WriteStep[] {
    return steps.map((step) => {
      const original = this.#originals.shift()
      return original ? { ...step, bytes: this.#message.mend(original, step.bytes) } : step
    })
  }
}

/** Follows two bodies of one length, as it came and as it is kept. */
class Message {
  #prelude = Buffer.alloc(preludeBytes)
  #at = 0
  #length = 0
  #came = 0
  #kept = 0
  #isLost = false

  mend(original: Uint8Array, masked: Uint8Array): Uint8Array {
    const bytes = Buffer.from(masked)
    for (let from = 0; from < bytes.length && !this.#isLost; ) {
      from += this.#step(original.subarray(from), bytes.subarray(from))
    }
    return bytes
  }

  /** Takes as much as belongs to one part of the message, and says how much that was. */
  #step(original: Uint8Array, bytes: Buffer): number {
    if (this.#at < preludeBytes) return this.#readPrelude(original, bytes)
    const end = this.#length - checksumBytes
    if (this.#at < end) {
      const count = Math.min(end - this.#at, bytes.length)
      this.#sum(original.subarray(0, count), bytes.subarray(0, count))
      return count
    }
    const shift = 8 * (checksumBytes - 1 - (this.#at - end))
    bytes[0] = (original[0] ?? 0) ^ (((this.#came ^ this.#kept) >>> shift) & 0xff)
    this.#at++
    if (this.#at === this.#length) this.#begin()
    return 1
  }

  #readPrelude(original: Uint8Array, bytes: Buffer): number {
    const count = Math.min(preludeBytes - this.#at, bytes.length)
    this.#prelude.set(original.subarray(0, count), this.#at)
    bytes.set(original.subarray(0, count))
    this.#sum(original.subarray(0, count), bytes.subarray(0, count))
    if (this.#at < preludeBytes) return count
    this.#length = this.#prelude.readUInt32BE(0)
    const isOne = crc32(this.#prelude.subarray(0, 8)) === this.#prelude.readUInt32BE(8)
    this.#isLost = !isOne || this.#length < preludeBytes + checksumBytes
    return count
  }

  #sum(original: Uint8Array, bytes: Uint8Array): void {
    this.#came = crc32(original, this.#came)
    this.#kept = crc32(bytes, this.#kept)
    this.#at += original.length
  }

  #begin(): void {
    this.#at = 0
    this.#came = 0
    this.#kept = 0
  }
}
