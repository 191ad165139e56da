/**
 * A request in the form in which it is compared: without secrets, without what the settings ignore,
 * and so that no writing of the same thing differs from another. Pure.
 *
 * Must never leave out what makes two requests different: it changes how things are written, not
 * what they say. What may change from run to run is for `canonical-masked.ts`.
 */

import { type Headers, type HttpRequest, header } from '../../core/http.ts'
import type { RecordingSettings } from '../../core/recording-settings.ts'
import type { RecordedRequest } from '../format.ts'
import { plainRequest } from '../redact/plain-body.ts'
import { redactRequest } from '../redact/redact.ts'
import { levelPairs, levelPlaceholders } from '../redact/secrets.ts'
import { pathAndQuery } from '../transcribe.ts'
import { type BodyForm, canonicalBody } from './canonical-body.ts'
import { withoutIgnored } from './canonical-ignored.ts'

export interface Canonical {
  readonly method: string
  /** Percent signs decoded, but for those that stand for a slash. */
  readonly path: string
  /** `name=value`, decoded and sorted; without secrets. */
  readonly query: readonly string[]
  /** `name: value` of those headers that the settings name, sorted. */
  readonly headers: readonly string[]
  readonly form: BodyForm
  /** JSON with its keys sorted, or what the form is made of, see `canonicalBody`. */
  readonly body: unknown
}

/** What else is a secret counts here as well: nothing else is on tape. */
export type ComparingSettings = Pick<RecordingSettings, 'match' | 'redact'>

type Plain = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>

/** A request as a client asks it now. */
export const canonicalOfAsked = (request: HttpRequest, settings: ComparingSettings): Canonical =>
  canonical({ ...plainRequest(request), method: request.method, url: request.url }, settings)

/** A request as it was taped. */
export const canonicalOfTaped = (
  request: RecordedRequest,
  settings: ComparingSettings,
): Canonical =>
  canonical(
    {
      method: request.method,
      url: request.asked ?? pathAndQuery(request.url),
      headers: request.headers,
      body:
        request.base64 === undefined
          ? Buffer.from(request.body ?? '', 'utf8')
          : Buffer.from(request.base64, 'base64'),
    },
    settings,
  )

function canonical(request: Plain, { match, redact }: ComparingSettings): Canonical {
  const { url, headers, body } = redactRequest(request, redact, match.headers)
  const [path = '/', query = ''] = pathAndQuery(url)
    .replace(/#.*$/s, '')
    .split(/\?(.*)/s, 2)
  const read = canonicalBody(body, header(request.headers, 'content-type'), redact.fields)
  return {
    method: request.method.toUpperCase(),
    path: decodedPath(path),
    query: canonicalQuery(query, match.ignore, redact.fields),
    headers: comparedHeaders(headers, match.headers),
    form: read.form,
    body: withoutIgnored(read.body, match.ignore),
  }
}

/** `%3A` is `:`, but `%2F` is no border between two segments. */
const decodedPath = (path: string): string =>
  path
    .split('/')
    .map((segment) => decoded(segment.replaceAll('+', '%2B')).replaceAll('/', '%2F'))
    .join('/')

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** A signature in a query is a secret in several parts. */
const signing = /^x-(?:amz|goog)-(?:algorithm|credential|date|expires|signedheaders|signature)=/i

/** Another key is no other request, nor is none at all: secrets are left out, names and all. */
function canonicalQuery(
  query: string,
  ignore: readonly string[],
  fields: readonly string[],
): string[] {
  const ignored = new Set(
    ignore.filter((place) => place.startsWith('query:')).map((place) => place.slice(6)),
  )
  return levelPairs(query, fields)
    .filter((pair) => pair !== '' && !pair.endsWith('=REDACTED') && !signing.test(pair))
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0
        ? `${decoded(pair)}=`
        : `${decoded(pair.slice(0, equals))}=${decoded(pair.slice(equals + 1))}`
    })
    .filter((pair) => !ignored.has(pair.slice(0, pair.indexOf('='))))
    .sort()
}

const comparedHeaders = (headers: Headers, names: readonly string[]): string[] =>
  headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => names.some((compared) => compared.toLowerCase() === name))
    .map(([name, value]) => `${name}: ${levelPlaceholders(value.trim())}`)
    .sort()
