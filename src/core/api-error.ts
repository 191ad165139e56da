/**
 * A simulated API error: data that a dialect turns into the vendor's status, headers and body.
 * Never thrown, and never to be confused with an error of our own (see `errors.ts`).
 */
import type { Headers } from './http.ts'
import type { LimitRefusal } from './limits.ts'

/** The neutral codes and the HTTP status each has where a dialect says nothing else. */
export const apiErrorStatus = {
  'invalid-request': 400,
  'context-length': 400,
  'content-filter': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'model-not-found': 404,
  'method-not-allowed': 405,
  timeout: 408,
  conflict: 409,
  'too-large': 413,
  unprocessable: 422,
  'rate-limited': 429,
  'quota-exceeded': 429,
  'server-error': 500,
  'bad-gateway': 502,
  unavailable: 503,
  overloaded: 503,
} as const

export type ApiErrorCode = keyof typeof apiErrorStatus

export interface ApiError {
  readonly code: ApiErrorCode
  /** Overrides the status that the dialect has for this code. */
  readonly status?: number
  /** Overrides the vendor's own words. */
  readonly message?: string
  /** The request field at fault, e.g. `messages[0].role`. */
  readonly param?: string
  readonly retryAfterMs?: number
  /** Set where a limit that is kept refused the request: what the vendor's words may tell of it. */
  readonly limit?: LimitRefusal
  /** Added to the dialect's own headers. */
  readonly headers?: Headers
  /** Replaces the dialect's body as a whole; anything but a string is written as JSON. */
  readonly body?: unknown
}

export const statusOf = (error: ApiError): number => error.status ?? apiErrorStatus[error.code]
