/**
 * Plays a timeline to a sink: every step at its own deadline, so that lateness never adds up.
 * Holds one step ahead and no more; knows nothing of HTTP, frames or vendors.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import type { Burst, Sink, SinkUser } from '../core/sink.ts'
import type {
  Ending,
  EndStep,
  FramedStep,
  HeadStep,
  LiveTimeline,
  Sleeper,
  Step,
  Timeline,
  WriteStep,
} from '../core/timeline.ts'
import { DueBurst } from './due-burst.ts'
import { LagWatch } from './lag-watch.ts'
import { PlaySource } from './play-source.ts'
import { PlayTime } from './play-time.ts'
import type { Ended, Gate, Outcome, Playback, PlayObserver, PlayOptions } from './playback.ts'

export type { Ended, Gate, Outcome, Playback, PlayObserver, PlayOptions } from './playback.ts'

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
  const playback = new TimelinePlayback(timeline, sink, options)
  playback.begin()
  return playback
}

class TimelinePlayback implements Playback, SinkUser, Sleeper {
  head: HeadStep | undefined
  headMs: number | undefined
  firstByteMs: number | undefined
  bytes = 0
  chunks = 0
  pushedBytes = 0
  hanging = false
  over = false

  readonly #source: PlaySource
  readonly #sink: Sink
  readonly #clock: Clock
  readonly #time: PlayTime
  readonly #observer: PlayObserver | undefined
  readonly #beginsPaused: boolean
  #outcome: Outcome | undefined
  /** Made for the first who waits for the end. */
  #done: Promise<Outcome> | undefined
  #resolve: ((outcome: Outcome) => void) | undefined
  #alarm: Alarm | undefined
  /** A live source was asked for its next step and has not answered yet. */
  #awaiting = false
  #step: Step | FramedStep | undefined
  #gate: Gate | undefined

  #turnBytes = 0
  /** The others have their turn. */
  #yielding = false
  /** The sink asked to wait: nothing more is pulled until it has drained. */
  #full = false
  readonly #due = new DueBurst()
  readonly #lag: LagWatch
  #ending: Ending = 'end'

  constructor(timeline: Timeline | LiveTimeline, sink: Sink, options: PlayOptions) {
    this.#source = new PlaySource(timeline)
    this.#sink = sink
    this.#clock = options.clock
    this.#time = new PlayTime(options.clock, options.startedMs)
    this.#observer = options.observer
    this.#lag = new LagWatch(options)
    this.#gate = options.gate
    this.#beginsPaused = options.paused === true
    sink.user = this
  }

  /** To be called once. */
  begin(): void {
    if (this.#beginsPaused) this.pause()
    this.#advance()
  }

  get done(): Promise<Outcome> {
    this.#done ??= new Promise((resolve) => {
      this.#resolve = resolve
      if (this.#outcome) resolve(this.#outcome)
    })
    return this.#done
  }

  get #finished(): boolean {
    return this.#outcome !== undefined
  }

  onDrain(): void {
    if (this.#full) this.#lag.freed()
    this.#full = false
    this.#goOn()
  }

  onLeave(): void {
    this.#finish('client-left')
  }

  onDone(): void {
    this.#finish(this.#ending)
  }

  get gate(): Gate | undefined {
    return this.#gate
  }

  /** A gate looks at each chunk. */
  set gate(gate: Gate | undefined) {
    this.#gate = gate
    if (!gate || this.#source.framedChunks === undefined || this.over) return
    this.#step = this.#source.unframe(this.begun || this.#due.head !== undefined) ?? this.#step
  }

  get begun(): boolean {
    return this.head !== undefined
  }

  get paused(): boolean {
    return this.#time.isHeld
  }

  pause(): void {
    this.#time.isHurrying = false
    if (this.paused || this.over || this.#finished) return
    this.#cancelAlarm()
    this.#time.hold()
    this.#flush()
    this.#observer?.onPause()
  }

  resume(catchUp = false): void {
    if (!this.paused) return
    this.#time.release(catchUp)
    this.#lag.freed()
    this.#goOn()
  }

  hurry(): void {
    this.#time.isHurrying = true
    this.resume()
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
    if (!this.over) this.#source.detach()
    this.#endBy({ atMs: 0, do: ending })
  }

  stop(): void {
    this.#finish('stopped')
  }

  /** Plays all that is due, then arranges to be called again. */
  #advance(): void {
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

  /** False where there is nothing to play now: the source is awaited, or over. */
  #takeStep(): boolean {
    if (this.#step) return true
    const source = this.#source
    if (!source.isOpen) source.open(this.#sink.takesFramed === true && !this.#gate)
    // What a service has sent in one go goes out in one go.
    this.#step = source.take()
    if (this.#step) return true
    if (source.wake(this)) {
      this.#awaiting = true
      this.#flush()
      return false
    }
    const next = source.next()
    if (next instanceof Promise) {
      this.#awaiting = true
      this.#flush()
      next.then(
        (arrived) => this.#arrive(arrived),
        (error) => this.#fail(error),
      )
      return false
    }
    this.#step = !next || next.done ? { atMs: 0, do: 'end' } : next.value
    return true
  }

  onWake(): void {
    this.#awaiting = false
    this.#advance()
  }

  #arrive(next: IteratorResult<Step>): void {
    this.#awaiting = false
    this.#step = next.done ? { atMs: 0, do: 'end' } : next.value
    this.#advance()
  }

  #stepIsDue(): boolean {
    if (!this.#step || this.#time.isDue(this.#step.atMs)) return true
    this.#flush()
    this.#alarm = this.#clock.at(this.#time.deadlineMs(this.#step.atMs), this.#ring)
    return false
  }

  /** One arrow function a stream. */
  #ring = (): void => {
    this.#alarm = undefined
    this.#turnBytes = 0
    if (this.#step) this.#time.rang(this.#step.atMs)
    this.#advance()
  }

  #playStep(): void {
    const step = this.#step
    this.#step = undefined
    if (!step) return
    this.#time.played(step.atMs)
    if (step.do === 'head') {
      this.#expect(step, 0)
      this.#due.head = step
      if (this.#gate?.(step) === 0) this.pause()
    } else if (step.do === 'write') this.#write(step)
    else if (step.do === 'framed') this.#addFramed(step)
    else {
      this.#endBy(step)
      this.#source.close()
    }
  }

  #write(step: WriteStep): void {
    // An empty chunk would end the body; such a step says that time passes, or a goaway.
    if (step.goaway !== undefined) this.#flush({ ending: undefined, goaway: step.goaway })
    if (step.bytes.length === 0) return
    const mayPass = this.#gate?.(step)
    if (mayPass === undefined) {
      this.#expect(step, 1)
      this.#add(step.bytes)
      if (this.#due.bytes >= burstBytes) this.#flush()
      return
    }
    if (mayPass > 0) {
      this.#expect(step, 1)
      this.#add(step.bytes.subarray(0, mayPass))
    }
    const rest = step.bytes.subarray(mayPass)
    if (rest.length > 0) this.#step = { ...step, bytes: rest }
    this.pause()
  }

  #add(bytes: Uint8Array): void {
    if (this.#due.isFramed) this.#flush()
    this.#due.add(bytes)
  }

  #addFramed(step: FramedStep): void {
    this.#expect(step, step.chunks)
    const source = this.#source
    const due = this.#due
    if (source.framedChunks !== undefined) source.framedChunks += step.chunks
    if (due.hasUnframed) this.#flush()
    due.addFramed(step)
    if (due.bytes >= burstBytes) this.#flush()
  }

  #endBy(step: EndStep): void {
    this.#time.over()
    this.over = true
    this.#ending = step.do
    this.hanging = step.do === 'hang'
    this.#expect(step, 0)
    const observer = this.#observer
    if (this.hanging && observer?.onHang) queueMicrotask(() => observer.onHang?.())
    this.#flush({ ending: step.do, raw: step.raw, code: step.code })
  }

  #flush(last?: Omit<Burst, 'head' | 'chunks'>): void {
    const due = this.#due
    if (!last && due.isEmpty) return
    this.#lag.sent()
    const beginsBody = this.bytes === 0 && due.bytes > 0
    const sentMs = due.head || beginsBody ? this.#time.sinceStartMs : 0
    this.bytes += due.bytes
    this.#turnBytes += due.bytes
    this.chunks += due.chunkCount
    const burst = due.take(last, this.#source.framedSteps)
    this.#full = !this.#sink.send(burst)
    // Not before: a head that cannot be written was not sent.
    if (burst.head) {
      this.head = burst.head
      this.headMs = sentMs
    }
    if (beginsBody) this.firstByteMs = sentMs
    this.#observer?.onSent()
  }

  /** The next flush says how late it was; what has no time, or is played ahead of it, never is. */
  #expect({ atMs }: Step | FramedStep, chunks: number): void {
    if (atMs > 0 && !this.#time.isHurrying) this.#lag.add(this.#time.deadlineMs(atMs), chunks)
  }

  #cancelAlarm(): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
  }

  /** What came before the failure was due, so it is sent. */
  #fail(error: unknown): void {
    if (this.#finished) return
    this.#flush()
    this.#finish('failed', error)
  }

  #finish(ended: Ended, error?: unknown): void {
    if (this.#finished) return
    const outcome = this.#outcomeOf(ended, error)
    this.#outcome = outcome
    this.#alarm?.cancel()
    this.#source.close()
    this.#resolve?.(outcome)
    this.#observer?.onOver?.(outcome)
  }

  #outcomeOf(ended: Ended, error: unknown): Outcome {
    const { late } = this.#lag
    return {
      ended,
      bytes: this.bytes,
      chunks: this.chunks,
      durationMs: this.#time.sinceStartMs,
      pausedMs: this.#time.heldForMs,
      maxLagMs: this.#lag.maxMs,
      ...(late ? { late } : {}),
      ...(error === undefined ? {} : { error }),
    }
  }
}
