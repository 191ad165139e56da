/** OpenAI's list of models: `GET /v1/models` and `GET /v1/models/:model`. */
import type { ApiError } from '../../core/api-error.ts'
import type { Route } from '../../core/dialect.ts'
import { jsonReply } from '../../core/http.ts'

/** What is listed where a scenario names no models of its own. */
const usualModels = ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini', 'o3', 'o4-mini']

const describe = (id: string, createdMs: number): Record<string, unknown> => ({
  id,
  object: 'model',
  created: Math.floor(createdMs / 1000),
  owned_by: 'stuntdouble',
})

export const modelNotFound = (model: string): ApiError => ({
  code: 'model-not-found',
  message: `The model '${model}' does not exist or you do not have access to it.`,
})

export const modelRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/models',
    answer: (_http, { models, createdMs }) =>
      jsonReply(200, {
        object: 'list',
        data: (models ?? usualModels).map((id) => describe(id, createdMs)),
      }),
  },
  {
    method: 'GET',
    path: '/v1/models/:model',
    answer(http, { models, createdMs }) {
      const id = http.params['model'] ?? ''
      return (models ?? usualModels).includes(id)
        ? jsonReply(200, describe(id, createdMs))
        : modelNotFound(id)
    },
  },
]
