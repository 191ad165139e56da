/** Where a request to Google went, and the headers that every answer of Google's has. */
import { type Headers, type HttpRequest, header } from '../../core/http.ts'
import { integer, type Random } from '../../core/random.ts'

/** The last part of the path: `streamGenerateContent` of `/v1beta/models/x:streamGenerateContent`. */
export const methodOf = ({ path }: Pick<HttpRequest, 'path'>): string =>
  /:(\w+)$/.exec(path)?.[1] ?? ''

export const versionOf = ({ path }: Pick<HttpRequest, 'path'>): string =>
  /(?<=\/)v\d\w*(?=\/)/.exec(path)?.[0] ?? 'v1beta'

export const isStreaming = (http: HttpRequest): boolean =>
  methodOf(http) === 'streamGenerateContent'

/** A stream is an array unless server-sent events are asked for. */
export const wantsArray = (http: HttpRequest): boolean =>
  isStreaming(http) && http.query.get('alt') !== 'sse'

/** In the places that Google looks at. */
export function googleKey(http: HttpRequest): string | undefined {
  const key = header(http.headers, 'x-goog-api-key') ?? http.query.get('key') ?? undefined
  return key ?? header(http.headers, 'authorization')?.replace(/^Bearer\s+/i, '')
}

/** Whether the client is one of Google's, on a path that others have, too. */
export const isForGoogle = ({ headers, query }: HttpRequest): boolean =>
  header(headers, 'x-goog-api-key') !== undefined ||
  header(headers, 'x-goog-api-client') !== undefined ||
  query.has('key')

export const jsonType = 'application/json; charset=UTF-8'

/** Without a source of chance, nothing is said about how long it took. */
export function googleHeaders(random?: Random): Headers {
  return [
    ['vary', 'Origin'],
    ['vary', 'X-Origin'],
    ['vary', 'Referer'],
    ['server', 'scaffolding on HTTPServer2'],
    ['x-xss-protection', '0'],
    ['x-frame-options', 'SAMEORIGIN'],
    ['x-content-type-options', 'nosniff'],
    ...(random ? [serverTiming(random)] : []),
  ]
}

const serverTiming = (random: Random): readonly [string, string] => [
  'server-timing',
  `gfet4t7; dur=${integer(random.fork('headers'), 379, 1671)}`,
]
