/**
 * Plays a timeline to a sink: every step at its own deadline, so that lateness never adds up.
 * Holds one step ahead and no more; knows nothing of HTTP, frames or vendors.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import type { Sink } from '../core/sink.ts'
import {
  type Ending,
  type HeadStep,
  isLive,
  type LiveTimeline,
  type Step,
  type Timeline,
} from '../core/timeline.ts'

/** How a playback came to its end. `stopped` is the server's own doing, such as a drain. */
export type Ended = Ending | 'client-left' | 'stopped' | 'failed'

export interface Outcome {
  readonly ended: Ended
  /** Body bytes and chunks handed to the sink. */
  readonly bytes: number
  readonly chunks: number
  /** From the request's arrival. */
  readonly durationMs: number
  /** The most that a step was late against its `atMs`. */
  readonly maxLagMs: number
  /** The source's error, where it failed. */
  readonly error?: unknown
}

export interface Playback {
  readonly done: Promise<Outcome>
  /** True once a status line is on its way. */
  readonly begun: boolean
  /** True while the timeline has nothing more to give and only silence is played. */
  readonly hanging: boolean
  stop(): void
}

export interface PlayOptions {
  readonly clock: Clock
  /** When the request arrived, on the clock's scale; `atMs` counts from here. */
  readonly startedMs: number
  /** Called when only silence is left; not before `play` has returned. */
  readonly onHang?: () => void
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
  begun = false
  hanging = false

  readonly #timeline: Timeline | LiveTimeline
  /** Opened at the first step, so that what fails in opening is a failure like any other. */
  #source: Iterator<Step> | AsyncIterator<Step> | undefined
  readonly #sink: Sink
  readonly #clock: Clock
  readonly #startedMs: number
  readonly #onHang: (() => void) | undefined
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
  #head: HeadStep | undefined
  #chunks: Uint8Array[] = []
  #burstBytes = 0

  #bytes = 0
  #chunkCount = 0
  #maxLagMs = 0
  #ending: Ending = 'end'
  /** The timeline's last step is played. */
  #over = false

  constructor(timeline: Timeline | LiveTimeline, sink: Sink, options: PlayOptions) {
    this.#timeline = timeline
    this.#sink = sink
    this.#clock = options.clock
    this.#startedMs = options.startedMs
    this.#onHang = options.onHang
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    sink.onDrain = () => {
      this.#full = false
      // What is under way goes on by itself; to begin it twice would play a later step early.
      if (!this.#alarm && !this.#awaiting && !this.#yielding) this.#advance()
    }
    sink.onLeave = () => this.#finish('client-left')
    sink.onDone = () => this.#finish(this.#ending)
    this.#advance()
  }

  stop(): void {
    this.#finish('stopped')
  }

  /** Plays all that is due, then arranges to be called again. One arrow function a stream. */
  #advance = (): void => {
    try {
      while (!this.#finished && !this.#full && !this.#over && this.#takeStep()) {
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

  #yield(): void {
    this.#turnBytes = 0
    this.#yielding = true
    setImmediate(() => {
      this.#yielding = false
      this.#advance()
    })
  }

  #open(): Iterator<Step> | AsyncIterator<Step> {
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
    if (!this.#step || this.#step.atMs <= this.#dueMs) return true
    const deadlineMs = this.#startedMs + this.#step.atMs
    const nowMs = this.#clock.now()
    if (deadlineMs <= nowMs) {
      this.#dueMs = nowMs - this.#startedMs
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
    if (step.do === 'head') {
      this.#head = step
    } else if (step.do === 'write') {
      // An empty chunk would end the body; such a step only says that time passes.
      if (step.bytes.length === 0) return
      this.#chunks.push(step.bytes)
      this.#burstBytes += step.bytes.length
      if (this.#burstBytes >= burstBytes) this.#flush()
    } else {
      this.#over = true
      this.#ending = step.do
      this.hanging = step.do === 'hang'
      if (this.hanging && this.#onHang) queueMicrotask(this.#onHang)
      this.#flush(step.do)
      this.#closeSource()
    }
  }

  #flush(ending?: Ending): void {
    if (!ending && !this.#head && this.#chunks.length === 0) return
    const burst = { head: this.#head, chunks: this.#chunks, ending }
    this.begun ||= burst.head !== undefined
    this.#bytes += this.#burstBytes
    this.#turnBytes += this.#burstBytes
    this.#chunkCount += burst.chunks.length
    this.#head = undefined
    this.#chunks = []
    this.#burstBytes = 0
    this.#full = !this.#sink.send(burst)
  }

  #measureLag(step: Step): void {
    if (step.atMs === 0) return
    const lagMs = this.#clock.now() - this.#startedMs - step.atMs
    if (lagMs > this.#maxLagMs) this.#maxLagMs = lagMs
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
      bytes: this.#bytes,
      chunks: this.#chunkCount,
      durationMs: this.#clock.now() - this.#startedMs,
      maxLagMs: this.#maxLagMs,
      ...(error === undefined ? {} : { error }),
    })
  }
}
