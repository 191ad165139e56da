/**
 * What the faults on whole frames have in common: they act on frames from the first border between
 * frames at or after the place, and on so many that they say themselves when it is enough.
 */
import type { Frame } from '../core/frame.ts'
import { isNothing, type Step, type WriteStep } from '../core/timeline.ts'
import type { Acted, Fault, FaultContext, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { strict, wholeNumber } from './options.ts'
import { type Place, place } from './place.ts'
import { borderScannerFor, FrameWalk, type PlacedFrame } from './places.ts'

export interface WholeFramesOptions {
  readonly at: Place
  readonly count: number
}

/** What happens to frames while the fault acts; made anew for each walk. */
export interface FrameTreatment {
  /** Nothing is left to do: from here on everything passes. */
  readonly isOver: boolean
  /** Bytes up to the end of a frame or of the chunk, as they arrive. */
  pass(step: WriteStep): Step[]
  /** A write of no bytes, which must not overtake what is held back; it passes unless said. */
  idle?(step: WriteStep): Step[]
  /** A frame is complete; `atMs` is the time of its last byte. */
  complete(frame: Frame, atMs: number): Step[]
  /** The body has ended while it acted: what was held back of it. */
  unfinished?(): Step[]
}

/** Tells that the fault acted; only the first time counts. */
export type Tell = (atMs: number) => void

/** From the place on. */
export const frameCount = {
  at: place.describe('The first frame that begins at or after this place is the first.'),
  count: wholeNumber(1).default(1).describe('How many frames; one unless said.'),
}

export function wholeFramesFault(
  name: string,
  summary: string,
  treatment: (count: number, tell: Tell, context: FaultContext) => FrameTreatment,
): FaultKind<WholeFramesOptions> {
  return {
    name,
    summary,
    schema: strict(frameCount, name),
    create: ({ at, count }, context) =>
      onWholeFrames({ name, at }, context, (tell) => treatment(count, tell, context)),
  }
}

export function onWholeFrames(
  { name, at }: { readonly name: string; readonly at: Place },
  context: FaultContext,
  treatment: (tell: Tell) => FrameTreatment,
): Fault {
  const report = (acted: Acted) => context.onAct?.(name, acted)
  return fromPlace(borderScannerFor(at, context), new WholeFrames(treatment, context, report))
}

/** What is held back until it is known what a frame becomes. */
export class HeldBack {
  #steps: WriteStep[] = []

  pass(step: WriteStep): Step[] {
    this.#steps.push(step)
    return []
  }

  idle(step: WriteStep): Step[] {
    return this.#steps.length === 0 ? [step] : this.pass(step)
  }

  /** As it came. */
  release(): Step[] {
    return this.#steps.splice(0)
  }

  /** Its bytes do not come; what is on the wire besides them does. */
  discard(atMs: number): Step[] {
    const besides = this.#steps.filter((step) => step.bytes.length === 0 && !isNothing(step))
    this.#steps = []
    return besides.map((step) => ({ ...step, atMs }))
  }
}

class WholeFrames implements Aftermath {
  readonly #treatment: FrameTreatment
  readonly #walk: FrameWalk
  readonly #report: (at: Acted) => void
  #reported = false
  #firstByte = 0
  /** Bytes seen since the place. */
  #seen = 0
  #lastAtMs = 0

  constructor(
    treatment: (tell: Tell) => FrameTreatment,
    context: FaultContext,
    report: (at: Acted) => void,
  ) {
    this.#treatment = treatment((atMs) => this.#reportOnce(atMs))
    this.#walk = new FrameWalk(context.stream)
    this.#report = report
  }

  reach({ byte }: Reached): Step[] {
    this.#firstByte = byte
    return []
  }

  push(step: Step): Step[] {
    if (this.#treatment.isOver || step.do === 'head') return [step]
    if (step.do !== 'write') return [...this.#last(step.atMs), step]
    if (step.bytes.length === 0) return this.#treatment.idle?.(step) ?? [step]
    this.#lastAtMs = step.atMs
    return this.#treat(step)
  }

  end(): Step[] {
    return this.#treatment.isOver ? [] : this.#last(this.#lastAtMs)
  }

  #treat(step: WriteStep): Step[] {
    const out: Step[] = []
    let rest = step
    for (const placed of this.#walk.push(step.bytes)) {
      const here = Math.max(0, placed.end - this.#seen)
      out.push(...this.#pass(rest, here), ...this.#complete(placed, step.atMs))
      rest = { ...rest, bytes: rest.bytes.subarray(here) }
      this.#seen += here
      if (this.#treatment.isOver) return rest.bytes.length > 0 ? [...out, rest] : out
    }
    this.#seen += rest.bytes.length
    return [...out, ...this.#pass(rest, rest.bytes.length)]
  }

  /** Some framings know only at the end of the body that the last frame is whole. */
  #last(atMs: number): Step[] {
    const out: Step[] = []
    for (const placed of this.#walk.end()) {
      if (!this.#treatment.isOver) out.push(...this.#complete(placed, atMs))
    }
    if (!this.#treatment.isOver) out.push(...(this.#treatment.unfinished?.() ?? []))
    return out
  }

  #pass(step: WriteStep, bytes: number): Step[] {
    if (bytes === 0) return []
    const isWhole = bytes === step.bytes.length
    return this.#treatment.pass(isWhole ? step : { ...step, bytes: step.bytes.subarray(0, bytes) })
  }

  #complete({ frame }: PlacedFrame, atMs: number): Step[] {
    return this.#treatment.complete(frame, atMs)
  }

  #reportOnce(atMs: number): void {
    if (!this.#reported) this.#report({ atMs, byte: this.#firstByte })
    this.#reported = true
  }
}
