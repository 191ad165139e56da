/**
 * Errors of a route that is an application's own and no vendor's: each application has its own
 * form, and `{"error": sentence}` is the usual one.
 */
import { type ApiError, type ApiErrorCode, statusOf } from '../../core/api-error.ts'
import type { Event } from '../../core/event.ts'
import type { HttpReply } from '../../core/http.ts'
import { errorReply, keepBody } from './error-reply.ts'
import { parseObject } from './json-body.ts'

const sentences: Readonly<Record<ApiErrorCode, string>> = {
  'invalid-request': 'The request is invalid.',
  'context-length': 'The conversation is too long for this model.',
  'content-filter': 'The request was refused by a content filter.',
  unauthorized: 'You are not signed in.',
  forbidden: 'You are not allowed to do this.',
  'not-found': 'Nothing was found here.',
  'model-not-found': 'This model does not exist.',
  'method-not-allowed': 'This method is not allowed here.',
  timeout: 'The request took too long.',
  conflict: 'The resource was changed meanwhile.',
  'too-large': 'The request is too large.',
  unprocessable: 'The request could not be processed.',
  'rate-limited': 'Too many requests. Please try again later.',
  'quota-exceeded': 'The quota is used up.',
  'server-error': 'Something went wrong.',
  'bad-gateway': 'The service behind this one failed.',
  unavailable: 'The service is unavailable for the moment.',
  overloaded: 'The service is overloaded. Please try again later.',
}

export const sentenceOf = ({ code, message }: ApiError): string => message ?? sentences[code]

const appErrorBody = (error: ApiError): object => ({ error: sentenceOf(error) })

export const appError = (error: ApiError): HttpReply =>
  errorReply(error, { status: statusOf(error), body: appErrorBody(error) })

/** An error body read back; empty where it is none. */
export function decodeAppError(text: string): Event[] {
  const body = parseObject(text)
  if (typeof body?.['error'] !== 'string') return []
  const read: ApiError = { code: 'server-error', message: body['error'] }
  return [{ type: 'error', error: keepBody(read, body, appErrorBody(read)) }]
}
