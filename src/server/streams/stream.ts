/**
 * One stream that is being played, for those who watch and steer it: paused, resumed, stepped, pushed
 * into and ended by hand. Must cost a stream that nobody touches as good as nothing.
 */
import type { Alarm, Clock } from '../../core/clock.ts'
import { StuntdoubleError } from '../../core/errors.ts'
import { header } from '../../core/http.ts'
import type { Sink } from '../../core/sink.ts'
import {
  type Ending,
  endings,
  type HeadStep,
  isLive,
  type LiveTimeline,
  type Timeline,
} from '../../core/timeline.ts'
import type { StreamLanguage } from '../../faults/fault.ts'
import { type Matter, matterBytes } from '../../faults/matter.ts'
import {
  type Gate,
  type Outcome,
  type Playback,
  type PlayObserver,
  type PlayOptions,
  play,
} from '../../time/play.ts'
import type { JournalRecord } from '../journal.ts'
import type { ConnectionUse } from '../wire/connections.ts'
import { hasNoBody } from '../wire/head.ts'
import type { News } from './news.ts'
import { noteOutcome, noteProgress } from './stream-notes.ts'
import { FrameCounter, feedAgain } from './streams-frames.ts'
import { type StreamPlace, writtenPlace } from './streams-place.ts'

export type StreamState = 'playing' | 'paused' | 'hanging' | 'ending'

/** What a stream is played from. */
export interface StreamSource {
  readonly record: JournalRecord
  readonly connection: ConnectionUse
  /** Reads and writes it once its head is known. */
  language(head: HeadStep): StreamLanguage
  /** A declared length is left out, so that bytes may be added. */
  readonly lengthMayChange: boolean
  /** Where the request or its rule asks for a pause. */
  readonly pauseAt: StreamPlace | undefined
  /** It has been played; may be called before `Stream.play` has returned. */
  over(outcome: Outcome): void
}

export interface Surroundings {
  readonly clock: Clock
  readonly news: News
  readonly isDraining: () => boolean
  /** Gives the slot that it is in from now on. */
  readonly register: (stream: Stream) => number
  /** A fault has acted that somebody asked for by hand. */
  readonly onFault: () => void
}

export class Stream implements PlayObserver {
  readonly record: JournalRecord
  /** Set while the timeline is walked once more to count its frames: no fault acts by that. */
  isLookedThrough = false
  /** Among the streams that are open, once it is played. */
  slot: number | undefined
  readonly #source: StreamSource
  readonly #around: Surroundings
  #playback: Playback | undefined
  #sink: (Sink & { readonly status: number | undefined }) | undefined
  #timeline: Timeline | LiveTimeline | undefined
  #startedMs = 0
  /** As soon as it is known, which may be before it is sent. */
  #head: HeadStep | undefined
  #counter: FrameCounter | undefined
  /** Body bytes of the timeline that have passed the gate. */
  #passedBytes = 0
  #target: StreamPlace | undefined
  #alarm: Alarm | undefined
  #wasPaused = false

  constructor(source: StreamSource, around: Surroundings) {
    this.record = source.record
    this.#source = source
    this.#around = around
  }

  /** To be called once. */
  play(
    timeline: Timeline | LiveTimeline,
    sink: Sink & { readonly status: number | undefined },
    options: PlayOptions,
  ): Playback {
    const { pauseAt } = this.#source
    const begins = pauseAt && 'time' in pauseAt && pauseAt.time === 0
    this.#timeline = timeline
    this.#sink = sink
    this.#startedMs = options.startedMs
    if (pauseAt && !begins) this.#aimAt(pauseAt)
    const countsFrames = this.#around.news.countsFrames && isLive(timeline)
    const isWatched = this.#target !== undefined || countsFrames
    const { clock, startedMs, lag, readyMs } = options
    const playback = play(timeline, sink, {
      clock,
      startedMs,
      lag,
      readyMs,
      observer: this,
      gate: isWatched ? this.#gate : undefined,
      paused: begins === true,
    })
    this.#playback = playback
    this.slot = this.#around.register(this)
    return playback
  }

  /** Once all that is known at the beginning stands in the record. */
  tellBegin(): void {
    const { news } = this.#around
    if (!news.isHeard) return
    news.tell('request', this.record)
    for (const _ of this.record.faults) news.tell('fault', this.record)
    if (this.#playback?.head) news.tell('written', this.record)
    if (this.#playback?.paused) news.tell('paused', this.record)
  }

  tellFault(): void {
    const { news } = this.#around
    // What has not begun is told of when it has.
    if (news.isHeard && this.#playback) news.tell('fault', this.record)
  }

  get playback(): Playback | undefined {
    return this.#playback
  }

  get state(): StreamState {
    const playback = this.#playback
    if (playback?.paused) return 'paused'
    if (playback?.hanging) return 'hanging'
    return playback?.over ? 'ending' : 'playing'
  }

  get bytes(): number {
    return this.#playback?.bytes ?? 0
  }

  get hasHead(): boolean {
    return this.#playback?.head !== undefined
  }

  /** Whole frames written so far; undefined where nobody has counted from the beginning. */
  get frames(): number | undefined {
    const playback = this.#playback
    if (!playback) return undefined
    if (!playback.head) return 0
    const counter = this.#counter ?? (this.#isCountable ? this.#count(playback) : undefined)
    return counter?.fromStart ? counter.whole(sourceBytes(playback)) : undefined
  }

  /** What the journal says of a stream that goes on. */
  note(): void {
    if (!this.#playback) return
    noteProgress(this.record, this.#playback, this.#source.connection)
    this.record.status = this.#sink?.status
    if (this.#wasPaused) this.record.wasPaused = true
  }

  /** The last that is noted. */
  conclude(outcome: Outcome): void {
    this.note()
    this.#alarm?.cancel()
    if (this.#counter?.fromStart) this.record.frames = this.#counter.whole(this.#passedBytes)
    noteOutcome(this.record, outcome, this.#source.connection)
  }

  /** Bytes that the client's kernel has not acknowledged; undefined where that cannot be known. */
  unacknowledged(): Promise<number | undefined> {
    return this.#source.connection.unacknowledged()
  }

  /** Now, or when a place is reached that is still to come. */
  pause(at?: StreamPlace): void {
    const playback = this.#playing()
    if (this.#around.isDraining()) {
      throw new StuntdoubleError(
        'draining',
        'the server is stopping, so nothing is paused any more',
      )
    }
    if (at === undefined) playback.pause()
    else if ('frame' in at && playback.head && !this.#isCountable && !this.#counter?.fromStart) {
      const why = 'the frames of a live stream are counted only where its request asks for it'
      throw impossible(`${why}: send x-stuntdouble-pause: ${writtenPlace(at)} with the request`)
    } else {
      this.#beginCounting(playback)
      this.#refusePast(at, playback)
      this.#aimAt(at)
      playback.gate = this.#gate
      if (this.#isReached(playback)) playback.pause()
    }
  }

  /** A pause that is still to come is taken back, too. */
  resume({ catchUp = false }: { readonly catchUp?: boolean } = {}): void {
    const playback = this.#playing()
    const wasPaused = playback.paused
    this.#aimAt(undefined)
    playback.resume(catchUp)
    if (wasPaused) this.#around.news.tell('resumed', this.record)
  }

  /** So many frames at once, or as they come; then it is paused. */
  step(frames = 1): void {
    const playback = this.#playing()
    const counter = this.#beginCounting(playback)
    const underWay = !playback.paused && this.#target && 'frame' in this.#target
    const from =
      underWay && this.#target && 'frame' in this.#target ? this.#target.frame : undefined
    const sent = counter?.whole(sourceBytes(playback)) ?? 0
    playback.pause()
    this.#aimAt({ frame: (from ?? sent) + frames })
    playback.gate = this.#gate
    playback.hurry()
  }

  /** Bytes, or what the dialect makes of a comment, an error or an event; at once. */
  push(matter: Matter): void {
    const playback = this.#open()
    const { head } = playback
    if (!head) throw impossible('its head is not sent yet, and nothing can stand before it')
    const hasLength = header(head.headers, 'content-length') !== undefined
    if ((hasLength && !this.#source.lengthMayChange) || head.declaredBytes !== undefined) {
      throw impossible('its head has told a content-length, so that no bytes can be added')
    }
    if (hasNoBody(this.record.method, head.status)) throw impossible('its answer has no body')
    const bytes = matterBytes(matter, { kind: 'push', stream: this.#language(head) })
    if (bytes.length === 0) throw impossible('there are no bytes in what is to be pushed')
    playback.push(bytes)
  }

  end(ending: Ending = 'end'): void {
    const playback = this.#open()
    if (ending === 'end' && !playback.head) {
      const others = endings.filter((one) => one !== 'end').join(', ')
      throw impossible(`its head is not sent yet, so that it has no clean end; known are ${others}`)
    }
    if (ending === 'hang' && playback.hanging) throw impossible('it hangs already')
    this.#aimAt(undefined)
    playback.end(ending)
    this.#tellEndedByHand(ending, playback)
  }

  /** The journal tells of it as of a fault, which it is to the client. */
  #tellEndedByHand(kind: Ending, { bytes, begun }: Playback): void {
    const atMs = this.#around.clock.now() - this.#startedMs
    this.record.faults.push({ kind, atMs, byte: bytes, afterHead: begun, from: 'hand' })
    this.#around.onFault()
    this.tellFault()
  }

  /** The server waits for its end and nobody is to hold it. */
  free(): void {
    this.#aimAt(undefined)
    this.#playback?.resume()
  }

  /** It can be written to, also where nothing is left to play but silence. */
  #open(): Playback {
    const playback = this.#playback
    const isOpen = playback && (!playback.over || playback.hanging)
    if (isOpen && this.record.ended === 'open') return playback
    throw impossible(`stream ${this.record.id} is over`)
  }

  #playing(): Playback {
    const playback = this.#open()
    if (!playback.hanging) return playback
    const why = 'hangs, with nothing left to play; it can be ended and pushed into'
    throw impossible(`stream ${this.record.id} ${why}`)
  }

  #aimAt(at: StreamPlace | undefined): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
    this.#target = at
    if (!at || !('time' in at)) return
    const deadlineMs = this.#startedMs + at.time
    this.#alarm = this.#around.clock.at(deadlineMs, () => this.#playback?.pause())
  }

  #refusePast(at: StreamPlace, playback: Playback): void {
    const playedMs = this.#around.clock.now() - this.#startedMs
    const bytes = sourceBytes(playback)
    const isPast =
      ('time' in at && at.time < playedMs) ||
      ('byte' in at && at.byte < bytes) ||
      ('frame' in at && (this.#counter?.endOf(at.frame) ?? bytes) < bytes)
    if (isPast) throw impossible(`${writtenPlace(at)} has passed`)
  }

  /** Nothing need come any more for the place. */
  #isReached(playback: Playback): boolean {
    return playback.head !== undefined && this.#placeOfTarget() === sourceBytes(playback)
  }

  get #isCountable(): boolean {
    return this.#timeline !== undefined && !isLive(this.#timeline)
  }

  #beginCounting(playback: Playback): FrameCounter | undefined {
    if (this.#counter || !playback.head) return this.#counter
    return this.#count(playback)
  }

  /** A live stream is counted from here; of another, what has passed is looked through again. */
  #count(playback: Playback): FrameCounter | undefined {
    const { head } = playback
    const timeline = this.#timeline
    if (!head || !timeline) return undefined
    const sent = sourceBytes(playback)
    this.#passedBytes = sent
    const counter = new FrameCounter(this.#language(head), isLive(timeline) ? sent : 0)
    this.#counter = counter
    playback.gate ??= this.#gate
    if (isLive(timeline) || sent === 0) return counter
    this.isLookedThrough = true
    try {
      feedAgain(counter, timeline, sent)
    } finally {
      this.isLookedThrough = false
    }
    return counter
  }

  #language(head: HeadStep): StreamLanguage {
    return this.#source.language(head)
  }

  get #gate(): Gate {
    return (step) => this.#passing(step)
  }

  #passing(step: Parameters<Gate>[0]): number | undefined {
    if (step.do === 'head') {
      this.#head = step
      this.#counter ??= new FrameCounter(this.#language(step), 0)
      return this.#placeOfTarget() === 0 ? 0 : undefined
    }
    const from = this.#passedBytes
    if (!this.#counter && this.#head)
      this.#counter = new FrameCounter(this.#language(this.#head), 0)
    this.#counter?.feed(step.bytes, from)
    const place = this.#placeOfTarget()
    const isWithin = place !== undefined && place <= from + step.bytes.length
    const passing = isWithin ? Math.max(0, place - from) : step.bytes.length
    this.#passedBytes += passing
    return isWithin ? passing : undefined
  }

  /** In bytes of the body, as far as it is known. */
  #placeOfTarget(): number | undefined {
    const target = this.#target
    if (!target || 'time' in target) return undefined
    return 'byte' in target ? target.byte : this.#counter?.endOf(target.frame)
  }

  onSent(): void {
    const { news } = this.#around
    if (news.isHeard && this.#playback) news.tell('written', this.record)
  }

  onOver(outcome: Outcome): void {
    this.#source.over(outcome)
  }

  /** A server that drains waits for words, not for silence. */
  onHang(): void {
    if (this.#around.isDraining()) this.#playback?.stop()
  }

  onPause(): void {
    this.#wasPaused = true
    this.#aimAt(undefined)
    if (this.#playback) this.#around.news.tell('paused', this.record)
  }
}

/** Of the timeline itself. */
const sourceBytes = ({ bytes, pushedBytes }: Playback): number => bytes - pushedBytes

const impossible = (why: string): StuntdoubleError => new StuntdoubleError('not-possible', why)
