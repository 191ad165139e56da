/**
 * Anthropic's errors, as a body and inside a stream. Types and statuses from the vendor's list of
 * errors and the SDK's classes; codes that the vendor has no type for have the nearest.
 * Source: https://platform.claude.com/docs/en/api/errors and recorded errors.
 */
import { type ApiError, type ApiErrorCode, apiErrorStatus } from '../../core/api-error.ts'
import { type Headers, type HttpReply, type HttpRequest, header } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import { errorReply } from '../shapes/error-reply.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { requestId } from './message.ts'
import { limitSentence } from './rate-limits.ts'

interface Shape {
  readonly type: string
  readonly message: string
  /** Where it is another than the neutral one. */
  readonly status?: number
}

const invalid = 'invalid_request_error'

const shapes: Readonly<Record<ApiErrorCode, Shape>> = {
  'invalid-request': { type: invalid, message: 'The request is invalid.' },
  'context-length': {
    type: invalid,
    message: 'prompt is too long: 200001 tokens > 200000 maximum',
  },
  'content-filter': { type: invalid, message: 'Output blocked by content filtering policy' },
  unauthorized: { type: 'authentication_error', message: 'invalid x-api-key' },
  forbidden: {
    type: 'permission_error',
    message: 'This API key has no permission to use the resource.',
  },
  'not-found': { type: 'not_found_error', message: 'The resource was not found.' },
  'model-not-found': { type: 'not_found_error', message: 'model: there is none of this name' },
  'method-not-allowed': { type: invalid, message: 'Method Not Allowed' },
  timeout: { type: 'timeout_error', status: 504, message: 'The request timed out.' },
  conflict: { type: invalid, message: 'The resource was changed meanwhile.' },
  'too-large': { type: 'request_too_large', message: 'Request exceeds the maximum size' },
  unprocessable: { type: invalid, message: 'The request could not be processed.' },
  'rate-limited': {
    type: 'rate_limit_error',
    message: 'This request would exceed the rate limit of your organization.',
  },
  'quota-exceeded': {
    type: 'billing_error',
    status: 402,
    message: 'The credit balance is too low for this request.',
  },
  'server-error': { type: 'api_error', message: 'Internal server error' },
  'bad-gateway': { type: 'api_error', message: 'Bad gateway' },
  unavailable: { type: 'api_error', message: 'The service is unavailable for the moment.' },
  overloaded: { type: 'overloaded_error', status: 529, message: 'Overloaded' },
}

/** `error.param` has no field of its own: requests that are refused begin their message with it. */
const errorObject = (error: ApiError): Record<string, unknown> => ({
  type: shapes[error.code].type,
  message:
    error.message ??
    (error.limit && error.code === 'rate-limited'
      ? limitSentence(error.limit)
      : shapes[error.code].message),
})

export function anthropicError(error: ApiError, _http?: HttpRequest, random?: Random): HttpReply {
  const status = error.status ?? shapes[error.code].status ?? apiErrorStatus[error.code]
  const id = header(error.headers ?? [], 'request-id') ?? (random && requestId(random))
  const body = {
    type: 'error',
    error: errorObject(error),
    ...(id === undefined ? {} : { request_id: id }),
  }
  const own: Headers = [
    ...(id === undefined ? [] : [['request-id', id] as const]),
    ['x-should-retry', String(isWorthRetrying(status))],
  ]
  const given = error.headers ?? []
  return errorReply(error, {
    status,
    body,
    headers: own.filter(([name]) => header(given, name) === undefined),
  })
}

const isWorthRetrying = (status: number): boolean =>
  [408, 409, 429].includes(status) || status >= 500

/** The data of the `error` event, whose object has one field more than that of a body. */
export function errorInStream(error: ApiError, id: string): string {
  if (typeof error.body === 'string') return error.body
  const body = { type: 'error', error: { details: null, ...errorObject(error) }, request_id: id }
  return JSON.stringify(error.body ?? body)
}

const codes: Readonly<Record<string, ApiErrorCode>> = {
  [invalid]: 'invalid-request',
  authentication_error: 'unauthorized',
  billing_error: 'quota-exceeded',
  permission_error: 'forbidden',
  not_found_error: 'not-found',
  request_too_large: 'too-large',
  rate_limit_error: 'rate-limited',
  api_error: 'server-error',
  timeout_error: 'timeout',
  overloaded_error: 'overloaded',
}

/**
 * An error that was read, or undefined where it is none. What our own words would not say again is
 * kept as a body of its own; the id of the request is no part of the error.
 */
export function readError(body: JsonObject): ApiError | undefined {
  const { error } = body
  if (body['type'] !== 'error' || !isObject(error)) return undefined
  const { type, message, details } = error
  const read: ApiError = {
    code: codeOf(String(type), String(message)),
    ...(typeof message === 'string' ? { message } : {}),
  }
  const isOurs = shapes[read.code].type === type && typeof message === 'string' && details == null
  const known = ['type', 'message', 'details']
  return isOurs && Object.keys(error).every((key) => known.includes(key)) ? read : { ...read, body }
}

function codeOf(type: string, message: string): ApiErrorCode {
  if (type === 'not_found_error' && message.startsWith('model:')) return 'model-not-found'
  return codes[type] ?? 'server-error'
}
