/** Bytes overwritten by others: the length stays, and so do chunk borders and times. */
import type { Random } from '../core/random.ts'
import { integer } from '../core/random.ts'
import type { Step } from '../core/timeline.ts'
import type { Acted, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { strict, wholeNumber } from './options.ts'
import { type Place, place } from './place.ts'
import { scannerFor } from './places.ts'

interface CorruptOptions {
  readonly at: Place
  readonly bytes: number
}

export const corrupt: FaultKind<CorruptOptions> = {
  name: 'corrupt',
  summary: 'Overwrites bytes with others, drawn from the seed.',
  schema: strict(
    {
      at: place,
      bytes: wholeNumber(1).default(1).describe('How many bytes; one unless said.'),
    },
    'corrupt',
  ),
  create: ({ at, bytes }, context) => {
    const report = (acted: Acted) => context.onAct?.('corrupt', acted)
    const aftermath = new Corruption(bytes, context.random.fork('bytes'), report)
    return fromPlace(scannerFor(at, context), aftermath, { keepBorders: true })
  },
}

class Corruption implements Aftermath {
  #left: number
  readonly #random: Random
  readonly #report: (at: Acted) => void
  #reported = false
  #byte = 0

  constructor(bytes: number, random: Random, report: (at: Acted) => void) {
    this.#left = bytes
    this.#random = random
    this.#report = report
  }

  reach({ byte }: Reached): Step[] {
    this.#byte = byte
    return []
  }

  push(step: Step): Step[] {
    if (step.do !== 'write' || step.bytes.length === 0 || this.#left === 0) return [step]
    if (!this.#reported) this.#report({ atMs: step.atMs, byte: this.#byte })
    this.#reported = true
    const bytes = Uint8Array.from(step.bytes)
    const count = Math.min(this.#left, bytes.length)
    for (let i = 0; i < count; i++) bytes[i] = anotherByte(bytes[i] ?? 0, this.#random)
    this.#left -= count
    return [{ ...step, bytes }]
  }

  end(): Step[] {
    return []
  }
}

/** Any byte but this one, each as likely as the others. */
const anotherByte = (byte: number, random: Random): number => (byte + integer(random, 1, 255)) % 256
