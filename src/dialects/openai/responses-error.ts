/**
 * Errors of the Responses API: those of OpenAI, but that an unknown model is a mistake in the
 * request here, and two forms inside a stream: nested as it is sent, flat as it is documented.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import { keepBody } from '../shapes/error-reply.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import {
  type OpenAiErrorObject,
  openAiErrorObject,
  readOpenAiError,
  variantError,
} from './error.ts'
import { openAi } from './openai.ts'

export type ErrorForm = 'nested' | 'flat'

/** A mistake in a request, with a word of the vendor's that no neutral code has. */
interface Mistake {
  readonly code: string | null
  readonly message: string
  readonly param?: string | null | undefined
  readonly status?: 400 | 404
}

export function mistake({ code, message, param = null, status = 400 }: Mistake): ApiError {
  return {
    code: status === 404 ? 'not-found' : 'invalid-request',
    message,
    ...(param === null ? {} : { param }),
    body: { error: { message, type: 'invalid_request_error', param, code } },
  }
}

export const unknownModel = (model: string): ApiError => ({
  code: 'model-not-found',
  message: `The requested model '${model}' does not exist.`,
})

/** In this API the model is a field like any other, and a wrong one a bad request. */
const asHere = (error: ApiError): ApiError =>
  error.code === 'model-not-found' ? { status: 400, param: 'model', ...error } : error

const describe = (error: ApiError): OpenAiErrorObject => openAiErrorObject(asHere(error))

export const responsesError = (error: ApiError, _http?: HttpRequest, random?: Random): HttpReply =>
  variantError(openAi, asHere(error), random)

/** The data of the `error` event. A body of the scenario stands in its place. */
export function errorEvent(error: ApiError, form: ErrorForm, sequence: number): string {
  const { body } = error
  if (typeof body === 'string') return body
  if (isObject(body)) return JSON.stringify({ type: 'error', sequence_number: sequence, ...body })
  return JSON.stringify(
    form === 'flat'
      ? { type: 'error', ...flat(error), sequence_number: sequence }
      : { type: 'error', sequence_number: sequence, error: nested(error) },
  )
}

function flat(error: ApiError) {
  const { code, message, param } = describe(error)
  return { code, message, param }
}

function nested(error: ApiError) {
  const { type, code, message, param } = describe(error)
  return { type, code, message, param }
}

/** What a failed response says of its failure. */
export function failureOf(error: ApiError): { code: string; message: string } {
  const own = isObject(error.body) ? inner(error.body) : {}
  const usual = describe(error)
  const code = 'code' in own ? own['code'] : usual.code
  const message = own['message'] ?? usual.message
  return { code: typeof code === 'string' ? code : 'server_error', message: String(message) }
}

const inner = (body: JsonObject): JsonObject => (isObject(body['error']) ? body['error'] : body)

/** An `error` event read back, whichever of the two forms it has. */
export function readErrorEvent(event: JsonObject): ApiError | undefined {
  const { type: _type, sequence_number: _sequence, ...body } = event
  const said = inner(body)
  if (typeof said['message'] !== 'string' && typeof said['code'] !== 'string') return undefined
  const read = readError(said)
  return keepBody(read, body, said === body ? flat(read) : { error: nested(read) })
}

/** What stands under `error`, in a failed response and elsewhere. */
export function readError(said: unknown): ApiError {
  const { body: _, ...read } = readOpenAiError({ error: said }) ?? { code: 'server-error' }
  return read
}
