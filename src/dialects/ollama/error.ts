/**
 * Ollama's errors: one sentence under `error`, before the stream as a body and inside it as its last
 * line. The sentences are the service's own where its source has one for the case.
 */
import { type ApiError, type ApiErrorCode, apiErrorStatus } from '../../core/api-error.ts'
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import { withAskedModel } from '../shapes/asked-model.ts'
import { errorReply, keepBody } from '../shapes/error-reply.ts'
import type { JsonObject } from '../shapes/json-body.ts'
import { goJson } from './go.ts'

export const jsonType = 'application/json; charset=utf-8'

const sentences: Readonly<Record<ApiErrorCode, string>> = {
  'invalid-request': 'the request is invalid',
  'context-length': 'the input length exceeds the context length',
  'content-filter': 'the request was refused',
  unauthorized: 'unauthorized',
  forbidden: 'ollama cloud is disabled: remote model is unavailable',
  'not-found': 'not found',
  'model-not-found': 'model not found',
  'method-not-allowed': 'method not allowed',
  timeout: 'timed out waiting for the model to start',
  conflict: 'the model was changed meanwhile',
  'too-large': 'request body too large',
  unprocessable: 'the request could not be processed',
  'rate-limited': 'too many requests',
  'quota-exceeded': 'usage limit reached, please upgrade to continue',
  'server-error': 'an error was encountered while running the model',
  'bad-gateway': 'the remote host could not be reached',
  unavailable: 'the service is unavailable for the moment',
  overloaded: 'server busy, please try again.  maximum pending requests exceeded',
}

export const modelNotFound = (model: string): ApiError => ({
  code: 'model-not-found',
  message: `model '${model}' not found`,
})

const errorBody = (error: ApiError): unknown =>
  error.body ?? { error: error.message ?? sentences[error.code] }

/** The line that ends a stream. */
export function errorLine(error: ApiError, http?: HttpRequest): string {
  const body = errorBody(withAskedModel(error, http, modelNotFound))
  return typeof body === 'string' ? body : goJson(body)
}

export function ollamaError(error: ApiError, http?: HttpRequest): HttpReply {
  const body = errorBody(withAskedModel(error, http, modelNotFound))
  const reply = errorReply(error, {
    status: error.status ?? apiErrorStatus[error.code],
    body,
    contentType: jsonType,
  })
  return typeof body === 'string' ? reply : { ...reply, body: goJson(body) }
}

/** An error read back; undefined where the body holds none. */
export function readError(body: JsonObject): ApiError | undefined {
  const { error: message } = body
  if (typeof message !== 'string') return undefined
  const read: ApiError = { code: codeOf(message), message }
  return keepBody(read, body, { error: message })
}

function codeOf(message: string): ApiErrorCode {
  for (const code of Object.keys(apiErrorStatus).filter(isCode)) {
    if (sentences[code] === message) return code
  }
  return /^model .* not found/.test(message) ? 'model-not-found' : 'server-error'
}

const isCode = (text: string): text is ApiErrorCode => text in apiErrorStatus
