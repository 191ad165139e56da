/** OpenAI's list of models, and those of the services that have the same. */
import type { ApiError } from '../../core/api-error.ts'
import type { Route } from '../../core/dialect.ts'
import { jsonReply } from '../../core/http.ts'
import type { ChatVariant } from './variant.ts'

const describe = (id: string, createdMs: number): Record<string, unknown> => ({
  id,
  object: 'model',
  created: Math.floor(createdMs / 1000),
  owned_by: 'stuntdouble',
})

export const modelNotFound = (
  { errors }: Pick<ChatVariant, 'errors'>,
  model: string,
): ApiError => ({
  code: 'model-not-found',
  message: errors.noModel.replace('{{ model }}', () => model),
})

/** `GET models` and `GET models/:model` below a path. */
export const modelRoutes = (variant: ChatVariant, base: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${base}/models`,
    answer: (_http, { models, createdMs }) =>
      jsonReply(200, {
        object: 'list',
        data: (models ?? variant.models).map((id) => describe(id, createdMs)),
      }),
  },
  {
    method: 'GET',
    path: `${base}/models/:model`,
    answer(http, { models, createdMs }) {
      const id = http.params['model'] ?? ''
      return (models ?? variant.models).includes(id)
        ? jsonReply(200, describe(id, createdMs))
        : modelNotFound(variant, id)
    },
  },
]
