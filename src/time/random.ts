/** The one owner of chance. A source is its name: same name, same numbers, on every machine. */
import seedrandom from 'seedrandom'
import type { Random } from '../core/random.ts'

/**
 * Alea of seedrandom: the fastest of its generators to set up, and one is set up for every reply.
 * The generator is made at the first draw, since many replies draw nothing.
 */
export const seededRandom = (name: string): Random => new SeededRandom(name)

/**
 * A class and no object with functions in it: V8 puts functions of a literal where only a full
 * collection looks, and they hold on to all of the reply that they were made for.
 */
class SeededRandom implements Random {
  readonly #name: string
  #draw: (() => number) | undefined

  constructor(name: string) {
    this.#name = name
  }

  next(): number {
    this.#draw ??= seedrandom.alea(this.#name)
    return this.#draw()
  }

  fork(part: string): Random {
    return new SeededRandom(`${this.#name}/${part}`)
  }
}
