/**
 * Answers that are written by our own dialects, for sources that hold what was said and not the
 * bytes. Pure: the same events give the same bytes, since chance is named after what is said.
 */
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import { isApiError } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import { seededRandom } from '../../time/random.ts'
import { pathAndQuery } from '../transcribe.ts'
import type { Asked } from './imported.ts'

/** Beginning of 2026, as replies of a script claim it. */
const createdMs = Date.UTC(2026, 0, 1)

export function imaginedReply(dialect: Dialect, asked: Asked, name: string): ReplyContext {
  const http = httpOf(asked)
  const parsed = dialect.parseRequest(http)
  const request = isApiError(parsed) ? undefined : parsed
  return {
    request: request ?? {
      dialect: dialect.name,
      http,
      body: {},
      model: undefined,
      messages: [],
      system: undefined,
      user: undefined,
      tools: [],
      stream: true,
      dialogue: undefined,
      choices: 1,
    },
    random: seededRandom(`import/${name}`),
    createdMs,
    models: undefined,
  }
}

function httpOf({ method, url, headers, body }: Asked): HttpRequest {
  const local = pathAndQuery(url)
  const [path = '/', query = ''] = local.split('?', 2)
  return {
    method,
    url: local,
    path,
    query: new URLSearchParams(query),
    headers,
    params: { model: 'model', modelId: 'model' },
    body,
  }
}

/** The frames of a stream that says these events, and its last words. */
export function streamOf(dialect: Dialect, reply: ReplyContext, events: readonly Event[]): Frame[] {
  const encoder = dialect.encoder(reply)
  return [...events.flatMap((event) => encoder.push(event)), ...encoder.end()]
}

/** An error as the dialect answers it. */
export const errorOf = (
  dialect: Dialect,
  reply: ReplyContext,
  error: Parameters<Dialect['error']>[0],
): HttpReply => dialect.error(error, reply.request.http, reply.random)
