/**
 * The Gemini API and Vertex AI: one format behind two doors. A method of the path says whether the
 * reply streams; a stream is one JSON array unless `alt=sse` asks for server-sent events.
 * Source: recorded replies of both, Google's API reference, and the @google/genai SDK 2.32, which is
 * the judge of what this writes.
 */

import type { Dialect, Route } from '../../core/dialect.ts'
import { silentLimitWords } from '../../core/limits.ts'
import { jsonArray, sse } from '../../framing/index.ts'
import { decodeWhole, googleDecoder } from './decoder.ts'
import { googleEncoder } from './encoder.ts'
import { googleError } from './error.ts'
import { geminiRoutes, ok, vertexRoutes } from './models.ts'
import { parseGenerate } from './request.ts'
import { geminiSurface, type Surface, vertexSurface } from './surface.ts'
import { wholeMessage } from './whole.ts'
import { googleHeaders, googleKey, isForGoogle, jsonType, wantsArray } from './wire.ts'

const events = sse({ eol: '\r\n' })
const array = jsonArray()

function googleDialect(surface: Surface, title: string, routes: readonly Route[]): Dialect {
  return {
    name: surface.dialect,
    title,
    routes,
    framing: events,
    otherFramings: [array],
    grain: 'paragraph',
    headers: [
      'content-disposition',
      'server-timing',
      'x-goog-api-client',
      'x-server-timeout',
      'x-vertex-ai-llm-request-type',
    ],
    key: googleKey,
    parseRequest: (http) => parseGenerate(http, surface),
    checkModel: ({ model }, models) =>
      model !== undefined && !models.includes(model) ? { code: 'model-not-found' } : undefined,
    streamHeaders({ request: { http }, random }) {
      const type = wantsArray(http) ? jsonType : 'text/event-stream'
      const disposition = wantsArray(http) ? [] : [['content-disposition', 'attachment'] as const]
      return [['content-type', type], ...disposition, ...googleHeaders(random)]
    },
    encoder: (reply) =>
      googleEncoder(surface, wantsArray(reply.request.http) ? array : events, reply),
    decoder: googleDecoder,
    decodeWhole,
    limits: silentLimitWords,
    whole(said, reply) {
      const told = [...said]
      const failure = told.find((event) => event.type === 'error')
      const { request, random } = reply
      if (failure) return googleError(surface, failure.error, request.http, random)
      return ok(wholeMessage(surface, told, reply), random)
    },
    error: (error, http, random) => googleError(surface, error, http, random),
  }
}

export const gemini: Dialect = {
  ...googleDialect(geminiSurface, 'Google Gemini', geminiRoutes(geminiSurface)),
  usage: (baseUrl) => [`GOOGLE_GEMINI_BASE_URL=${baseUrl}`, 'GEMINI_API_KEY=none'],
  recognizes: isForGoogle,
}

export const vertex: Dialect = {
  ...googleDialect(vertexSurface, 'Google Vertex AI', vertexRoutes(vertexSurface)),
  usage: (baseUrl) => [`GOOGLE_VERTEX_BASE_URL=${baseUrl}`],
}
