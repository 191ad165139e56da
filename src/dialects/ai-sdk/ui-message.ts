/**
 * The UI message stream of the AI SDK, version 1, as `useChat` of its versions 5 and 6 reads it from
 * an application's own route. Source: the schemas of `ai` 5.0 and 6.0, which are the judges of what
 * this writes; of optional keys only those are written that both of them have.
 */
import type { ApiError } from '../../core/api-error.ts'
import { looseText } from '../../core/bytes.ts'
import type { Dialect, Encoder, ReplyContext, Route } from '../../core/dialect.ts'
import type { FinishReason } from '../../core/event.ts'
import type { Message } from '../../core/frame.ts'
import { type Headers, header } from '../../core/http.ts'
import { alphanumeric } from '../../core/random.ts'
import { sse } from '../../framing/index.ts'
import { appError, decodeAppError, sentenceOf } from '../shapes/app-error.ts'
import { isObject } from '../shapes/json-body.ts'
import {
  type Part,
  type PartsGrammar,
  partsEncoder,
  type ToolPart,
} from '../shapes/parts-encoder.ts'
import { streamAtOnce } from '../shapes/stream-only.ts'
import { chatPath, completionPath, parseAiSdk, streamOf } from './request.ts'
import { citationSource } from './source.ts'
import { uiMessageDecoder } from './ui-message-decoder.ts'

const framing = sse()

/** A client that asks to close the connection is not told that it stays open. */
function streamHeaders({ request }: ReplyContext): Headers {
  const closes = /\bclose\b/i.test(header(request.http.headers, 'connection') ?? '')
  const kept: Headers = closes ? [] : [['connection', 'keep-alive']]
  return [
    ['content-type', 'text/event-stream'],
    ['cache-control', 'no-cache'],
    ...kept,
    ['x-vercel-ai-ui-message-stream', 'v1'],
    ['x-accel-buffering', 'no'],
  ]
}

/** A page that was reloaded asks for the answer that is still being given; 204 says there is none. */
const resume: Route = {
  method: 'GET',
  path: `${chatPath}/:id/stream`,
  answer(http, { memory }) {
    const id = http.params['id'] ?? ''
    if (memory.recall(id)?.inFlight) return { resume: id }
    return { status: 204, headers: [], body: '' }
  },
}

export const aiSdk: Dialect = {
  name: 'ai-sdk',
  title: 'Vercel AI SDK, UI message stream',
  routes: [{ method: 'POST', path: chatPath }, { method: 'POST', path: completionPath }, resume],
  framing,
  grain: 'token',
  headers: ['x-vercel-ai-ui-message-stream'],
  recognizes: (http) => streamOf(http) === 'parts',
  parseRequest: (http) => parseAiSdk(http, 'ai-sdk', 'parts'),
  checkModel: () => undefined,
  streamHeaders,
  encoder,
  // The chat's id is what the client comes back with.
  keepAs: ({ request }) => request.dialogue,
  decoder: uiMessageDecoder,
  decodeWhole: (body) => decodeAppError(looseText(body)),
  whole: (events, reply) => streamAtOnce(events, encoder(reply), streamHeaders(reply)),
  error: appError,
}

function encoder(reply: ReplyContext): Encoder {
  return partsEncoder(framing, grammar(reply))
}

const chunk = (part: object): Message => ({ data: JSON.stringify(part) })

const done: Message = { data: '[DONE]' }

function grammar({ random }: ReplyContext): PartsGrammar {
  const calls = random.fork('calls')
  const sources = random.fork('sources')
  return {
    begin: () => [
      chunk({ type: 'start', messageId: alphanumeric(random.fork('id'), 16) }),
      chunk({ type: 'start-step' }),
    ],
    open(part) {
      if (part.kind !== 'tool') return [chunk({ type: `${typeOf(part)}-start`, id: idOf(part) })]
      return [chunk({ type: 'tool-input-start', toolCallId: part.id, toolName: part.name })]
    },
    delta(part, delta) {
      if (part.kind !== 'tool') {
        return [chunk({ type: `${typeOf(part)}-delta`, id: idOf(part), delta })]
      }
      return [chunk({ type: 'tool-input-delta', toolCallId: part.id, inputTextDelta: delta })]
    },
    close: (part) => [
      part.kind === 'tool'
        ? complete(part)
        : chunk({ type: `${typeOf(part)}-end`, id: idOf(part) }),
    ],
    citation(_part, citation) {
      const source = citationSource(citation, sources)
      return source ? [chunk({ type: 'source-url', ...source })] : []
    },
    finish: (reason) => [
      chunk({ type: 'finish-step' }),
      chunk({ type: 'finish', finishReason: finishWord(reason) }),
    ],
    error: (error) => [{ data: errorData(error) }],
    terminator: [done],
    errorTerminator: [done],
    callId: () => `call_${alphanumeric(calls, 24)}`,
  }
}

/** The format knows no refusals: an application shows them as text. */
const typeOf = (part: Part): string => (part.kind === 'reasoning' ? 'reasoning' : 'text')

const idOf = ({ index }: Part): string => `${index}`

/** A call is said again, whole, once its input is complete; input that is no JSON is an error. */
function complete({ id, name, text }: ToolPart): Message {
  const call = { toolCallId: id, toolName: name }
  const input = text.trim() === '' ? {} : parse(text)
  if (input !== undefined) return chunk({ type: 'tool-input-available', ...call, input })
  const errorText = `Invalid input for tool ${name}: it is no JSON.`
  return chunk({ type: 'tool-input-error', ...call, input: text, errorText })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A word that the clients' schemas do not know would abort the stream. */
const finishWords = ['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other']

const finishWord = (reason: FinishReason): string =>
  finishWords.includes(reason) ? reason : 'other'

/** Any object is written as it is, so that a scenario can send one that no client knows. */
function errorData(error: ApiError): string {
  if (isObject(error.body)) return JSON.stringify(error.body)
  const errorText = typeof error.body === 'string' ? error.body : sentenceOf(error)
  return JSON.stringify({ type: 'error', errorText })
}
