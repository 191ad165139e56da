/** A slow line: no more than so many bytes a second get through, and all that follows waits. */
import type { Step, WriteStep } from '../core/timeline.ts'
import type { Acted, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { strict, wholeNumber } from './options.ts'
import { optionalPlace, type Place, theVeryStart } from './place.ts'
import { scannerFor } from './places.ts'

interface ThrottleOptions {
  readonly bytesPerSecond: number
  readonly at?: Place
}

export const throttle: FaultKind<ThrottleOptions> = {
  name: 'throttle',
  summary: 'Lets no more than so many bytes a second of the body through.',
  schema: strict(
    {
      bytesPerSecond: wholeNumber(1).describe('How fast the line is.'),
      at: optionalPlace.describe('From where on; the whole body unless said.'),
    },
    'throttle',
  ),
  create: ({ bytesPerSecond, at = theVeryStart }, context) =>
    fromPlace(
      scannerFor(at, context),
      new Throttle(bytesPerSecond, (acted) => context.onAct?.('throttle', acted)),
    ),
}

/** How long the bytes of one piece are under way at most. */
const pieceMs = 50

class Throttle implements Aftermath {
  readonly #bytesPerSecond: number
  readonly #report: (at: Acted) => void
  #reported = false
  #byte = 0
  /** Until then the line is busy with what came before. */
  #freeAtMs = 0

  constructor(bytesPerSecond: number, report: (at: Acted) => void) {
    this.#bytesPerSecond = bytesPerSecond
    this.#report = report
  }

  reach({ byte }: Reached): Step[] {
    this.#byte = byte
    return []
  }

  push(step: Step): Step[] {
    if (step.do === 'write' && step.bytes.length > 0) return this.#pieces(step)
    return [step.atMs < this.#freeAtMs ? { ...step, atMs: this.#freeAtMs } : step]
  }

  end(): Step[] {
    return []
  }

  /** A piece arrives when its last byte does. */
  #pieces(step: WriteStep): Step[] {
    if (!this.#reported) this.#report({ atMs: step.atMs, byte: this.#byte })
    this.#reported = true
    const most = Math.max(1, Math.floor((this.#bytesPerSecond * pieceMs) / 1000))
    const pieces: Step[] = []
    const beginMs = Math.max(this.#freeAtMs, step.atMs)
    for (let at = 0; at < step.bytes.length; at += most) {
      const end = Math.min(at + most, step.bytes.length)
      // From the beginning each time, so that no rounding adds up.
      this.#freeAtMs = beginMs + (end * 1000) / this.#bytesPerSecond
      pieces.push({ ...step, atMs: this.#freeAtMs, bytes: step.bytes.subarray(at, end) })
    }
    return pieces
  }
}
