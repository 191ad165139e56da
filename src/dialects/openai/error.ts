/**
 * OpenAI's error bodies. Pairs of type and code as recorded or as the SDK reads them; the messages
 * are our own words where the vendor's were not recorded.
 */
import type { ApiError, ApiErrorCode } from '../../core/api-error.ts'
import { statusOf } from '../../core/api-error.ts'
import { type Headers, type HttpReply, type HttpRequest, header } from '../../core/http.ts'
import { hex, type Random } from '../../core/random.ts'
import { isObject } from '../shapes/json-body.ts'

interface Shape {
  readonly type: string
  readonly code: string | null
  readonly message: string
}

const invalid = 'invalid_request_error'

const shapes: Readonly<Record<ApiErrorCode, Shape>> = {
  'invalid-request': { type: invalid, code: 'invalid_value', message: 'The request is invalid.' },
  'context-length': {
    type: invalid,
    code: 'context_length_exceeded',
    message: 'The messages are longer than the context of this model.',
  },
  'content-filter': {
    type: invalid,
    code: 'content_policy_violation',
    message: 'The request was refused by the safety system.',
  },
  unauthorized: {
    type: invalid,
    code: 'invalid_api_key',
    message: 'Incorrect API key provided.',
  },
  forbidden: {
    type: invalid,
    code: 'forbidden',
    message: 'This key has no access to the requested resource.',
  },
  'not-found': { type: invalid, code: 'not_found', message: 'The resource was not found.' },
  'model-not-found': {
    type: invalid,
    code: 'model_not_found',
    message: 'The model does not exist or you do not have access to it.',
  },
  'method-not-allowed': {
    type: invalid,
    code: 'method_not_supported',
    message: 'This method is not allowed here.',
  },
  timeout: { type: 'server_error', code: null, message: 'The request timed out.' },
  conflict: { type: invalid, code: 'conflict', message: 'The resource was changed meanwhile.' },
  'too-large': { type: invalid, code: null, message: 'The request is too large.' },
  unprocessable: { type: invalid, code: null, message: 'The request could not be processed.' },
  'rate-limited': {
    type: 'requests',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for requests.',
  },
  'quota-exceeded': {
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'You exceeded your current quota.',
  },
  'server-error': {
    type: 'server_error',
    code: null,
    message: 'The server had an error while processing your request.',
  },
  'bad-gateway': { type: 'server_error', code: null, message: 'Bad gateway.' },
  unavailable: {
    type: 'server_error',
    code: null,
    message: 'The service is unavailable for the moment.',
  },
  overloaded: {
    type: 'server_error',
    code: null,
    message: 'The engine is currently overloaded, please try again later.',
  },
}

/** The object under `error`, in a body or inside a stream. */
function openAiErrorObject(error: ApiError): Record<string, unknown> {
  const shape = shapes[error.code]
  return {
    message: error.message ?? shape.message,
    type: shape.type,
    param: error.param ?? null,
    code: shape.code,
  }
}

/** What is written as an error, in a body or inside a stream. */
const errorBody = (error: ApiError): unknown => error.body ?? { error: openAiErrorObject(error) }

/** The data of the frame that brings an error inside a stream, where nothing is indented. */
export function openAiErrorData(error: ApiError): string {
  const body = errorBody(error)
  return typeof body === 'string' ? body : JSON.stringify(body)
}

/**
 * An error body read back, or undefined where it holds none. What our own words would not say
 * again, such as the fields of another service, is kept as a body of its own.
 */
export function readOpenAiError(body: Readonly<Record<string, unknown>>): ApiError | undefined {
  const { error } = body
  if (typeof error === 'string') return { code: 'server-error', message: error, body }
  if (!isObject(error)) return undefined
  const read: ApiError = {
    code: codeOf(error),
    ...(typeof error['message'] === 'string' ? { message: error['message'] } : {}),
    ...(typeof error['param'] === 'string' ? { param: error['param'] } : {}),
  }
  return openAiErrorData(read) === JSON.stringify(body) ? read : { ...read, body }
}

const codesByWord: Readonly<Record<string, ApiErrorCode>> = {
  context_length_exceeded: 'context-length',
  content_policy_violation: 'content-filter',
  invalid_api_key: 'unauthorized',
  forbidden: 'forbidden',
  not_found: 'not-found',
  model_not_found: 'model-not-found',
  method_not_supported: 'method-not-allowed',
  conflict: 'conflict',
  rate_limit_exceeded: 'rate-limited',
  insufficient_quota: 'quota-exceeded',
}

const codeOf = ({ type, code }: Readonly<Record<string, unknown>>): ApiErrorCode =>
  codesByWord[String(code)] ?? (type === invalid ? 'invalid-request' : 'server-error')

export function openAiError(error: ApiError, _http?: HttpRequest, random?: Random): HttpReply {
  const body = errorBody(error)
  const isText = typeof body === 'string'
  return {
    status: statusOf(error),
    headers: [
      ['content-type', isText ? 'text/plain; charset=utf-8' : 'application/json'],
      ...retryHeaders(error),
      ...requestId(error, random),
      ...(error.headers ?? []),
    ],
    body: isText ? body : JSON.stringify(body, undefined, 2),
  }
}

function requestId({ headers = [] }: ApiError, random: Random | undefined): Headers {
  if (!random || header(headers, 'x-request-id') !== undefined) return []
  return [['x-request-id', `req_${hex(random.fork('headers'), 32)}`]]
}

/** Whole seconds for every client, milliseconds for the SDKs that read them first. */
function retryHeaders({ retryAfterMs }: ApiError): Headers {
  if (retryAfterMs === undefined) return []
  const seconds: readonly [string, string] = ['retry-after', `${Math.ceil(retryAfterMs / 1000)}`]
  if (retryAfterMs % 1000 === 0) return [seconds]
  return [seconds, ['retry-after-ms', `${retryAfterMs}`]]
}
