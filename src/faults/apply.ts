/**
 * Faults on a timeline, finite or live. A finite one stays lazy and can be walked again, with the
 * same steps for the same seed; from a live one it detaches itself when a fault ends it.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import { StuntdoubleError } from '../core/errors.ts'
import {
  isNothing,
  type LiveSteps,
  type LiveTimeline,
  type Step,
  type Timeline,
} from '../core/timeline.ts'
import { FaultChain } from './chain.ts'
import type { FaultContext, FaultSpec } from './fault.ts'
import { noLengthMessage } from './places.ts'

export function withFaults(
  timeline: Timeline,
  specs: readonly FaultSpec[],
  context: FaultContext,
): Timeline {
  if (specs.length === 0) return timeline
  return { [Symbol.iterator]: () => walk(timeline, new FaultChain(specs, context)) }
}

function* walk(timeline: Timeline, chain: FaultChain): Generator<Step> {
  for (const step of timeline) {
    yield* chain.push(step)
    if (chain.ended) return
  }
  yield* chain.end()
}

export interface LiveFaultContext extends FaultContext {
  /** When the request arrived, on the clock's scale; the time of the call unless given. */
  readonly startedMs?: number
}

export function withFaultsLive(
  live: LiveTimeline,
  specs: readonly FaultSpec[],
  context: LiveFaultContext,
  clock: Clock,
): LiveTimeline {
  if (specs.length === 0) return live
  const problem = checkLive(specs)
  if (problem) throw new StuntdoubleError('not-possible', problem)
  const startedMs = context.startedMs ?? clock.now()
  return {
    [Symbol.asyncIterator]: () =>
      new LiveWalk(live, new FaultChain(specs, context), clock, startedMs),
  }
}

/** Why one of the faults cannot act on live traffic, or undefined where all can. */
export function checkLive(specs: readonly FaultSpec[]): string | undefined {
  const impossible = specs.find(({ options }) => needsLength(options))
  return impossible && `${impossible.kind}: ${noLengthMessage}`
}

function needsLength(options: unknown): boolean {
  if (typeof options !== 'object' || options === null || !('at' in options)) return false
  const { at } = options
  return at === 'random' || (typeof at === 'object' && at !== null && 'fraction' in at)
}

type Arrival = IteratorResult<Step, unknown> | { readonly wakeAtMs: number }

/**
 * Not a generator: one that waits for its upstream could not be told to stop before something
 * arrives, and a client that leaves during a silence must stop the upstream at once.
 */
class LiveWalk implements AsyncIterator<Step, undefined> {
  readonly #source: LiveSteps
  readonly #chain: FaultChain
  readonly #clock: Clock
  readonly #startedMs: number
  readonly #out: Step[] = []
  #pending: Promise<IteratorResult<Step>> | undefined
  #over = false
  /** The source was told that we want no more, and why; it is told so once. */
  #stopped = false
  #failure: { readonly error: unknown } | undefined
  #interrupt: (() => void) | undefined
  #alarm: Alarm | undefined

  constructor(live: LiveTimeline, chain: FaultChain, clock: Clock, startedMs: number) {
    this.#source = live[Symbol.asyncIterator]()
    this.#chain = chain
    this.#clock = clock
    this.#startedMs = startedMs
  }

  async next(): Promise<IteratorResult<Step, undefined>> {
    for (;;) {
      const value = this.#out.shift()
      if (value) return { value, done: false }
      if (this.#failure) throw this.#takeFailure()
      if (this.#over) return { value: undefined, done: true }
      await this.#arrival().then(
        (arrival) => this.#take(arrival),
        (error) => this.#fail(error),
      )
    }
  }

  return(): Promise<IteratorResult<Step, undefined>> {
    this.#over = true
    this.#out.length = 0
    this.#stopSource('return')
    this.#interrupt?.()
    return Promise.resolve({ value: undefined, done: true })
  }

  #take(arrival: Arrival): void {
    if (this.#over) return
    if ('wakeAtMs' in arrival) {
      this.#give(this.#chain.wake(arrival.wakeAtMs))
    } else if (arrival.done) {
      this.#pending = undefined
      this.#over = true
      this.#give(this.#chain.end())
      return
    } else {
      this.#pending = undefined
      this.#give(this.#chain.push(arrival.value))
    }
    if (!this.#chain.ended) return
    this.#over = true
    this.#stopSource('detach')
  }

  /** Writes of no bytes were only to wake a fault: live time passes by itself. */
  #give(steps: readonly Step[]): void {
    for (const step of steps) {
      if (!isNothing(step)) this.#out.push(step)
    }
  }

  /** What faults held back came before the failure, so it goes out first. */
  #fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#give(this.#chain.end())
    this.#failure = { error }
  }

  #takeFailure(): unknown {
    const error = this.#failure?.error
    this.#failure = undefined
    return error
  }

  #arrival(): Promise<Arrival> {
    const wakeAtMs = this.#chain.wakeAtMs
    // Nothing can have arrived before the request did, so the upstream need not even be asked.
    if (wakeAtMs !== undefined && wakeAtMs <= 0) return Promise.resolve({ wakeAtMs })
    this.#pending ??= this.#source.next()
    const pending = this.#pending
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#alarm?.cancel()
        this.#alarm = undefined
        this.#interrupt = undefined
      }
      // An alarm may have been first: then this result waits in `#pending` for the next look.
      pending.then(
        (result) => {
          settle()
          resolve(result)
        },
        (error) => {
          settle()
          reject(error)
        },
      )
      this.#interrupt = () => {
        settle()
        resolve({ value: undefined, done: true })
      }
      // What has arrived by now goes first even where the time is past: an alarm never rings
      // before promises that are settled already.
      if (wakeAtMs !== undefined) this.#wakeAt(wakeAtMs, resolve)
    })
  }

  #wakeAt(wakeAtMs: number, resolve: (arrival: Arrival) => void): void {
    this.#alarm = this.#clock.at(this.#startedMs + wakeAtMs, () => {
      this.#alarm = undefined
      resolve({ wakeAtMs })
    })
  }

  /** A fault that ends the stream detaches; a client that leaves has us return. */
  #stopSource(how: 'detach' | 'return'): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
    if (this.#stopped) return
    this.#stopped = true
    if (how === 'detach' && this.#source.detach) this.#source.detach()
    else this.#source.return?.().catch(() => {})
  }
}
