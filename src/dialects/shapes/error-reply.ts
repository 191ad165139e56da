/** An error as a whole answer: the part that is the same for every vendor. */
import type { ApiError } from '../../core/api-error.ts'
import type { Headers, HttpReply } from '../../core/http.ts'

export interface ErrorParts {
  readonly status: number
  /** The vendor's body, which a body of the scenario replaces. */
  readonly body: unknown
  /** The vendor's own headers; those of the scenario come after them. */
  readonly headers?: Headers
  readonly contentType?: string
  /** Spaces to indent JSON by; none unless given. */
  readonly indent?: number
}

export function errorReply(error: ApiError, parts: ErrorParts): HttpReply {
  const body = error.body ?? parts.body
  const isText = typeof body === 'string'
  const type = isText ? 'text/plain; charset=utf-8' : (parts.contentType ?? 'application/json')
  return {
    status: parts.status,
    headers: [
      ['content-type', type],
      ...retryAfter(error),
      ...(parts.headers ?? []),
      ...(error.headers ?? []),
    ],
    body: isText ? body : JSON.stringify(body, undefined, parts.indent),
  }
}

/** In whole seconds, rounded up: a client that comes back at that time is not too early. */
const retryAfter = ({ retryAfterMs }: ApiError): Headers =>
  retryAfterMs === undefined ? [] : [['retry-after', `${Math.ceil(retryAfterMs / 1000)}`]]

/**
 * What was read from an error body, with the body itself where our own words would not write it
 * again, such as fields that we do not know.
 */
export function keepBody(read: ApiError, body: unknown, written: unknown): ApiError {
  return JSON.stringify(written) === JSON.stringify(body) ? read : { ...read, body }
}
