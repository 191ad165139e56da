/**
 * Where the steps of a playback come from: a finite timeline, walked as framed where that will do, or a
 * live one. Must never walk a live one twice.
 */
import {
  type FramedStep,
  type FramedSteps,
  isFramed,
  isLive,
  type LiveSteps,
  type LiveTimeline,
  type Sleeper,
  type Step,
  type Timeline,
} from '../core/timeline.ts'

export class PlaySource {
  readonly #timeline: Timeline | LiveTimeline
  /** Opened at the first step, so that what fails in opening is a failure like any other. */
  #steps: Iterator<Step | FramedStep> | LiveSteps | undefined
  /** The same, where it is live. */
  #live: LiveSteps | undefined
  /** Set when the timeline has been walked as framed. */
  framedSteps: FramedSteps | undefined
  /** Chunks of the timeline that have been played, while it is walked as framed. */
  framedChunks: number | undefined

  constructor(timeline: Timeline | LiveTimeline) {
    this.#timeline = timeline
  }

  get isOpen(): boolean {
    return this.#steps !== undefined
  }

  open(mayBeFramed: boolean): void {
    const timeline = this.#timeline
    if (mayBeFramed && isFramed(timeline)) {
      this.framedChunks = 0
      this.framedSteps = timeline.framed()
      this.#steps = this.framedSteps
    } else if (isLive(timeline)) {
      this.#live = timeline[Symbol.asyncIterator]()
      this.#steps = this.#live
    } else this.#steps = timeline[Symbol.iterator]()
  }

  /** What has arrived of a live one already. */
  take(): Step | undefined {
    return this.#live?.take?.()
  }

  /** True where the sleeper will be woken, and nothing else needs to be asked. */
  wake(sleeper: Sleeper): boolean {
    return this.#live?.wake?.(sleeper) ?? false
  }

  /** Only of one that is open. */
  next(): IteratorResult<Step | FramedStep> | Promise<IteratorResult<Step>> | undefined {
    return this.#steps?.next()
  }

  /** Goes on with each chunk by itself; gives the first step that has not been played. */
  unframe(headIsPlayed: boolean): Step | undefined {
    const timeline = this.#timeline
    let left = this.framedChunks ?? 0
    this.framedChunks = undefined
    if (isLive(timeline)) return undefined
    this.close()
    const steps = timeline[Symbol.iterator]()
    this.#steps = steps
    for (let next = steps.next(); !next.done; next = steps.next()) {
      const step = next.value
      if (step.do === 'head' ? headIsPlayed : step.do === 'write' && left-- > 0) continue
      return step
    }
    return undefined
  }

  /** Our side ends the stream, as a fault does: a tape of a live service may go on. */
  detach(): void {
    if (this.#live?.detach) this.#live.detach()
    else this.close()
  }

  close(): void {
    const closed = this.#steps?.return?.()
    if (closed instanceof Promise) closed.catch(() => {})
  }
}
