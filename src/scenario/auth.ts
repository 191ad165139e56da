/** Whether a request may have an answer, where a scenario asks for keys. */
import type { ApiError } from '../core/api-error.ts'
import type { ChatRequest } from '../core/chat-request.ts'
import type { Auth } from './scenario.ts'

/**
 * The error that the service would answer with, or undefined where the key is good: 401 without a
 * key or with an unknown one, 403 for one that is not good for this model or dialect.
 */
export function checkAuth(
  auth: Auth | undefined,
  request: Pick<ChatRequest, 'model' | 'dialect'>,
  key: string | undefined,
): ApiError | undefined {
  if (!auth) return undefined
  // In the service's own words, which clients may look for.
  const known = auth.keys.find((candidate) => candidate.key === key)
  if (!known) return { code: 'unauthorized' }
  if (known.dialects && !known.dialects.includes(request.dialect)) {
    return { code: 'forbidden', message: 'The API key is not good for this API.' }
  }
  const { model } = request
  if (known.models && model !== undefined && !known.models.includes(model)) {
    return { code: 'forbidden', message: `The API key is not good for the model ${model}.` }
  }
  return undefined
}
