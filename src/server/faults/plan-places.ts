/**
 * How far each session is in the plans of faults that count requests by themselves. Bounded, so that
 * a server which runs for weeks does not grow.
 */

const defaultLimit = 10_000

export class PlanPlaces {
  readonly #sessions = new Map<string, Map<string, number>>()
  readonly #limit: number

  /** @param limit sessions that are remembered; past it the one unused for longest is forgotten */
  constructor(limit = defaultLimit) {
    this.#limit = limit
  }

  /** Which request of the session this is for the plan, from 1. */
  next(session: string, plan: string): number {
    const places = this.#sessions.get(session) ?? new Map<string, number>()
    this.#sessions.delete(session)
    this.#sessions.set(session, places)
    const nth = (places.get(plan) ?? 0) + 1
    places.set(plan, nth)
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#limit) break
      this.#sessions.delete(oldest)
    }
    return nth
  }

  /** Begins anew for one session, or for all of them. */
  reset(session?: string): void {
    if (session === undefined) this.#sessions.clear()
    else this.#sessions.delete(session)
  }
}
