/**
 * The rate-limit headers of a reply: plausible and from the seed where nothing is counted, and those
 * of limits that are kept. Made-up tokens are in whole thousands, and resets in RFC 3339, as the
 * vendor's are.
 */
import type { Headers } from '../../core/http.ts'
import { type LimitRefusal, type LimitWords, tightest } from '../../core/limits.ts'
import { integer, type Random } from '../../core/random.ts'

const names = ['input-tokens', 'output-tokens', 'requests', 'tokens'] as const

export const rateLimitNames: readonly string[] = names.flatMap((name) =>
  ['limit', 'remaining', 'reset'].map((field) => `anthropic-ratelimit-${name}-${field}`),
)

export function rateLimitHeaders(random: Random, createdMs: number): Headers {
  const input = 1000 * integer(random, 0, 4)
  const output = 1000 * integer(random, 0, 2)
  const buckets = {
    'input-tokens': { limit: 400_000, used: input },
    'output-tokens': { limit: 80_000, used: output },
    requests: { limit: 4_000, used: integer(random, 1, 5) },
    tokens: { limit: 480_000, used: input + output },
  }
  return names.flatMap((name): [string, string][] => {
    const { limit, used } = buckets[name]
    // A bucket fills up evenly within a minute.
    const resetMs = createdMs + Math.ceil((used / limit) * 60) * 1000
    const prefix = `anthropic-ratelimit-${name}`
    return [
      [`${prefix}-limit`, `${limit}`],
      [`${prefix}-remaining`, `${limit - used}`],
      [`${prefix}-reset`, `${new Date(resetMs).toISOString().slice(0, 19)}Z`],
    ]
  })
}

const counted = {
  requests: 'requests',
  tokens: 'tokens',
  'input-tokens': 'inputTokens',
  'output-tokens': 'outputTokens',
} as const

/** Limits that are kept. What is said counts once it has been said, not by `max_tokens`. */
export const limitWords: LimitWords = {
  names: /^anthropic-ratelimit-/,
  headers: (now) =>
    names.flatMap((name): [string, string][] => {
      const told = tightest(now, counted[name])
      if (!told) return []
      // Never early: the next whole second.
      const reset = new Date(Math.ceil((now.wallMs + told.resetMs) / 1000) * 1000).toISOString()
      const prefix = `anthropic-ratelimit-${name}`
      return [
        [`${prefix}-limit`, `${told.limit.most}`],
        [`${prefix}-remaining`, `${told.remaining}`],
        [`${prefix}-reset`, `${reset.slice(0, 19)}Z`],
      ]
    }),
}

const nouns = {
  requests: 'requests',
  tokens: 'tokens',
  inputTokens: 'input tokens',
  outputTokens: 'output tokens',
  concurrent: 'concurrent connections',
} as const

/** What is said of a request that such a limit refuses. */
export function limitSentence({ limit }: LimitRefusal): string {
  if (limit.counted === 'concurrent') {
    return 'The number of concurrent connections has exceeded your rate limit.'
  }
  const time = { 1000: 'second', 60000: 'minute', 3600000: 'hour', 86400000: 'day' }
  const per = Object.entries(time).find(([ms]) => Number(ms) === limit.perMs)?.[1]
  const amount = `${limit.most.toLocaleString('en-US')} ${nouns[limit.counted]}`
  return `This request would exceed the rate limit of your organization: ${amount} per ${per ?? `${limit.perMs / 1000} seconds`}.`
}
