/**
 * How the steps of one process reach the memory of another: batches of plain data, all steps of one
 * turn of the event loop in one message and all answers of one turn in one. Plain types; knows
 * nothing of what carries them.
 */
import type { RunTimeSet } from '../faults/run-time-faults.ts'
import type { StepName } from './shared-state.ts'

/** One end of a pipe that keeps the order of its messages and loses none while it is open. */
export interface StateChannel {
  send(message: StateMessage): void
  /** Messages of the other end, one after the other. */
  onMessage(hear: (message: StateMessage) => void): void
}

export type StateMessage = StepsMessage | AnswersMessage

/** To the one who holds the memory. */
export interface StepsMessage {
  readonly steps: readonly SentStep[]
  /** The latest news that was taken note of. */
  readonly heard?: number
}

/**
 * Number 0 wants no answer. With `times` it is done as often, without anything in between, and its
 * answer is a list of as many.
 */
type SentStep = readonly [number: number, name: StepName, ask: unknown, times?: number]

/** From the one who holds the memory. */
interface AnswersMessage {
  readonly answers: readonly StateAnswer[]
  /** Comes before the answers, and is to be taken note of first. */
  readonly news?: StateNews
}

/** The number of its step, and what was answered, or what went wrong. */
export type StateAnswer =
  | readonly [step: number, answer: unknown]
  | readonly [
      step: number,
      answer: null,
      failed: { readonly code: string; readonly message: string },
    ]

/** What every process must know before the step that brought it about is answered. */
export interface StateNews {
  readonly number: number
  /** The faults added at run time, all that there are now. */
  readonly faults?: readonly RunTimeSet[]
}
