/**
 * Cohere's chat of version 2: `POST /v2/chat`.
 * Source: recorded streams, and the cohere-ai SDK for Node 8.1.0, which is the judge of what this
 * writes.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect } from '../../core/dialect.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import { sse } from '../../framing/index.ts'
import { cohereDecoder, decodeWhole } from './chat-decoder.ts'
import { cohereEncoder, wholeReply } from './chat-encoder.ts'
import { parseCohere } from './chat-request.ts'
import { cohereError, headerNames, limitWords, modelNotFound, serviceHeaders } from './error.ts'
import { cohereRoutes } from './routes.ts'

const framing = sse()

export const cohere: Dialect = {
  name: 'cohere',
  title: 'Cohere v2 chat',
  routes: [{ method: 'POST', path: '/v2/chat' }, ...cohereRoutes],
  framing,
  grain: 'token',
  headers: headerNames,
  usage: (baseUrl) => [`CO_API_URL=${baseUrl}`, 'CO_API_KEY=none'],
  recognizes: recognizesCohere,
  parseRequest: (http) => parseCohere(http, 'cohere'),
  checkModel: checkCohereModel,
  streamHeaders: (reply) => [
    ['content-type', framing.contentType],
    ['cache-control', 'no-cache, no-store, no-transform, must-revalidate, private, max-age=0'],
    ...serviceHeaders(reply.random),
  ],
  encoder: (reply) => cohereEncoder(framing, reply),
  decoder: cohereDecoder,
  decodeWhole,
  limits: limitWords,
  whole: wholeReply,
  error: cohereError,
}

/** Others have `/v1/models`, too. */
export function recognizesCohere({ headers }: HttpRequest): boolean {
  const names = [header(headers, 'x-fern-sdk-name'), header(headers, 'user-agent')]
  return names.some((name) => name?.startsWith('cohere'))
}

export function checkCohereModel(
  { model }: ChatRequest,
  models: readonly string[],
): ApiError | undefined {
  return model === undefined || models.includes(model) ? undefined : modelNotFound(model)
}
