/** Output of a client in bounded memory: its beginning or its end, and how much it was. */

export class Gathered {
  readonly #keep: 'beginning' | 'end'
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #keptBytes = 0
  bytes = 0

  constructor(keep: 'beginning' | 'end', maxBytes: number) {
    this.#keep = keep
    this.#maxBytes = maxBytes
  }

  add(chunk: Buffer): void {
    this.bytes += chunk.length
    if (this.#keep === 'beginning') {
      const room = this.#maxBytes - this.#keptBytes
      if (room > 0) this.#push(chunk.subarray(0, room))
      return
    }
    this.#push(chunk.subarray(-this.#maxBytes))
    if (this.#keptBytes > 2 * this.#maxBytes) {
      const kept = Buffer.concat(this.#chunks).subarray(-this.#maxBytes)
      this.#chunks = [kept]
      this.#keptBytes = kept.length
    }
  }

  #push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#keptBytes += chunk.length
  }

  get text(): string {
    const all = Buffer.concat(this.#chunks)
    const kept = this.#keep === 'end' ? all.subarray(-this.#maxBytes) : all
    return kept.toString('utf8')
  }
}
