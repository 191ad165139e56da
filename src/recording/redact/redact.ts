/**
 * Takes secrets out of an exchange before it is kept: those the request carries, hunted wherever
 * they turn up, those that can be told by their looks, and those that the user describes.
 *
 * A placeholder is as long as what it hides, so that chunk borders and content-length stay true.
 * Bytes are looked at as latin1 text, one character a byte, so that nothing that is no text is ever
 * changed by looking. Must never let a byte out that may turn out to be part of a secret.
 */
import { utf8, wholeText } from '../../core/bytes.ts'
import { type Headers, type HttpRequest, header } from '../../core/http.ts'
import type { Push } from '../../core/push.ts'
import { through } from '../../core/push.ts'
import { defaultSettings, type RedactSettings } from '../../core/recording-settings.ts'
import type { WriteStep } from '../../core/timeline.ts'
import { RedactedChunks } from './redact-chunks.ts'
import { Finder } from './redact-finder.ts'
import { hide } from './redact-hide.ts'
import { redactedStream } from './redact-stream.ts'
import {
  isForm,
  isMultipart,
  maskJson,
  maskPairs,
  maskParts,
  maskUrl,
  secretsOfHeaders,
} from './secrets.ts'
import { isAscii, patternsOf } from './secrets-patterns.ts'

/** Finds and hides the secrets of one exchange. */
export class Redactor {
  readonly #finder: Finder

  constructor(secrets: readonly string[], settings: RedactSettings = defaultSettings.redact) {
    this.#finder = new Finder(secrets, settings)
  }

  text(text: string): string {
    // Names and values of headers nearly all are ASCII, and then are their bytes.
    if (isAscii(text)) return this.#hide(text)
    return Buffer.from(this.#hide(Buffer.from(text, 'utf8').toString('latin1')), 'latin1').toString(
      'utf8',
    )
  }

  bytes(bytes: Uint8Array): Uint8Array {
    return Buffer.from(this.#hide(Buffer.from(bytes).toString('latin1')), 'latin1')
  }

  /** Chunks in, the same chunks out, each held back only while a secret may be unfinished in it. */
  chunks(): Push<WriteStep, WriteStep> {
    return new RedactedChunks(this.#finder)
  }

  /** The same for a body of this content type, whose texts may come in pieces, a frame each. */
  stream(contentType: string | undefined): Push<WriteStep, WriteStep> {
    return redactedStream(this.#finder, contentType)
  }

  /** A body that is there as a whole, such as that of a request. */
  body(bytes: Uint8Array, contentType: string | undefined): Uint8Array {
    if (bytes.length === 0) return bytes
    const step = { atMs: 0, do: 'write', bytes } as const
    const steps = through([step], redactedStream(this.#finder, contentType, { isWhole: true }))
    return Buffer.concat([...steps].map((one) => one.bytes))
  }

  #hide(text: string): string {
    const ranges = this.#finder.ranges(text)
    return ranges.length === 0 ? text : hide(text, ranges)
  }
}

/** Header names that mean something to a chat API and hold no secret. All others are dropped. */
const keptHeader = new RegExp(
  `^(?:${[
    ...['accept', 'allow', 'anthropic-(?:version|beta|ratelimit-.*)', 'cache-control'],
    ...['content-(?:type|length|encoding|disposition|language)', 'last-event-id'],
    ...['location', 'link'],
    ...['openai-.*', 'retry-after(?:-ms)?', 'server-timing', 'vary', 'www-authenticate'],
    ...['x-accel-buffering', 'x-should-retry', '(?:x-)?ratelimit-.*', 'x-ratelimit.*'],
    ...['(?:x-)?request-id', '(?:x-)?correlation-id', 'x-amzn-requestid', 'cf-ray'],
    ...['x-goog-request-id', 'x-envoy-upstream-service-time', 'x-groq-.*'],
  ].join('|')})$`,
  'i',
)

const isKept = (name: string, keep: readonly string[]): boolean =>
  keptHeader.test(name) || keep.some((kept) => kept.toLowerCase() === name.toLowerCase())

/** The headers that are kept, in their order, without what is secret in names and values. */
export const redactHeaders = (
  headers: Headers,
  redactor: Redactor,
  keep: readonly string[] = [],
): Headers =>
  headers
    .filter(([name]) => isKept(name, keep))
    .map(([name, value]) => [redactor.text(name), redactor.text(maskUrl(value).text)])

export interface RedactedRequest {
  /** Knows the secrets of this request; for what the service answers. */
  readonly redactor: Redactor
  /** Path and query. */
  readonly url: string
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Takes the secrets out of a request; its body must not be compressed. */
export function redactRequest(
  request: Pick<HttpRequest, 'url' | 'headers' | 'body'>,
  settings: RedactSettings = defaultSettings.redact,
  keep: readonly string[] = [],
): RedactedRequest {
  const { fields, keepHeaders } = settings
  const contentType = header(request.headers, 'content-type')
  const url = maskUrl(request.url, fields)
  const body = maskBody(request.body, contentType, settings)
  const found = [...secretsOfHeaders(request.headers), ...url.secrets, ...body.secrets]
  const redactor = new Redactor(found, settings)
  return {
    redactor,
    url: redactor.text(url.text),
    headers: redactHeaders(request.headers, redactor, [...keep, ...keepHeaders]),
    body: redactor.body(body.bytes, contentType),
  }
}

interface MaskedBody {
  readonly bytes: Uint8Array
  readonly secrets: readonly string[]
}

/** The values of fields that are named like a secret. */
function maskBody(
  bytes: Uint8Array,
  contentType: string | undefined,
  settings: RedactSettings,
): MaskedBody {
  const { fields } = settings
  if (isMultipart(contentType)) {
    const { text, secrets } = maskParts(Buffer.from(bytes).toString('latin1'), fields)
    return { bytes: Buffer.from(text, 'latin1'), secrets }
  }
  const text = wholeText(bytes)
  if (text === undefined) return { bytes, secrets: [] }
  const patterns = patternsOf(settings)
  // In a form a space is a plus, which no pattern says.
  const holdsSecret = (value: string): boolean =>
    value.includes(' ') && patterns.ranges(value).length > 0
  const masked = isForm(contentType) ? maskPairs(text, fields, holdsSecret) : maskJson(text, fields)
  return { bytes: utf8(masked.text), secrets: masked.secrets }
}
