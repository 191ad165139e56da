/**
 * A dialect from a description: requests, frames, decoding, whole answers and errors, all compiled
 * once from plain data. Must never read a file or know a vendor by name.
 */
import type { ApiError } from '../../core/api-error.ts'
import { joinBytes } from '../../core/bytes.ts'
import { type Dialect, type Heartbeat, isApiError } from '../../core/dialect.ts'
import { parseDuration } from '../../core/duration.ts'
import type { Frame, Framing } from '../../core/frame.ts'
import { type Headers, type HttpReply, type HttpRequest, header } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { ndjson, sse, text } from '../../framing/index.ts'
import { checkDescription } from './check.ts'
import { DeclaredDecoder } from './decode.ts'
import { DeclaredEncoder, type StreamPlan } from './encode.ts'
import { ownBody, planErrors } from './error.ts'
import type { Problems } from './extend.ts'
import { bindFrame, compileFrame, planFrames } from './frames.ts'
import type { JsonStyle } from './json.ts'
import { compileRequest, type ParseRequest } from './request.ts'
import type { DialectDescription } from './schema.ts'
import { render, textTemplate } from './template.ts'
import { planValues } from './values.ts'
import { planWhole } from './whole.ts'

export { resolveDialect } from './extend.ts'

const eols = { lf: '\n', crlf: '\r\n', cr: '\r' } as const

const usualFinishReasons: Readonly<Record<string, string>> = {
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
}

/** The dialect, or every way in which the description does not fit together. */
export function compileDialect(description: DialectDescription): Dialect | Problems {
  const problems = checkDescription(description)
  const { name } = description
  return problems.length > 0 || name === undefined
    ? { problems }
    : soundDialect({ ...description, name })
}

/**
 * The dialect of a description that is known to fit together. Templates are compiled when they are
 * first asked for: most servers are asked for one or two of all their dialects.
 */
export function soundDialect(description: DialectDescription & { name: string }): Dialect {
  const { name, title = name, stream = {}, models = {} } = description
  const routes = (description.routes ?? []).map(({ method = 'POST', path }) => ({ method, path }))
  const methods = [...new Set(routes.map(({ method }) => method))]
  const framing = framingOf(stream)
  const headers = streamHeaders(description, framing)
  const plan = lazy(() => planStream(description, framing))
  const whole = lazy(() => planWhole([description.whole ?? []].flat(), plan()))
  const parseRequest = lazy(() => compileRequest(description, name))
  const heartbeat = stream.heartbeat && heartbeatOf(stream.heartbeat, plan)
  const error: Dialect['error'] = (apiError, http) =>
    errorReply(apiError, http, { plan: plan(), description, parseRequest, headers, methods })
  return {
    name,
    title,
    routes,
    framing,
    grain: stream.grain ?? 'token',
    headers: keptHeaders(description),
    ...(models.known ? { models: models.known } : {}),
    key: (http) => keyOf(http, description.auth),
    usage: (base) => usageLines(description, base),
    parseRequest: (http) => parseRequest()(http),
    checkModel: ({ model }, known) =>
      model === undefined || known.includes(model)
        ? undefined
        : unknownModel(model, known, models.unknownStatus),
    streamHeaders: () => headers,
    encoder: (reply) => new DeclaredEncoder(plan(), reply),
    decoder: () => new DeclaredDecoder(plan()),
    decodeWhole: (body) => whole().read(body),
    ...(heartbeat ? { heartbeat } : {}),
    whole: (events, reply) => {
      const answer = whole().reply(events, reply)
      return isApiError(answer) ? error(answer, reply.request.http) : answer
    },
    error,
  }
}

function planStream(description: DialectDescription, framing: Framing): StreamPlan {
  const { stream = {}, json = {} } = description
  const style: JsonStyle = { spaced: json.spacing === 'spaced', ascii: json.ascii ?? false }
  const reasons = { ...usualFinishReasons, ...description.finishReasons }
  return {
    style,
    framing,
    frames: planFrames(description, style),
    values: planValues(description),
    errors: planErrors(description, style),
    terminator: stream.terminator,
    terminatorAfterError: stream.terminatorAfterError ?? false,
    finishWords: new Map(Object.entries(reasons)),
  }
}

function framingOf(stream: NonNullable<DialectDescription['stream']>): Framing {
  const { framing = 'sse', eol = 'lf', spaceAfterColon = true } = stream
  if (framing === 'sse') return sse({ eol: eols[eol], spaceAfterColon })
  return framing === 'ndjson' ? ndjson() : text()
}

function streamHeaders({ stream = {} }: DialectDescription, framing: Framing): Headers {
  return [
    ['content-type', stream.contentType ?? framing.contentType],
    ...Object.entries(stream.headers ?? {}),
  ]
}

/** Headers that mean something to the description, save the one that holds the key. */
function keptHeaders({ request, stream, errors, auth }: DialectDescription): string[] {
  const named = [request?.headers, stream?.headers, errors?.headers].flatMap((headers) =>
    Object.keys(headers ?? {}).map((name) => name.toLowerCase()),
  )
  const secret = (auth?.header ?? 'authorization').toLowerCase()
  return [...new Set(named)].filter((name) => name !== secret)
}

function keyOf(http: HttpRequest, auth: DialectDescription['auth']): string | undefined {
  const { header: name, scheme } = auth ?? { header: 'authorization', scheme: 'Bearer' }
  const value = header(http.headers, name)
  if (value === undefined || scheme === undefined) return value
  const [word, ...rest] = value.split(' ')
  return word?.toLowerCase() === scheme.toLowerCase() ? rest.join(' ').trim() : undefined
}

function usageLines({ usage, routes = [] }: DialectDescription, base: string): string[] {
  if (!usage) return routes.map(({ method = 'POST', path }) => `${method} ${base}${path}`)
  return usage.map((line) => render(textTemplate(line).pieces, () => base))
}

const unknownModel = (
  model: string,
  known: readonly string[],
  status: number | undefined,
): ApiError => ({
  code: 'model-not-found',
  message: `The model "${model}" does not exist; known are ${known.join(', ')}`,
  param: 'model',
  ...(status === undefined ? {} : { status }),
})

type WrittenHeartbeat = NonNullable<NonNullable<DialectDescription['stream']>['heartbeat']>

function heartbeatOf(
  { every, frame }: WrittenHeartbeat,
  plan: () => StreamPlan,
): Heartbeat | undefined {
  const everyMs = parseDuration(every)
  if (everyMs === undefined) return undefined
  const bound = lazy(() => {
    const { style, framing } = plan()
    const template = compileFrame(frame, style)
    return bindFrame(
      template,
      framing,
      () => false,
      () => undefined,
    )
  })
  const empty: Frame = { bytes: new Uint8Array(0) }
  return { everyMs, frame: (n) => bound().write(() => n) ?? empty }
}

interface ErrorParts {
  readonly plan: StreamPlan
  readonly description: DialectDescription
  readonly parseRequest: () => ParseRequest
  readonly headers: Headers
  readonly methods: readonly string[]
}

/** The answer to a request that fails before anything was sent. */
function errorReply(
  error: ApiError,
  http: HttpRequest | undefined,
  { plan, description, parseRequest, headers, methods }: ErrorParts,
): HttpReply {
  const streams = description.errors?.inStream && http && isStreaming(http, parseRequest())
  if (!streams) return plan.errors.reply(error, methods)
  return {
    status: 200,
    headers: [...headers, ...(error.headers ?? [])],
    body: inStream(error, plan),
  }
}

function isStreaming(http: HttpRequest, parseRequest: ParseRequest): boolean {
  if (http.method !== 'POST' && http.method !== 'GET') return false
  const request = parseRequest(http)
  return !isApiError(request) && request.stream
}

/** The body of a stream that holds nothing but the error. */
function inStream(error: ApiError, plan: StreamPlan): Uint8Array {
  const { framing, errors, style, frames, terminator, terminatorAfterError } = plan
  const own = ownBody(error, style)
  const values = errors.values(error)
  const written: (Frame | undefined)[] =
    own === undefined
      ? (frames.get('error')?.written ?? []).map((frame) =>
          bindFrame(
            frame,
            framing,
            () => false,
            () => undefined,
          ).write(({ name }) => values[name]),
        )
      : [framing.encode({ data: own })]
  if (terminator !== undefined && terminatorAfterError) {
    written.push(framing.encode({ data: terminator }))
  }
  return joinBytes(written.flatMap((frame) => (frame ? [frame.bytes] : [])))
}
