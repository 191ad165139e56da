/** Where clients of chat APIs put their key. */
import { type HttpRequest, header } from '../../core/http.ts'

const keyHeaders = ['x-api-key', 'api-key', 'x-goog-api-key']

export function apiKey(http: HttpRequest): string | undefined {
  const authorization = header(http.headers, 'authorization')
  if (authorization !== undefined) return authorization.replace(/^Bearer\s+/i, '')
  for (const name of keyHeaders) {
    const key = header(http.headers, name)
    if (key !== undefined) return key
  }
  return http.query.get('key') ?? undefined
}
