/**
 * A chunk of a stream mostly is the one before with another text or two in it. Of such a one only
 * these are read. With that a frame is on its way to the tape in two thirds of the time, 15 µs instead
 * of 22 on a busy machine. Pure.
 *
 * Must never read a chunk otherwise than letter by letter: what it is not sure of it does not read.
 */
import type { Piece } from './redact-leaves.ts'

/** With more texts than that, little of a chunk is repeated. */
const mostTexts = 8

export class RepeatedFrame {
  /** What stands before each of the texts, and after the last. */
  readonly #literals: readonly string[]
  readonly #texts: readonly Piece[]

  private constructor(literals: readonly string[], texts: readonly Piece[]) {
    this.#literals = literals
    this.#texts = texts
  }

  /**
   * @param texts of the chunk that has been read, those that are to be looked at in the next one
   * @param base where the chunk begins in the body
   */
  static of(chunk: string, base: number, texts: readonly Piece[]): RepeatedFrame | undefined {
    if (texts.length > mostTexts) return undefined
    const literals: string[] = []
    let done = 0
    for (const { path, text, from, at, isFirst, isLast, isNumber } of texts) {
      const start = from - base
      const end = start + (at?.at(-1) ?? text.length)
      // What names a lane changes how all that follows it is read.
      const isPlain = isFirst && isLast && !isNumber && !path.isLane
      if (!isPlain || start < done || chunk[end] !== '"') return undefined
      literals.push(chunk.slice(done, start))
      done = end
    }
    return new RepeatedFrame([...literals, chunk.slice(done)], texts)
  }

  /** The texts of another chunk, as the scanner would give them; undefined where all must be read. */
  read(chunk: string, base: number): readonly Piece[] | undefined {
    const pieces: Piece[] = []
    let done = 0
    // A number instead of pairs, for this is run for each chunk of each stream.
    for (let index = 0; index < this.#texts.length; index++) {
      const known = this.#texts[index]
      const literal = this.#literals[index] ?? ''
      const start = done + literal.length
      // To cut out and compare takes 0.1 µs for 150 letters, and `startsWith` 1.1.
      if (!known || chunk.slice(done, start) !== literal) return undefined
      const end = chunk.indexOf('"', start)
      if (end < 0) return undefined
      const text = chunk.slice(start, end)
      // An escape means something else, and a line end within a text ends it.
      if (text.includes('\\') || text.includes('\n')) return undefined
      pieces.push(sameText(known, text, base + start))
      done = end
    }
    return chunk.slice(done) === this.#literals.at(-1) ? pieces : undefined
  }
}

const sameText = ({ path, lane }: Piece, text: string, from: number): Piece => ({
  path,
  lane,
  text,
  from,
  at: undefined,
  isFirst: true,
  isLast: true,
  isNumber: false,
})
