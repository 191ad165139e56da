/**
 * The limits of one server: each exchange asks to be let in, is told how much is left, and gives
 * back its place at its very end. Knows nothing of sockets; counts are kept by a store.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { Clock } from '../../core/clock.ts'
import type { LimitRefusal, LimitsNow, LimitTold } from '../../core/limits.ts'
import type { Countable } from '../answers/countable.ts'
import { type Asks, asksOf } from './ask.ts'
import { type Admitted, Doorway } from './doorway.ts'
import { wholeMs } from './meters.ts'
import { type LimitStore, MemoryLimits } from './store.ts'

/** What became of one exchange at the door. */
export interface Entered {
  /** The limit in the way, and the error that says so. */
  readonly refused?: { readonly name: string; readonly error: ApiError }
  /** The client has gone while it waited. */
  readonly left: boolean
  readonly queuedMs: number
  readonly now: LimitsNow
  readonly asks: Asks
  /** Whether anybody is to count what is said. */
  readonly countsSaid: boolean
  /** The service never saw it: what it took is free again. */
  undo(): void
  /** The exchange is over: its place is free, and what it said is counted. */
  leave(said: number): void
}

export class Limits {
  readonly #clock: Clock
  readonly #store: LimitStore
  readonly #doorway: Doorway
  /** What came in before a reset is not counted after it. */
  readonly #inside = new Map<string, string>()
  #tickets = 0

  constructor(clock: Clock, store: LimitStore = new MemoryLimits()) {
    this.#clock = clock
    this.#store = store
    this.#doorway = new Doorway(store, clock)
  }

  /** Exchanges that wait for a place. */
  get waiting(): number {
    return this.#doorway.waiting
  }

  /** @param onLeave calls back when the client leaves; what it gives stops that */
  async enter(
    limits: Parameters<typeof asksOf>[0],
    counted: Countable,
    onLeave: (run: () => void) => () => void,
  ): Promise<Entered> {
    const asks = asksOf(limits, counted)
    this.#tickets += 1
    const ticket = `${this.#tickets}`
    const cameMs = this.#clock.now()
    const admitted = await this.#doorway.admit({ ticket, asks: asks.asks, onLeave })
    const queuedMs = this.#clock.now() - cameMs
    const left = admitted.left === true
    const refused = left || admitted.refused ? refusalOf(admitted, asks, counted) : undefined
    if (!refused) this.#inside.set(ticket, asks.asks[0]?.session ?? '')
    const isInside = (): boolean => this.#inside.has(ticket)
    return {
      ...(refused ? { refused } : {}),
      left,
      queuedMs,
      now: { told: byTightness(admitted), wallMs: this.#clock.wallTime(), tokens: asks.tokens },
      asks,
      countsSaid: !refused && asks.later.length > 0,
      undo: () => {
        if (isInside()) this.#later(this.#store.giveBack(ticket, asks.asks))
      },
      leave: (said) => {
        if (!refused) this.#leave(ticket, asks, said)
      },
    }
  }

  /** Forgets what was counted in one session or in all; what is under way has no place any more. */
  async reset(session?: string): Promise<void> {
    for (const [ticket, of] of this.#inside) {
      if (session === undefined || of === session) this.#inside.delete(ticket)
    }
    await this.#store.reset(session)
    this.#doorway.serveAll()
  }

  #leave(ticket: string, { asks, later }: Asks, said: number): void {
    if (this.#inside.delete(ticket) && said > 0) {
      const charged = later.map((ask) => ({ ...ask, amount: said }))
      this.#later(this.#store.charge(ticket, charged, this.#clock.now()))
    }
    this.#later(this.#doorway.leave(ticket, asks))
  }

  /** Nobody waits for it; a store of this process does not fail. */
  #later(done: Promise<void>): void {
    done.catch(() => {})
  }
}

/** What is nearest to its end comes first, and before all what refused. */
function byTightness({ told, refused }: Admitted): readonly LimitTold[] {
  const part = ({ limit, remaining }: LimitTold): number =>
    limit === refused?.ask.limit ? -1 : remaining / limit.most
  return [...told].sort((a, b) => part(a) - part(b) || b.resetMs - a.resetMs)
}

function refusalOf({ told, refused }: Admitted, { words }: Asks, { model }: Countable) {
  if (!refused) return undefined
  const { ask, waitMs } = refused
  const { limit } = ask
  const found = told.find((one) => one.limit === limit)
  const retryAfterMs = waitMs === undefined ? undefined : Math.max(1, wholeMs(waitMs))
  const refusal: LimitRefusal = {
    limit,
    remaining: found?.remaining ?? 0,
    resetMs: found?.resetMs ?? 0,
    model,
    asked: ask.amount,
    retryAfterMs,
  }
  const usual = limit.counted === 'concurrent' ? words.busy : undefined
  const error: ApiError = {
    code: limit.error ?? usual ?? 'rate-limited',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    limit: refusal,
  }
  return { name: limit.name, error }
}
