/**
 * For the tape: where our side ends a live stream early, the upstream is read on to its own end, so
 * that the recording is the whole exchange. Must never keep what is read, nor go on without bound.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import {
  isEnding,
  type LiveSteps,
  type LiveTimeline,
  type Sleeper,
  type Step,
} from '../core/timeline.ts'

export interface ReadOnLimits {
  /** From the moment at which our side ended the stream. */
  readonly ms: number
  /** Body bytes after that moment. */
  readonly bytes: number
}

/** Longer than answers take, and yet no service keeps us for good. */
const readOnLimits: ReadOnLimits = { ms: 300_000, bytes: 64 * 1024 * 1024 }

export interface ReadOnOptions {
  readonly clock: Clock
  readonly limits?: ReadOnLimits
  /** The stream's ending waits for it. */
  readonly beforeEnding?: (() => Promise<void>) | undefined
  /** It goes on by itself, until `onOver`. */
  readonly onDetached?: () => void
  readonly onOver?: () => void
  /** A limit is reached: the upstream is left, and the tape has to end where it stands. */
  readonly onLimit: (why: string) => void
}

/** The same timeline; detached from, it is walked to its end by itself. */
export const readOn = (live: LiveTimeline, options: ReadOnOptions): LiveTimeline => ({
  [Symbol.asyncIterator]: () => new ReadOn(live[Symbol.asyncIterator](), options),
})

class ReadOn implements LiveSteps {
  readonly #steps: LiveSteps
  readonly #options: ReadOnOptions
  readonly #limits: ReadOnLimits
  /** The latest step that was asked for; one walk is asked for one step at a time. */
  #pending: Promise<IteratorResult<Step>> | undefined
  #detached = false
  #stopped = false
  #alarm: Alarm | undefined

  constructor(steps: LiveSteps, options: ReadOnOptions) {
    this.#steps = steps
    this.#options = options
    this.#limits = options.limits ?? readOnLimits
  }

  next(): Promise<IteratorResult<Step>> {
    const next = this.#steps.next()
    this.#pending = next
    const { beforeEnding } = this.#options
    return beforeEnding ? endingAfter(next, beforeEnding) : next
  }

  /** Where an ending may have to wait, each step is waited for. */
  take(): Step | undefined {
    return this.#options.beforeEnding ? undefined : this.#steps.take?.()
  }

  wake(sleeper: Sleeper): boolean {
    if (this.#options.beforeEnding) return false
    this.#pending = undefined
    return this.#steps.wake?.(sleeper) ?? false
  }

  async return(): Promise<IteratorResult<Step>> {
    if (!this.#detached) await this.#steps.return?.()
    return { done: true, value: undefined }
  }

  detach(): void {
    if (this.#detached) return
    this.#detached = true
    const { clock, onDetached } = this.#options
    onDetached?.()
    const { ms } = this.#limits
    this.#alarm = clock.at(clock.now() + ms, () => this.#stop(`after ${ms / 1000} s`))
    // A failure of the upstream is on tape, and there is nobody else to tell.
    this.#drain().then(this.#settle, this.#settle)
  }

  async #drain(): Promise<void> {
    let bytes = 0
    let next = await this.#pending
    while (!next?.done && !this.#stopped) {
      next = await this.#steps.next()
      if (!next.done && next.value.do === 'write') bytes += next.value.bytes.length
      if (bytes > this.#limits.bytes) this.#stop(`after ${bytes} bytes`)
    }
  }

  #stop(why: string): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#options.onLimit(why)
    this.#steps.return?.().catch(() => {})
  }

  #settle = (): void => {
    this.#alarm?.cancel()
    this.#options.onOver?.()
  }
}

async function endingAfter(
  asked: Promise<IteratorResult<Step>>,
  ready: () => Promise<void>,
): Promise<IteratorResult<Step>> {
  const next = await asked
  if (!next.done && isEnding(next.value)) await ready()
  return next
}
