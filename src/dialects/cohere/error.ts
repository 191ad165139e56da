/**
 * Cohere's errors and the headers of all its answers, which both versions of its API share.
 * Statuses as the cohere-ai SDK has classes for them and the vendor lists them; 498 is its own, for
 * words that it does not let pass. Sentences are ours where no recording has them.
 */
import { type ApiError, type ApiErrorCode, apiErrorStatus } from '../../core/api-error.ts'
import type { Headers, HttpReply, HttpRequest } from '../../core/http.ts'
import { type LimitWords, tightest } from '../../core/limits.ts'
import { hex, integer, type Random, uuid } from '../../core/random.ts'
import { withAskedModel } from '../shapes/asked-model.ts'
import { errorReply, keepBody } from '../shapes/error-reply.ts'
import type { JsonObject } from '../shapes/json-body.ts'
import { plainProblem } from '../shapes/unreadable.ts'

const sentences: Readonly<Record<ApiErrorCode, string>> = {
  'invalid-request': 'invalid request',
  'context-length': 'too many tokens: the prompt is longer than the context of the model',
  'content-filter': 'the request or the response contains a blocked token',
  unauthorized: 'invalid api token',
  forbidden: 'this api key has no access to the resource',
  'not-found': 'resource not found',
  'model-not-found': 'model not found',
  'method-not-allowed': 'method not allowed',
  timeout: 'the request timed out',
  conflict: 'the resource was changed meanwhile',
  'too-large': 'request body too large',
  unprocessable: 'the request could not be processed',
  'rate-limited': 'You are past the rate limit of this key, please wait and try again later.',
  'quota-exceeded': 'Please add or update your payment method to continue.',
  'server-error': 'internal server error',
  'bad-gateway': 'bad gateway',
  unavailable: 'service unavailable',
  overloaded: 'the model is overloaded, please try again later',
}

const statuses: Partial<Record<ApiErrorCode, number>> = {
  'content-filter': 498,
  timeout: 504,
  'quota-exceeded': 402,
}

export const sentenceOf = (error: ApiError): string => error.message ?? sentences[error.code]

export const codeOf = (sentence: string): ApiErrorCode =>
  Object.keys(apiErrorStatus)
    .filter(isCode)
    .find((code) => sentences[code] === sentence) ??
  (/^model .*not found/.test(sentence) ? 'model-not-found' : 'server-error')

const isCode = (text: string): text is ApiErrorCode => text in apiErrorStatus

export const modelNotFound = (model: string): ApiError => ({
  code: 'model-not-found',
  message: `model '${model}' not found, make sure the correct model ID was used and that you have access to the model.`,
})

export const unreadable = (problem: string): ApiError => invalid(plainProblem(problem))

export const invalid = (message: string, param?: string): ApiError => ({
  code: 'invalid-request',
  message,
  ...(param === undefined ? {} : { param }),
})

export function cohereError(given: ApiError, http?: HttpRequest, random?: Random): HttpReply {
  const error = withAskedModel(given, http, modelNotFound)
  const limited = error.code === 'rate-limited'
  const headers = random ? serviceHeaders(random, limited ? 0 : undefined) : []
  return errorReply(error, {
    status: error.status ?? statuses[error.code] ?? apiErrorStatus[error.code],
    body: {
      ...(random ? { id: uuid(random.fork('error')) } : {}),
      message: sentenceOf(error),
      ...(error.code === 'context-length' ? { error_type: 'TOO_MANY_TOKENS' } : {}),
    },
    // A limit that is kept tells its own figures, or there are none.
    headers: error.limit ? headers.filter(([name]) => !limitWords.names.test(name)) : headers,
  })
}

/** An error body read back; undefined where it is none. */
export function readError(body: JsonObject): ApiError | undefined {
  const { message } = body
  if (typeof message !== 'string' || 'type' in body || 'event_type' in body) return undefined
  return keepBody({ code: codeOf(message), message }, body, { message })
}

/** Of a trial key, whose calls are counted; `remaining` is made up unless given. */
export function serviceHeaders(random: Random, remaining?: number): Headers {
  const drawn = random.fork('headers')
  const left = integer(drawn, 1, 19)
  return [
    ['x-debug-trace-id', hex(drawn, 32)],
    ['x-endpoint-monthly-call-limit', '1000'],
    ['x-trial-endpoint-call-limit', '20'],
    ['x-trial-endpoint-call-remaining', `${remaining ?? left}`],
  ]
}

export const headerNames: readonly string[] = [
  'x-client-name',
  'x-debug-trace-id',
  'x-endpoint-monthly-call-limit',
  'x-fern-sdk-name',
  'x-fern-sdk-version',
  'x-trial-endpoint-call-limit',
  'x-trial-endpoint-call-remaining',
]

/** Calls of a trial key are what its headers count; nobody here counts those of a month. */
export const limitWords: LimitWords = {
  names: /^x-(?:trial-endpoint|endpoint-monthly)-call-/,
  headers: (now) => {
    const told = tightest(now, 'requests')
    if (!told) return []
    return [
      ['x-trial-endpoint-call-limit', `${told.limit.most}`],
      ['x-trial-endpoint-call-remaining', `${told.remaining}`],
    ]
  },
}
