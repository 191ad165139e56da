/**
 * All that exchanges share, behind one interface of atomic steps: each is asked with one piece of
 * plain data and answered with another, and is done as a whole or not at all. In this process it is
 * a memory that answers at once; with workers it is a channel to whoever holds that memory, and a
 * store elsewhere could take its place without a caller noticing.
 *
 * Must never hold functions, classes or the identity of objects in what is asked and answered.
 */
import type { Soon } from '../../core/soon.ts'
import type { SequenceAsk } from '../../scenario/sequences.ts'
import type { RuleStates, TakeAnswer, TakeAsk } from '../../scenario/state.ts'
import type { FaultsDrawn, RunTimeEntry, RunTimeSet } from '../faults/run-time-faults.ts'
import type { Admitted, EnterAsk, LeaveAsk } from '../limits/steps.ts'

/** Nothing is lost of it as JSON; `null` where there is nothing to say. */
export interface Steps {
  /** The first candidate that may answer does, and is counted. */
  take(ask: TakeAsk): Soon<TakeAnswer>
  /** The place of the take that comes next. */
  play(ask: PlayAsk): Soon<number | null>
  /** Whether the sequence goes on. */
  hasUnplayed(ask: PlayAsk): Soon<boolean>
  /** Which request of the session this is for the plan, from 1. */
  nextInPlan(ask: { readonly session: string; readonly plan: string }): Soon<number>
  /** Lets a request in, or says why not; is answered late where there is a line to stand in. */
  enter(ask: EnterAsk): Soon<Admitted>
  /** It waits no longer. */
  stopWaiting(ask: { readonly ticket: string }): Soon<null>
  /** As if it had never been let in; its place stays taken until it leaves. */
  undo(ask: EnterAsk): Soon<null>
  /** Its place is free; what it said is counted. */
  leave(ask: LeaveAsk): Soon<null>
  addFaults(ask: RunTimeSet): Soon<RunTimeEntry>
  /** Those that hold, in the order in which they were added. */
  faults(ask: null): Soon<readonly RunTimeEntry[]>
  /** Null is all of them; false where there are none of this id. */
  removeFaults(ask: RemoveAsk): Soon<boolean>
  /** A request gets those of these that still hold; each is counted. */
  drawFaults(ask: { readonly ids: readonly number[] }): Soon<FaultsDrawn>
  /** One of them acted, by its place in its list. */
  noteActed(ask: { readonly id: number; readonly at: number }): Soon<null>
  /** Forgets all of one session, or all. */
  reset(ask: { readonly session?: string }): Soon<null>
}

export type StepName = keyof Steps

export interface PlayAsk extends SequenceAsk {
  readonly session: string
}

export interface RemoveAsk {
  readonly id?: number
  readonly session?: string
}

/** Changes that others made, which every process must know. */
export interface Heard {
  faults(sets: readonly RunTimeSet[]): void
}

export interface SharedState extends RuleStates, Steps {
  /** Set where others take steps as well: how they are told of. */
  readonly others?: { tell(heard: Heard): void }
}
