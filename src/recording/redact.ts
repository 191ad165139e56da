/**
 * Takes secrets out of an exchange before it is kept: those the request carries, hunted wherever
 * they turn up, and those that can be told by their looks.
 *
 * A placeholder is as long as what it hides, so that chunk borders and content-length stay true.
 * Bytes are looked at as latin1 text, one character a byte, so that nothing that is no text is ever
 * changed by looking. Must never let a byte out that may turn out to be part of a secret.
 *
 * Not found: a secret inside compressed bytes, or dealt out over several frames of a stream.
 */
import { wholeText } from '../core/bytes.ts'
import { type Headers, type HttpRequest, header } from '../core/http.ts'
import type { Push } from '../core/push.ts'
import type { WriteStep } from '../core/timeline.ts'
import {
  isForm,
  isKeyCharacter,
  maskJson,
  maskPairs,
  maskUrl,
  placeholder,
  secretsByLooks,
  secretsOfHeaders,
  unfinishedFieldIn,
  unfinishedKeyIn,
  unfinishedLiteral,
} from './secrets.ts'

/** A stretch of key characters longer than this is data, not a key, and is held back no longer. */
const longestHeldBytes = 16 * 1024
/** What was let out already and is still looked at, to see what a key stands after. */
const contextBytes = 96

interface Form {
  readonly text: string
  readonly secret: string
}

interface Range {
  readonly from: number
  readonly to: number
  readonly secret: string
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const asciiOnly = (text: string): string =>
  text.replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

function percentEncoded(text: string): string[] {
  try {
    const encoded = encodeURIComponent(text)
    const lower = encoded.replaceAll(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())
    const form = new URLSearchParams([['', text]]).toString().slice(1)
    return [encoded, lower, encoded.replaceAll('%20', '+'), form]
  } catch {
    return [] // A lone surrogate has no percent form.
  }
}

/** Every way a text is likely to be written in JSON, in JSON within JSON, and in a URL. */
function formsOf(secret: string): Form[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const forms = [
    secret,
    json,
    asciiOnly(json),
    json.replaceAll('/', '\\/'),
    json.replaceAll(/[<>&]/g, (character) => asciiOnly(`\u0001${character}`).slice(6)),
    JSON.stringify(json).slice(1, -1),
    ...percentEncoded(secret),
  ]
  return [...new Set(forms)].map((form) => ({ text: latin1(form), secret }))
}

/** Overlapping ranges become one; it is named after a known secret where it is exactly that. */
function merge(ranges: Range[], text: string): Range[] {
  const merged: Range[] = []
  for (const range of ranges.sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = merged.at(-1)
    if (!last || range.from >= last.to) merged.push(range)
    else if (range.to > last.to) {
      const joined = text.slice(last.from, range.to)
      merged[merged.length - 1] = { from: last.from, to: range.to, secret: joined }
    }
  }
  return merged
}

/** Finds and hides the secrets of one exchange. */
export class Redactor {
  readonly #forms: readonly Form[]

  constructor(secrets: readonly string[]) {
    this.#forms = [...new Set(secrets)].flatMap(formsOf)
  }

  text(text: string): string {
    return Buffer.from(this.#hide(latin1(text)), 'latin1').toString('utf8')
  }

  bytes(bytes: Uint8Array): Uint8Array {
    return Buffer.from(this.#hide(Buffer.from(bytes).toString('latin1')), 'latin1')
  }

  /** Chunks in, the same chunks out, each held back only while a secret may be unfinished in it. */
  chunks(): Push<WriteStep, WriteStep> {
    return new RedactedChunks(this)
  }

  #hide(text: string): string {
    return hide(text, this.ranges(text))
  }

  /** Where secrets stand in latin1 text, in order, none overlapping. */
  ranges(text: string): Range[] {
    const ranges: Range[] = []
    for (const form of this.#forms) {
      for (let from = text.indexOf(form.text); from >= 0; ) {
        ranges.push({ from, to: from + form.text.length, secret: form.secret })
        from = text.indexOf(form.text, from + 1)
      }
    }
    for (const { from, secret } of secretsByLooks(text)) {
      ranges.push({ from, to: from + secret.length, secret })
    }
    return merge(ranges, text)
  }

  /** From where in `text` a secret may be unfinished; its length where none is. */
  unfinished(text: string): number {
    const tail = Math.max(0, text.length - longestHeldBytes)
    let run = text.length
    while (run > tail && isKeyCharacter(text.charCodeAt(run - 1))) run--
    if (run === tail && tail > 0) return tail
    const before = text.slice(Math.max(0, run - contextBytes), run)
    let from = run + unfinishedKeyIn(text.slice(run), before)
    for (const form of this.#forms) from = Math.min(from, unfinishedLiteral(text, form.text))
    return Math.min(from, tail + unfinishedFieldIn(text.slice(tail)))
  }
}

function hide(text: string, ranges: readonly Range[]): string {
  let hidden = ''
  let done = 0
  for (const { from, to, secret } of ranges) {
    hidden += text.slice(done, from) + placeholder(secret, to - from)
    done = to
  }
  return hidden + text.slice(done)
}

/** Chunks whose text is looked at as one, and let out one by one. */
class RedactedChunks implements Push<WriteStep, WriteStep> {
  readonly #redactor: Redactor
  /** Chunks not let out yet, as they came. */
  readonly #held: WriteStep[] = []
  /** Text let out already, as it came, then the text of the held chunks. */
  #context = ''
  #text = ''
  /** A secret was so long that its beginning was let out, masked; the rest of it follows. */
  #isInside = false

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  push(step: WriteStep): WriteStep[] {
    const chunk = this.#isInside ? this.#hideRest(step) : step
    this.#held.push(chunk)
    this.#text += Buffer.from(chunk.bytes).toString('latin1')
    const seen = this.#context + this.#text
    const unfinished = this.#redactor.unfinished(seen)
    return seen.length - unfinished < longestHeldBytes
      ? this.#letOut(seen, unfinished)
      : this.#letOutAll()
  }

  end(): WriteStep[] {
    return this.#letOutAll()
  }

  /** Lets out the chunks that end before `certain`. */
  #letOut(seen: string, certain: number): WriteStep[] {
    const ranges = this.#redactor.ranges(seen)
    const spanning = ranges.find(({ from, to }) => from < certain && to > certain)
    const limit = (spanning?.from ?? certain) - this.#context.length
    return this.#take(hide(seen, ranges).slice(this.#context.length), limit)
  }

  #letOutAll(): WriteStep[] {
    const seen = this.#context + this.#text
    const ranges = this.#redactor.ranges(seen)
    this.#isInside = ranges.at(-1)?.to === seen.length
    return this.#take(hide(seen, ranges).slice(this.#context.length), seen.length)
  }

  /** What still belongs to a secret whose beginning is out. */
  #hideRest(step: WriteStep): WriteStep {
    let length = 0
    while (length < step.bytes.length && isKeyCharacter(step.bytes[length] ?? 0)) length++
    this.#isInside = length === step.bytes.length
    const bytes = Buffer.from(step.bytes)
    return { ...step, bytes: bytes.fill('x', 0, length) }
  }

  #take(hidden: string, limit: number): WriteStep[] {
    const out: WriteStep[] = []
    let taken = 0
    for (const step of this.#held) {
      const end = taken + step.bytes.length
      if (end > limit) break
      out.push({ ...step, bytes: Buffer.from(hidden.slice(taken, end), 'latin1') })
      taken = end
    }
    this.#held.splice(0, out.length)
    this.#context = (this.#context + this.#text.slice(0, taken)).slice(-contextBytes)
    this.#text = this.#text.slice(taken)
    return out
  }
}

/** Header names that mean something to a chat API and hold no secret. All others are dropped. */
const keptHeader = new RegExp(
  `^(?:${[
    ...['accept', 'allow', 'anthropic-(?:version|beta|ratelimit-.*)', 'cache-control'],
    ...['content-(?:type|length|encoding|disposition|language)', 'location', 'link'],
    ...['openai-.*', 'retry-after(?:-ms)?', 'server-timing', 'vary', 'www-authenticate'],
    ...['x-accel-buffering', 'x-should-retry', '(?:x-)?ratelimit-.*', 'x-ratelimit.*'],
    ...['(?:x-)?request-id', '(?:x-)?correlation-id', 'x-amzn-requestid', 'cf-ray'],
    ...['x-goog-request-id', 'x-envoy-upstream-service-time', 'x-groq-.*'],
  ].join('|')})$`,
  'i',
)

const isKept = (name: string, keep: readonly string[]): boolean =>
  keptHeader.test(name) || keep.some((kept) => kept.toLowerCase() === name.toLowerCase())

/** The headers that are kept, in their order, without what is secret in their values. */
export const redactHeaders = (
  headers: Headers,
  redactor: Redactor,
  keep: readonly string[] = [],
): Headers =>
  headers
    .filter(([name]) => isKept(name, keep))
    .map(([name, value]) => [name, redactor.text(maskUrl(value).text)])

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
  keep: readonly string[] = [],
): RedactedRequest {
  const url = maskUrl(request.url)
  const text = wholeText(request.body)
  const mask = isForm(header(request.headers, 'content-type')) ? maskPairs : maskJson
  const body = text === undefined ? undefined : mask(text)
  const found = [...secretsOfHeaders(request.headers), ...url.secrets, ...(body?.secrets ?? [])]
  const redactor = new Redactor(found)
  return {
    redactor,
    url: redactor.text(url.text),
    headers: redactHeaders(request.headers, redactor, keep),
    body: redactor.bytes(body ? Buffer.from(body.text, 'utf8') : request.body),
  }
}
