/**
 * Secrets in what is on disk already: recordings, and any other text. Pure: knows no file.
 * Must never say a secret: of each one it tells where it stands, what it looks like, how long it is.
 */
import { type Headers, header } from '../../core/http.ts'
import type { Push } from '../../core/push.ts'
import type { RedactSettings } from '../../core/recording-settings.ts'
import type { HeadStep, WriteStep } from '../../core/timeline.ts'
import {
  chunkLine,
  formatLine,
  headLine,
  type RecordedRequest,
  type RecordingLine,
  stepOf,
} from '../format.ts'
import { parseLine } from '../read-line.ts'
import { bodyFields, pathAndQuery } from '../transcribe.ts'
import { Redactor, redactHeaders, redactRequest } from './redact.ts'
import { maskUrl } from './secrets.ts'
import { describeSecret } from './secrets-described.ts'
import { headerSecretsIn } from './secrets-headers.ts'

export interface FoundSecret {
  /** 1-based, as is the column. */
  readonly line: number
  readonly column: number
  /** What it is, and the letters that all of its kind begin with. */
  readonly what: string
}

interface Change {
  readonly from: number
  readonly to: number
}

/** So many letters may be the same by chance in a secret and in what stands for it. */
const mostSame = 8

/** Where two texts of one length differ, one stretch for each secret. */
function changes(before: string, after: string): Change[] {
  const found: { from: number; to: number }[] = []
  for (let at = 0; at < before.length; at++) {
    if (before[at] === after[at]) continue
    const last = found.at(-1)
    if (last && at - last.to < mostSame) last.to = at + 1
    else found.push({ from: startOf(before, at), to: at + 1 })
  }
  return found
}

/** The first digits of a number may be those that stand for it. */
function startOf(text: string, at: number): number {
  let from = at
  if (/\d/.test(text.charAt(at))) while (text[from - 1] === '1') from--
  return from
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** How far a text reaches once it is written in JSON. */
const writtenLength = (text: string): number => JSON.stringify(text).length - 2

/** Lines in, the same lines without secrets out; what was found is in `found`. */
export class RecordingScan implements Push<string, string> {
  readonly found: FoundSecret[] = []
  readonly #settings: RedactSettings
  readonly #keep: readonly string[]
  #redactor: Redactor
  #chunks: Push<WriteStep, WriteStep> | undefined
  /** Chunks that are being looked at, and what follows them. */
  readonly #waiting: {
    readonly line: number
    readonly written: string
    readonly step: WriteStep
  }[] = []
  #line = 0

  /** @param keep further header names that may be on tape */
  constructor(settings: RedactSettings, keep: readonly string[]) {
    this.#settings = settings
    this.#keep = [...keep, ...settings.keepHeaders]
    this.#redactor = new Redactor([], settings)
  }

  push(written: string): string[] {
    this.#line++
    const parsed = readLine(written)
    if (!parsed) return [...this.#rest(), this.#asText(written)]
    if ('request' in parsed) return [this.#request(parsed.request, written)]
    const step = stepOf(parsed)
    if (step?.do === 'write') return this.#chunk(step, written)
    if (step?.do === 'head') return [...this.#rest(), this.#head(step, written)]
    return [...this.#rest(), this.#asText(written)]
  }

  end(): string[] {
    return this.#rest()
  }

  /** A line that holds texts of ours, or nothing that is known. */
  #asText(written: string): string {
    const masked = this.#redactor.text(written)
    this.#compare(written, masked, (at) => at)
    return masked
  }

  #request(request: RecordedRequest, written: string): string {
    const { base64, asked } = request
    const body =
      base64 === undefined ? Buffer.from(request.body ?? '') : Buffer.from(base64, 'base64')
    const known = { url: pathAndQuery(asked ?? request.url), headers: request.headers, body }
    const masked = redactRequest(known, this.#settings, this.#keep)
    this.#redactor = masked.redactor
    const url = masked.redactor.text(maskUrl(request.url, this.#settings.fields).text)
    const inUrl = written.indexOf('"url":"') + 7
    this.#compare(request.url, url, (at) => inUrl + writtenLength(request.url.slice(0, at)))
    const inBody = Math.max(written.indexOf('"body":"'), written.indexOf('"base64":"')) + 8
    const bodies = [body, Buffer.from(masked.body)].map((one) => one.toString('latin1'))
    const column = (at: number): number =>
      base64 === undefined ? inBody + writtenLength(body.toString('utf8', 0, at)) : inBody
    this.#compare(bodies[0] ?? '', bodies[1] ?? '', column)
    this.#headers(request.headers, masked.headers, written)
    return formatLine({
      request: {
        ...{ method: request.method, url },
        ...(asked === undefined ? {} : { asked: masked.url }),
        ...{ headers: masked.headers, ...bodyFields(masked.body) },
      },
    })
  }

  #head(step: HeadStep, written: string): string {
    const headers = redactHeaders(step.headers, this.#redactor, this.#keep)
    this.#chunks = this.#redactor.stream(header(step.headers, 'content-type'))
    this.#headers(step.headers, headers, written)
    return formatLine(headLine({ ...step, headers }))
  }

  /** Headers that are not kept are told where their values are secret. */
  #headers(before: Headers, after: Headers, written: string): void {
    const kept = before.filter(([name]) => after.some(([other]) => other === name))
    for (const [at, [name, value]] of kept.entries()) {
      const from = written.indexOf(JSON.stringify(name)) + JSON.stringify(name).length + 2
      this.#compare(
        value,
        after[at]?.[1] ?? value,
        (index) => from + writtenLength(value.slice(0, index)),
      )
    }
    for (const [name, value] of before.filter((one) => !kept.includes(one))) {
      if (headerSecretsIn(`${name}: ${value}`).length === 0) continue
      const column = written.indexOf(JSON.stringify(name)) + 1
      this.found.push({ line: this.#line, column, what: `the header ${name}` })
    }
  }

  #chunk(step: WriteStep, written: string): string[] {
    this.#chunks ??= this.#redactor.stream(undefined)
    this.#waiting.push({ line: this.#line, written, step })
    return this.#letOut(this.#chunks.push(step))
  }

  #rest(): string[] {
    return this.#letOut(this.#chunks?.end() ?? [])
  }

  #letOut(steps: readonly WriteStep[]): string[] {
    return steps.map((masked) => {
      const chunk = this.#waiting.shift()
      if (!chunk) return formatLine(chunkLine(masked))
      const [before, after] = [chunk.step.bytes, masked.bytes].map((bytes) =>
        Buffer.from(bytes).toString('latin1'),
      )
      const start = chunk.written.indexOf('"text":"')
      const bytes = Buffer.from(chunk.step.bytes)
      const column = (at: number): number =>
        start < 0
          ? chunk.written.indexOf('"base64":"') + 10
          : start + 8 + writtenLength(bytes.toString('utf8', 0, at))
      const count = this.found.length
      this.#compare(before ?? '', after ?? '', column, chunk.line)
      return this.found.length > count ? formatLine(chunkLine(masked)) : chunk.written
    })
  }

  #compare(before: string, after: string, column: (at: number) => number, line = this.#line): void {
    for (const { from, to } of changes(before, after)) {
      const what = describeSecret(
        before.slice(from, to),
        before.slice(Math.max(0, from - 80), from),
      )
      this.found.push({ line, column: column(from) + 1, what })
    }
  }
}

function readLine(written: string): RecordingLine | undefined {
  try {
    return parseLine(written)
  } catch {
    return undefined // Looked at as text; `check` says what is wrong with it.
  }
}

/** Secrets in a text that is no recording, such as a cassette of another tool. */
export function secretsInText(text: string, settings: RedactSettings): FoundSecret[] {
  const before = latin1(text)
  const masked = new Redactor([], settings).bytes(Buffer.from(text, 'utf8'))
  const found = changes(before, Buffer.from(masked).toString('latin1')).map((change) => ({
    ...change,
    what: describeSecret(before.slice(change.from, change.to), contextOf(before, change.from)),
  }))
  const allowed = (settings.allow ?? []).map(latin1)
  for (const { name, from, to } of headerSecretsIn(before)) {
    if (found.some((one) => one.from < to && from < one.to)) continue
    if (allowed.some((one) => before.slice(from, to).includes(one))) continue
    found.push({ from, to, what: `the value of ${name} (${to - from} characters)` })
  }
  const places = new Places(before)
  return found
    .sort((a, b) => a.from - b.from)
    .map(({ from, what }) => ({ ...places.of(from), what }))
}

const contextOf = (text: string, at: number): string => text.slice(Math.max(0, at - 80), at)

/** Lines and columns of ascending places. */
class Places {
  readonly #text: string
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    this.#text = text
  }

  of(at: number): { line: number; column: number } {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#lineStart)
      if (end < 0 || end >= at) break
      this.#line++
      this.#lineStart = end + 1
    }
    const before = Buffer.from(this.#text.slice(this.#lineStart, at), 'latin1').toString('utf8')
    return { line: this.#line, column: before.length + 1 }
  }
}
