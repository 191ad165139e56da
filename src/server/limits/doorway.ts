/**
 * Lets exchanges in, one after the other, and keeps those waiting who find no place. Must never let
 * one that has come later overtake one that waits for the same place.
 */
import type { Clock } from '../../core/clock.ts'
import type { LimitAsk, LimitStore, Taken } from './store.ts'

export interface Asking {
  readonly ticket: string
  readonly asks: readonly LimitAsk[]
  /** Calls back when the client leaves; what it gives stops that. */
  onLeave(run: () => void): () => void
}

/** `left` where the client has gone while it waited. */
export type Admitted = Taken & { readonly left?: true }

interface Waiter extends Asking {
  readonly over: boolean
  end(result: Admitted | Promise<Admitted>): void
}

export class Doorway {
  readonly #store: LimitStore
  readonly #clock: Clock
  /** By the name of the count that has no place, first come first. */
  readonly #queues = new Map<string, Waiter[]>()
  readonly #serving = new Set<string>()
  readonly #calledAgain = new Set<string>()

  constructor(store: LimitStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async admit(asking: Asking): Promise<Admitted> {
    const { ticket, asks } = asking
    const before = asks.find(({ key }) => this.#queues.has(key))
    if (before) {
      const told = await this.#store.look(asks, this.#clock.now())
      return this.#wait(asking, { told, refused: { ask: before, waitMs: undefined } })
    }
    return this.#wait(asking, await this.#store.take(ticket, asks, this.#clock.now()))
  }

  /** Its places are free again. */
  async leave(ticket: string, asks: readonly LimitAsk[]): Promise<void> {
    const places = asks.filter(({ limit }) => limit.counted === 'concurrent')
    if (places.length === 0) return
    await this.#store.giveBack(ticket, places)
    for (const { key } of places) this.#serve(key)
  }

  /** Looks again whether those who wait have a place. */
  serveAll(): void {
    for (const key of this.#queues.keys()) this.#serve(key)
  }

  /** As it was answered, unless there is a queue to stand in. */
  #wait(asking: Asking, taken: Taken): Admitted | Promise<Admitted> {
    const { refused } = taken
    const queue = refused?.ask.limit.queue
    if (!refused || !queue) return taken
    const { key } = refused.ask
    const line = this.#queues.get(key) ?? []
    if (line.length >= queue.length) return taken
    return new Promise((resolve) => {
      const waiter = this.#waiter(asking, key, resolve)
      line.push(waiter)
      this.#queues.set(key, line)
      const stopListening = asking.onLeave(() => waiter.end({ ...taken, left: true }))
      const alarm =
        queue.waitMs === undefined
          ? undefined
          : this.#clock.at(this.#clock.now() + queue.waitMs, () => waiter.end(taken))
      waiter.onEnd = () => {
        stopListening()
        alarm?.cancel()
      }
      // A place may have become free while the store was asked.
      this.#serve(key)
    })
  }

  #waiter(asking: Asking, key: string, resolve: (result: Admitted | Promise<Admitted>) => void) {
    const waiter = {
      ...asking,
      over: false,
      onEnd: (): void => {},
      end: (result: Admitted | Promise<Admitted>): void => {
        if (waiter.over) return
        waiter.over = true
        waiter.onEnd()
        const line = (this.#queues.get(key) ?? []).filter((one) => one !== waiter)
        if (line.length > 0) this.#queues.set(key, line)
        else this.#queues.delete(key)
        resolve(result)
      },
    }
    return waiter
  }

  /** One at a time for each queue: a store that answers late must not be asked for two heads. */
  #serve(key: string): void {
    if (this.#serving.has(key)) {
      this.#calledAgain.add(key)
      return
    }
    this.#serving.add(key)
    this.#letIn(key).finally(() => {
      this.#serving.delete(key)
      if (this.#calledAgain.delete(key)) this.#serve(key)
    })
  }

  async #letIn(key: string): Promise<void> {
    for (;;) {
      const first = this.#queues.get(key)?.[0]
      if (!first) return
      const taken = await this.#store.take(first.ticket, first.asks, this.#clock.now())
      if (first.over) {
        if (!taken.refused) await this.#store.giveBack(first.ticket, first.asks)
      } else if (taken.refused?.ask.key === key) return
      // Another limit may have no place for it, and a queue of its own.
      else first.end(taken.refused ? this.#wait(first, taken) : taken)
    }
  }
}
