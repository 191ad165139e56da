/**
 * OpenAI Responses: `POST /v1/responses`, and what can be done with a response that was kept.
 * Source: the API reference of OpenAI, recorded streams of 2025 and 2026, and the openai SDK for
 * Node 6.49, which is the judge of what this writes.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import { type HttpReply, jsonReply } from '../../core/http.ts'
import { sse } from '../../framing/index.ts'
import { isObject } from '../shapes/json-body.ts'
import { openAiLimitWords } from './limit-words.ts'
import { openAi } from './openai.ts'
import { decodeWhole, responsesDecoder } from './responses-decoder.ts'
import { responsesEncoder, wholeResponse } from './responses-encoder.ts'
import { type ErrorForm, responsesError, unknownModel } from './responses-error.ts'
import { keyOf } from './responses-input.ts'
import { keptRoutes } from './responses-kept.ts'
import { responseObject, writeJson } from './responses-object.ts'
import { parseResponses } from './responses-request.ts'
import { openAiHeaders, rateLimitNames } from './service-headers.ts'

/** What tells the services apart that speak this format. */
export interface ResponsesVariant {
  readonly name: string
  readonly title: string
  /** Where responses are made, e.g. `/v1/responses`; what is kept is found below. */
  readonly paths: readonly string[]
  /** That of the error inside a stream. */
  readonly errorForm?: ErrorForm
  /** Headers of every reply. */
  readonly headers?: (reply: ReplyContext) => readonly (readonly [string, string])[]
  /** What else is its own. */
  readonly own?: Partial<Dialect>
}

const framing = sse()

const keptHeaders: readonly string[] = [
  ...openAi.headers.map(([name]) => name),
  ...(openAi.keptHeaders ?? []),
  ...rateLimitNames,
]

export function responsesDialect(variant: ResponsesVariant): Dialect {
  const { name, title, paths, errorForm = 'nested', own = {} } = variant
  const headers = variant.headers ?? openAiHeaders
  const error = own.error ?? responsesError
  return {
    name,
    title,
    routes: paths.flatMap((path) => [{ method: 'POST', path }, ...keptRoutes(path)]),
    framing,
    grain: 'token',
    headers: keptHeaders,
    limits: openAiLimitWords(openAi),
    parseRequest: (http, memory) => parseResponses(http, name, memory),
    checkModel,
    streamHeaders: (reply) => [
      ['content-type', 'text/event-stream; charset=utf-8'],
      ...headers(reply),
    ],
    encoder: (reply) => responsesEncoder(framing, errorForm, reply),
    decoder: responsesDecoder,
    decodeWhole,
    keepAs: (reply) => (setting(reply, 'store') === false ? undefined : keyOf(reply)),
    receipt: (reply) =>
      setting(reply, 'background') === true
        ? written(responseObject(reply, { status: 'queued' }), headers(reply))
        : undefined,
    // A service that has not begun to answer answers an error with nothing else.
    whole(events: Iterable<Event>, reply: ReplyContext): HttpReply {
      const said = [...events]
      const failure = said.find((event) => event.type === 'error')
      if (failure) return error(failure.error, reply.request.http, reply.random)
      return written(wholeResponse(said, reply), headers(reply))
    },
    ...own,
    error,
  }
}

export const openAiResponses = responsesDialect({
  name: 'openai-responses',
  title: 'OpenAI Responses',
  paths: ['/v1/responses'],
  own: { usage: (baseUrl) => [`OPENAI_BASE_URL=${baseUrl}/v1`, 'OPENAI_API_KEY=none'] },
})

/** The same with the error that the reference documents, and that the service does not send. */
export const openAiResponsesFlat = responsesDialect({
  name: 'openai-responses-flat',
  title: 'OpenAI Responses, its stream errors as documented',
  paths: ['/v1/responses'],
  errorForm: 'flat',
})

const setting = ({ request: { body } }: ReplyContext, name: string): unknown =>
  isObject(body) ? body[name] : undefined

const written = (value: unknown, headers: HttpReply['headers']): HttpReply => ({
  ...jsonReply(200, null, headers),
  body: writeJson(value, 2),
})

function checkModel(request: ChatRequest, models: readonly string[]): ApiError | undefined {
  return request.model !== undefined && !models.includes(request.model)
    ? unknownModel(request.model)
    : undefined
}
