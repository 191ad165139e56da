/**
 * Errors in the words of a variant: as a whole answer, inside a stream, and read back. What our own
 * words would not say again, such as the fields of another service, is kept as a body of its own.
 */
import { type ApiError, type ApiErrorCode, apiErrorStatus } from '../../core/api-error.ts'
import type { Message } from '../../core/frame.ts'
import { type Headers, type HttpReply, header } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import { errorReply, keepBody } from '../shapes/error-reply.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { compileJson, type Slots, writeJson } from '../shapes/json-template.ts'
import type { ChatPlan } from './chat-plan.ts'
import { limitType, withLimitWords } from './limit-words.ts'
import { openAi, openAiErrorWords } from './openai.ts'
import { exhausted, serviceHeaders } from './service-headers.ts'
import type { ChatVariant } from './variant.ts'

export interface OpenAiErrorObject {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

/** OpenAI's own object under `error`, in a body or inside a stream. */
export function openAiErrorObject(error: ApiError): OpenAiErrorObject {
  const { code, message, ...words } = openAiErrorWords[error.code]
  const type = words.type === 'requests' ? (limitType(error) ?? words.type) : words.type
  return { message: error.message ?? message, type, param: error.param ?? null, code }
}

export const readOpenAiError = (body: JsonObject): ApiError | undefined =>
  readVariantError(openAi, body)

const statusIn = ({ errors }: ChatVariant, error: ApiError): number =>
  error.status ?? errors.words[error.code].status ?? apiErrorStatus[error.code]

/** Types that say which limit it was. */
const tellsLimit = new Set<string | null | undefined>(['requests', 'tokens'])

function slotsOf(variant: ChatVariant, error: ApiError): Slots {
  const { type: usual, code, message = '' } = variant.errors.words[error.code]
  const type = (tellsLimit.has(usual) && limitType(error)) || usual
  return {
    message: JSON.stringify(error.message ?? message),
    type: type === null ? 'null' : JSON.stringify(type),
    code: code === null ? 'null' : JSON.stringify(code),
    param: JSON.stringify(error.param),
    status: String(statusIn(variant, error)),
  }
}

/** JSON text; `more` replaces words of the table. */
export function errorBodyText(variant: ChatVariant, error: ApiError, more: Slots = {}): string {
  const { body, words } = variant.errors
  const template = words[error.code].body ?? body
  return writeJson(compileJson(template), { ...slotsOf(variant, error), ...more })
}

/** What brings an error inside a stream, where nothing is indented. */
export function errorMessage(plan: ChatPlan, error: ApiError, identity: Slots): Message {
  const { variant, errorInStream } = plan
  const { event } = variant.errors.inStream ?? {}
  return { data: dataOf(), ...(event === undefined ? {} : { event }) }

  function dataOf(): string {
    if (typeof error.body === 'string') return error.body
    if (error.body !== undefined) return JSON.stringify(error.body)
    return writeJson(errorInStream, { ...identity, ...slotsOf(variant, error) })
  }
}

export function variantError(variant: ChatVariant, given: ApiError, random?: Random): HttpReply {
  const error = withLimitWords(variant, given)
  const { contentType, indent, words } = variant.errors
  // A limit that is kept knows when, or that nobody does.
  const usual = error.limit ? undefined : words[error.code].retryAfterMs
  const retryAfterMs = error.retryAfterMs ?? usual
  const waiting = retryAfterMs === undefined ? error : { ...error, retryAfterMs }
  return errorReply(waiting, {
    status: statusIn(variant, error),
    body: JSON.parse(errorBodyText(variant, error)),
    headers: [
      ...inMilliseconds(variant, waiting),
      ...(random ? idHeaders(variant, error, random) : []),
      ...(error.code === 'rate-limited' && !error.limit
        ? exhausted(variant, waiting.retryAfterMs ?? 0)
        : []),
    ],
    ...(contentType === undefined ? {} : { contentType }),
    ...(indent === undefined ? {} : { indent }),
  })
}

/** For the SDKs that read them first; whole seconds say the same, and few services say both. */
const inMilliseconds = ({ errors }: ChatVariant, { retryAfterMs }: ApiError): Headers =>
  retryAfterMs === undefined || (retryAfterMs % 1000 === 0 && !errors.waitsInMs)
    ? []
    : [['retry-after-ms', `${retryAfterMs}`]]

/** The ids that tell one request from another, and the place, but for those that the scenario gives itself. */
const idHeaders = (variant: ChatVariant, { headers = [] }: ApiError, random: Random): Headers =>
  serviceHeaders(variant, random, { only: /request-id$|region$/ }).filter(
    ([name]) => header(headers, name) === undefined,
  )

export function readVariantError(variant: ChatVariant, body: JsonObject): ApiError | undefined {
  const { error } = body
  const said = typeof error === 'string' ? { ...body, message: error } : error
  if (!isObject(said)) return undefined
  const { message, param } = said
  const read: ApiError = {
    code: codeOf(variant, said),
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof param === 'string' ? { param } : {}),
  }
  return keepBody(read, body, JSON.parse(errorBodyText(variant, read)))
}

const entriesOf = <K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] => {
  const entries: [K, V][] = []
  for (const key in record) entries.push([key, record[key]])
  return entries
}

/** Codes that several services share. */
const codesByWord: Readonly<Record<string, ApiErrorCode>> = {
  ...wordsOf(openAi),
  content_filter: 'content-filter',
  too_many_requests: 'rate-limited',
}

function wordsOf({ errors }: ChatVariant): Readonly<Record<string, ApiErrorCode>> {
  const codes: Record<string, ApiErrorCode> = {}
  for (const [name, { code }] of entriesOf(errors.words)) {
    if (typeof code === 'string') codes[code] ??= name
  }
  return codes
}

/** The words of the service itself, then those that all share, then what the number says. */
function codeOf({ errors }: ChatVariant, { type = null, code = null }: JsonObject): ApiErrorCode {
  const all = entriesOf(errors.words)
  const statusOf = ([name, words]: (typeof all)[number]): number =>
    words.status ?? apiErrorStatus[name]
  const same = all.filter(
    ([, words]) => (words.type ?? null) === type && (words.code ?? null) === code,
  )
  const [first] = same
  // Words that stand for several statuses say no more than their type.
  const isTold = (type !== null || code !== null) && new Set(same.map(statusOf)).size === 1
  if (first && isTold) return first[0]
  const shared = codesByWord[String(code)] ?? codesByWord[String(type)]
  if (shared) return shared
  const byStatus = all.find((entry) => statusOf(entry) === Number(code ?? Number.NaN))
  const ofType = all.filter(([, words]) => type !== null && words.type === type)
  if (byStatus) return byStatus[0]
  if (ofType.length === 1 && ofType[0]) return ofType[0][0]
  return type === 'invalid_request_error' ? 'invalid-request' : 'server-error'
}
