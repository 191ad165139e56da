/**
 * The shared state in this process: every step is done at once. Must never make a promise on the
 * road of a reply that has no limits; those may have to wait for a place anyway.
 */
import type { Clock } from '../../core/clock.ts'
import {
  SessionStates,
  type SessionView,
  type TakeAnswer,
  type TakeAsk,
} from '../../scenario/state.ts'
import { PlanPlaces } from '../faults/plan-places.ts'
import {
  type FaultsDrawn,
  type Known,
  type RunTimeEntry,
  RunTimeFaults,
  type RunTimeSet,
} from '../faults/run-time-faults.ts'
import { Hall } from '../limits/hall.ts'
import type { Admitted, EnterAsk, LeaveAsk } from '../limits/steps.ts'
import type { PlayAsk, RemoveAsk, SharedState } from './shared-state.ts'

export class SharedMemory implements SharedState {
  readonly runTimeFaults: RunTimeFaults
  readonly #rules = new SessionStates()
  readonly #plans = new PlanPlaces()
  readonly #hall: Hall

  constructor(clock: Clock) {
    this.runTimeFaults = new RunTimeFaults(clock)
    this.#hall = new Hall(clock)
  }

  view(session: string, dialogue: string | undefined): SessionView {
    return this.#rules.view(session, dialogue)
  }

  take(ask: TakeAsk): TakeAnswer {
    return this.#rules.take(ask)
  }

  play(ask: PlayAsk): number | null {
    return this.#rules.sequences.next(ask.session, ask) ?? null
  }

  hasUnplayed(ask: PlayAsk): boolean {
    return this.#rules.sequences.hasUnplayed(ask.session, ask)
  }

  nextInPlan({ session, plan }: { readonly session: string; readonly plan: string }): number {
    return this.#plans.next(session, plan)
  }

  enter(ask: EnterAsk): Promise<Admitted> {
    return this.#hall.enter(ask)
  }

  stopWaiting({ ticket }: { readonly ticket: string }): null {
    this.#hall.stopWaiting(ticket)
    return null
  }

  async undo(ask: EnterAsk): Promise<null> {
    await this.#hall.undo(ask)
    return null
  }

  async leave(ask: LeaveAsk): Promise<null> {
    await this.#hall.leave(ask)
    return null
  }

  addFaults(set: RunTimeSet): RunTimeEntry {
    return this.runTimeFaults.addSet(set)
  }

  faults(): readonly RunTimeEntry[] {
    return this.runTimeFaults.entries
  }

  removeFaults({ id, session }: RemoveAsk): boolean {
    if (id !== undefined) return this.runTimeFaults.remove(id)
    this.runTimeFaults.clear(session)
    return true
  }

  drawFaults({ ids }: { readonly ids: readonly number[] }): FaultsDrawn {
    return this.runTimeFaults.draw(ids)
  }

  noteActed({ id, at }: { readonly id: number; readonly at: number }): null {
    this.runTimeFaults.noteActed(id, at)
    return null
  }

  /** @param known what those may name that are added by a server of this process */
  faultsKnowing(known: () => Known): RunTimeFaults {
    this.runTimeFaults.known = known
    return this.runTimeFaults
  }

  async reset({ session }: { readonly session?: string }): Promise<null> {
    this.#rules.reset(session)
    this.#plans.reset(session)
    this.runTimeFaults.clear(session)
    await this.#hall.reset(session)
    return null
  }
}
