/**
 * The objects of the Responses API: the response, its output items and their ids, each with its
 * keys in the recorded order. Pure: what the encoder streams and what is retrieved later is this.
 */

import type { ReplyContext } from '../../core/dialect.ts'
import type { FinishReason, Usage } from '../../core/event.ts'
import { alphanumeric, hex, type Random } from '../../core/random.ts'
import { finishWords } from '../shapes/finish-words.ts'
import { isObject, type JsonObject, objectsIn } from '../shapes/json-body.ts'

export type Status = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'

interface Identity {
  readonly id: string
  /** What all ids of one response begin with: 18 digits that are its own, and its second. */
  readonly prefix: string
  readonly createdSeconds: number
}

/** Ids of a response share 18 digits; the second in which each was made and 24 more follow. */
export function identityOf({ random, createdMs }: ReplyContext): Identity {
  const source = random.fork('id')
  const createdSeconds = Math.floor(createdMs / 1000)
  const prefix = `0${hex(source, 15)}00${createdSeconds.toString(16).padStart(8, '0')}`
  return { id: `resp_${prefix}${hex(source, 24)}`, prefix, createdSeconds }
}

/** What all ids of one response have in common; undefined where an id is not of our making. */
export const sharedPart = (id: string): string | undefined =>
  /^[a-z]+_([0-9a-f]{18})[0-9a-f]{32}$/.exec(id)?.[1]

const idKinds: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  custom_tool_call: 'ctc',
}

/** The id of the nth output or input item. */
export function itemId(reply: ReplyContext, type: string, place: string): string {
  const digits = hex(reply.random.fork(`item/${place}`), 24)
  return `${idKinds[type] ?? type.split('_').map((word) => word[0])}_${identityOf(reply).prefix}${digits}`
}

/** Draws the ids of calls that have none, one after the other. */
export function callIds({ random }: ReplyContext): () => string {
  const source = random.fork('calls')
  return () => `call_${alphanumeric(source, 24)}`
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export const messageItem = (id: string, status: ItemStatus, content: readonly unknown[]) => ({
  id,
  type: 'message',
  status,
  content,
  role: 'assistant',
})

export const textPart = (text: string, annotations: readonly unknown[]) => ({
  type: 'output_text',
  annotations,
  logprobs: [],
  text,
})

export const refusalPart = (refusal: string) => ({ type: 'refusal', refusal })

export const summaryPart = (text: string) => ({ type: 'summary_text', text })

/** Encrypted thoughts are for clients that keep the state themselves; what is in them is noise. */
export function reasoningItem(id: string, summary: readonly unknown[], reply: ReplyContext) {
  const asked = includes(reply.request.body, 'reasoning.encrypted_content')
  const secret = asked ? { encrypted_content: encryptedContent(reply.random, id) } : {}
  return { id, type: 'reasoning', ...secret, summary }
}

const encryptedContent = (random: Random, id: string): string =>
  `gAAAAAB${alphanumeric(random.fork(`encrypted/${id}`), 93)}`

export interface Call {
  readonly id: string
  readonly callId: string
  readonly name: string
  readonly input: string
}

export const callItem = (type: CallType, status: ItemStatus, call: Call) =>
  type === 'function_call'
    ? { id: call.id, type, status, arguments: call.input, call_id: call.callId, name: call.name }
    : { id: call.id, type, status, call_id: call.callId, input: call.input, name: call.name }

export type CallType = 'function_call' | 'custom_tool_call'

/** Tools without a schema are called with plain text. */
export function callType(body: unknown, name: string): CallType {
  const tools = isObject(body) ? objectsIn(body['tools']) : []
  const isCustom = tools.some((tool) => tool['type'] === 'custom' && tool['name'] === name)
  return isCustom ? 'custom_tool_call' : 'function_call'
}

const includes = (body: unknown, what: string): boolean =>
  isObject(body) && Array.isArray(body['include']) && body['include'].includes(what)

/** How a response ends: its status, and why it is not whole. */
export function conclusionOf(reason: FinishReason): { status: Status; incomplete: string | null } {
  if (reason === 'stop' || reason === 'tool-calls') return { status: 'completed', incomplete: null }
  return { status: 'incomplete', incomplete: finishes.word(reason) }
}

const finishes = finishWords({
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
})

/** The neutral word for the vendor's; a word that is not ours to name stays as it is. */
export const finishReason = finishes.reason

export interface Progress {
  readonly status: Status
  readonly output?: readonly unknown[]
  readonly usage?: Usage | undefined
  readonly incomplete?: string | null
  readonly error?: unknown
}

/** What a response says of itself. */
export function responseObject(reply: ReplyContext, progress: Progress): JsonObject {
  const { id, createdSeconds } = identityOf(reply)
  const { status, incomplete = null, usage, error = null, output = [] } = progress
  const asked = settingsOf(reply.request.body)
  const isOver = status !== 'queued' && status !== 'in_progress'
  return {
    id,
    object: 'response',
    created_at: createdSeconds,
    status,
    background: asked['background'],
    completed_at: status === 'completed' ? createdSeconds : null,
    error,
    frequency_penalty: 0,
    incomplete_details: incomplete === null ? null : { reason: incomplete },
    instructions: asked['instructions'],
    max_output_tokens: asked['max_output_tokens'],
    max_tool_calls: asked['max_tool_calls'],
    model: reply.request.model ?? 'gpt-4o',
    output,
    parallel_tool_calls: asked['parallel_tool_calls'],
    presence_penalty: 0,
    previous_response_id: asked['previous_response_id'],
    prompt_cache_key: asked['prompt_cache_key'],
    prompt_cache_retention: asked['prompt_cache_retention'],
    reasoning: { effort: null, summary: null, ...objectOf(asked['reasoning']) },
    safety_identifier: asked['safety_identifier'],
    service_tier: isOver ? 'default' : asked['service_tier'],
    store: asked['store'],
    temperature: asked['temperature'],
    text: { format: { type: 'text' }, verbosity: 'medium', ...objectOf(asked['text']) },
    tool_choice: asked['tool_choice'],
    tools: asked['tools'],
    top_logprobs: asked['top_logprobs'],
    top_p: asked['top_p'],
    truncation: asked['truncation'],
    usage: usage ? usageObject(usage) : null,
    user: asked['user'],
    metadata: asked['metadata'],
  }
}

/** What the service takes where a request says nothing. */
const usualSettings: JsonObject = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  prompt_cache_retention: null,
  safety_identifier: null,
  service_tier: 'auto',
  store: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
  metadata: {},
}

function settingsOf(body: unknown): JsonObject {
  const said = Object.entries(objectOf(body)).filter(([, value]) => value !== null)
  return { ...usualSettings, ...Object.fromEntries(said) }
}

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

const usageObject = (usage: Usage) => ({
  input_tokens: usage.inputTokens,
  input_tokens_details: { cached_tokens: usage.cachedTokens ?? 0 },
  output_tokens: usage.outputTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  total_tokens: usage.inputTokens + usage.outputTokens,
})

const wholeFloats =
  /"(temperature|top_p|frequency_penalty|presence_penalty)":( ?)(-?\d+)(?=[,\s}])/g

/** JSON in which the settings that are fractions have a point even where they are whole. */
export const writeJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(wholeFloats, '"$1":$2$3.0')
