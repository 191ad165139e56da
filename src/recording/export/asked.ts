/**
 * A taped request as a dialect understood it, and as a server would find its way to that dialect.
 * Pure. Must never guess: what the dialect refuses is handed on as refused.
 */
import type { ApiError } from '../../core/api-error.ts'
import { noBytes, utf8 } from '../../core/bytes.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import { type Dialect, isApiError, type Route } from '../../core/dialect.ts'
import type { HttpRequest } from '../../core/http.ts'
import type { RecordedRequest } from '../format.ts'
import { pathAndQuery } from '../transcribe.ts'
import type { Exported } from './exporter.ts'

export type Asked =
  /** Matched by what is said in it. */
  | { readonly kind: 'chat'; readonly http: HttpRequest; readonly chat: ChatRequest }
  /** Of no dialect, or on a route that is no chat: matched by its path and body. */
  | { readonly kind: 'plain'; readonly http: HttpRequest; readonly body: unknown }
  /** The dialect answers it itself, with an error, before any rule is asked. */
  | { readonly kind: 'refused'; readonly http: HttpRequest; readonly error: ApiError }

export function askedOf({ recording, dialect }: Exported): Asked {
  const http = httpOf(recording.request)
  const found = dialect && routeOf(dialect, http)
  if (!dialect || !found || found.route.answer) return { kind: 'plain', http, body: jsonOf(http) }
  const placed = { ...http, params: found.params }
  const chat = dialect.parseRequest(placed)
  return isApiError(chat)
    ? { kind: 'refused', http: placed, error: chat }
    : { kind: 'chat', http: placed, chat }
}

function httpOf({ method, url, asked, headers, body, base64 }: RecordedRequest): HttpRequest {
  const [target = '/'] = (asked ?? pathAndQuery(url)).split('#', 1)
  const [path = '/', query = ''] = target.split('?', 2)
  const bytes = base64 === undefined ? bodyBytes(body) : Buffer.from(base64, 'base64')
  const parameters = new URLSearchParams(query)
  return { method, url: target, path, query: parameters, headers, params: {}, body: bytes }
}

const bodyBytes = (body: string | undefined): Uint8Array =>
  body === undefined ? noBytes : utf8(body)

function jsonOf({ body }: Pick<HttpRequest, 'body'>): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

/** The route of a dialect that a request is on, also below the dialect's own name. */
function routeOf(
  dialect: Dialect,
  { method, path }: HttpRequest,
): { route: Route; params: Record<string, string> } | undefined {
  for (const prefix of ['', `/${dialect.name}`]) {
    for (const route of dialect.routes) {
      const params = route.method === method ? paramsOf(prefix + route.path, path) : undefined
      if (params) return { route, params }
    }
  }
  return undefined
}

/**
 * Which of several dialects a server would take a request for, told to prefer some. Whom a client
 * of a double names as host is the double, so that the taped host tells nothing.
 */
export function dialectTaken(
  taped: HttpRequest,
  dialects: readonly Dialect[],
  preferred: readonly string[],
): Dialect | undefined {
  const headers = taped.headers.filter(([name]) => name.toLowerCase() !== 'host')
  const http = { ...taped, headers }
  const candidates = dialects.filter((dialect) => routeOf(dialect, http))
  if (candidates.length < 2) return candidates[0]
  for (const name of preferred) {
    const settled = candidates.find((dialect) => dialect.name === name)
    if (settled) return settled
  }
  return candidates.find((dialect) => dialect.recognizes?.(http)) ?? candidates[0]
}

/** A colon after a name begins no parameter: `/models/:model:embed` ends by `:embed`. */
function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const names: string[] = []
  const source = pattern
    .split(/((?<!\w):\w+)/)
    .map((part, index) => {
      if (index % 2 === 0) return part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
      names.push(part.slice(1))
      return '([^/]+?)'
    })
    .join('')
  const found = new RegExp(`^${source}/?$`).exec(path)
  if (!found) return undefined
  return Object.fromEntries(names.map((name, index) => [name, decoded(found[index + 1] ?? '')]))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
