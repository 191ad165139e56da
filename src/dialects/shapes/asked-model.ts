/** The model that a request's body names, for an error of a scenario that does not name it itself. */
import type { ApiError } from '../../core/api-error.ts'
import type { HttpRequest } from '../../core/http.ts'
import { readJsonObject } from './json-body.ts'

/** A model that is not found is said in the vendor's sentence, which has the model's name in it. */
export function withAskedModel(
  error: ApiError,
  http: HttpRequest | undefined,
  notFound: (model: string) => ApiError,
): ApiError {
  const isOwn = error.message !== undefined || error.body !== undefined
  if (error.code !== 'model-not-found' || isOwn || !http) return error
  const body = readJsonObject(http)
  const model = typeof body === 'string' ? undefined : body['model']
  return typeof model === 'string' ? { ...error, message: notFound(model).message ?? '' } : error
}
