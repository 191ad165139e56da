/**
 * A flood of what keeps a connection alive and says nothing: the dialect's own heartbeats, or the
 * comments or blank lines of its framing. They stand between frames and never within one.
 */
import { StuntdoubleError } from '../core/errors.ts'
import { type EndStep, isEnding, type Step, type WriteStep } from '../core/timeline.ts'
import type { FaultContext, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { duration, strict, wholeNumber } from './options.ts'
import { optionalPlace, type Place } from './place.ts'
import { borderScannerFor, FrameWalk } from './places.ts'
import { withoutFraming } from './without-framing.ts'

interface HeartbeatsOptions {
  readonly every: number
  readonly count: number
  readonly at?: Place
}

const name = 'heartbeats'

/** Every 15 seconds, these are more than two weeks. */
const mostHeartbeats = 100_000

const cannot = (framing: string): string =>
  `${name}: ${framing} has nothing that could be sent without a meaning; use inject, or delay and stall for silence`

export const heartbeats: FaultKind<HeartbeatsOptions> = {
  name,
  summary: "Floods the stream with the dialect's heartbeats, or with comments that mean nothing.",
  schema: strict(
    {
      every: duration.describe('The time from one to the next; 0 sends all of them at once.'),
      count: wholeNumber(1)
        .max(mostHeartbeats, { error: `must be at most ${mostHeartbeats}` })
        .describe('How many, as far as the stream lasts; all of them where it ends in silence.'),
      at: optionalPlace.describe(
        'The first comes between frames at or after this place; just after the head unless said.',
      ),
    },
    name,
  ),
  create({ every, count, at = { frame: 0 } }, context) {
    const flood = new Flood({ every, count }, context)
    return withoutFraming(fromPlace(borderScannerFor(at, context), flood), context, {
      text: cannot('plain text'),
      'aws-event-stream': cannot('an AWS event stream'),
    })
  },
}

class Flood implements Aftermath {
  readonly #options: HeartbeatsOptions
  readonly #context: FaultContext
  readonly #walk: FrameWalk
  #reached: Reached | undefined
  /** When the first one is due; undefined until the head has passed. */
  #startMs: number | undefined
  #sent = 0
  /** Body bytes since the place, which was between two frames. */
  #seen = 0
  #lastAtMs = 0
  #over = false

  constructor(options: HeartbeatsOptions, context: FaultContext) {
    this.#options = options
    this.#context = context
    this.#walk = new FrameWalk(context.stream)
  }

  get wakeAtMs(): number | undefined {
    return this.#over ? undefined : this.#nextAtMs
  }

  reach(at: Reached): Step[] {
    this.#reached = at
    if (at.afterHead) this.#startMs = at.atMs
    return this.#due(at.atMs)
  }

  push(step: Step): Step[] {
    if (step.do === 'head') {
      this.#startMs ??= step.atMs
      return [step, ...this.#due(step.atMs)]
    }
    const before = this.#due(step.atMs)
    this.#lastAtMs = Math.max(this.#lastAtMs, step.atMs)
    this.#over ||= isEnding(step)
    if (step.do === 'hang') return [...before, ...this.#intoSilence(step)]
    return [...before, ...(step.do === 'write' ? this.#around(step) : [step])]
  }

  /** Nothing else comes any more, and the connection stays: the rest of them, and then silence. */
  #intoSilence(hang: EndStep): Step[] {
    const rest = this.#due(Number.POSITIVE_INFINITY)
    return [...rest, { ...hang, atMs: this.#lastAtMs }]
  }

  end(): Step[] {
    return []
  }

  get #nextAtMs(): number | undefined {
    const { every, count } = this.#options
    if (this.#startMs === undefined || this.#sent === count) return undefined
    return this.#startMs + this.#sent * every
  }

  get #isBetweenFrames(): boolean {
    return this.#seen === this.#walk.offset
  }

  /** A chunk that ends the frame within which one was due is divided there. */
  #around(step: WriteStep): Step[] {
    const isLate = (this.#nextAtMs ?? Number.POSITIVE_INFINITY) <= step.atMs
    const start = this.#seen
    const [first] = this.#walk.push(step.bytes)
    this.#seen += step.bytes.length
    if (!isLate || !first) return [step]
    const [before, after] = [first.end - start, step.bytes.subarray(first.end - start)]
    const late = this.#overdue(step.atMs)
    return [
      { ...step, bytes: step.bytes.subarray(0, before) },
      ...late,
      ...(after.length > 0 ? [{ ...step, bytes: after }] : []),
    ]
  }

  #due(nowMs: number): Step[] {
    return this.#isBetweenFrames ? this.#overdue(nowMs) : []
  }

  #overdue(nowMs: number): Step[] {
    const out: Step[] = []
    for (let due = this.#nextAtMs; due !== undefined && due <= nowMs; due = this.#nextAtMs) {
      this.#lastAtMs = Math.max(this.#lastAtMs, due)
      if (this.#sent === 0 && this.#reached) {
        this.#context.onAct?.(name, { atMs: this.#lastAtMs, byte: this.#reached.byte })
      }
      this.#sent++
      out.push({ atMs: this.#lastAtMs, do: 'write', bytes: this.#bytes() })
    }
    return out
  }

  #bytes(): Uint8Array {
    const { stream } = this.#context
    const bytes = stream.heartbeat(this.#sent)
    if (bytes) return bytes
    throw new StuntdoubleError('not-possible', cannot(stream.framing.name))
  }
}
