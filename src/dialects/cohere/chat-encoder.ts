/**
 * Events to the stream of `/v2/chat`, and events to one answer. Text and thoughts are parts of the
 * content; the plan that comes before a call is none. Source: recorded streams, and what the
 * cohere-ai SDK reads.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Framing, Message } from '../../core/frame.ts'
import { type HttpReply, jsonReply } from '../../core/http.ts'
import { integer, type Random, uuid } from '../../core/random.ts'
import { withAskedModel } from '../shapes/asked-model.ts'
import { type Part, type PartsGrammar, partsEncoder } from '../shapes/parts-encoder.ts'
import { finishOf, fold, type Said, type SaidPart } from '../shapes/said.ts'
import { plans } from './chat-request.ts'
import { cohereError, modelNotFound, sentenceOf, serviceHeaders } from './error.ts'
import { usageObject } from './usage.ts'

/** Where a word has no neutral one, such as `STOP_SEQUENCE`, it is its own. */
const finishWords: Readonly<Record<string, string>> = {
  stop: 'COMPLETE',
  length: 'MAX_TOKENS',
  'tool-calls': 'TOOL_CALL',
  'content-filter': 'ERROR',
}

const neutralWords: Readonly<Record<string, FinishReason>> = {
  COMPLETE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool-calls',
}

const finishWord = (reason: FinishReason): string => finishWords[reason] ?? reason

export const finishReason = (word: string): FinishReason => neutralWords[word] ?? word

const replyId = (reply: ReplyContext): string => uuid(reply.random.fork('id'))

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** `get_weather_qm3vz6v54dmw` */
const callId = (name: string, random: Random): string =>
  `${name}_${Array.from({ length: 12 }, () => letters[integer(random, 0, letters.length - 1)]).join('')}`

const chatUsage = (usage: Usage): Record<string, unknown> => ({
  ...usageObject(usage),
  cached_tokens: usage.cachedTokens ?? 0,
})

const says = (type: string, rest: Record<string, unknown>): Message[] => [
  { event: type, data: JSON.stringify({ type, ...rest }) },
]

const inMessage = (said: Record<string, unknown>): Record<string, unknown> => ({
  delta: { message: said },
})

export function cohereEncoder(framing: Framing, reply: ReplyContext): Encoder {
  return partsEncoder(framing, new EventGrammar(reply))
}

class EventGrammar implements PartsGrammar {
  readonly terminator = [{ data: '[DONE]' }]
  readonly aside: 'reasoning' | undefined
  readonly #reply: ReplyContext
  readonly #ids: Random
  /** Of the content that is open; calls are counted apart from it. */
  #content = -1
  #citations = 0

  constructor(reply: ReplyContext) {
    this.#reply = reply
    this.#ids = reply.random.fork('calls')
    this.aside = plans(reply.request) ? 'reasoning' : undefined
  }

  begin(): Message[] {
    const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
    const start = { id: replyId(this.#reply), type: 'message-start', delta: { message } }
    return [{ event: 'message-start', data: JSON.stringify(start) }]
  }

  open(part: Part): Message[] {
    if (part.kind === 'tool') {
      const { id, name } = part
      const call = { id, type: 'function', function: { name, arguments: '' } }
      return says('tool-call-start', { index: part.call, ...inMessage({ tool_calls: call }) })
    }
    if (part.kind === this.aside) return []
    this.#content += 1
    const content =
      part.kind === 'reasoning' ? { type: 'thinking', thinking: '' } : { type: 'text', text: '' }
    return says('content-start', { index: this.#content, ...inMessage({ content }) })
  }

  delta(part: Part, delta: string): Message[] {
    if (part.kind === 'tool') {
      const call = { function: { arguments: delta } }
      return says('tool-call-delta', { index: part.call, ...inMessage({ tool_calls: call }) })
    }
    if (part.kind === this.aside) return says('tool-plan-delta', inMessage({ tool_plan: delta }))
    const content = part.kind === 'reasoning' ? { thinking: delta } : { text: delta }
    const index = Math.max(0, this.#content)
    return says('content-delta', { index, ...inMessage({ content }) })
  }

  close(part: Part): Message[] {
    if (part.kind === 'tool') return says('tool-call-end', { index: part.call })
    return part.kind === this.aside ? [] : says('content-end', { index: this.#content })
  }

  citation(_part: Part, citation: unknown): Message[] {
    const index = this.#citations++
    return [
      ...says('citation-start', { index, ...inMessage({ citations: citation }) }),
      ...says('citation-end', { index }),
    ]
  }

  finish(reason: FinishReason, usage: Usage | undefined): Message[] {
    const counted = usage ? { usage: chatUsage(usage) } : {}
    return says('message-end', { delta: { finish_reason: finishWord(reason), ...counted } })
  }

  error(error: ApiError): Message[] {
    if (typeof error.body === 'string') return [{ data: error.body }]
    if (error.body !== undefined) return [{ data: JSON.stringify(error.body) }]
    const { http } = this.#reply.request
    const sentence = sentenceOf(withAskedModel(error, http, modelNotFound))
    return says('message-end', { delta: { error: sentence, finish_reason: 'ERROR' } })
  }

  callId(name: string): string {
    return callId(name, this.#ids)
  }
}

export function wholeReply(events: Iterable<Event>, reply: ReplyContext): HttpReply {
  const { choices, usage, error } = fold(events)
  if (error) return cohereError(error, reply.request.http, reply.random)
  const [said] = choices
  const answer = {
    id: replyId(reply),
    message: messageOf(said, reply),
    finish_reason: finishWord(finishOf(said)),
    ...(usage ? { usage: chatUsage(usage) } : {}),
  }
  return jsonReply(200, answer, serviceHeaders(reply.random))
}

/** What was not said has no field. */
function messageOf({ parts }: Said, reply: ReplyContext): Record<string, unknown> {
  const ids = reply.random.fork('calls')
  const planned = plans(reply.request)
  const content = parts.flatMap((part) => contentOf(part, planned))
  const plan = parts.map((part) => (planned && part.kind === 'reasoning' ? part.text : '')).join('')
  const calls = parts.flatMap((part) => (part.kind === 'tool' ? [callOf(part, ids)] : []))
  const citations = parts.flatMap((part) => (part.kind === 'tool' ? [] : part.citations))
  return {
    role: 'assistant',
    ...(content.length > 0 ? { content } : {}),
    ...(plan === '' ? {} : { tool_plan: plan }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(citations.length > 0 ? { citations } : {}),
  }
}

function contentOf(part: SaidPart, planned: boolean): unknown[] {
  if (part.kind === 'tool') return []
  if (part.kind !== 'reasoning') return [{ type: 'text', text: part.text }]
  return planned ? [] : [{ type: 'thinking', thinking: part.text }]
}

function callOf(part: Extract<SaidPart, { kind: 'tool' }>, ids: Random): unknown {
  const { name } = part
  const id = part.id ?? callId(name, ids)
  return { id, type: 'function', function: { name, arguments: part.arguments } }
}
