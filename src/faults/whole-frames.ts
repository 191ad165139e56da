/**
 * What `duplicate` and `drop` have in common: they act on so many whole frames, from the first
 * border between frames at or after the place.
 */
import type { Step, WriteStep } from '../core/timeline.ts'
import type { Acted, Fault, FaultContext, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { strict, wholeNumber } from './options.ts'
import { type Place, place } from './place.ts'
import { borderScannerFor, FrameWalk, type PlacedFrame } from './places.ts'

export interface WholeFramesOptions {
  readonly at: Place
  readonly count: number
}

/** What happens to a chunk's bytes while the fault acts. */
export interface FrameTreatment {
  /** When it has acted for the first time: with a byte, or only once a frame is whole. */
  readonly actsWith: 'byte' | 'frame'
  /** Bytes up to the end of a frame or of the chunk, as they arrive. */
  pass(step: WriteStep): Step[]
  /** A frame is complete; `atMs` is the time of its last byte. */
  complete(frame: Uint8Array, atMs: number): Step[]
}

export function wholeFramesFault(
  name: string,
  summary: string,
  treatment: FrameTreatment,
): FaultKind<WholeFramesOptions> {
  return {
    name,
    summary,
    schema: strict(
      {
        at: place.describe('The first frame that begins at or after this place is the first.'),
        count: wholeNumber(1).default(1).describe('How many frames; one unless said.'),
      },
      name,
    ),
    create({ at, count }, context): Fault {
      const scanner = borderScannerFor(at, context)
      const report = (acted: Acted) => context.onAct?.(name, acted)
      return fromPlace(scanner, new WholeFrames(count, treatment, context, report))
    },
  }
}

class WholeFrames implements Aftermath {
  #left: number
  readonly #treatment: FrameTreatment
  readonly #walk: FrameWalk
  readonly #report: (at: Acted) => void
  #reported = false
  #firstByte = 0
  /** Bytes seen since the place. */
  #seen = 0
  #lastAtMs = 0

  constructor(
    count: number,
    treatment: FrameTreatment,
    context: FaultContext,
    report: (at: Acted) => void,
  ) {
    this.#left = count
    this.#treatment = treatment
    this.#walk = new FrameWalk(context.stream)
    this.#report = report
  }

  reach({ byte }: Reached): Step[] {
    this.#firstByte = byte
    return []
  }

  push(step: Step): Step[] {
    if (this.#left === 0 || step.do === 'head') return [step]
    if (step.do !== 'write') return [...this.#last(step.atMs), step]
    if (step.bytes.length === 0) return [step]
    this.#lastAtMs = step.atMs
    return this.#treat(step)
  }

  end(): Step[] {
    return this.#left === 0 ? [] : this.#last(this.#lastAtMs)
  }

  #treat(step: WriteStep): Step[] {
    if (this.#treatment.actsWith === 'byte') this.#reportOnce(step.atMs)
    const out: Step[] = []
    let rest = step
    for (const placed of this.#walk.push(step.bytes)) {
      const here = Math.max(0, placed.end - this.#seen)
      out.push(...this.#pass(rest, here), ...this.#complete(placed, step.atMs))
      rest = { ...rest, bytes: rest.bytes.subarray(here) }
      this.#seen += here
      if (this.#left === 0) return rest.bytes.length > 0 ? [...out, rest] : out
    }
    this.#seen += rest.bytes.length
    return [...out, ...this.#pass(rest, rest.bytes.length)]
  }

  /** Some framings know only at the end of the body that the last frame is whole. */
  #last(atMs: number): Step[] {
    const out: Step[] = []
    for (const placed of this.#walk.end()) {
      if (this.#left > 0) out.push(...this.#complete(placed, atMs))
    }
    this.#left = 0
    return out
  }

  #pass(step: WriteStep, bytes: number): Step[] {
    if (bytes === 0) return []
    const isWhole = bytes === step.bytes.length
    return this.#treatment.pass(isWhole ? step : { ...step, bytes: step.bytes.subarray(0, bytes) })
  }

  #complete({ frame }: PlacedFrame, atMs: number): Step[] {
    this.#left--
    this.#reportOnce(atMs)
    return this.#treatment.complete(frame.bytes, atMs)
  }

  #reportOnce(atMs: number): void {
    if (!this.#reported) this.#report({ atMs, byte: this.#firstByte })
    this.#reported = true
  }
}
