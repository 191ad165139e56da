/** A chunk that is announced longer than it is, and a connection that is closed in its midst. */
import { joinBytes, noBytes, utf8 } from '../core/bytes.ts'
import { isEnding, type Step } from '../core/timeline.ts'
import type { Acted, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { strict, wholeNumber } from './options.ts'
import { type Place, place } from './place.ts'
import { scannerFor } from './places.ts'

interface ShortChunkOptions {
  readonly at: Place
  readonly missing: number
}

export const shortChunk: FaultKind<ShortChunkOptions> = {
  name: 'short-chunk',
  summary: 'Announces a chunk as longer than it is, and closes the connection within it.',
  schema: strict(
    {
      at: place.describe('The chunk that begins here is the short one.'),
      missing: wholeNumber(1).default(1).describe('How many bytes it lacks; one unless said.'),
    },
    'short-chunk',
  ),
  needs: () => 'chunks',
  create: ({ at, missing }, context) =>
    fromPlace(
      scannerFor(at, context),
      new ShortChunk(missing, (acted) => context.onAct?.('short-chunk', acted)),
    ),
}

/** Waits for the next chunk; where the body is over, one is announced of which nothing comes. */
class ShortChunk implements Aftermath {
  readonly #missing: number
  readonly #report: (at: Acted) => void
  #at: Reached = { atMs: 0, byte: 0, afterHead: false }
  #over = false

  constructor(missing: number, report: (at: Acted) => void) {
    this.#missing = missing
    this.#report = report
  }

  reach(at: Reached): Step[] {
    this.#at = at
    return []
  }

  push(step: Step): Step[] {
    if (this.#over) return []
    if (isEnding(step)) return [this.#short(step.atMs, noBytes)]
    if (step.do === 'head' || step.bytes.length === 0) return [step]
    return [this.#short(step.atMs, step.bytes)]
  }

  end(): Step[] {
    return this.#over ? [] : [this.#short(this.#at.atMs, noBytes)]
  }

  #short(atMs: number, bytes: Uint8Array): Step {
    this.#over = true
    this.#report({ atMs, byte: this.#at.byte })
    const size = utf8(`${(bytes.length + this.#missing).toString(16)}\r\n`)
    return { atMs, do: 'close', raw: joinBytes([size, bytes]) }
  }
}
