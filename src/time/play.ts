/**
 * Plays a timeline to a sink: every step at its own deadline, so that lateness never adds up.
 * Holds one step ahead and no more; knows nothing of HTTP, frames or vendors.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import type { Burst, Sink } from '../core/sink.ts'
import {
  type Ending,
  type EndStep,
  type HeadStep,
  isLive,
  type LiveSteps,
  type LiveTimeline,
  type Step,
  type Timeline,
  type WriteStep,
} from '../core/timeline.ts'
import type { Ended, Gate, Outcome, Playback } from './playback.ts'

export type { Ended, Gate, Outcome, Playback } from './playback.ts'

export interface PlayOptions {
  readonly clock: Clock
  /** When the request arrived, on the clock's scale; `atMs` counts from here. */
  readonly startedMs: number
  /** Called when only silence is left; not before `play` has returned. */
  readonly onHang?: (() => void) | undefined
  readonly observer?: PlayObserver
  readonly gate?: Gate | undefined
  /** Paused before anything, the head included. */
  readonly paused?: boolean
}

/** Is told while it is played, also before `play` has returned. */
export interface PlayObserver {
  /** Something was handed to the sink. */
  onSent(): void
  /** It has been paused, by whoever. */
  onPause(): void
}

/** A burst that has grown to this many bytes is sent before more is pulled. */
const burstBytes = 64 * 1024

/**
 * A client that takes everything at once is never waited for: after so many bytes the others have
 * their turn. Less would cost the one stream more than it gives to the others.
 */
const turnBytes = 512 * 1024

export function play(
  timeline: Timeline | LiveTimeline,
  sink: Sink,
  options: PlayOptions,
): Playback {
  return new TimelinePlayback(timeline, sink, options)
}

class TimelinePlayback implements Playback {
  readonly done: Promise<Outcome>
  head: HeadStep | undefined
  headMs: number | undefined
  firstByteMs: number | undefined
  bytes = 0
  chunks = 0
  pushedBytes = 0
  hanging = false
  paused = false
  over = false
  gate: Gate | undefined

  readonly #timeline: Timeline | LiveTimeline
  /** Opened at the first step, so that what fails in opening is a failure like any other. */
  #source: Iterator<Step> | LiveSteps | undefined
  readonly #sink: Sink
  readonly #clock: Clock
  readonly #startedMs: number
  /** Where the times of steps count from: later than the start by what was spent paused. */
  #originMs: number
  /** Since when it is paused, and how far the timeline had come by then, in its own time. */
  #heldSinceMs = 0
  #heldAtMs = 0
  #pausedMs = 0
  #hurrying = false
  readonly #onHang: (() => void) | undefined
  readonly #observer: PlayObserver | undefined
  #resolve: (outcome: Outcome) => void = () => {}
  #finished = false
  #alarm: Alarm | undefined
  /** A live source was asked for its next step and has not answered yet. */
  #awaiting = false
  #step: Step | undefined
  /** Steps up to this time are due, even where the alarm rang a little early. */
  #dueMs = 0

  #turnBytes = 0
  /** The others have their turn. */
  #yielding = false
  /** The sink asked to wait: nothing more is pulled until it has drained. */
  #full = false
  #dueHead: HeadStep | undefined
  #chunks: Uint8Array[] = []
  #burstBytes = 0

  #maxLagMs = 0
  #ending: Ending = 'end'

  constructor(timeline: Timeline | LiveTimeline, sink: Sink, options: PlayOptions) {
    this.#timeline = timeline
    this.#sink = sink
    this.#clock = options.clock
    this.#startedMs = options.startedMs
    this.#originMs = options.startedMs
    this.#onHang = options.onHang
    this.#observer = options.observer
    this.gate = options.gate
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    sink.onDrain = () => {
      this.#full = false
      this.#goOn()
    }
    sink.onLeave = () => this.#finish('client-left')
    sink.onDone = () => this.#finish(this.#ending)
    if (options.paused) this.pause()
    this.#advance()
  }

  get begun(): boolean {
    return this.head !== undefined
  }

  pause(): void {
    this.#hurrying = false
    if (this.paused || this.over || this.#finished) return
    this.#cancelAlarm()
    this.paused = true
    this.#heldSinceMs = this.#clock.now()
    this.#heldAtMs = Math.max(this.#heldAtMs, this.#heldSinceMs - this.#originMs)
    this.#flush()
    this.#observer?.onPause()
  }

  resume(catchUp = false): void {
    this.#release(catchUp ? this.#startedMs : this.#clock.now() - this.#heldAtMs)
  }

  hurry(): void {
    this.#hurrying = true
    this.#release(this.#clock.now() - this.#heldAtMs)
  }

  #release(originMs: number): void {
    if (!this.paused) return
    this.paused = false
    this.#pausedMs += this.#clock.now() - this.#heldSinceMs
    this.#originMs = originMs
    this.#goOn()
  }

  push(bytes: Uint8Array): void {
    if (this.#isClosed || bytes.length === 0) return
    this.pushedBytes += bytes.length
    this.#add(bytes)
    this.#flush()
  }

  end(ending: Ending): void {
    if (this.#isClosed) return
    this.#cancelAlarm()
    if (!this.over) this.#detach()
    this.#endBy({ atMs: 0, do: ending })
  }

  stop(): void {
    this.#finish('stopped')
  }

  /** Plays all that is due, then arranges to be called again. One arrow function a stream. */
  #advance = (): void => {
    try {
      while (this.#isPlaying && this.#takeStep()) {
        if (!this.#stepIsDue()) return
        this.#playStep()
        if (this.#turnBytes >= turnBytes) {
          this.#yield()
          return
        }
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Nothing can be written any more, where silence still could be broken. */
  get #isClosed(): boolean {
    return this.#finished || (this.over && !this.hanging)
  }

  get #isPlaying(): boolean {
    return !this.#finished && !this.#full && !this.over && !this.paused
  }

  /** What is under way goes on by itself; to begin it twice would play a later step early. */
  #goOn(): void {
    if (!this.#alarm && !this.#awaiting && !this.#yielding) this.#advance()
  }

  #yield(): void {
    this.#turnBytes = 0
    this.#yielding = true
    setImmediate(() => {
      this.#yielding = false
      this.#advance()
    })
  }

  #open(): Iterator<Step> | LiveSteps {
    const timeline = this.#timeline
    return isLive(timeline) ? timeline[Symbol.asyncIterator]() : timeline[Symbol.iterator]()
  }

  /** False where there is nothing to play now: the source is awaited, or over. */
  #takeStep(): boolean {
    if (this.#step) return true
    this.#source ??= this.#open()
    const next = this.#source.next()
    if (next instanceof Promise) {
      this.#awaiting = true
      this.#flush()
      next.then(this.#arrived, (error) => this.#fail(error))
      return false
    }
    this.#step = next.done ? { atMs: 0, do: 'end' } : next.value
    return true
  }

  #arrived = (next: IteratorResult<Step>): void => {
    this.#awaiting = false
    this.#step = next.done ? { atMs: 0, do: 'end' } : next.value
    this.#advance()
  }

  #stepIsDue(): boolean {
    if (!this.#step || this.#step.atMs <= this.#dueMs || this.#hurrying) return true
    const deadlineMs = this.#originMs + this.#step.atMs
    const nowMs = this.#clock.now()
    if (deadlineMs <= nowMs) {
      this.#dueMs = nowMs - this.#originMs
      return true
    }
    this.#flush()
    this.#alarm = this.#clock.at(deadlineMs, this.#ring)
    return false
  }

  #ring = (): void => {
    this.#alarm = undefined
    this.#turnBytes = 0
    if (this.#step) this.#dueMs = this.#step.atMs
    this.#advance()
  }

  #playStep(): void {
    const step = this.#step
    this.#step = undefined
    if (!step) return
    this.#measureLag(step)
    if (this.#hurrying) this.#heldAtMs = Math.max(this.#heldAtMs, step.atMs)
    if (step.do === 'head') {
      this.#dueHead = step
      if (this.gate?.(step) === 0) this.pause()
    } else if (step.do === 'write') this.#write(step)
    else {
      this.#endBy(step)
      this.#closeSource()
    }
  }

  #write(step: WriteStep): void {
    // An empty chunk would end the body; such a step says that time passes, or a goaway.
    if (step.goaway !== undefined) this.#flush({ ending: undefined, goaway: step.goaway })
    if (step.bytes.length === 0) return
    const mayPass = this.gate?.(step)
    if (mayPass === undefined) {
      this.#add(step.bytes)
      if (this.#burstBytes >= burstBytes) this.#flush()
      return
    }
    if (mayPass > 0) this.#add(step.bytes.subarray(0, mayPass))
    const rest = step.bytes.subarray(mayPass)
    if (rest.length > 0) this.#step = { ...step, bytes: rest }
    this.pause()
  }

  #add(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#burstBytes += bytes.length
  }

  #endBy(step: EndStep): void {
    if (this.paused) this.#pausedMs += this.#clock.now() - this.#heldSinceMs
    this.over = true
    this.paused = false
    this.#ending = step.do
    this.hanging = step.do === 'hang'
    if (this.hanging && this.#onHang) queueMicrotask(this.#onHang)
    this.#flush({ ending: step.do, raw: step.raw, code: step.code })
  }

  #flush(last?: Omit<Burst, 'head' | 'chunks'>): void {
    if (!last && !this.#dueHead && this.#chunks.length === 0) return
    const burst = { ending: undefined, ...last, head: this.#dueHead, chunks: this.#chunks }
    if (burst.head) {
      this.head = burst.head
      this.headMs = this.#clock.now() - this.#startedMs
    }
    if (this.bytes === 0 && this.#burstBytes > 0) {
      this.firstByteMs = this.#clock.now() - this.#startedMs
    }
    this.bytes += this.#burstBytes
    this.#turnBytes += this.#burstBytes
    this.chunks += burst.chunks.length
    this.#dueHead = undefined
    this.#chunks = []
    this.#burstBytes = 0
    this.#full = !this.#sink.send(burst)
    this.#observer?.onSent()
  }

  #measureLag(step: Step): void {
    if (step.atMs === 0) return
    const lagMs = this.#clock.now() - this.#originMs - step.atMs
    if (lagMs > this.#maxLagMs) this.#maxLagMs = lagMs
  }

  #cancelAlarm(): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
  }

  /** Our side ends the stream, as a fault does: a tape of a live service may go on. */
  #detach(): void {
    const source = this.#source
    if (source && 'detach' in source && source.detach) source.detach()
    else this.#closeSource()
  }

  #closeSource(): void {
    const closed = this.#source?.return?.()
    if (closed instanceof Promise) closed.catch(() => {})
  }

  /** What came before the failure was due, so it is sent. */
  #fail(error: unknown): void {
    if (this.#finished) return
    this.#flush()
    this.#finish('failed', error)
  }

  #finish(ended: Ended, error?: unknown): void {
    if (this.#finished) return
    this.#finished = true
    this.#alarm?.cancel()
    this.#closeSource()
    this.#resolve({
      ended,
      bytes: this.bytes,
      chunks: this.chunks,
      durationMs: this.#clock.now() - this.#startedMs,
      pausedMs: this.#pausedMs + (this.paused ? this.#clock.now() - this.#heldSinceMs : 0),
      maxLagMs: this.#maxLagMs,
      ...(error === undefined ? {} : { error }),
    })
  }
}
