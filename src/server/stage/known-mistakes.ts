/** Mistakes in recordings that play all the same: each is told once, however often it is met. */
import { formatMistake, type Mistake } from '../../core/errors.ts'
import type { Log } from '../log.ts'

export class KnownMistakes {
  readonly #log: Log
  readonly #known = new Map<string, Mistake>()

  constructor(log: Log) {
    this.#log = log
  }

  get all(): readonly Mistake[] {
    return [...this.#known.values()]
  }

  readonly add = (mistake: Mistake): void => {
    const text = formatMistake(mistake)
    if (this.#known.has(text)) return
    this.#known.set(text, mistake)
    this.#log.warn({}, text)
  }
}
