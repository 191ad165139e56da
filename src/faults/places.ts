/**
 * Scanners: they watch a timeline pass by and say where a place is in it. All of them look at the
 * body as a run of bytes, so that chunk borders mean nothing; none of them changes a step.
 */
import { noBytes } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
import { type Event, generatedText } from '../core/event.ts'
import type { Frame } from '../core/frame.ts'
import type { Push } from '../core/push.ts'
import { integer } from '../core/random.ts'
import { isEnding, type Step } from '../core/timeline.ts'
import type { FaultContext, StreamLanguage } from './fault.ts'
import type { Place } from './place.ts'

/**
 * What is known after a step. Not found yet: body bytes below `clear` are before the place for
 * certain and may go on. Found: after `place` body bytes, or before the latest step altogether.
 */
export type Sight =
  | { readonly clear: number }
  | { readonly place: number }
  | { readonly beforeStepAtMs: number }

export interface Scanner {
  push(step: Step): Sight
  /** The timeline stopped without an ending. */
  end(): Sight
  /** When the place is reached although nothing arrives. */
  readonly wakeAtMs?: number | undefined
}

export function scannerFor(place: Place, context: FaultContext): Scanner {
  if (place === 'random') return body(byteFinder(integer(context.random, 0, lengthOf(context))))
  if ('fraction' in place) return body(byteFinder(Math.floor(place.fraction * lengthOf(context))))
  if ('byte' in place) return body(byteFinder(place.byte))
  if ('time' in place) return new TimeScanner(place.time)
  if ('frame' in place) return body(frameFinder(place.frame, context.stream))
  if ('token' in place) return body(tokenFinder(place.token, context.stream))
  return body(eventFinder(place.event, place.nth, context.stream))
}

/** The first border between two frames at or after a place. */
export const borderScannerFor = (place: Place, context: FaultContext): Scanner =>
  new BorderScanner(scannerFor(place, context), context.stream)

function lengthOf({ bodyLength }: FaultContext): number {
  if (bodyLength) return bodyLength()
  throw new StuntdoubleError('not-possible', noLengthMessage)
}

export const noLengthMessage =
  'a fraction or random place needs the length of the whole body, which nobody knows while live traffic is still arriving; use a frame, byte, event, token or time'

/** A place that depends on the body alone. Gives its offset once it is known. */
interface Finder {
  push(bytes: Uint8Array): number | undefined
  end(): number | undefined
  /** Bytes that are before the place for certain, where that is not all that was seen. */
  readonly clear?: number
}

const body = (finder: Finder): Scanner => new BodyScanner(finder)

class BodyScanner implements Scanner {
  readonly #finder: Finder
  #seen = 0
  #begun = false

  constructor(finder: Finder) {
    this.#finder = finder
  }

  push(step: Step): Sight {
    if (isEnding(step)) return this.end()
    if (step.do === 'head') return this.#look(noBytes)
    // Time passing is no news of the body, and may come before the head.
    return step.bytes.length === 0 ? this.#unfound() : this.#look(step.bytes)
  }

  end(): Sight {
    const place = this.#begun ? this.#finder.end() : undefined
    return place === undefined ? { clear: this.#seen } : { place }
  }

  #look(bytes: Uint8Array): Sight {
    this.#begun = true
    this.#seen += bytes.length
    const place = this.#finder.push(bytes)
    return place === undefined ? this.#unfound() : { place }
  }

  #unfound(): Sight {
    return { clear: this.#finder.clear ?? this.#seen }
  }
}

function byteFinder(byte: number): Finder {
  let seen = 0
  return {
    push(bytes) {
      seen += bytes.length
      return seen >= byte ? byte : undefined
    },
    end: () => undefined,
  }
}

/** A whole frame and where in the body it stands. */
export interface PlacedFrame {
  readonly frame: Frame
  readonly start: number
  readonly end: number
}

/** Frames with their offsets. A frame that the body's end cut off is not one. */
export class FrameWalk implements Push<Uint8Array, PlacedFrame> {
  readonly #decoder: Push<Uint8Array, Frame>
  #offset = 0

  constructor(stream: StreamLanguage) {
    this.#decoder = stream.framing.decoder()
  }

  /** Where the last whole frame ended. */
  get offset(): number {
    return this.#offset
  }

  push(bytes: Uint8Array): PlacedFrame[] {
    return this.#placed(this.#decoder.push(bytes))
  }

  end(): PlacedFrame[] {
    return this.#placed(this.#decoder.end())
  }

  #placed(frames: readonly Frame[]): PlacedFrame[] {
    const placed: PlacedFrame[] = []
    for (const frame of frames) {
      if (frame.incomplete) continue
      const start = this.#offset
      this.#offset += frame.bytes.length
      placed.push({ frame, start, end: this.#offset })
    }
    return placed
  }
}

function firstIn(
  frames: readonly PlacedFrame[],
  choose: (placed: PlacedFrame) => number | undefined,
): number | undefined {
  for (const placed of frames) {
    const found = choose(placed)
    if (found !== undefined) return found
  }
  return undefined
}

function frameFinder(count: number, stream: StreamLanguage): Finder {
  if (count === 0) return byteFinder(0)
  const walk = new FrameWalk(stream)
  let seen = 0
  const choose = ({ end }: PlacedFrame) => (++seen === count ? end : undefined)
  return {
    push: (bytes) => firstIn(walk.push(bytes), choose),
    end: () => firstIn(walk.end(), choose),
  }
}

function eventFinder(type: Event['type'], nth: number, stream: StreamLanguage): Finder {
  const walk = new FrameWalk(stream)
  const decoder = stream.decoder()
  let seen = 0
  const choose = ({ frame, start }: PlacedFrame) => {
    for (const event of decoder.push(frame)) {
      if (event.type === type && ++seen === nth) return start
    }
    return undefined
  }
  return {
    push: (bytes) => firstIn(walk.push(bytes), choose),
    end: () => firstIn(walk.end(), choose),
    // An unfinished frame may turn out to be the one that is not to arrive.
    get clear() {
      return walk.offset
    },
  }
}

function tokenFinder(count: number, stream: StreamLanguage): Finder {
  if (count === 0) return byteFinder(0)
  const walk = new FrameWalk(stream)
  const decoder = stream.decoder()
  const enough = tokenGauge(count, stream)
  const choose = ({ frame, end }: PlacedFrame) => {
    const text = decoder.push(frame).map(generatedText).join('')
    return enough(text) ? end : undefined
  }
  return {
    push: (bytes) => firstIn(walk.push(bytes), choose),
    end: () => firstIn(walk.end(), choose),
  }
}

/**
 * Tokens are counted on the whole text, since a delta may hold a part of one. No token is shorter
 * than a byte, so a new count is due only once enough bytes have come to fill the rest: a handful
 * of counts for a long text instead of one a frame.
 */
function tokenGauge(count: number, stream: StreamLanguage): (text: string) => boolean {
  let whole = ''
  let counted = 0
  let bytesSince = 0
  return (text) => {
    whole += text
    bytesSince += Buffer.byteLength(text)
    if (counted + bytesSince < count) return false
    counted = stream.countTokens(whole)
    bytesSince = 0
    return counted >= count
  }
}

class TimeScanner implements Scanner {
  readonly wakeAtMs: number
  #seen = 0

  constructor(atMs: number) {
    this.wakeAtMs = atMs
  }

  push(step: Step): Sight {
    // In silence that nothing ends any time comes.
    if (step.atMs >= this.wakeAtMs || step.do === 'hang') return { beforeStepAtMs: this.wakeAtMs }
    if (step.do === 'write') this.#seen += step.bytes.length
    return this.end()
  }

  end(): Sight {
    return { clear: this.#seen }
  }
}

class BorderScanner implements Scanner {
  readonly #inner: Scanner
  readonly #walk: FrameWalk
  /** Ends of frames, in order, that may still be at or after the place. */
  #borders: number[] = [0]
  #seen = 0
  #place: number | undefined

  constructor(inner: Scanner, stream: StreamLanguage) {
    this.#inner = inner
    this.#walk = new FrameWalk(stream)
  }

  get wakeAtMs(): number | undefined {
    return this.#place === undefined ? this.#inner.wakeAtMs : undefined
  }

  push(step: Step): Sight {
    const seenBefore = this.#seen
    // What the step itself tells of borders nobody knew when the time was reached, before it.
    const wasBorder = this.#borders.includes(seenBefore)
    if (step.do === 'write') {
      this.#seen += step.bytes.length
      this.#note(this.#walk.push(step.bytes))
    } else if (isEnding(step)) this.#note(this.#walk.end())
    if (this.#place !== undefined) return this.#borderSight()
    const sight = this.#inner.push(step)
    if ('beforeStepAtMs' in sight) {
      if (wasBorder) return sight
      this.#place = seenBefore
      return this.#borderSight()
    }
    return this.#judge(sight)
  }

  end(): Sight {
    this.#note(this.#walk.end())
    return this.#place === undefined ? this.#judge(this.#inner.end()) : this.#borderSight()
  }

  #note(frames: readonly PlacedFrame[]): void {
    for (const { end } of frames) this.#borders.push(end)
  }

  #judge(sight: Sight): Sight {
    if ('place' in sight) {
      this.#place = sight.place
      return this.#borderSight()
    }
    if ('clear' in sight) this.#borders = this.#borders.filter((border) => border >= sight.clear)
    return sight
  }

  #borderSight(): Sight {
    const place = this.#place ?? 0
    const border = this.#borders.find((end) => end >= place)
    return border === undefined ? { clear: this.#seen } : { place: border }
  }
}
