/**
 * OpenAI Chat Completions: `POST /v1/chat/completions` and the list of models.
 * Source: the API reference of OpenAI, recorded streams, and the openai SDK for Node 6.49, which is
 * the judge of what this writes.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { HttpReply } from '../../core/http.ts'
import { jsonReply } from '../../core/http.ts'
import { alphanumeric, hex } from '../../core/random.ts'
import { sse } from '../../framing/index.ts'
import { decodeWhole, openAiChatDecoder } from './chat-decoder.ts'
import { openAiChatEncoder, wholeReply } from './chat-encoder.ts'
import { parseOpenAiChat } from './chat-request.ts'
import { openAiError } from './error.ts'
import { modelNotFound, modelRoutes } from './models.ts'

const framing = sse()

export const openAiChat: Dialect = {
  name: 'openai-chat',
  title: 'OpenAI Chat Completions',
  routes: [{ method: 'POST', path: '/v1/chat/completions' }, ...modelRoutes],
  framing,
  grain: 'token',
  headers: [
    'openai-organization',
    'openai-project',
    'openai-processing-ms',
    'openai-version',
    'x-request-id',
  ],
  usage: (baseUrl) => [`OPENAI_BASE_URL=${baseUrl}/v1`, 'OPENAI_API_KEY=none'],
  parseRequest: (http) => parseOpenAiChat(http, 'openai-chat'),
  checkModel,
  streamHeaders: (reply) => [
    ['content-type', 'text/event-stream; charset=utf-8'],
    ['cache-control', 'no-cache'],
    ...serviceHeaders(reply),
  ],
  encoder: (reply) => openAiChatEncoder(framing, reply),
  decoder: openAiChatDecoder,
  decodeWhole,
  whole,
  error: openAiError,
}

/** A service that has not begun to answer answers an error with nothing else. */
function whole(events: Iterable<Event>, reply: ReplyContext): HttpReply {
  const said = [...events]
  const failure = said.find((event) => event.type === 'error')
  if (failure) return openAiError(failure.error)
  return jsonReply(200, wholeReply(said, reply), serviceHeaders(reply))
}

function checkModel(request: ChatRequest, models: readonly string[]): ApiError | undefined {
  return request.model !== undefined && !models.includes(request.model)
    ? modelNotFound(request.model)
    : undefined
}

function serviceHeaders(reply: ReplyContext): readonly (readonly [string, string])[] {
  const random = reply.random.fork('headers')
  return [
    ['openai-organization', `org-${alphanumeric(random, 24)}`],
    ['openai-version', '2020-10-01'],
    ['x-request-id', `req_${hex(random, 32)}`],
  ]
}
