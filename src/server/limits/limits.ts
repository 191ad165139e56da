/**
 * The limits of one server: each exchange asks to be let in, is told how much is left, and gives
 * back its place at its very end. Knows nothing of sockets; counts are kept in the shared state.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { Clock } from '../../core/clock.ts'
import type { LimitRefusal, LimitsNow, LimitTold } from '../../core/limits.ts'
import type { Countable } from '../answers/countable.ts'
import type { SharedState } from '../shared/shared-state.ts'
import { type Asks, asksOf } from './ask.ts'
import { wholeMs } from './meters.ts'
import type { Admitted } from './steps.ts'

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
  readonly #shared: SharedState
  #tickets = 0
  /** Exchanges of this process that wait for a place. */
  waiting = 0

  constructor(clock: Clock, shared: SharedState) {
    this.#clock = clock
    this.#shared = shared
  }

  /** @param onLeave calls back when the client leaves; what it gives stops that */
  async enter(
    limits: Parameters<typeof asksOf>[0],
    counted: Countable,
    onLeave: (run: () => void) => () => void,
  ): Promise<Entered> {
    const asks = asksOf(limits, counted)
    this.#tickets += 1
    const entering = { ticket: `${this.#tickets}`, asks: asks.asks }
    const cameMs = this.#clock.now()
    const stopListening = onLeave(() => {
      this.#shared.stopWaiting({ ticket: entering.ticket })
    })
    this.waiting += 1
    const admitted = await this.#shared.enter(entering)
    this.waiting -= 1
    stopListening()
    const queuedMs = this.#clock.now() - cameMs
    const left = admitted.left === true
    const refused = left || admitted.refused ? refusalOf(admitted, asks, counted) : undefined
    const told = byTightness(admitted, asks)
    return {
      ...(refused ? { refused } : {}),
      left,
      queuedMs,
      now: { told, wallMs: this.#clock.wallTime(), tokens: asks.tokens },
      asks,
      countsSaid: !refused && asks.later.length > 0,
      undo: () => {
        if (!refused) this.#shared.undo(entering)
      },
      leave: (amount) => {
        const said = amount > 0 ? asks.later.map((ask) => ({ ...ask, amount })) : []
        if (!refused) this.#shared.leave({ ...entering, said })
      },
    }
  }
}

const toldBy = ({ told }: Admitted, { asks }: Asks): readonly LimitTold[] =>
  asks.flatMap(({ limit }, at) => {
    const figures = told[at]
    return figures ? [{ limit, ...figures }] : []
  })

/** What is nearest to its end comes first, and before all what refused. */
function byTightness(admitted: Admitted, asks: Asks): readonly LimitTold[] {
  const inTheWay = asks.asks[admitted.refused?.at ?? -1]?.limit
  const part = ({ limit, remaining }: LimitTold): number =>
    limit === inTheWay ? -1 : remaining / limit.most
  return [...toldBy(admitted, asks)].sort((a, b) => part(a) - part(b) || b.resetMs - a.resetMs)
}

function refusalOf(admitted: Admitted, asks: Asks, { model }: Countable) {
  const { refused } = admitted
  const ask = asks.asks[refused?.at ?? -1]
  if (!refused || !ask) return undefined
  const { limit } = ask
  const { waitMs } = refused
  const found = toldBy(admitted, asks).find((one) => one.limit === limit)
  const retryAfterMs = waitMs === undefined ? undefined : Math.max(1, wholeMs(waitMs))
  const refusal: LimitRefusal = {
    limit,
    remaining: found?.remaining ?? 0,
    resetMs: found?.resetMs ?? 0,
    model,
    asked: ask.amount,
    retryAfterMs,
  }
  const usual = limit.counted === 'concurrent' ? asks.words.busy : undefined
  const error: ApiError = {
    code: limit.error ?? usual ?? 'rate-limited',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    limit: refusal,
  }
  return { name: limit.name, error }
}
