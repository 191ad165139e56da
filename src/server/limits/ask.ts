/** What a request asks of the limits that hold for it. Reads only; counts nothing. */
import { isApiError } from '../../core/dialect.ts'
import { type Limit, type LimitWords, plainLimitWords } from '../../core/limits.ts'
import { inputTokens } from '../../dialects/shapes/input-tokens.ts'
import { defaultSession } from '../answers/answered.ts'
import type { Countable } from '../answers/countable.ts'
import type { LimitAsk } from './store.ts'

/** All that a request is counted for. */
export interface Asks {
  readonly asks: readonly LimitAsk[]
  /** Those that what was said is added to at the end. */
  readonly later: readonly LimitAsk[]
  /** Tokens that are counted before anything is said. */
  readonly tokens: number
  readonly words: LimitWords
}

export function asksOf(limits: readonly Limit[], counted: Countable): Asks {
  const words = counted.asked.place.dialect?.limits ?? plainLimitWords
  const input = inputOf(counted)
  const ahead = isApiError(counted.request) ? 0 : words.tokensAhead?.(counted.request, input)
  const amounts = {
    requests: 1,
    concurrent: 1,
    inputTokens: input,
    outputTokens: 0,
    tokens: ahead ?? input,
  }
  const asks = limits
    .filter((limit) => holds(limit, counted))
    .map((limit) => askOf(limit, amounts[limit.counted], counted))
  const isLater = ({ limit }: LimitAsk): boolean =>
    limit.counted === 'outputTokens' || (limit.counted === 'tokens' && ahead === undefined)
  return { asks, later: asks.filter(isLater), tokens: amounts.tokens, words }
}

/** A request that the dialect refuses was read all the same: by the size of its body. */
function inputOf({ request, asked }: Countable): number {
  if (!isApiError(request) && request.messages.length > 0) return inputTokens(request.messages)
  return Math.ceil(asked.question.http.body.length / 4)
}

function holds({ keys, models, dialects }: Limit, counted: Countable): boolean {
  const { key, model } = counted
  const dialect = counted.asked.place.dialect?.name
  const isAmong = (named: readonly string[] | undefined, value: string | undefined): boolean =>
    named === undefined || (value !== undefined && named.includes(value))
  return isAmong(keys, key) && isAmong(models, model) && isAmong(dialects, dialect)
}

function askOf(limit: Limit, amount: number, counted: Countable): LimitAsk {
  const { key, model, asked } = counted
  const session = asked.question.session ?? defaultSession
  const values = { key, model, dialect: asked.place.dialect?.name }
  const apart = limit.by.map((what) => values[what] ?? null)
  return { key: JSON.stringify([limit, session, apart]), limit, session, amount }
}
