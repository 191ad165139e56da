/**
 * Cohere's older API: `POST /v1/chat`, lines of JSON whose last holds the whole answer. It has no
 * thoughts; what is thought where tools are offered is the plan, which stands before the calls, and
 * for the text where there is no other.
 * Source: recorded streams, and the cohere-ai SDK for Node 8.1.0, which is the judge of what this
 * writes.
 */
import type { ApiError } from '../../core/api-error.ts'
import { looseText } from '../../core/bytes.ts'
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Frame, Message } from '../../core/frame.ts'
import { jsonReply } from '../../core/http.ts'
import type { Push } from '../../core/push.ts'
import { uuid } from '../../core/random.ts'
import { ndjson } from '../../framing/index.ts'
import { withAskedModel } from '../shapes/asked-model.ts'
import { isObject, type JsonObject, objectsIn, parseObject } from '../shapes/json-body.ts'
import { jsonDecoder } from '../shapes/json-decoder.ts'
import { type Part, type PartsGrammar, partsEncoder } from '../shapes/parts-encoder.ts'
import { callsOf, finishOf, fold, textOf } from '../shapes/said.ts'
import { argumentsObject } from '../shapes/whole-calls.ts'
import { checkCohereModel, recognizesCohere } from './cohere.ts'
import {
  codeOf,
  cohereError,
  headerNames,
  limitWords,
  modelNotFound,
  readError,
  sentenceOf,
  serviceHeaders,
} from './error.ts'
import { cohereRoutes } from './routes.ts'
import { readUsage, usageObject } from './usage.ts'
import { parseCohereV1 } from './v1-request.ts'

const framing = ndjson('application/stream+json')

export const cohereV1: Dialect = {
  name: 'cohere-v1',
  title: 'Cohere v1 chat',
  routes: [{ method: 'POST', path: '/v1/chat' }, ...cohereRoutes],
  framing,
  grain: 'token',
  headers: headerNames,
  recognizes: recognizesCohere,
  parseRequest: (http) => parseCohereV1(http, 'cohere-v1'),
  checkModel: checkCohereModel,
  streamHeaders: (reply) => [
    ['content-type', framing.contentType],
    ...serviceHeaders(reply.random),
  ],
  encoder: (reply) => partsEncoder(framing, new LineGrammar(reply)),
  decoder,
  decodeWhole,
  limits: limitWords,
  whole(events, reply) {
    const { choices, usage, error } = fold(events)
    if (error) return cohereError(error, reply.request.http, reply.random)
    const [said] = choices
    const plan = reply.request.tools.length > 0 ? textOf(said, 'reasoning') : ''
    const answer = {
      text: textOf(said, 'text') + textOf(said, 'refusal') || plan,
      calls: callsOf(said).map(({ name, arguments: text }) => toolCall(name, text)),
      citations: said.parts.flatMap((part) => (part.kind === 'tool' ? [] : part.citations)),
      reason: finishOf(said),
      usage,
    }
    return jsonReply(200, answerObject(answer, reply), serviceHeaders(reply.random))
  },
  error: cohereError,
}

const finishWords: Readonly<Record<string, string>> = {
  stop: 'COMPLETE',
  length: 'MAX_TOKENS',
  'tool-calls': 'COMPLETE',
  'content-filter': 'ERROR_TOXIC',
}

const neutralWords: Readonly<Record<string, FinishReason>> = {
  COMPLETE: 'stop',
  MAX_TOKENS: 'length',
  ERROR_TOXIC: 'content-filter',
}

const finishWord = (reason: FinishReason): string => finishWords[reason] ?? reason

/** What the answer holds, however it was sent. */
interface Answer {
  readonly text: string
  readonly calls: readonly unknown[]
  readonly citations: readonly unknown[]
  readonly reason: FinishReason
  readonly usage: Usage | undefined
}

const generationId = ({ random }: ReplyContext): string => uuid(random.fork('id'))

const toolCall = (name: string, text: string): unknown => ({
  name,
  parameters: argumentsObject(text),
})

function answerObject(answer: Answer, reply: ReplyContext): Record<string, unknown> {
  const { text, calls, citations, reason, usage } = answer
  return {
    response_id: uuid(reply.random.fork('response')),
    text,
    generation_id: generationId(reply),
    ...(citations.length > 0 ? { citations } : {}),
    chat_history: history(text, reply),
    finish_reason: finishWord(reason),
    meta: { api_version: { version: '1' }, ...(usage ? usageObject(usage) : {}) },
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
}

/** All that was said, and this answer. */
function history(text: string, { request }: ReplyContext): unknown[] {
  const { body, user } = request
  const before = isObject(body) ? objectsIn(body['chat_history']) : []
  const asked = user === undefined ? [] : [{ role: 'USER', message: user }]
  return [...before, ...asked, { role: 'CHATBOT', message: text }]
}

const line = (type: string, rest: Record<string, unknown>): Message[] => [
  { data: JSON.stringify({ is_finished: type === 'stream-end', event_type: type, ...rest }) },
]

class LineGrammar implements PartsGrammar {
  readonly #reply: ReplyContext
  readonly #planned: boolean
  #plan = ''
  #text = ''
  readonly #calls: Part[] = []
  readonly #citations: unknown[] = []

  constructor(reply: ReplyContext) {
    this.#reply = reply
    this.#planned = reply.request.tools.length > 0
  }

  begin(): Message[] {
    return line('stream-start', { generation_id: generationId(this.#reply) })
  }

  open(part: Part): Message[] {
    if (part.kind !== 'tool') return []
    this.#calls.push(part)
    return line('tool-calls-chunk', { tool_call_delta: { index: part.call, name: part.name } })
  }

  delta(part: Part, delta: string): Message[] {
    if (part.kind === 'tool') {
      const call = { index: part.call, parameters: delta }
      return line('tool-calls-chunk', { tool_call_delta: call })
    }
    if (part.kind !== 'reasoning') {
      this.#text += delta
      return line('text-generation', { text: delta })
    }
    if (!this.#planned) return []
    this.#plan += delta
    return line('tool-calls-chunk', { text: delta })
  }

  close(): Message[] {
    return []
  }

  citation(_part: Part, citation: unknown): Message[] {
    this.#citations.push(citation)
    return line('citation-generation', { citations: [citation] })
  }

  finish(reason: FinishReason, usage: Usage | undefined): Message[] {
    const { calls, response } = this.#answer(reason, usage)
    const plan = this.#plan === '' ? {} : { text: this.#plan }
    return [
      ...(calls.length > 0 ? line('tool-calls-generation', { ...plan, tool_calls: calls }) : []),
      ...line('stream-end', { response, finish_reason: finishWord(reason) }),
    ]
  }

  error(error: ApiError): Message[] {
    if (typeof error.body === 'string') return [{ data: error.body }]
    if (error.body !== undefined) return [{ data: JSON.stringify(error.body) }]
    const { response } = this.#answer('ERROR', undefined)
    const { http } = this.#reply.request
    const sentence = sentenceOf(withAskedModel(error, http, modelNotFound))
    return line('stream-end', { response, finish_reason: 'ERROR', error: sentence })
  }

  #answer(reason: FinishReason, usage: Usage | undefined) {
    const calls = this.#calls.flatMap((part) =>
      part.kind === 'tool' ? [toolCall(part.name, part.text)] : [],
    )
    const text = this.#text || this.#plan
    const answer = { text, calls, citations: this.#citations, reason, usage }
    return { calls, response: answerObject(answer, this.#reply) }
  }

  /** Calls have no id here. */
  callId(): string {
    return ''
  }
}

function decoder(): Push<Frame, Event> {
  /** Calls that came in pieces and have not ended, in their order. */
  const open: number[] = []
  const endCalls = (): Event[] =>
    open.splice(0).map((index): Event => ({ type: 'tool-end', index }))

  function chunk(message: JsonObject): Event[] {
    const { text, tool_call_delta: call } = message
    const events: Event[] = []
    if (typeof text === 'string' && text !== '') events.push({ type: 'reasoning', text })
    if (!isObject(call)) return events
    const { name, parameters } = call
    const index = typeof call['index'] === 'number' ? call['index'] : 0
    if (typeof name === 'string' && !open.includes(index)) {
      open.push(index)
      events.push({ type: 'tool-start', index, name })
    }
    if (typeof parameters === 'string' && parameters !== '') {
      events.push({ type: 'tool-arguments', index, text: parameters })
    }
    return events
  }

  function read(message: JsonObject): Event[] | undefined {
    switch (message['event_type']) {
      case 'stream-start':
        return [{ type: 'start' }]
      case 'text-generation':
        return typeof message['text'] === 'string' ? [{ type: 'text', text: message['text'] }] : []
      case 'citation-generation':
        return citationEvents(message['citations'])
      case 'tool-calls-chunk':
        return chunk(message)
      case 'tool-calls-generation':
        return open.length > 0 ? endCalls() : callEvents(message['tool_calls'])
      case 'stream-end':
        return [...endCalls(), ...endEvents(message)]
      default: {
        const error = readError(message)
        return error && [{ type: 'error', error }]
      }
    }
  }

  return jsonDecoder({ read, end: endCalls })
}

const citationEvents = (citations: unknown): Event[] =>
  (Array.isArray(citations) ? citations : []).map((citation) => ({ type: 'citation', citation }))

const callEvents = (calls: unknown): Event[] =>
  objectsIn(calls).flatMap(({ name, parameters }, index): Event[] => [
    { type: 'tool-start', index, name: typeof name === 'string' ? name : '' },
    { type: 'tool-arguments', index, text: JSON.stringify(parameters ?? {}) },
    { type: 'tool-end', index },
  ])

function endEvents({ error, finish_reason: word, response }: JsonObject): Event[] {
  if (typeof error === 'string') {
    return [{ type: 'error', error: { code: codeOf(error), message: error } }]
  }
  const reason = typeof word === 'string' ? (neutralWords[word] ?? word) : 'stop'
  const usage = readUsage(isObject(response) ? response['meta'] : undefined)
  return [{ type: 'finish', reason }, ...(usage ? [{ type: 'usage', usage } as const] : [])]
}

function decodeWhole(body: Uint8Array): Event[] {
  const answer = parseObject(looseText(body))
  if (!answer) return []
  const { text, finish_reason: word } = answer
  if (typeof text !== 'string') {
    const error = readError(answer)
    return error ? [{ type: 'error', error }] : []
  }
  return [
    { type: 'start' },
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
    ...citationEvents(answer['citations']),
    ...callEvents(answer['tool_calls']),
    ...endEvents({ finish_reason: word, response: answer }),
  ]
}
