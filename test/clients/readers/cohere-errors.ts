/** What the cohere-ai package makes of each error status: a class for those that it knows. */
import type { Reader } from './reader.ts'

export const cohereErrors: Reader['errors'] = {
  'invalid-request': { name: 'BadRequestError', status: 400 },
  'context-length': { name: 'BadRequestError', status: 400 },
  'content-filter': { name: 'InvalidTokenError', status: 498 },
  unauthorized: { name: 'UnauthorizedError', status: 401 },
  forbidden: { name: 'ForbiddenError', status: 403 },
  'not-found': { name: 'NotFoundError', status: 404 },
  'model-not-found': { name: 'NotFoundError', status: 404 },
  'method-not-allowed': { name: 'CohereError', status: 405 },
  timeout: { name: 'GatewayTimeoutError', status: 504 },
  conflict: { name: 'CohereError', status: 409 },
  'too-large': { name: 'CohereError', status: 413 },
  unprocessable: { name: 'UnprocessableEntityError', status: 422 },
  'rate-limited': { name: 'TooManyRequestsError', status: 429 },
  'quota-exceeded': { name: 'CohereError', status: 402 },
  'server-error': { name: 'InternalServerError', status: 500 },
  'bad-gateway': { name: 'CohereError', status: 502 },
  unavailable: { name: 'ServiceUnavailableError', status: 503 },
  overloaded: { name: 'ServiceUnavailableError', status: 503 },
}
