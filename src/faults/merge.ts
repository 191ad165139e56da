/** Chunks joined, as a proxy that buffers does: bytes and their order stay, borders and times not. */
import type { z } from 'zod'
import { joinBytes } from '../core/bytes.ts'
import { isEnding, isNothing, type Step, type WriteStep } from '../core/timeline.ts'
import type { FaultContext, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { choose, duration, isMapping, strict, wholeNumber } from './options.ts'
import { optionalPlace, type Place, theVeryStart } from './place.ts'
import { borderScannerFor, FrameWalk, scannerFor } from './places.ts'

type MergeOptions = ({ readonly frames: number } | { readonly window: number }) & {
  readonly at?: Place
}

const at = optionalPlace.describe('From where on; the whole stream unless said.')

const byFrames = strict({
  frames: wholeNumber(1).describe('Chunks are joined until they hold at least so many frames.'),
  at,
})

const byTime = strict({
  window: duration
    .refine((ms) => ms > 0, { error: 'must be longer than 0' })
    .describe('What comes within such a time goes out together at its end.'),
  at,
})

export const merge: FaultKind<MergeOptions> = {
  name: 'merge',
  summary: 'Joins chunks into larger ones, as a buffering proxy does: by frames or by time.',
  schema: choose<MergeOptions>(pickForm, () => [byFrames, byTime], 'How much is joined.'),
  create(options, context) {
    const { at: from = theVeryStart } = options
    if ('window' in options) {
      return fromPlace(scannerFor(from, context), new Merge(timeRule(options.window), context))
    }
    // Frames are counted from a border between two of them.
    const rule = frameRule(options.frames, context)
    return fromPlace(borderScannerFor(from, context), new Merge(rule, context))
  },
}

function pickForm(written: unknown): z.ZodType<MergeOptions> | string {
  const isByFrames = isMapping(written) && 'frames' in written
  const isByTime = isMapping(written) && 'window' in written
  if (isByFrames && isByTime) return 'merge takes frames or window, not both'
  if (isByFrames) return byFrames
  if (isByTime) return byTime
  return 'merge needs { frames: n } or { window: 50ms }'
}

/** Decides when held chunks go out. */
interface MergeRule {
  /** Given the first held write: when it goes out at the latest. */
  deadlineMs(first: WriteStep): number | undefined
  /** Whether what is held, this write included, is to go out now. */
  isFull(write: WriteStep): boolean
}

function frameRule(frames: number, context: FaultContext): MergeRule {
  const walk = new FrameWalk(context.stream)
  let complete = 0
  return {
    deadlineMs: () => undefined,
    isFull({ bytes }) {
      complete += walk.push(bytes).length
      if (complete < frames) return false
      complete = 0
      return true
    },
  }
}

const timeRule = (windowMs: number): MergeRule => ({
  deadlineMs: ({ atMs }) => atMs + windowMs,
  isFull: () => false,
})

class Merge implements Aftermath {
  readonly #rule: MergeRule
  readonly #context: FaultContext
  readonly #held: WriteStep[] = []
  #passed = 0
  #reported = false
  wakeAtMs: number | undefined

  constructor(rule: MergeRule, context: FaultContext) {
    this.#rule = rule
    this.#context = context
  }

  reach({ byte }: Reached): Step[] {
    this.#passed = byte
    return []
  }

  push(step: Step): Step[] {
    const out = this.#flushIfDue(step.atMs)
    if (step.do !== 'write' || (step.bytes.length === 0 && !isNothing(step))) {
      const flushAtMs = isEnding(step) ? this.#flushAtMs(step.atMs) : step.atMs
      return [...out, ...this.#flush(flushAtMs), step]
    }
    if (isNothing(step)) return this.#held.length > 0 ? out : [...out, step]
    this.#held.push(step)
    if (this.#held.length === 1) this.wakeAtMs = this.#rule.deadlineMs(step)
    if (this.#rule.isFull(step)) out.push(...this.#flush(step.atMs))
    return out
  }

  end(): Step[] {
    const last = this.#held.at(-1)
    return last ? this.#flush(this.wakeAtMs ?? last.atMs) : []
  }

  /** By frames at the time of the last chunk; a window is closed by the ending. */
  #flushAtMs(endAtMs: number): number {
    return this.wakeAtMs === undefined ? (this.#held.at(-1)?.atMs ?? endAtMs) : endAtMs
  }

  #flushIfDue(nowMs: number): Step[] {
    return this.wakeAtMs !== undefined && nowMs >= this.wakeAtMs ? this.#flush(this.wakeAtMs) : []
  }

  #flush(atMs: number): Step[] {
    this.wakeAtMs = undefined
    const held = this.#held.splice(0)
    if (held.length === 0) return []
    const bytes = joinBytes(held.map((write) => write.bytes))
    if (held.length > 1 && !this.#reported) {
      this.#reported = true
      this.#context.onAct?.('merge', { atMs, byte: this.#passed })
    }
    this.#passed += bytes.length
    return [{ atMs, do: 'write', bytes }]
  }
}
