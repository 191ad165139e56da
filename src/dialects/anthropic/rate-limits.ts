/**
 * The rate-limit headers of a reply: plausible and from the seed, since nothing is counted. Tokens
 * that remain are in whole thousands, and resets in RFC 3339, as the vendor's are.
 */
import type { Headers } from '../../core/http.ts'
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
