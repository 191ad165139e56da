/** What Mistral's gateway writes on every reply: ids of the exchange, and what is left of the limits. */
import type { ReplyContext } from '../../core/dialect.ts'
import type { Headers } from '../../core/http.ts'
import { type Counted, type LimitWords, tightest, wholeSeconds } from '../../core/limits.ts'
import { integer, type Random, uuid } from '../../core/random.ts'

/** One id under two names. */
export function correlation(random: Random): Headers {
  const id = uuid(random.fork('headers'))
  return [
    ['mistral-correlation-id', id],
    ['x-kong-request-id', id],
  ]
}

const limits = { tokensMinute: 500_000, tokensMonth: 1_000_000_000, requests: 60 }

/** Plausible figures: nothing is counted. */
export function serviceHeaders({ random }: ReplyContext): Headers {
  const source = random.fork('limits')
  const cost = integer(source, 10, 900)
  return [
    ...correlation(random),
    ['x-kong-upstream-latency', `${integer(source, 60, 900)}`],
    ['x-kong-proxy-latency', `${integer(source, 3, 12)}`],
    ['x-ratelimit-limit-req-10-second', `${limits.requests}`],
    ['x-ratelimit-remaining-req-10-second', `${limits.requests - integer(source, 1, 5)}`],
    ['x-ratelimit-limit-tokens-minute', `${limits.tokensMinute}`],
    ['x-ratelimit-remaining-tokens-minute', `${limits.tokensMinute - cost}`],
    ['x-ratelimit-limit-tokens-month', `${limits.tokensMonth}`],
    ['x-ratelimit-remaining-tokens-month', `${limits.tokensMonth - 40 * cost}`],
    ['x-ratelimit-tokens-query-cost', `${cost}`],
  ]
}

/** For tapes. */
export const headerNames: readonly string[] = [
  'mistral-correlation-id',
  'x-kong-request-id',
  'x-kong-upstream-latency',
  'x-kong-proxy-latency',
  'x-ratelimit-limit-req-10-second',
  'x-ratelimit-remaining-req-10-second',
  'x-ratelimit-limit-tokens-minute',
  'x-ratelimit-remaining-tokens-minute',
  'x-ratelimit-limit-tokens-month',
  'x-ratelimit-remaining-tokens-month',
  'x-ratelimit-tokens-query-cost',
]

/** The window stands in the name: `req-10-second`, `tokens-minute`. */
function windowName(perMs: number): string {
  const seconds = wholeSeconds(perMs)
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const
  const [name, unit] = units.find(([, unit]) => seconds % unit === 0) ?? ['second', 1]
  return seconds === unit ? name : `${seconds / unit}-${name}`
}

const limitNames: readonly (readonly [counted: Counted, name: string])[] = [
  ['requests', 'req'],
  ['tokens', 'tokens'],
]

/** Limits that are kept. */
export const limitWords: LimitWords = {
  names: /^x-ratelimit-/,
  headers: (now) => [
    ...limitNames.flatMap(([counted, name]): [string, string][] => {
      const told = tightest(now, counted)
      if (!told) return []
      const window = `${name}-${windowName(told.limit.perMs)}`
      return [
        [`x-ratelimit-limit-${window}`, `${told.limit.most}`],
        [`x-ratelimit-remaining-${window}`, `${told.remaining}`],
      ]
    }),
    ...(tightest(now, 'tokens')
      ? [['x-ratelimit-tokens-query-cost', `${now.tokens}`] as const]
      : []),
  ],
}
