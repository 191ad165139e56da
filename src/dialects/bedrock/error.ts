/**
 * Bedrock's errors: the name stands in a header, the body holds a message, and inside a stream the
 * same is an exception message. Names and statuses are those of the service's Smithy model; the
 * sentences are ours where the service's were not seen.
 */
import { type ApiError, type ApiErrorCode, apiErrorStatus } from '../../core/api-error.ts'
import type { Frame, Message } from '../../core/frame.ts'
import { type Headers, type HttpReply, type HttpRequest, header } from '../../core/http.ts'
import { type Random, uuid } from '../../core/random.ts'
import { errorReply, keepBody } from '../shapes/error-reply.ts'
import type { JsonObject } from '../shapes/json-body.ts'

interface Exception {
  readonly name: string
  /** Where it differs from what the neutral code has. */
  readonly status?: number
  readonly message: string
}

const validation = (message: string): Exception => ({ name: 'ValidationException', message })

const exceptions: Readonly<Record<ApiErrorCode, Exception>> = {
  'invalid-request': validation('The input does not satisfy the constraints of the service.'),
  'context-length': validation('Input is too long for requested model.'),
  'content-filter': validation('The request was refused by a content filter.'),
  unauthorized: {
    name: 'UnrecognizedClientException',
    status: 403,
    message: 'The security token included in the request is invalid.',
  },
  forbidden: {
    name: 'AccessDeniedException',
    message: "You don't have access to the model with the specified model ID.",
  },
  'not-found': { name: 'ResourceNotFoundException', message: 'The resource was not found.' },
  'model-not-found': {
    ...validation('The provided model identifier is invalid.'),
    status: 400,
  },
  'method-not-allowed': {
    name: 'UnknownOperationException',
    message: 'This method is not allowed here.',
  },
  timeout: { name: 'ModelTimeoutException', message: 'The model took too long to answer.' },
  conflict: { name: 'ConflictException', message: 'The resource was changed meanwhile.' },
  'too-large': { name: 'RequestEntityTooLargeException', message: 'The request is too large.' },
  unprocessable: {
    name: 'ModelErrorException',
    status: 424,
    message: 'The model could not process the request.',
  },
  'rate-limited': {
    name: 'ThrottlingException',
    message: 'Too many requests, please wait before trying again.',
  },
  'quota-exceeded': {
    name: 'ServiceQuotaExceededException',
    status: 400,
    message: 'The request is over the quota of this account.',
  },
  'server-error': {
    name: 'InternalServerException',
    message: 'The system encountered an unexpected error during processing.',
  },
  'bad-gateway': { name: 'InternalServerException', message: 'Bad gateway.' },
  unavailable: { name: 'ServiceUnavailableException', message: 'Bedrock is unable to answer now.' },
  overloaded: {
    name: 'ModelNotReadyException',
    status: 429,
    message: 'The model is not ready for the request, please try again later.',
  },
}

/** The model service writes its name behind that of the exception. */
const nameSuffix = ':http://internal.amazon.com/coral/com.amazon.bedrock/'

const typeHeader = 'x-amzn-errortype'

export function bedrockError(error: ApiError, _http?: HttpRequest, random?: Random): HttpReply {
  const exception = exceptions[error.code]
  const own = header(error.headers ?? [], typeHeader)
  const type: Headers = own === undefined ? [[typeHeader, exception.name + nameSuffix]] : []
  return errorReply(error, {
    status: error.status ?? exception.status ?? apiErrorStatus[error.code],
    body: { message: error.message ?? exception.message },
    headers: [...type, ...(random ? requestId(random) : [])],
  })
}

export const requestId = (random: Random): Headers => [
  ['x-amzn-requestid', uuid(random.fork('request-id'))],
]

/** A mistake in the type of a member is found before the service looks at the request. */
export const serializationError = (message: string, param: string): ApiError => ({
  code: 'invalid-request',
  message,
  param,
  headers: [[typeHeader, `SerializationException${nameSuffix}`]],
})

/** Exceptions that the model of the stream names; all others travel as errors without a model. */
const inStream = new Set([
  'InternalServerException',
  'ModelStreamErrorException',
  'ValidationException',
  'ThrottlingException',
  'ServiceUnavailableException',
  'ModelTimeoutException',
])

export function exceptionMessage(error: ApiError): Message {
  const { name, message } = exceptions[error.code]
  const said = error.message ?? message
  const body = error.body ?? { message: said }
  const data = typeof body === 'string' ? body : JSON.stringify(body)
  if (inStream.has(name)) {
    const type = name.charAt(0).toLowerCase() + name.slice(1)
    return {
      event: type,
      data,
      headers: {
        ':exception-type': type,
        ':content-type': 'application/json',
        ':message-type': 'exception',
      },
    }
  }
  const headers = { ':error-code': name, ':error-message': said, ':message-type': 'error' }
  return { event: name, headers, ...(error.body === undefined ? {} : { data }) }
}

/** The error that a message of a stream brings, or undefined where it brings none. */
export function readException(frame: Frame, body: JsonObject | undefined): ApiError | undefined {
  const { headers = {}, event = '' } = frame
  const type = headers[':message-type']
  if (type !== 'exception' && type !== 'error') return undefined
  const said = type === 'error' ? headers[':error-message'] : body?.['message']
  const code = codeOf(event)
  const read: ApiError = {
    code,
    ...(typeof said === 'string' && said !== exceptions[code].message ? { message: said } : {}),
  }
  if (body === undefined) return read
  return keepBody(read, body, { message: read.message ?? exceptions[code].message })
}

/** An error body that was not streamed: it does not say its name, so that the status is all. */
export function readErrorBody(body: JsonObject): ApiError | undefined {
  const said = body['message'] ?? body['Message']
  return typeof said === 'string' ? { code: 'server-error', message: said, body } : undefined
}

function codeOf(type: string): ApiErrorCode {
  const name = type.charAt(0).toUpperCase() + type.slice(1)
  const code = codes.find((one) => exceptions[one].name === name)
  return code ?? 'server-error'
}

const isCode = (text: string): text is ApiErrorCode => text in exceptions

const codes: readonly ApiErrorCode[] = Object.keys(exceptions).filter(isCode)
