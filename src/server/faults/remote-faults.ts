/**
 * Faults at run time that another process keeps: which there are is known here, so that only
 * requests that some are for have to ask; how often they have acted is counted there.
 */
import { type Soon, soon } from '../../core/soon.ts'
import type { GivenFaults } from '../../faults/asked.ts'
import type { FaultSpec } from '../../faults/fault.ts'
import type { SharedState } from '../shared/shared-state.ts'
import {
  checkSet,
  type Drawn,
  type FaultsAtRunTime,
  type Known,
  type RunTimeEntry,
  type RunTimeOptions,
  type RunTimeSet,
  specsOf,
  type Target,
  targetTest,
} from './run-time-faults.ts'

interface SetHere {
  readonly id: number
  readonly specs: readonly FaultSpec[]
  readonly fits: (target: Target) => boolean
}

export class RemoteFaults implements FaultsAtRunTime {
  readonly #shared: SharedState
  readonly #known: () => Known
  #sets: readonly SetHere[] = []

  constructor(shared: SharedState, known: () => Known) {
    this.#shared = shared
    this.#known = known
  }

  /** All that there are now. */
  set(sets: readonly RunTimeSet[]): void {
    this.#sets = sets.map(({ id = 0, faults, options }) => ({
      id,
      specs: specsOf(faults),
      fits: targetTest(options),
    }))
  }

  async add(faults: GivenFaults, options: RunTimeOptions = {}): Promise<RunTimeEntry> {
    return await this.#shared.addFaults(checkSet(faults, options, this.#known()))
  }

  all(): Soon<readonly RunTimeEntry[]> {
    return this.#shared.faults(null)
  }

  get(id: number): Soon<RunTimeEntry | undefined> {
    return soon(this.all(), (entries) => entries.find((one) => one.id === id))
  }

  remove(id: number): Soon<boolean> {
    return this.#shared.removeFaults({ id })
  }

  clear(session?: string): Soon<void> {
    const ask = session === undefined ? {} : { session }
    return soon(this.#shared.removeFaults(ask), () => undefined)
  }

  drawFor(target: Target): Soon<readonly Drawn[]> {
    const fitting = this.#sets.filter(({ fits }) => fits(target))
    if (fitting.length === 0) return []
    const ids = fitting.map(({ id }) => id)
    return soon(this.#shared.drawFaults({ ids }), (drawn) =>
      fitting
        .filter(({ id }) => drawn.includes(id))
        .map(({ id, specs }) => ({
          id,
          specs,
          acted: (at) => {
            this.#shared.noteActed({ id, at })
          },
        })),
    )
  }
}
