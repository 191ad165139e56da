/**
 * Turns an exchange, as it happens, into the lines of a recording, without its secrets.
 * Pure: knows no file. Nothing reaches a tape but through here.
 */
import { wholeText } from '../core/bytes.ts'
import { type HttpRequest, header } from '../core/http.ts'
import type { Push } from '../core/push.ts'
import { defaultSettings, type RedactSettings } from '../core/recording-settings.ts'
import type { HeadStep, WriteStep } from '../core/timeline.ts'
import { ChunkLines } from './chunk-lines.ts'
import {
  formatLine,
  headLine,
  type LostPart,
  type RecordedEnding,
  type RecordedRequest,
  roundMs,
} from './format.ts'
import { plainRequest } from './redact/plain-body.ts'
import { type Redactor, redactHeaders, redactRequest } from './redact/redact.ts'
import { maskUrl } from './redact/secrets.ts'

/** What a tape must know before the service answers. */
export interface TapeHead {
  /** Program and version. */
  readonly by: string
  /** When the request arrived, milliseconds since 1970. */
  readonly arrivedMs: number
  readonly dialect?: string | undefined
  readonly note?: string | undefined
  /** What the source of a brought recording had lost. */
  readonly lost?: readonly LostPart[] | undefined
  readonly request: HttpRequest
  /** The absolute URL that was asked of the upstream. */
  readonly url: string
  /** Further header names to keep, such as a dialect's own. */
  readonly keep?: readonly string[] | undefined
  /** What is secret beside what looks like a key anyway. */
  readonly redact?: RedactSettings | undefined
  /** Told once when the file cannot be written any more; taping stops, the relay goes on. */
  readonly onFailure?: ((error: Error) => void) | undefined
}

export class Transcriber {
  /** The first two lines. */
  readonly opening: readonly string[]
  /** The masked path, without the query. */
  readonly path: string
  readonly #redactor: Redactor
  #chunks: Push<WriteStep, WriteStep>
  readonly #lines = new ChunkLines()
  readonly #keep: readonly string[]

  constructor(head: TapeHead) {
    const settings = head.redact ?? defaultSettings.redact
    this.#keep = [...(head.keep ?? []), ...settings.keepHeaders]
    const { redactor, url, headers, body } = redactRequest(
      { ...plainRequest(head.request), url: head.request.url },
      settings,
      this.#keep,
    )
    this.#redactor = redactor
    this.#chunks = redactor.stream(undefined)
    this.path = url.split('?')[0] ?? '/'
    const about = {
      recording: 1 as const,
      by: head.by,
      at: new Date(head.arrivedMs).toISOString(),
      ...(head.dialect === undefined ? {} : { dialect: head.dialect }),
      ...(head.note === undefined ? {} : { note: redactor.text(head.note) }),
      ...(head.lost && head.lost.length > 0 ? { lost: head.lost } : {}),
    }
    const sentTo = redactor.text(maskUrl(head.url, settings.fields).text)
    const request: RecordedRequest = {
      method: head.request.method,
      url: sentTo,
      ...(pathAndQuery(sentTo) === url ? {} : { asked: url }),
      headers,
      ...bodyFields(body),
    }
    this.opening = [formatLine(about), formatLine({ request })]
  }

  push(step: HeadStep | WriteStep): string[] {
    if (step.do === 'write') return this.#write(this.#chunks.push(step))
    this.#chunks = this.#redactor.stream(header(step.headers, 'content-type'))
    const headers = redactHeaders(step.headers, this.#redactor, this.#keep)
    return [formatLine(headLine({ ...step, headers }))]
  }

  end(ending: RecordedEnding, atMs: number): string[] {
    return [...this.#rest(), formatLine({ atMs: roundMs(atMs), end: ending })]
  }

  fail(reason: string, atMs: number): string[] {
    return [
      ...this.#rest(),
      formatLine({ atMs: roundMs(atMs), failed: this.#redactor.text(reason) }),
    ]
  }

  #rest(): string[] {
    return this.#write(this.#chunks.end())
  }

  #write(steps: readonly WriteStep[]): string[] {
    return steps.map((step) => this.#lines.write(step))
  }
}

/** Without scheme and host. */
export const pathAndQuery = (url: string): string =>
  url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '') || '/'

/** The body of a request, as text where it is one. */
export function bodyFields(body: Uint8Array): Pick<RecordedRequest, 'body' | 'base64'> {
  if (body.length === 0) return { body: undefined }
  const text = wholeText(body)
  if (text !== undefined) return { body: text }
  return { body: undefined, base64: Buffer.from(body).toString('base64') }
}
