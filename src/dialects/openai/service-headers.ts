/**
 * Headers that a service puts on every reply. Limits are told, not kept: the figures follow from the
 * request alone.
 */
import type { ReplyContext } from '../../core/dialect.ts'
import type { Headers } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import { drawn } from '../shapes/drawn.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import { openAi } from './openai.ts'
import type { ChatVariant, RateLimits } from './variant.ts'

/** In the order in which they are sent. */
export const rateLimitNames = ['limit', 'remaining', 'reset'].flatMap((what) => [
  `x-ratelimit-${what}-requests`,
  `x-ratelimit-${what}-tokens`,
])

interface HeaderOptions {
  /** Those whose name fits; all unless given. */
  readonly only?: RegExp
  readonly model?: string | undefined
  readonly before?: Headers
}

export function serviceHeaders(
  variant: ChatVariant,
  random: Random,
  { only, model = '', before = [] }: HeaderOptions = {},
): Header[] {
  // One source for all of them: to begin another costs as much as all that is drawn from it.
  const source = headersFrom(random)
  const given = { requestId: drawn(variant.ids.request ?? '', source), model }
  // Loops, for `concat` made of three lists takes a microsecond.
  const headers: Header[] = []
  for (const header of before) headers.push(header)
  for (const header of variant.headers) {
    const [name, form] = header
    if (only && !only.test(name)) continue
    // Most are the same in every reply, and are shared by all.
    headers.push(form.includes('{{') ? [name, drawn(form, source, given)] : header)
  }
  return headers
}

type Header = Headers[number]

const headersFrom = (random: Random): Random => random.fork('headers')

/** The same in the headers and in the body of a reply. */
export const requestIdOf = ({ ids }: ChatVariant, random: Random): string =>
  drawn(ids.request ?? '', headersFrom(random))

/** For a reply that was counted; behind those that are given. */
export function replyHeaders(
  variant: ChatVariant,
  reply: ReplyContext,
  before: Headers = [],
): Headers {
  const { rateLimits } = variant
  const { model } = reply.request
  const headers = serviceHeaders(variant, reply.random, { model, before })
  if (rateLimits) for (const header of countedHeaders(rateLimits, reply)) headers.push(header)
  return headers
}

/** OpenAI's, for whichever of its APIs. */
export const openAiHeaders = (reply: ReplyContext): Headers => replyHeaders(openAi, reply)

/** By the tokens that were used: prompts differ, and their lengths do less so. */
const countedBefore = new WeakMap<RateLimits, Map<number, Headers>>()

/** More lengths than clients use in turn. */
const mostCounted = 1000

function countedHeaders(limits: RateLimits, { request }: ReplyContext): Headers {
  const used = Math.min(limits.tokens, inputTokens(request.messages))
  const before = countedBefore.get(limits)
  const known = before?.get(used)
  if (known) return known
  const headers = limitHeaders(limits, {
    requests: limits.requests - 1,
    tokens: limits.tokens - used,
    requestsMs: (limits.requestsPerMs ?? 60_000) / limits.requests,
    tokensMs: (used / limits.tokens) * 60_000,
  })
  if (!before || before.size >= mostCounted) countedBefore.set(limits, new Map([[used, headers]]))
  else before.set(used, headers)
  return headers
}

/** For a request that came too early. */
export function exhausted({ rateLimits }: ChatVariant, retryAfterMs: number): Headers {
  if (!rateLimits) return []
  const { tokens } = rateLimits
  return limitHeaders(rateLimits, { requests: 0, tokens, requestsMs: retryAfterMs, tokensMs: 0 })
}

interface Remaining {
  readonly requests: number
  readonly tokens: number
  readonly requestsMs: number
  readonly tokensMs: number
}

function limitHeaders({ requests, tokens, resets }: RateLimits, remaining: Remaining): Headers {
  const write = writeReset(resets) ?? duration
  const values = [
    requests,
    tokens,
    remaining.requests,
    remaining.tokens,
    ...(resets ? [write(remaining.requestsMs), write(remaining.tokensMs)] : []),
  ]
  return values.map((value, i) => [rateLimitNames[i] ?? '', String(value)])
}

/** How a service says when all is free again; undefined for one that does not. */
export function writeReset(resets: RateLimits['resets']): ((ms: number) => string) | undefined {
  if (resets === undefined) return undefined
  return resets === 'ms' ? (ms) => String(Math.ceil(ms)) : duration
}

/** As Go writes it: `20ms`, `12.967s`, `6m0s`, `1h0m0s`. */
function duration(ms: number): string {
  const whole = Math.ceil(ms)
  if (whole < 1000) return `${whole}ms`
  const minutes = Math.floor(whole / 60_000)
  const seconds = `${(whole - minutes * 60_000) / 1000}s`
  if (minutes === 0) return seconds
  return minutes < 60
    ? `${minutes}m${seconds}`
    : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}
