/**
 * Anthropic Messages: `POST /v1/messages`, the counting of its tokens, and the list of models.
 * Source: the API reference of Anthropic, recorded streams, and the SDK for Node 1.12, which is the
 * judge of what this writes.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import {
  type Dialect,
  isApiError,
  type ReplyContext,
  type RouteContext,
} from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import {
  type Headers,
  type HttpReply,
  type HttpRequest,
  header,
  jsonReply,
} from '../../core/http.ts'
import { uuid } from '../../core/random.ts'
import { sse } from '../../framing/index.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import { finishOf, fold, type SaidPart, textOf } from '../shapes/said.ts'
import { anthropicError } from './error.ts'
import { estimatedUsage, messageObject, requestId, stopOf } from './message.ts'
import { decodeWhole, messagesDecoder } from './messages-decoder.ts'
import { messagesEncoder, ping } from './messages-encoder.ts'
import { parseCount, parseMessages } from './messages-request.ts'
import { modelNotFound, modelRoutes } from './models.ts'
import { limitWords, rateLimitHeaders, rateLimitNames } from './rate-limits.ts'
import { contentOf } from './whole.ts'

const framing = sse()

export const anthropic: Dialect = {
  name: 'anthropic',
  title: 'Anthropic Messages',
  routes: [
    { method: 'POST', path: '/v1/messages' },
    { method: 'POST', path: '/v1/messages/count_tokens', answer: countTokens },
    ...modelRoutes,
  ],
  framing,
  grain: 'phrase',
  headers: [
    'anthropic-version',
    'anthropic-beta',
    'anthropic-organization-id',
    'anthropic-workspace-id',
    'request-id',
    'x-should-retry',
    ...rateLimitNames,
  ],
  usage: (baseUrl) => [`ANTHROPIC_BASE_URL=${baseUrl}`, 'ANTHROPIC_API_KEY=none'],
  key: ({ headers }) =>
    header(headers, 'x-api-key') ?? header(headers, 'authorization')?.replace(/^Bearer\s+/i, ''),
  recognizes: ({ headers }) =>
    ['anthropic-version', 'x-api-key'].some((name) => header(headers, name) !== undefined),
  limits: limitWords,
  parseRequest: (http) => parseMessages(http, 'anthropic'),
  checkModel,
  streamHeaders: (reply) => [
    ['content-type', 'text/event-stream; charset=utf-8'],
    ['cache-control', 'no-cache'],
    ...serviceHeaders(reply),
  ],
  encoder: (reply) => messagesEncoder(framing, reply),
  decoder: messagesDecoder,
  decodeWhole,
  heartbeat: { everyMs: 10_000, frame: () => framing.encode(ping) ?? { bytes: Buffer.alloc(0) } },
  whole,
  error: anthropicError,
}

function checkModel({ model }: ChatRequest, models: readonly string[]): ApiError | undefined {
  return model !== undefined && !models.includes(model) ? modelNotFound(model) : undefined
}

function serviceHeaders(reply: ReplyContext): Headers {
  return [
    ['request-id', requestId(reply.random)],
    ['anthropic-organization-id', uuid(reply.random.fork('organization'))],
    ...rateLimitHeaders(reply.random.fork('rate-limits'), reply.createdMs),
  ]
}

function countTokens(http: HttpRequest, { random }: RouteContext): HttpReply | ApiError {
  const request = parseCount(http, 'anthropic')
  if (isApiError(request)) return request
  const body = { input_tokens: inputTokens(request.messages) }
  return jsonReply(200, body, [['request-id', requestId(random)]])
}

function whole(events: Iterable<Event>, reply: ReplyContext): HttpReply {
  const told = [...events]
  const { choices, usage, error } = fold(told)
  if (error) return anthropicError(error, reply.request.http, reply.random)
  const [said] = choices
  const content = contentOf(told, reply)
  const stop = stopOf(finishOf(said), textOf(said, 'refusal'), reply)
  const known = usage ?? estimatedUsage(reply, said.parts.map(textOfPart))
  return jsonReply(
    200,
    messageObject(reply, { content, stop, usage: known }),
    serviceHeaders(reply),
  )
}

const textOfPart = (part: SaidPart): string => (part.kind === 'tool' ? part.arguments : part.text)
