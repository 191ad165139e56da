/**
 * Mistral's error bodies, which have three forms: a sentence under `detail`, a list of mistakes in
 * the words of pydantic, and an object with a type and a number. Types and numbers as recorded or
 * as reported by users; the messages are our own words where the vendor's are not known.
 */
import { type ApiError, type ApiErrorCode, statusOf } from '../../core/api-error.ts'
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import { withAskedModel } from '../shapes/asked-model.ts'
import { errorReply, keepBody } from '../shapes/error-reply.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { correlation } from './headers.ts'

interface Shape {
  /** Where the vendor's differs from the usual one. */
  readonly status?: number
  readonly message: string
  /** Undefined where the body is a sentence under `detail`. */
  readonly type?: string
  readonly code?: string
}

const invalid = 'invalid_request_error'
const internal = 'internal_server_error'

const shapes: Readonly<Record<ApiErrorCode, Shape>> = {
  'invalid-request': { type: invalid, message: 'The request is invalid.' },
  'context-length': {
    type: invalid,
    code: '3051',
    message: 'The prompt has more tokens than the context of this model.',
  },
  'content-filter': { type: invalid, message: 'The request was stopped by the moderation.' },
  unauthorized: { message: 'Invalid API Key' },
  forbidden: { message: 'This key has no access to the resource.' },
  'not-found': { message: 'Not Found' },
  'model-not-found': {
    status: 400,
    type: 'invalid_model',
    code: '1500',
    message: 'Invalid model.',
  },
  'method-not-allowed': { message: 'Method Not Allowed' },
  timeout: { type: invalid, message: 'The request took too long.' },
  conflict: { type: invalid, message: 'The resource was changed meanwhile.' },
  'too-large': { type: invalid, message: 'The request is too large.' },
  unprocessable: { type: invalid, message: 'The request could not be processed.' },
  'rate-limited': { type: 'rate_limited', code: '1300', message: 'Rate limit exceeded' },
  'quota-exceeded': { type: 'rate_limited', code: '1300', message: 'The quota is used up.' },
  'server-error': { type: internal, code: '1000', message: 'Internal server error.' },
  'bad-gateway': { type: internal, code: '1000', message: 'Bad gateway.' },
  unavailable: { type: internal, code: '1000', message: 'Service unavailable.' },
  overloaded: {
    status: 429,
    type: 'service_tier_capacity_exceeded',
    code: '3505',
    message: 'Service tier capacity exceeded for this model.',
  },
}

const statusFor = (error: ApiError): number =>
  error.status ?? shapes[error.code].status ?? statusOf(error)

/** A mistake in a request, in the words of pydantic. */
export interface Detail {
  readonly type: string
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly input?: unknown
  readonly ctx?: unknown
}

const objectBody = (message: unknown, shape: Shape, status: number): JsonObject => ({
  object: 'error',
  message,
  type: shape.type,
  param: null,
  code: shape.code ?? null,
  raw_status_code: status,
})

/** What the checks of a request answer with: 422, and the mistake as the vendor lists it. */
export const unprocessable = (detail: Detail): ApiError => ({
  code: 'unprocessable',
  message: `${detail.loc.join('.')}: ${detail.msg}`,
  param: detail.loc.slice(1).join('.'),
  body: objectBody({ detail: [detail] }, shapes.unprocessable, 422),
})

export const refused = (message: string, type: string, code: string): ApiError => ({
  code: 'invalid-request',
  message,
  body: objectBody(message, { type, code, message }, 400),
})

function errorBody(error: ApiError): unknown {
  if (error.body !== undefined) return error.body
  const shape = shapes[error.code]
  const message = error.message ?? shape.message
  if (shape.type === undefined) return { detail: message }
  if (error.code !== 'unprocessable') return objectBody(message, shape, statusFor(error))
  const loc = ['body', ...(error.param === undefined ? [] : [error.param])]
  const detail: Detail = { type: 'value_error', loc, msg: message }
  return objectBody({ detail: [detail] }, shape, statusFor(error))
}

/** The data of the frame that brings an error inside a stream: the vendor has no form of its own. */
export function mistralErrorData(error: ApiError, http?: HttpRequest): string {
  const body = errorBody(withAskedModel(error, http, invalidModel))
  return typeof body === 'string' ? body : JSON.stringify(body)
}

export const invalidModel = (model: string): ApiError => ({
  code: 'model-not-found',
  message: `Invalid model: ${model}`,
})

export const mistralError = (error: ApiError, http?: HttpRequest, random?: Random): HttpReply =>
  errorReply(error, {
    status: statusFor(error),
    body: errorBody(withAskedModel(error, http, invalidModel)),
    headers: random ? correlation(random) : [],
  })

/** An error body read back, or undefined where it holds none. */
export function readMistralError(body: JsonObject): ApiError | undefined {
  const isError = body['object'] === 'error' || body['detail'] !== undefined
  if (!isError) return undefined
  const read: ApiError = { code: codeOf(body), ...messageOf(body) }
  return keepBody(read, body, errorBody(read))
}

function messageOf({ message, detail }: JsonObject): { message?: string } {
  const said = message ?? detail
  return typeof said === 'string' ? { message: said } : {}
}

const codesByType: Readonly<Record<string, ApiErrorCode>> = {
  invalid_model: 'model-not-found',
  rate_limited: 'rate-limited',
  service_tier_capacity_exceeded: 'overloaded',
  internal_server_error: 'server-error',
}

function codeOf({ type, code, message, detail }: JsonObject): ApiErrorCode {
  if (typeof detail === 'string')
    return detail === shapes.unauthorized.message ? 'unauthorized' : 'forbidden'
  if (detail !== undefined || isObject(message)) return 'unprocessable'
  if (code === shapes['context-length'].code) return 'context-length'
  return codesByType[String(type)] ?? 'invalid-request'
}
