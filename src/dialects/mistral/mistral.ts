/**
 * Mistral's chat completions: `POST /v1/chat/completions`, which it shares with OpenAI, and its
 * fill-in-the-middle. Source: recorded streams, and the types of @mistralai/mistralai 2.7.0, which
 * is the judge of what this writes.
 */
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import { type HttpReply, type HttpRequest, header, jsonReply } from '../../core/http.ts'
import { sse } from '../../framing/index.ts'
import { decodeWhole, mistralDecoder } from './decoder.ts'
import { mistralEncoder, wholeCompletion } from './encoder.ts'
import { invalidModel, mistralError } from './error.ts'
import { headerNames, limitWords, serviceHeaders } from './headers.ts'
import { parseMistral } from './request.ts'
import { mistralRoutes } from './routes.ts'

const framing = sse()

export const mistral: Dialect = {
  name: 'mistral',
  title: 'Mistral',
  routes: [
    { method: 'POST', path: '/v1/chat/completions' },
    { method: 'POST', path: '/v1/fim/completions' },
    ...mistralRoutes,
  ],
  framing,
  grain: 'token',
  headers: headerNames,
  recognizes,
  parseRequest: parseMistral,
  checkModel: ({ model }, models) =>
    model === undefined || models.includes(model) ? undefined : invalidModel(model),
  streamHeaders: (reply) => [
    ['content-type', 'text/event-stream; charset=utf-8'],
    ...serviceHeaders(reply),
  ],
  encoder: (reply) => mistralEncoder(framing, reply),
  decoder: mistralDecoder,
  decodeWhole,
  limits: limitWords,
  whole,
  error: mistralError,
}

/** The vendor's clients in TypeScript and Python both name themselves. */
function recognizes({ headers }: HttpRequest): boolean {
  const agent = header(headers, 'user-agent') ?? ''
  const host = header(headers, 'host') ?? ''
  return agent.startsWith('mistral-client-') || /(?:^|\.)mistral\.ai(?::\d+)?$/.test(host)
}

function whole(events: Iterable<Event>, reply: ReplyContext): HttpReply {
  const said = [...events]
  const failure = said.find((event) => event.type === 'error')
  if (failure) return mistralError(failure.error, reply.request.http, reply.random)
  return jsonReply(200, wholeCompletion(said, reply), serviceHeaders(reply))
}
