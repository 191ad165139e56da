/**
 * Ollama's own API: `POST /api/chat` and `/api/generate`, lines of JSON that stream by default, and
 * its lists of models and embeddings. Its `/v1` is that of the OpenAI dialects.
 * Source: Ollama's `server/routes.go` and `api/types.go`, recorded streams, and the ollama package
 * for Node 0.6.4, which is the judge of what this writes.
 */

import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect } from '../../core/dialect.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import { silentLimitWords } from '../../core/limits.ts'
import { ndjson } from '../../framing/index.ts'
import { objectsIn, readJsonObject } from '../shapes/json-body.ts'
import { decodeWhole, ollamaDecoder } from './decoder.ts'
import { ollamaEncoder, wholeReply } from './encoder.ts'
import { modelNotFound, ollamaError } from './error.ts'
import { findModel, modelRoutes } from './models.ts'
import { parseOllama } from './request.ts'

const framing = ndjson()

export const ollama: Dialect = {
  name: 'ollama',
  title: 'Ollama',
  routes: [
    { method: 'POST', path: '/api/chat' },
    { method: 'POST', path: '/api/generate' },
    ...modelRoutes,
  ],
  framing,
  grain: 'token',
  headers: [],
  usage: (baseUrl) => [`OLLAMA_HOST=${baseUrl}`],
  recognizes,
  parseRequest: (http) => parseOllama(http, 'ollama'),
  checkModel,
  streamHeaders: () => [['content-type', framing.contentType]],
  encoder: (reply) => ollamaEncoder(framing, reply),
  decoder: ollamaDecoder,
  decodeWhole,
  // It has no rates, but a queue, and says that it is full.
  limits: { ...silentLimitWords, busy: 'overloaded' },
  whole: wholeReply,
  error: ollamaError,
}

/** An application may have an `/api/chat` of its own; chats, messages or both have ids there. */
function recognizes(http: HttpRequest): boolean {
  const agent = header(http.headers, 'user-agent') ?? ''
  if (/^ollama(?:-js|-python)?\//.test(agent)) return true
  if (http.body.length === 0) return false
  const body = readJsonObject(http)
  if (typeof body === 'string' || typeof body['model'] !== 'string' || 'id' in body) return false
  return (
    Array.isArray(body['messages']) &&
    objectsIn(body['messages']).every((message) => !('parts' in message) && !('id' in message))
  )
}

function checkModel(request: ChatRequest, models: readonly string[]): ApiError | undefined {
  const { model = '' } = request
  return findModel(model, models) === undefined ? modelNotFound(model) : undefined
}
