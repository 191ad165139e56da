/**
 * Limits that are kept, in OpenAI's words, which the services that are compatible with it have, too:
 * headers that count down, and the sentence of a refusal.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Headers } from '../../core/http.ts'
import { type LimitRefusal, type LimitWords, tightest } from '../../core/limits.ts'
import { isObject } from '../shapes/json-body.ts'
import { writeReset } from './service-headers.ts'
import type { ChatVariant } from './variant.ts'

/** `largest` is the field that bounds what is generated, by whichever of its names. */
const largest = ['max_completion_tokens', 'max_output_tokens', 'max_tokens']

/** Source: the vendor's guide to rate limits, and Azure's to quotas: prompt and bound are counted. */
function tokensAhead({ body, choices }: ChatRequest, inputTokens: number): number | undefined {
  if (!isObject(body)) return undefined
  const bounds = largest.map((name) => body[name])
  const bound = bounds.find((value) => typeof value === 'number')
  return bound === undefined ? undefined : inputTokens + bound * Math.max(1, choices)
}

export const openAiLimitWords = ({ rateLimits }: ChatVariant): LimitWords => ({
  names: /^x-ratelimit-/,
  tokensAhead,
  headers: (now) => {
    const write = writeReset(rateLimits ? rateLimits.resets : 'duration')
    const both = (['requests', 'tokens'] as const).flatMap((what) => tightest(now, what) ?? [])
    const each = (field: string, value: (told: (typeof both)[number]) => string): Headers =>
      both.map((told) => [`x-ratelimit-${field}-${told.limit.counted}`, value(told)])
    return [
      ...each('limit', ({ limit }) => `${limit.most}`),
      ...each('remaining', ({ remaining }) => `${remaining}`),
      ...(write ? each('reset', ({ resetMs }) => write(resetMs)) : []),
    ]
  },
})

/** How the vendor calls what is counted, e.g. `tokens per min (TPM)`. */
function per({ counted, perMs }: LimitRefusal['limit']): string {
  const what = counted === 'requests' ? 'requests' : 'tokens'
  const time = times.find(([ms]) => ms === perMs)
  if (!time) return `${what} per ${perMs / 1000} s`
  const [, name, letter] = time
  return `${what} per ${name} (${what === 'requests' ? 'R' : 'T'}P${letter})`
}

const times: readonly (readonly [ms: number, name: string, letter: string])[] = [
  [1000, 'sec', 'S'],
  [60_000, 'min', 'M'],
  [3_600_000, 'hour', 'H'],
  [86_400_000, 'day', 'D'],
]

/** The same error with what it says of a limit that is kept; as it was where it is of none. */
export function withLimitWords(variant: ChatVariant, error: ApiError): ApiError {
  const { limit: refusal, code, message } = error
  const { type } = variant.errors.words[code]
  if (!refusal || message !== undefined) return error
  const { limit, model, remaining, asked, retryAfterMs } = refusal
  const of = model === undefined ? '' : ` for ${model}`
  if (limit.counted === 'concurrent') {
    if (code !== 'rate-limited') return error
    const said = `Limit ${limit.most}. Please try again when one of them is over.`
    return { ...error, message: `Too many concurrent requests${of}: ${said}` }
  }
  if (type !== 'requests' && type !== 'tokens') return error
  const said = `on ${per(limit)}: Limit ${limit.most}`
  if (retryAfterMs === undefined) {
    const wanted = `Requested ${asked}. The input or output tokens must be reduced in order to run successfully.`
    return { ...error, message: `Request too large${of} ${said}, ${wanted}` }
  }
  const again = `Please try again in ${writeReset('duration')?.(retryAfterMs)}.`
  const used = `Used ${limit.most - remaining}, Requested ${asked}`
  return { ...error, message: `Rate limit reached${of} ${said}, ${used}. ${again}` }
}

/** What is counted is the error's type. */
export const limitType = ({ limit: refusal }: ApiError): 'requests' | 'tokens' | undefined => {
  if (!refusal || refusal.limit.counted === 'concurrent') return undefined
  return refusal.limit.counted === 'requests' ? 'requests' : 'tokens'
}
