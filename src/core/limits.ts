/**
 * How much a service lets in: what is counted, what is left of it, and what a refusal says. Plain
 * data, so that dialects can tell of limits in their own words without keeping any.
 */
import type { ChatRequest } from './chat-request.ts'
import type { Headers } from './http.ts'

export type Counted = 'requests' | 'tokens' | 'inputTokens' | 'outputTokens' | 'concurrent'

/** What may set one request's count apart from another's. */
export const countedApart = ['key', 'model', 'dialect'] as const

type CountedApart = (typeof countedApart)[number]

/** What a service may answer instead of letting a request in. */
export const limitErrors = ['rate-limited', 'unavailable', 'overloaded'] as const

type LimitError = (typeof limitErrors)[number]

export interface Limit {
  /** Shown in the journal and in `x-stuntdouble-rule`: `limit/NAME`. */
  readonly name: string
  readonly counted: Counted
  readonly most: number
  /** The time in which so much is let in; 0 where exchanges at one time are counted. */
  readonly perMs: number
  /** A window slides, and frees what it counted when that is so old; a bucket fills up evenly. */
  readonly as: 'window' | 'bucket'
  readonly by: readonly CountedApart[]
  /** It holds for these alone; undefined is all of them. */
  readonly keys: readonly string[] | undefined
  readonly models: readonly string[] | undefined
  readonly dialects: readonly string[] | undefined
  /** Where those wait that find no place; without it they are refused at once. */
  readonly queue: LimitQueue | undefined
  /** Instead of what the dialect has for it. */
  readonly error: LimitError | undefined
}

interface LimitQueue {
  /** How many may wait. */
  readonly length: number
  /** How long one may; undefined is without end. */
  readonly waitMs: number | undefined
}

/** A limit at one moment. */
export interface LimitTold {
  readonly limit: Limit
  /** Never below 0. */
  readonly remaining: number
  /** Until all of it is free again. */
  readonly resetMs: number
}

export interface LimitRefusal extends LimitTold {
  readonly model: string | undefined
  /** How much of it the request asked for. */
  readonly asked: number
  /** The first moment at which it would be let in, if nobody else comes; undefined where it never is. */
  readonly retryAfterMs: number | undefined
}

/** What a dialect's headers of limits are written from. */
export interface LimitsNow {
  /** Every limit that holds for the request, tightest first. */
  readonly told: readonly LimitTold[]
  /** Milliseconds since 1970. */
  readonly wallMs: number
  /** What the request was counted for in advance. */
  readonly tokens: number
}

/** How a service tells of its limits. */
export interface LimitWords {
  /** The headers of every answer. */
  headers(now: LimitsNow): Headers
  /** Names, in lower case, of headers that hold made-up or taped figures otherwise. */
  readonly names: RegExp
  /**
   * Where the service counts what a request may use before it has used it: the tokens in all, or
   * undefined where this request does not say. Otherwise what was said is counted at its end.
   */
  tokensAhead?(request: ChatRequest, inputTokens: number): number | undefined
  /** What it answers when too much is going on at once; `rate-limited` unless given. */
  readonly busy?: LimitError
}

/** The tightest limit of what is counted so; those of several times are told by the tightest. */
export const tightest = ({ told }: LimitsNow, counted: Counted): LimitTold | undefined =>
  told.find(({ limit }) => limit.counted === counted)

/** Never early: whole seconds, rounded up. */
export const wholeSeconds = (ms: number): number => Math.ceil(ms / 1000)

/**
 * The fields of the draft on RateLimit header fields, for services that have none of their own:
 * of the limit that is nearest to its end. Source: draft-ietf-httpapi-ratelimit-headers-06.
 */
export const plainLimitWords: LimitWords = {
  names: /^ratelimit(?:-|$)/,
  headers: ({ told }) => {
    const rates = told.filter(({ limit }) => limit.counted !== 'concurrent')
    const [first] = rates
    if (!first) return []
    const policy = rates.map(({ limit }) => `${limit.most};w=${wholeSeconds(limit.perMs)}`)
    return [
      ['ratelimit-limit', `${first.limit.most}`],
      ['ratelimit-remaining', `${first.remaining}`],
      ['ratelimit-reset', `${wholeSeconds(first.resetMs)}`],
      ['ratelimit-policy', policy.join(', ')],
    ]
  },
}

/** A service that tells nothing of its limits in headers, but for when to come again. */
export const silentLimitWords: LimitWords = { names: /^ratelimit(?:-|$)/, headers: () => [] }
