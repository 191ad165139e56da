/**
 * Errors in the form of `google.rpc.Status`: a code of HTTP, a sentence, a status word and details.
 * Words, details and short sentences as recorded; the longer sentences are our own.
 * Source: google/rpc/status.proto, code.proto and error_details.proto.
 */
import type { ApiError, ApiErrorCode } from '../../core/api-error.ts'
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import { errorReply, keepBody } from '../shapes/error-reply.ts'
import { isObject, type JsonObject, objectsIn } from '../shapes/json-body.ts'
import { printBody } from './json.ts'
import { geminiSurface, type Surface } from './surface.ts'
import { googleHeaders, googleKey, jsonType, methodOf, versionOf, wantsArray } from './wire.ts'

interface Shape {
  readonly status: number
  readonly word: string
  readonly message: string
}

const shape = (status: number, word: string, message: string): Shape => ({ status, word, message })
const invalid = (message: string): Shape => shape(400, 'INVALID_ARGUMENT', message)

const shapes: Readonly<Record<ApiErrorCode, Shape>> = {
  'invalid-request': invalid('Request contains an invalid argument.'),
  'context-length': invalid(
    'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
  ),
  'content-filter': invalid('The request was blocked by the safety system.'),
  unauthorized: invalid('API key not valid. Please pass a valid API key.'),
  forbidden: shape(403, 'PERMISSION_DENIED', 'The caller does not have permission'),
  'not-found': shape(404, 'NOT_FOUND', 'Requested entity was not found.'),
  'model-not-found': shape(404, 'NOT_FOUND', 'The model is not found.'),
  'method-not-allowed': shape(404, 'NOT_FOUND', 'This path has no such method.'),
  timeout: shape(504, 'DEADLINE_EXCEEDED', 'The deadline passed before the reply was complete.'),
  conflict: shape(409, 'ABORTED', 'The operation was aborted.'),
  'too-large': invalid('Request payload size exceeds the limit: 20971520 bytes.'),
  unprocessable: shape(400, 'FAILED_PRECONDITION', 'Precondition check failed.'),
  'rate-limited': shape(429, 'RESOURCE_EXHAUSTED', 'Too many requests for this model.'),
  'quota-exceeded': shape(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.'),
  'server-error': shape(500, 'INTERNAL', 'An internal error has occurred.'),
  'bad-gateway': shape(502, 'UNAVAILABLE', 'The server had no answer from behind it.'),
  unavailable: shape(503, 'UNAVAILABLE', 'The service is currently unavailable.'),
  overloaded: shape(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
}

const noKey: Shape = shape(403, 'PERMISSION_DENIED', 'The method needs an API key to be called.')
const noToken: Shape = shape(
  401,
  'UNAUTHENTICATED',
  'Request had invalid authentication credentials.',
)

/** Without a key, the Gemini API knows nobody to refuse; Vertex AI asks for a token in any case. */
function shapeOf(surface: Surface, { code }: ApiError, http?: HttpRequest): Shape {
  if (code !== 'unauthorized') return shapes[code]
  if (surface.dialect === 'vertex') return noToken
  return http && googleKey(http) === undefined ? noKey : shapes.unauthorized
}

const typeOf = (name: string): JsonObject => ({ '@type': `type.googleapis.com/google.rpc.${name}` })

interface About {
  readonly surface: Surface
  readonly shape: Shape
  readonly model: string | undefined
}

function detailsOf(error: ApiError, { surface, shape, model }: About): JsonObject[] {
  const details: JsonObject[] = []
  const reason = authReason(error, shape)
  if (reason !== undefined) details.push(errorInfo(reason, surface))
  if (error.code === 'unauthorized' && shape.status === 400) {
    const message = error.message ?? shape.message
    details.push({ ...typeOf('LocalizedMessage'), locale: 'en-US', message })
  }
  if (error.param !== undefined) details.push(badRequest(error, shape))
  // Vertex AI shares its capacity, and has no quota to tell of.
  const hasQuota = surface.dialect === 'gemini'
  if (hasQuota && error.code === 'rate-limited') details.push(...keptOrUsual(error, model))
  if (hasQuota && error.code === 'quota-exceeded') details.push(quotaFailure('Day', '200', model))
  if (error.retryAfterMs !== undefined) {
    details.push({ ...typeOf('RetryInfo'), retryDelay: `${error.retryAfterMs / 1000}s` })
  }
  return details
}

function authReason({ code }: ApiError, { status }: Shape): string | undefined {
  if (code !== 'unauthorized') return undefined
  if (status === 400) return 'API_KEY_INVALID'
  return status === 401 ? 'ACCESS_TOKEN_TYPE_UNSUPPORTED' : undefined
}

const errorInfo = (reason: string, { service }: Surface): JsonObject => ({
  ...typeOf('ErrorInfo'),
  reason,
  domain: 'googleapis.com',
  metadata: { service },
})

/** The field is the empty text where the mistake is in the request itself. */
const badRequest = ({ param, message }: ApiError, shape: Shape): JsonObject => ({
  ...typeOf('BadRequest'),
  fieldViolations: [
    { ...(param === '' ? {} : { field: param }), description: message ?? shape.message },
  ],
})

/** Of a limit that is kept, what it is, unless the vendor has no quota of it; else a plausible one. */
function keptOrUsual({ limit: refusal }: ApiError, model: string | undefined): JsonObject[] {
  if (!refusal) return [quotaFailure('Minute', '15', model)]
  const { counted, most, perMs } = refusal.limit
  if (counted === 'concurrent') return []
  return [quotaFailure(perMs === 86_400_000 ? 'Day' : 'Minute', `${most}`, model)]
}

const quotaFailure = (per: string, quotaValue: string, model: string | undefined): JsonObject => ({
  ...typeOf('QuotaFailure'),
  violations: [
    {
      quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
      quotaId: `GenerateRequestsPer${per}PerProjectPerModel-FreeTier`,
      quotaDimensions: { location: 'global', ...(model === undefined ? {} : { model }) },
      quotaValue,
    },
  ],
})

function statusObject(error: ApiError, about: About): JsonObject {
  const { shape } = about
  const details = detailsOf(error, about)
  return {
    error: {
      code: error.status ?? shape.status,
      message: error.message ?? shape.message,
      status: shape.word,
      ...(details.length > 0 ? { details } : {}),
    },
  }
}

/** What is written as an error inside a stream. */
export function errorBody(surface: Surface, error: ApiError, model?: string): unknown {
  return error.body ?? statusObject(error, { surface, shape: shapeOf(surface, error), model })
}

export function googleError(
  surface: Surface,
  error: ApiError,
  http?: HttpRequest,
  random?: Random,
): HttpReply {
  const shape = shapeOf(surface, error, http)
  const model = http?.params['model']
  const body = error.body ?? statusObject(named(surface, error, http), { surface, shape, model })
  const reply = errorReply(error, {
    status: error.status ?? shape.status,
    body,
    headers: googleHeaders(random),
    contentType: jsonType,
  })
  if (typeof body === 'string') return reply
  const text = printBody(body)
  // What would have been an element of an array still is one.
  const isElement = error.body === undefined && http !== undefined && wantsArray(http)
  return { ...reply, body: isElement ? `[${text}\n]` : `${text}\n` }
}

/** The sentence that names the model and what was wanted of it. */
function named(surface: Surface, error: ApiError, http: HttpRequest | undefined): ApiError {
  const model = http?.params['model']
  if (error.code !== 'model-not-found' || error.message !== undefined) return error
  if (!http || model === undefined) return error
  return { ...error, message: surface.modelNotFound(model, versionOf(http), methodOf(http)) }
}

/** An error body read back, or undefined where it is none of Google's. */
export function readGoogleError(body: JsonObject): ApiError | undefined {
  const { error } = body
  if (!isObject(error)) return undefined
  const { code: status, message, status: word } = error
  if (typeof status !== 'number' || typeof word !== 'string') return undefined
  const text = typeof message === 'string' ? message : ''
  const details = objectsIn(error['details'])
  const code = codeOf(status, `${word} ${text} ${JSON.stringify(details)}`)
  const read: ApiError = {
    code,
    ...(status === shapes[code].status ? {} : { status }),
    ...(text === shapes[code].message ? {} : { message: text }),
    ...retryOf(details),
  }
  // Details say more than we do: a model, a method, a link.
  if (details.length > 0) return { ...read, body }
  const about = { surface: geminiSurface, shape: shapes[code], model: undefined }
  return keepBody(read, body, statusObject(read, about))
}

/** In the order in which they are looked for: a status, what else must be there, and the code. */
const codesByWords: readonly (readonly [status: number, words: RegExp, code: ApiErrorCode])[] = [
  [400, /API_KEY_INVALID/, 'unauthorized'],
  [400, /token count/, 'context-length'],
  [400, /payload size/, 'too-large'],
  [400, /FAILED_PRECONDITION/, 'unprocessable'],
  [401, /^/, 'unauthorized'],
  [403, /^/, 'forbidden'],
  [404, /model/i, 'model-not-found'],
  [404, /^/, 'not-found'],
  [409, /^/, 'conflict'],
  [429, /PerDay|current quota/, 'quota-exceeded'],
  [429, /^/, 'rate-limited'],
  [502, /^/, 'bad-gateway'],
  [503, /overloaded|high demand/, 'overloaded'],
  [503, /^/, 'unavailable'],
  [504, /^/, 'timeout'],
]

function codeOf(status: number, said: string): ApiErrorCode {
  const known = codesByWords.find(([one, words]) => one === status && words.test(said))
  return known?.[2] ?? (status < 500 ? 'invalid-request' : 'server-error')
}

function retryOf(details: readonly JsonObject[]): Pick<ApiError, 'retryAfterMs'> {
  for (const { retryDelay } of details) {
    const seconds = typeof retryDelay === 'string' ? Number.parseFloat(retryDelay) : Number.NaN
    if (Number.isFinite(seconds)) return { retryAfterMs: Math.round(seconds * 1000) }
  }
  return {}
}
