/**
 * Secrets that are dealt out over the frames of a stream, a few letters in each: they are found in
 * the texts that the frames make together, and masked in every frame, byte for byte.
 *
 * Knows no dialect: the texts are those of the JSON in the frames. Must never change the length of a
 * chunk, nor what is syntax, and hold back only what may be part of a secret.
 */
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import type { WriteStep } from '../../core/timeline.ts'
import { awsEventStream } from '../../framing/index.ts'
import type { Finder } from './redact-finder.ts'
import { HeldChunks } from './redact-held.ts'
import { hide } from './redact-hide.ts'
import { LeafScanner, type Path, type Piece } from './redact-leaves.ts'
import { RepeatedFrame } from './redact-repeated.ts'
import { type Ground, Trail, writeOn } from './redact-trail.ts'
import { textOfStep } from './step-text.ts'

/** A text that does not go on while this much else comes is not waited for. */
const mostIdleBytes = 64 * 1024
/** More than this is not held back, whatever may be in it. */
const mostHeldBytes = 2 * 1024 * 1024
const mostPlaces = 512
const mostLanes = 64

interface Waiting {
  readonly openAt: number
  readonly heardAt: number
}

/** All that is said at one path. */
interface Place {
  readonly whole: Trail
  readonly firstLane: string
  /** A second text has gone on: together they make no sense. */
  areParallel: boolean
  /** Texts that are dealt out side by side, one by one; empty while there is only one. */
  readonly lanes: Map<string, Trail>
}

/** The texts of one body, by their paths. */
class Trails {
  readonly #finder: Finder
  readonly #places = new Map<Path, Place>()
  readonly #waiting = new Map<Trail, Waiting>()
  readonly #alone: Trail
  #bytes = 0
  /** Grows when a text is found at a new path, or beside another one. */
  changes = 0

  constructor(finder: Finder) {
    this.#finder = finder
    this.#alone = new Trail(finder)
  }

  /** How much of the body there is. */
  advance(bytes: number): void {
    this.#bytes = bytes
  }

  /** False where the piece is the text of before once more, which is passed over. */
  push(piece: Piece, ground: Ground): boolean {
    const place = this.#placeOf(piece)
    const lane = this.#laneOf(piece, place)
    if ((place.areParallel && lane ? lane : place.whole).passesOver(piece)) return false
    if (!place.areParallel) this.#pushTo(place.whole, piece, ground)
    if (lane) this.#pushTo(lane, piece, ground)
    return true
  }

  /** A text that has nothing to do with others of its name. */
  pushAlone(piece: Piece, ground: Ground): void {
    if (piece.isFirst) this.#alone.restart()
    this.#pushTo(this.#alone, piece, ground)
    if (piece.isLast) this.#close(this.#alone)
  }

  #placeOf({ path, lane }: Piece): Place {
    const known = this.#places.get(path)
    if (known) return known
    this.changes++
    for (const [oldest, place] of this.#places) {
      if (this.#places.size < mostPlaces) break
      for (const trail of [place.whole, ...place.lanes.values()]) this.#close(trail)
      this.#places.delete(oldest)
    }
    const place: Place = {
      ...{ whole: new Trail(this.#finder), firstLane: lane, lanes: new Map() },
      areParallel: false,
    }
    this.#places.set(path, place)
    return place
  }

  #laneOf({ lane }: Piece, place: Place): Trail | undefined {
    const { whole, firstLane, lanes } = place
    if (lane === firstLane && lanes.size === 0) return undefined
    const known = lanes.get(lane)
    if (known) {
      if (!place.areParallel) this.changes++
      place.areParallel = true
      this.#waiting.delete(whole)
      return known
    }
    this.changes++
    if (lanes.size === 0) {
      const first = new Trail(this.#finder)
      first.begin(whole)
      this.#note(first)
      lanes.set(firstLane, first)
    }
    for (const [oldest, trail] of lanes) {
      if (lanes.size < mostLanes) break
      this.#close(trail)
      lanes.delete(oldest)
    }
    const trail = new Trail(this.#finder)
    lanes.set(lane, trail)
    return trail
  }

  #pushTo(trail: Trail, piece: Piece, ground: Ground): void {
    trail.push(piece, ground)
    this.#note(trail)
  }

  #note(trail: Trail): void {
    const { openAt } = trail
    if (openAt === undefined) this.#waiting.delete(trail)
    else this.#waiting.set(trail, { openAt, heardAt: this.#bytes })
  }

  #close(trail: Trail): void {
    trail.close()
    this.#waiting.delete(trail)
  }

  /** Gives up on texts that do not go on, and on all of them where too much is held. */
  tire(isTooMuch: boolean): void {
    for (const [trail, { heardAt }] of this.#waiting) {
      if (isTooMuch || this.#bytes - heardAt > mostIdleBytes) this.#close(trail)
    }
  }

  closeAll(): void {
    for (const trail of this.#waiting.keys()) this.#close(trail)
  }

  /** Where in the body the first text is open; its end where none is. */
  openFrom(end: number): number {
    let from = end
    for (const { openAt } of this.#waiting.values()) from = Math.min(from, openAt)
    return from
  }
}

/** How texts of a body belong together. */
export type Joining = 'frames' | 'document' | 'none'

export class RedactedDeltas implements Push<WriteStep, WriteStep> {
  readonly #trails: Trails
  readonly #scanner: LeafScanner
  readonly #joining: Joining
  readonly #hasPatterns: boolean
  readonly #chunks = new HeldChunks()
  /** Of the chunk before, where another one may repeat it. */
  #repeated: RepeatedFrame | undefined

  constructor(finder: Finder, joining: Joining) {
    this.#trails = new Trails(finder)
    this.#scanner = new LeafScanner(joining !== 'frames')
    this.#joining = joining
    this.#hasPatterns = !finder.patterns.isEmpty
  }

  push(step: WriteStep): WriteStep[] {
    const from = this.#chunks.end
    this.#chunks.add(step)
    this.#trails.advance(this.#chunks.end)
    const text = textOfStep(step)
    const repeated = this.#repeated?.read(text, from)
    if (repeated) for (const piece of repeated) this.#trails.push(piece, this)
    else this.#read(text, from)
    const undecided = this.#chunks.end - this.#scanner.undecided
    this.#trails.tire(this.#chunks.heldBytes > mostHeldBytes)
    return this.#chunks.take(this.#trails.openFrom(undecided))
  }

  end(): WriteStep[] {
    this.#trails.closeAll()
    return this.#chunks.take(this.#chunks.end)
  }

  /** Letter by letter; what was passed over here, and no path was new, may be passed over again. */
  #read(text: string, from: number): void {
    const wasAtRest = this.#scanner.isAtRest
    const before = this.#trails.changes
    const told = this.#scanner.push(text, from).filter((piece) => this.#follow(piece))
    const isWhole = this.#joining === 'frames' && wasAtRest && this.#scanner.isAtRest
    const mayRepeat = isWhole && this.#trails.changes === before
    this.#repeated = mayRepeat ? RepeatedFrame.of(text, from, told) : undefined
  }

  /**
   * A document is told at once; only what lists its tokens deals them out, too. False where the
   * piece was passed over.
   */
  #follow(piece: Piece): boolean {
    const isJoined =
      this.#joining === 'frames' ||
      (this.#joining === 'document' &&
        (piece.path.name.startsWith('[]') || piece.path.name.includes('logprobs')))
    if (isJoined) return this.#trails.push(piece, this)
    if (this.#hasPatterns) this.#trails.pushAlone(piece, this)
    return true
  }

  get chunks(): HeldChunks {
    return this.#chunks
  }
}

/** A message over this is no piece of a dialogue. */
const mostMessageBytes = 1024 * 1024
const preludeBytes = 12
const checksumBytes = 4

/** AWS event streams: JSON in binary messages, or JSON in base64 in JSON in them. */
export class RedactedMessages implements Push<WriteStep, WriteStep> {
  readonly #finder: Finder
  readonly #trails: Trails
  readonly #chunks = new HeldChunks()
  readonly #scanner = new LeafScanner(true)
  readonly #innerScanner = new LeafScanner(true)
  #decoder = awsEventStream().decoder()
  /** Where the next message begins. */
  #next = 0

  constructor(finder: Finder) {
    this.#finder = finder
    this.#trails = new Trails(finder)
  }

  push(step: WriteStep): WriteStep[] {
    this.#chunks.add(step)
    this.#trails.advance(this.#chunks.end)
    for (const frame of this.#decoder.push(step.bytes)) this.#read(frame)
    if (this.#chunks.end - this.#next > mostMessageBytes) this.#giveUp()
    this.#trails.tire(this.#chunks.heldBytes > mostHeldBytes)
    return this.#chunks.take(this.#trails.openFrom(this.#next))
  }

  end(): WriteStep[] {
    for (const frame of this.#decoder.end()) this.#read(frame)
    this.#trails.closeAll()
    return this.#chunks.take(this.#chunks.end)
  }

  /** What is no message, or too long for one, passes as bytes; so does all that follows. */
  #giveUp(): void {
    this.#decoder = { push: () => [], end: () => [] }
    this.#next = Number.POSITIVE_INFINITY
  }

  #read(frame: Frame): void {
    const { bytes, data } = frame
    const begin = this.#next
    this.#next += bytes.length
    if (data === undefined || bytes.length < preludeBytes + checksumBytes) return
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const from = preludeBytes + buffer.readUInt32BE(4)
    const payload = buffer.toString('latin1', from, buffer.length - checksumBytes)
    const ground = { chunks: this.#chunks }
    this.#scanner.reset()
    for (const piece of this.#scanner.push(payload, begin + from)) {
      if (!this.#readInner(piece)) this.#trails.push(piece, ground)
    }
  }

  #readInner({ path, text, from, at, isLast }: Piece): boolean {
    if (!path.name.endsWith('.bytes') || at || !isLast) return false
    if (!/^[A-Za-z0-9+/]{4,}={0,2}$/.test(text)) return false
    const inner = Buffer.from(text, 'base64').toString('latin1')
    if (!inner.startsWith('{')) return false
    const ground = { chunks: this.#chunks, base64From: from }
    for (const range of this.#finder.ranges(inner)) {
      const hidden = hide(inner, [range]).slice(range.from, range.to)
      writeOn(ground, range.from, hidden)
    }
    this.#innerScanner.reset()
    for (const piece of this.#innerScanner.push(inner, 0)) this.#trails.push(piece, ground)
    return true
  }
}
