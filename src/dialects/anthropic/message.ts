/**
 * What a stream and a whole answer of the Messages API have in common: ids, the head of the message,
 * usage, the reason for stopping.
 */

import type { ReplyContext } from '../../core/dialect.ts'
import type { FinishReason, Usage } from '../../core/event.ts'
import { alphanumeric, type Random } from '../../core/random.ts'
import { countTokens } from '../grain.ts'
import { finishWords } from '../shapes/finish-words.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import { isObject } from '../shapes/json-body.ts'

const finishes = finishWords({
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
})

/** The neutral word for the vendor's; a word that is not ours to name stays as it is. */
export const finishReason = finishes.reason

export const requestId = (random: Random): string =>
  `req_011C${alphanumeric(random.fork('request-id'), 20)}`

/** What a reply draws in the order in which it says it: a stream and a whole answer alike. */
export interface Drawn {
  callId(): string
  signature(): string
}

export function drawnFrom(reply: ReplyContext): Drawn {
  const calls = reply.random.fork('calls')
  const signatures = reply.random.fork('signatures')
  return {
    callId: () => `toolu_01${alphanumeric(calls, 22)}`,
    // Opaque to clients, who only send it back: base64 of a plausible length.
    signature: () => `E${alphanumeric(signatures, 341)}==`,
  }
}

export interface Stop {
  readonly reason: string | null
  readonly sequence: string | null
  readonly details: unknown
}

/** A message that has not stopped yet. */
export const goingOn: Stop = { reason: null, sequence: null, details: null }

/** Whoever says a refusal has stopped because of it, whatever else the script may tell. */
export function stopOf(finish: FinishReason, refusal: string, reply: ReplyContext): Stop {
  const reason = refusal === '' ? finishes.word(finish) : 'refusal'
  const explanation = refusal === '' ? null : refusal
  return {
    reason,
    sequence: reason === 'stop_sequence' ? firstSequence(reply.request.body) : null,
    details: reason === 'refusal' ? { type: 'refusal', category: null, explanation } : null,
  }
}

function firstSequence(body: unknown): string | null {
  const sequences = isObject(body) ? body['stop_sequences'] : undefined
  const first: unknown = Array.isArray(sequences) ? sequences[0] : undefined
  return typeof first === 'string' ? first : null
}

/** In the vendor's order of keys, which is that of streams and of whole answers. */
export function messageObject(
  reply: ReplyContext,
  said: { content: readonly unknown[]; stop: Stop; usage: Usage },
): Record<string, unknown> {
  const { stop } = said
  return {
    model: reply.request.model ?? 'claude-sonnet-4-6',
    id: `msg_01${alphanumeric(reply.random.fork('id'), 22)}`,
    type: 'message',
    role: 'assistant',
    content: said.content,
    stop_reason: stop.reason,
    stop_sequence: stop.sequence,
    stop_details: stop.details,
    usage: {
      ...inputUsage(said.usage),
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      ...outputUsage(said.usage),
      service_tier: 'standard',
      inference_geo: 'global',
    },
  }
}

/** The usage at the end of a stream, which has fewer fields than that of a message. */
export const deltaUsage = (usage: Usage): Record<string, unknown> => ({
  ...inputUsage(usage),
  ...outputUsage(usage),
})

/** Unlike others, this vendor does not count what came from the cache as input. */
const inputUsage = ({ inputTokens: input, cachedTokens = 0 }: Usage): Record<string, unknown> => ({
  input_tokens: Math.max(0, input - cachedTokens),
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: cachedTokens,
})

const outputUsage = ({ outputTokens, reasoningTokens }: Usage): Record<string, unknown> => ({
  output_tokens: outputTokens,
  ...(reasoningTokens ? { output_tokens_details: { thinking_tokens: reasoningTokens } } : {}),
})

/** For a message that has only begun: its first token is counted before it is said. */
export const usageAtStart = ({ request, usage }: ReplyContext): Usage => ({
  inputTokens: usage?.inputTokens ?? inputTokens(request.messages),
  outputTokens: 1,
  ...(usage?.cachedTokens ? { cachedTokens: usage.cachedTokens } : {}),
})

/** For a reply whose events tell no usage: what it has said. */
export const estimatedUsage = ({ request }: ReplyContext, said: readonly string[]): Usage => ({
  inputTokens: inputTokens(request.messages),
  outputTokens: said.reduce((sum, text) => sum + countTokens(text), 0),
})

/** Whether the client asked for thinking to be left out, of which only the signature remains. */
export function omitsThinking({ body }: ReplyContext['request']): boolean {
  const thinking = isObject(body) ? body['thinking'] : undefined
  return isObject(thinking) && thinking['display'] === 'omitted'
}
