/**
 * Where counts are kept: a few steps, each done as a whole or not at all, so that several processes
 * can share one store. Must never wait for anything but its own answer: queues are not kept here.
 */
import type { Limit, LimitTold } from '../../core/limits.ts'
import { type Meter, meterFor } from './meters.ts'

/** What a request asks of one limit. */
export interface LimitAsk {
  /** Names the count: the limit, the session, and what sets this request apart. */
  readonly key: string
  readonly limit: Limit
  readonly session: string
  readonly amount: number
}

export interface Taken {
  /** In the order of what was asked; after it was taken, where it was. */
  readonly told: readonly LimitTold[]
  /** Set where nothing was taken: the one that has no room for the longest time, and for how long. */
  readonly refused?: { readonly ask: LimitAsk; readonly waitMs: number | undefined }
}

export interface LimitStore {
  /** Takes from all of them, or from none. A ticket names who takes. */
  take(ticket: string, asks: readonly LimitAsk[], nowMs: number): Promise<Taken>
  /** Counts what nobody could know before, whether there is room or not. */
  charge(ticket: string, asks: readonly LimitAsk[], nowMs: number): Promise<void>
  /** What the ticket took of these is free again, as if it had never been taken. */
  giveBack(ticket: string, asks: readonly LimitAsk[]): Promise<void>
  look(asks: readonly LimitAsk[], nowMs: number): Promise<readonly LimitTold[]>
  /** Forgets what was counted in one session, or all of it. */
  reset(session?: string): Promise<void>
}

interface Kept {
  readonly session: string
  readonly meter: Meter
}

const defaultMost = 10_000

/** In this process. Bounded, so that a server which runs for weeks does not grow. */
export class MemoryLimits implements LimitStore {
  readonly #kept = new Map<string, Kept>()
  readonly #most: number

  /** @param most counts that are kept; past it those unused for longest are forgotten */
  constructor(most = defaultMost) {
    this.#most = most
  }

  async take(ticket: string, asks: readonly LimitAsk[], nowMs: number): Promise<Taken> {
    const refused = refusalAmong(
      asks.map((ask) => ({ ask, waitMs: this.#meter(ask).waitMs(ask.amount, nowMs) })),
    )
    if (!refused) for (const ask of asks) this.#meter(ask).take(ticket, ask.amount, nowMs)
    const told = this.#told(asks, nowMs)
    return refused ? { told, refused } : { told }
  }

  async charge(ticket: string, asks: readonly LimitAsk[], nowMs: number): Promise<void> {
    for (const ask of asks) this.#meter(ask).take(ticket, ask.amount, nowMs)
  }

  async giveBack(ticket: string, asks: readonly LimitAsk[]): Promise<void> {
    // A count that is forgotten has nothing to give back.
    for (const { key } of asks) this.#kept.get(key)?.meter.giveBack(ticket)
  }

  async look(asks: readonly LimitAsk[], nowMs: number): Promise<readonly LimitTold[]> {
    return this.#told(asks, nowMs)
  }

  async reset(session?: string): Promise<void> {
    for (const [key, kept] of this.#kept) {
      if (session === undefined || kept.session === session) this.#kept.delete(key)
    }
  }

  #told(asks: readonly LimitAsk[], nowMs: number): readonly LimitTold[] {
    return asks.map((ask) => {
      const meter = this.#meter(ask)
      return {
        limit: ask.limit,
        remaining: meter.remaining(nowMs),
        resetMs: Math.max(0, meter.resetMs(nowMs)),
      }
    })
  }

  #meter({ key, limit, session }: LimitAsk): Meter {
    const kept = this.#kept.get(key) ?? { session, meter: meterFor(limit) }
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) break
      this.#kept.delete(oldest)
    }
    return kept.meter
  }
}

type Waiting = NonNullable<Taken['refused']>

/** To come back when only the first of several has room would be too early. */
function refusalAmong(asked: readonly Waiting[]): Waiting | undefined {
  const refused = asked.filter(({ waitMs }) => waitMs !== 0)
  // A rate comes before a place: one that waits for a place in vain should not have waited.
  const isRate = ({ ask }: Waiting): boolean => ask.limit.counted !== 'concurrent'
  const rates = refused.filter(isRate)
  return longest(rates) ?? refused[0]
}

function longest(refused: readonly Waiting[]): Waiting | undefined {
  const msOf = ({ waitMs }: Waiting): number => waitMs ?? Number.POSITIVE_INFINITY
  return refused.reduce<Waiting | undefined>(
    (most, one) => (most && msOf(most) >= msOf(one) ? most : one),
    undefined,
  )
}
