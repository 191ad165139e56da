/** The key of a request to AWS: a bearer token, or the id of the key that has signed it. */
import { type HttpRequest, header } from '../../core/http.ts'

/** Signatures are never checked: the secret that they are made with is not here. */
export function accessKey({ headers, query }: HttpRequest): string | undefined {
  const authorization = header(headers, 'authorization') ?? ''
  const bearer = /^Bearer\s+(.+)$/i.exec(authorization)?.[1]
  const credential = /\bCredential=([^/,\s]+)/.exec(authorization)?.[1]
  return bearer ?? credential ?? query.get('X-Amz-Credential')?.split('/')[0]
}
