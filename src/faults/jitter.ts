/** A restless line: each chunk is late by a time of its own, and none overtakes another. */
import type { Random } from '../core/random.ts'
import type { Step } from '../core/timeline.ts'
import type { Acted, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { duration, strict } from './options.ts'
import { optionalPlace, type Place, theVeryStart } from './place.ts'
import { scannerFor } from './places.ts'

interface JitterOptions {
  readonly by: number
  readonly at?: Place
}

export const jitter: FaultKind<JitterOptions> = {
  name: 'jitter',
  summary: 'Makes each chunk late by a time drawn from the seed; their order stays.',
  schema: strict(
    {
      by: duration
        .refine((ms) => ms > 0, { error: 'must be longer than 0' })
        .describe('How late a chunk may be at most.'),
      at: optionalPlace.describe('From where on; the whole body unless said.'),
    },
    'jitter',
  ),
  create: ({ by, at = theVeryStart }, context) =>
    fromPlace(
      scannerFor(at, context),
      new Jitter(by, context.random.fork('lateness'), (acted) => context.onAct?.('jitter', acted)),
    ),
}

class Jitter implements Aftermath {
  readonly #byMs: number
  readonly #random: Random
  readonly #report: (at: Acted) => void
  #reported = false
  #byte = 0
  #lastAtMs = 0

  constructor(byMs: number, random: Random, report: (at: Acted) => void) {
    this.#byMs = byMs
    this.#random = random
    this.#report = report
  }

  reach({ byte }: Reached): Step[] {
    this.#byte = byte
    return []
  }

  /** The head and the ending draw nothing, but do not come before what was late. */
  push(step: Step): Step[] {
    const isChunk = step.do === 'write' && step.bytes.length > 0
    const late = isChunk ? this.#random.next() * this.#byMs : 0
    if (isChunk && !this.#reported) this.#report({ atMs: step.atMs, byte: this.#byte })
    this.#reported ||= isChunk
    this.#lastAtMs = Math.max(this.#lastAtMs, step.atMs + late)
    return [this.#lastAtMs === step.atMs ? step : { ...step, atMs: this.#lastAtMs }]
  }

  end(): Step[] {
    return []
  }
}
