/** Requests that no dialect understands, and the plain HTTP in which rules may answer them. */
import { type ApiError, statusOf } from '../../core/api-error.ts'
import { noBytes, utf8, wholeText } from '../../core/bytes.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, Encoder } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import { type HttpReply, type HttpRequest, jsonReply } from '../../core/http.ts'
import { text } from '../../framing/index.ts'

const framing = text()

/** Text as it is: for a rule on a path of its own, such as a health check of the application. */
export const plainDialect: Dialect = {
  name: 'http',
  title: 'plain HTTP',
  routes: [],
  framing,
  grain: 'token',
  headers: [],
  parseRequest: (http) => plainRequest(http, undefined),
  checkModel: () => undefined,
  streamHeaders: () => [['content-type', framing.contentType]],
  encoder: (): Encoder => ({
    push: (event) => (textOf(event) === undefined ? [] : [{ bytes: textOf(event) ?? noBytes }]),
    end: () => [],
  }),
  decoder: () => ({
    push: (frame) =>
      frame.data === undefined
        ? [{ type: 'raw', bytes: frame.bytes }]
        : [{ type: 'text', text: frame.data }],
    end: () => [],
  }),
  decodeWhole: (body) => [{ type: 'text', text: wholeText(body) ?? '' }],
  whole(events): HttpReply {
    const parts = [...events].flatMap((event) => textOf(event) ?? [])
    return {
      status: 200,
      headers: [['content-type', framing.contentType]],
      body: Buffer.concat(parts),
    }
  },
  error: plainError,
}

function textOf(event: Event): Uint8Array | undefined {
  if (event.type === 'text') return utf8(event.text)
  return event.type === 'raw' ? event.bytes : undefined
}

function plainError(error: ApiError): HttpReply {
  const { code, message = code, headers: own = [], body, retryAfterMs } = error
  const waiting = retryAfterMs === undefined ? [] : [`${Math.ceil(retryAfterMs / 1000)}`]
  const headers = [...waiting.map((seconds) => ['retry-after', seconds] as const), ...own]
  if (typeof body === 'string') return { status: statusOf(error), headers, body }
  return jsonReply(statusOf(error), body ?? { error: { code, message } }, headers)
}

export function plainRequest(http: HttpRequest, dialect: Dialect | undefined): ChatRequest {
  return {
    dialect: dialect?.name ?? 'http',
    http,
    body: jsonOf(http.body),
    model: undefined,
    messages: [],
    system: undefined,
    user: undefined,
    tools: [],
    stream: true,
    dialogue: undefined,
    choices: 1,
  }
}

function jsonOf(body: Uint8Array): unknown {
  const written = wholeText(body)
  if (written === undefined || written === '') return undefined
  try {
    return JSON.parse(written)
  } catch {
    return undefined
  }
}
