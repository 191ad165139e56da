/**
 * Where a stream says that it is over. Read from the dialect's events, so that no vendor's word is
 * needed: the finish is the first frame with a `finish` event after which nothing is said any more;
 * a marker behind it, such as `[DONE]` or the bracket that closes an array, is the terminator, and
 * where there is none it is the finish itself with all that follows, such as a last count of tokens.
 */
import type { Event } from '../core/event.ts'
import type { Frame } from '../core/frame.ts'
import type { Push } from '../core/push.ts'
import { isEnding, type Step } from '../core/timeline.ts'
import type { StreamLanguage } from './fault.ts'
import { FrameWalk, type PlacedFrame, type Scanner, type Sight } from './places.ts'
import type { Reasons } from './without-framing.ts'

/** Finds where the terminator begins, which is certain only when the body has ended. */
export class TerminatorScanner implements Scanner {
  readonly #walk: FrameWalk
  readonly #decoder: Push<Frame, Event>
  /** Where the finish begins, as long as nothing was said after it. */
  #finish: number | undefined
  #marker: number | undefined

  constructor(stream: StreamLanguage) {
    this.#walk = new FrameWalk(stream)
    this.#decoder = stream.decoder()
  }

  push(step: Step): Sight {
    if (isEnding(step)) return this.end()
    if (step.do === 'write' && step.bytes.length > 0) this.#note(this.#walk.push(step.bytes))
    return { clear: this.#place ?? this.#walk.offset }
  }

  end(): Sight {
    this.#note(this.#walk.end())
    return this.#place === undefined ? { clear: Number.POSITIVE_INFINITY } : { place: this.#place }
  }

  get #place(): number | undefined {
    return this.#marker ?? this.#finish
  }

  #note(frames: readonly PlacedFrame[]): void {
    for (const { frame, start } of frames) {
      const events = this.#decoder.push(frame)
      if (events.some(saysSomething)) {
        this.#finish = undefined
        this.#marker = undefined
      }
      if (events.some(({ type }) => type === 'finish')) this.#finish ??= start
      else if (this.#finish !== undefined && isMarker(frame, events)) this.#marker ??= start
    }
  }
}

const saying: ReadonlySet<Event['type']> = new Set([
  'start',
  'text',
  'reasoning',
  'refusal',
  'tool-start',
  'tool-arguments',
  'citation',
])

const saysSomething = ({ type }: Event): boolean => saying.has(type)

/** A frame that stands for nothing else: neither an event, nor a comment, nor white space. */
const isMarker = ({ comment, data, bytes }: Frame, events: readonly Event[]): boolean =>
  events.length === 0 &&
  (data !== undefined || (comment === undefined && Buffer.from(bytes).toString().trim() !== ''))

/** Streams in which nothing says that they are over. */
export const endlessFramings = (kind: string): Reasons => ({
  text: `${kind}: plain text says nowhere that it is over; use end, or inject with at: { fraction: 1 }`,
})
