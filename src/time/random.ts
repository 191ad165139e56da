/** The one owner of chance. A source is its name: same name, same numbers, on every machine. */
import seedrandom from 'seedrandom'
import type { Random } from '../core/random.ts'

/**
 * Alea of seedrandom: the fastest of its generators to set up, and one is set up for every reply.
 * The generator is made at the first draw, since many replies draw nothing.
 */
export function seededRandom(name: string): Random {
  let draw: (() => number) | undefined
  return {
    next() {
      draw ??= seedrandom.alea(name)
      return draw()
    },
    fork: (part) => seededRandom(`${name}/${part}`),
  }
}
