/**
 * Errors as a description writes them: the values of their placeholders, the HTTP answer, and the
 * way back from a received body to our word for it.
 */
import { type ApiError, type ApiErrorCode, apiErrorStatus } from '../../core/api-error.ts'
import type { Headers, HttpReply } from '../../core/http.ts'
import { type JsonStyle, writeJson } from './json.ts'
import { type DialectDescription, type ErrorForm, errorCodes } from './schema.ts'
import { type Bindings, jsonTemplate, render, type Template } from './template.ts'

/** The placeholders of error templates. */
export const errorNames: readonly string[] = [
  'message',
  'status',
  'code',
  'type',
  'param',
  'retryAfter',
]

const messages: Readonly<Record<ApiErrorCode, string>> = {
  'invalid-request': 'Bad Request',
  'context-length': 'The request is longer than the context of the model',
  'content-filter': 'The request was refused by the content filter',
  unauthorized: 'Unauthorized',
  forbidden: 'Forbidden',
  'not-found': 'Not Found',
  'model-not-found': 'The model does not exist',
  'method-not-allowed': 'Method Not Allowed',
  timeout: 'Request Timeout',
  conflict: 'Conflict',
  'too-large': 'The request is too large',
  unprocessable: 'The request could not be processed',
  'rate-limited': 'Too Many Requests',
  'quota-exceeded': 'The quota is used up',
  'server-error': 'Internal Server Error',
  'bad-gateway': 'Bad Gateway',
  unavailable: 'Service Unavailable',
  overloaded: 'The service is overloaded',
}

type ErrorValues = Readonly<Record<string, unknown>>

export interface ErrorPlan {
  readonly body: Template
  /** The values of an error's placeholders. */
  values(error: ApiError): ErrorValues
  reply(error: ApiError, methods: readonly string[]): HttpReply
  /** Our word for what a template's placeholders were found to be; undefined if it is no error. */
  read(found: Bindings): ApiError | undefined
}

const defaultBody = { error: { message: '{{ message }}', code: '{{ code }}' } }

export function planErrors(description: DialectDescription, style: JsonStyle): ErrorPlan {
  const errors = description.errors ?? {}
  const body = jsonTemplate(errors.body ?? defaultBody, style)
  const isValidation = ({ code, param }: ApiError): boolean =>
    code === 'invalid-request' && param !== undefined
  const formOf = (error: ApiError): ErrorForm => ({
    ...errors.codes?.[error.code],
    ...(isValidation(error) ? errors.validation : {}),
  })
  const templateOf = cachedTemplates(body, style)
  return {
    body,
    values: (error) => valuesOf(error, formOf(error)),
    read: (found) => readError(found, errors.codes ?? {}),
    reply: (error, methods) => {
      const form = formOf(error)
      const values = valuesOf(error, form)
      const write = (): string => render(templateOf(form.body).pieces, ({ name }) => values[name])
      return {
        status: error.status ?? form.status ?? apiErrorStatus[error.code],
        headers: headersOf(error, errors, methods),
        body: ownBody(error, style) ?? write(),
      }
    },
  }
}

/** The body that the scenario itself gave, as text. */
export function ownBody({ body }: ApiError, style: JsonStyle): string | undefined {
  if (body === undefined) return undefined
  return typeof body === 'string' ? body : writeJson(body, style)
}

function cachedTemplates(usual: Template, style: JsonStyle): (body: unknown) => Template {
  const compiled = new Map<unknown, Template>()
  return (body) => {
    if (body === undefined) return usual
    const template = compiled.get(body) ?? jsonTemplate(body, style)
    compiled.set(body, template)
    return template
  }
}

function valuesOf(error: ApiError, form: ErrorForm): ErrorValues {
  return {
    message: error.message ?? form.message ?? messages[error.code],
    status: error.status ?? form.status ?? apiErrorStatus[error.code],
    code: form.code ?? error.code.replaceAll('-', '_'),
    type: form.type,
    param: error.param,
    retryAfter: secondsOf(error),
  }
}

const secondsOf = ({ retryAfterMs }: ApiError): number | undefined =>
  retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000)

function headersOf(
  error: ApiError,
  errors: NonNullable<DialectDescription['errors']>,
  methods: readonly string[],
): Headers {
  const own = error.headers ?? []
  const given = new Set(own.map(([name]) => name.toLowerCase()))
  const type = typeof error.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  const seconds = secondsOf(error)
  const usual: [string, string][] = [
    ['content-type', error.body === undefined ? (errors.contentType ?? type) : type],
    ...Object.entries(errors.headers ?? {}),
  ]
  if (seconds !== undefined) usual.push(['retry-after', `${seconds}`])
  if (error.code === 'method-not-allowed') usual.push(['allow', methods.join(', ')])
  return [...usual.filter(([name]) => !given.has(name.toLowerCase())), ...own]
}

/** The first of our codes whose vendor words are those that were found, else one by the status. */
function readError(
  found: Bindings,
  forms: Readonly<Partial<Record<ApiErrorCode, ErrorForm>>>,
): ApiError | undefined {
  const message = found.get('message')
  if (found.has('message') && typeof message !== 'string') return undefined
  const status = found.get('status')
  const agrees = (code: ApiErrorCode, names: readonly string[]): boolean => {
    const values = valuesOf({ code }, forms[code] ?? {})
    return names.every((name) => !found.has(name) || found.get(name) === (values[name] ?? null))
  }
  const told = ['status', 'code', 'type'].filter((name) => found.has(name))
  const code =
    errorCodes.find((neutral) => told.length > 0 && agrees(neutral, told)) ??
    errorCodes.find((neutral) => found.has('code') && agrees(neutral, ['code'])) ??
    'server-error'
  const usual = valuesOf({ code }, forms[code] ?? {})
  const param = found.get('param')
  return {
    code,
    ...(typeof status === 'number' && status !== usual['status'] ? { status } : {}),
    ...(typeof message === 'string' && message !== usual['message'] ? { message } : {}),
    ...(typeof param === 'string' ? { param } : {}),
  }
}
