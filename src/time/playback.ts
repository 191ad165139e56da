/** A timeline that is being played, as those see it who watch or steer it. */
import type { Clock } from '../core/clock.ts'
import type { Ending, HeadStep, WriteStep } from '../core/timeline.ts'
import type { LagMeter, Late } from './lag-watch.ts'

/** How a playback came to its end. `stopped` is the server's own doing, such as a drain. */
export type Ended = Ending | 'client-left' | 'stopped' | 'failed'

export interface Outcome {
  readonly ended: Ended
  /** Body bytes and chunks handed to the sink. */
  readonly bytes: number
  readonly chunks: number
  /** From the request's arrival. */
  readonly durationMs: number
  /** How long it was paused. What comes after a pause is not late by it, unless it caught up. */
  readonly pausedMs: number
  /** The most that a step was late against its `atMs`, by our doing. */
  readonly maxLagMs: number
  /** Set where it could not be kept on time. */
  readonly late?: Late
  /** The source's error, where it failed. */
  readonly error?: unknown
}

export interface Playback {
  readonly done: Promise<Outcome>
  /** True once a status line is on its way. */
  readonly begun: boolean
  /** That was handed to the sink. */
  readonly head: HeadStep | undefined
  /** When the head and the first bytes of the body were handed to the sink, since the arrival. */
  readonly headMs: number | undefined
  readonly firstByteMs: number | undefined
  /** Body bytes and chunks handed to the sink so far, what was pushed in included. */
  readonly bytes: number
  readonly chunks: number
  /** Of these bytes, those that were pushed in. */
  readonly pushedBytes: number
  /** True while the timeline has nothing more to give and only silence is played. */
  readonly hanging: boolean
  readonly paused: boolean
  /** The last step is played, whoever asked for it. */
  readonly over: boolean
  /** May pause the playback; can be set at any time. */
  gate: Gate | undefined
  /** What is due by now has been played; nothing more is, and nothing more is pulled. */
  pause(): void
  /**
   * What is left keeps its distances to what has been played. To catch up is to play it at its own
   * times instead, and what is past by now at once.
   */
  resume(catchUp?: boolean): void
  /** Plays on without waiting for any step's time, until the gate pauses it again. */
  hurry(): void
  /** A chunk that the timeline does not have, now, also while it is paused or hangs. */
  push(bytes: Uint8Array): void
  /** An ending that the timeline does not have, now, also while it is paused or hangs. */
  end(ending: Ending): void
  stop(): void
}

/**
 * Asked for the head and for each chunk when it is due: after how many of its bytes to pause, or
 * undefined for not at all. After 0 bytes of a head is right behind it.
 */
export type Gate = (step: HeadStep | WriteStep) => number | undefined

export interface PlayOptions {
  readonly clock: Clock
  /** When the request arrived, on the clock's scale; `atMs` counts from here. */
  readonly startedMs: number
  readonly observer?: PlayObserver
  readonly gate?: Gate | undefined
  /** Paused before anything, the head included. */
  readonly paused?: boolean
  /** Gets the lag of every chunk that has a time. */
  readonly lag?: LagMeter | undefined
  /** When the client had sent all of its request, on the clock's scale. */
  readonly readyMs?: number | undefined
}

/** Is told while it is played, also before `begin` has returned. */
export interface PlayObserver {
  /** Something was handed to the sink. */
  onSent(): void
  /** It has been paused, by whoever. */
  onPause(): void
  /** Only silence is left; not before `begin` has returned. */
  onHang?(): void
  /** The last that is told. */
  onOver?(outcome: Outcome): void
}
