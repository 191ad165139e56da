/** Anthropic's list of models, in pages: `GET /v1/models` and `GET /v1/models/:model`. */
import type { ApiError } from '../../core/api-error.ts'
import type { Route, RouteContext } from '../../core/dialect.ts'
import { type HttpReply, type HttpRequest, jsonReply } from '../../core/http.ts'
import { requestId } from './message.ts'
import { refusedVersion } from './messages-request.ts'

/** What is listed where a scenario names no models of its own. */
const usualModels = ['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-haiku-4-5']

const pageSize = { usual: 20, most: 1000 }

export const modelNotFound = (model: string): ApiError => ({
  code: 'model-not-found',
  message: `model: ${model}`,
})

export const modelRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/models', answer: versioned(list) },
  { method: 'GET', path: '/v1/models/:model', answer: versioned(retrieve) },
]

type Answer = (http: HttpRequest, context: RouteContext) => HttpReply | ApiError

function versioned(answer: Answer): Answer {
  return (http, context) => refusedVersion(http) ?? answer(http, context)
}

function list(http: HttpRequest, context: RouteContext): HttpReply | ApiError {
  const names = context.models ?? usualModels
  const limit = Number(http.query.get('limit') ?? pageSize.usual)
  if (!Number.isInteger(limit) || limit < 1 || limit > pageSize.most) {
    const message = `limit: Input should be an integer from 1 to ${pageSize.most}`
    return { code: 'invalid-request', param: 'limit', message }
  }
  const [after, before] = [http.query.get('after_id'), http.query.get('before_id')]
  // A page before an id is the one that ends there.
  const end = before === null ? names.length : Math.max(0, names.indexOf(before))
  const begin = before === null ? names.indexOf(after ?? '') + 1 : Math.max(0, end - limit)
  const page = names.slice(begin, Math.min(end, begin + limit))
  const hasMore = before === null ? begin + limit < names.length : begin > 0
  const body = {
    data: page.map((id) => describe(id, context)),
    has_more: hasMore,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  }
  return jsonReply(200, body, [['request-id', requestId(context.random)]])
}

function retrieve(http: HttpRequest, context: RouteContext): HttpReply | ApiError {
  const id = http.params['model'] ?? ''
  if (!(context.models ?? usualModels).includes(id)) return modelNotFound(id)
  return jsonReply(200, describe(id, context), [['request-id', requestId(context.random)]])
}

const describe = (id: string, { createdMs }: RouteContext): Record<string, unknown> => ({
  type: 'model',
  id,
  display_name: displayName(id),
  created_at: `${new Date(createdMs).toISOString().slice(0, 19)}Z`,
  max_input_tokens: 200_000,
  max_tokens: 64_000,
})

/** `claude-opus-4-6` is called Claude Opus 4.6. */
const displayName = (id: string): string =>
  id
    .replace(/-\d{8}$/, '')
    .replace(/(?<=\d)-(?=\d)/g, '.')
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
