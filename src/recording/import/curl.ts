/**
 * What `curl -i` printed: heads and a body, with `-v` also what was sent, with `--raw` the chunks as
 * they were framed. Pure. With `-i` and `-v` every head is printed twice; the second is dropped and
 * never taken for a body. Heads of informational answers, of redirects that were followed and of
 * proxies stand before the last one, and only the last one has a body.
 */
import type { Headers } from '../../core/http.ts'
import { header } from '../../core/http.ts'
import { unchunk } from './chunked.ts'
import { withoutMeter } from './curl-meter.ts'
import { type Asked, type Format, found, ignored, type Look, Unreadable } from './imported.ts'

const statusLine = /^HTTP\/(\d(?:\.\d)?) (\d{3})(?: ([^\r\n]*))?$/
const headBegin = /^HTTP\/\d(?:\.\d)? \d{3}(?: |\r?\n|$)/
/** What `-v` writes before and between the heads. */
const told = /^(?:[*<>]|[{}] \[|Note: |\s*%\s*Total|\s*Dload|\s+\d+ )/

export const curl: Format = {
  name: 'curl',
  title: 'dump of curl -i',
  fits: ({ text }) =>
    headBegin.test(text) ||
    (/^(?:\* |> |Note: |\s*% Total)/.test(text) &&
      /^(?:< |\s*\d[^\r\n]*)?HTTP\/\d/m.test(text.slice(0, 65_536))),
  read,
}

interface Head {
  readonly status: number
  readonly reason: string
  readonly headers: Headers
}

function* read({ bytes }: Look) {
  const dump = new Dump(withoutMeter(bytes))
  const heads = dump.heads()
  const last = heads.at(-1)
  if (!last) throw new Unreadable({ line: 1, column: 1 }, 'there is no head of an answer in it')
  const before = heads.slice(0, -1).map(({ status }) => status)
  if (before.length > 0) yield ignored(`heads before the last one (status ${before.join(', ')})`)
  const { body, chunks, isCut } = bodyOf(dump.rest(), last)
  const words = isCut ? ['the dump ends before the body does: it is played as a broken one'] : []
  yield found({
    place: { line: dump.lastHeadLine, column: 1 },
    asked: dump.asked(),
    answered: { ...last, body, chunks, ending: isCut ? 'close' : 'end' },
    words,
  })
}

interface Body {
  readonly body: Uint8Array
  readonly chunks?: readonly number[]
  readonly isCut: boolean
}

function bodyOf(rest: Uint8Array, { headers }: Head): Body {
  if (/chunked/i.test(header(headers, 'transfer-encoding') ?? '')) {
    // Unless `--raw` was given, curl has taken the framing away.
    const raw = unchunk(rest)
    if (raw) return { body: raw.body, chunks: raw.chunks, isCut: !raw.isComplete }
  }
  const length = header(headers, 'content-length')
  return { body: rest, isCut: length !== undefined && rest.length < Number(length) }
}

/** A walk through the lines of the dump. */
class Dump {
  readonly #bytes: Buffer
  readonly #sent: string[] = []
  #at = 0
  #line = 1
  #isVerbose = false
  /** Heads that `-v` has shown, and that `-i` has not printed yet. */
  #shown: Head[] = []
  lastHeadLine = 1

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Every head at the beginning, and what stands between them. */
  heads(): Head[] {
    const heads: Head[] = []
    for (;;) {
      const line = this.#peek()
      if (line === undefined) break
      if (headBegin.test(line) && this.#isShown(line)) this.#head('')
      else if (headBegin.test(line) && !isOver(heads)) heads.push(this.#head(''))
      else if (/^< HTTP\//.test(line)) heads.push(this.#head('< '))
      else if (told.test(line) && (heads.length === 0 || this.#isVerbose)) this.#note(line)
      else break
    }
    return sameTwice(heads)
  }

  /** What remains, without what `-v` says at the end. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#at)
    if (!this.#isVerbose) return rest
    const tail = rest.subarray(-400).toString('latin1')
    const said =
      /(?:^|\n)(?:[*}{] (?:Connection #\d+|Closing connection|shutting down connection|\[\d+ bytes data\])[^\n]*\n?)+$/
    const found = said.exec(tail)
    if (!found) return rest
    const from = found.index + (found[0].startsWith('\n') ? 1 : 0)
    return rest.subarray(0, rest.length - tail.length + from)
  }

  /** The request as `-v` has shown it; its body is never shown. */
  asked(): Asked | undefined {
    const [first, ...lines] = lastRequest(this.#sent)
    const [, method, target] = /^(\S+) (\S+) HTTP\/\d/.exec(first ?? '') ?? []
    if (method === undefined || target === undefined || method === 'CONNECT') return undefined
    const headers = lines.flatMap(readHeader)
    if (method !== 'GET' && method !== 'HEAD' && method !== 'DELETE') return undefined
    const host = header(headers, 'host') ?? 'unknown.invalid'
    const url = /^https?:/.test(target) ? target : `https://${host}${target}`
    return { method, url, headers, body: Buffer.alloc(0) }
  }

  #note(line: string): void {
    this.#isVerbose = true
    if (line.startsWith('> ')) this.#sent.push(line.slice(2))
    this.#next()
  }

  /** The same head again: its status line says so, since people mask fields in one of the two. */
  #isShown(line: string): boolean {
    const [, , status = ''] = statusLine.exec(line.trimEnd()) ?? []
    const at = this.#shown.findIndex((head) => head.status === Number(status))
    if (at < 0) return false
    this.#shown.splice(0, at + 1)
    return true
  }

  #head(prefix: string): Head {
    this.lastHeadLine = this.#line
    const first = this.#next().slice(prefix.length).trimEnd()
    const [, , status = '', reason = ''] = statusLine.exec(first) ?? []
    if (prefix !== '') this.#isVerbose = true
    const headers: [string, string][] = []
    let lastField = first
    let isMixed = false
    for (let line = this.#peek(); line !== undefined; line = this.#peek()) {
      const isOwn = line.startsWith(prefix.trimEnd())
      if (!isOwn && told.test(line)) {
        this.#note(line)
        continue
      }
      this.#next()
      // Both forms may come line by line, one after the other.
      if (!isOwn && line.trimEnd() !== lastField) throw this.#strangeLine()
      isMixed ||= !isOwn
      if (!isOwn) continue
      const field = line.slice(prefix.length).trimEnd()
      if (field === '') break
      lastField = field
      headers.push(...readHeader(field))
    }
    if (isMixed) this.#endOfMixed()
    const head = { status: Number(status), reason, headers }
    if (prefix !== '' && !isMixed) this.#shown.push(head)
    return head
  }

  #strangeLine(): Unreadable {
    const place = { line: this.#line - 1, column: 1 }
    return new Unreadable(place, 'this line stands within a head, and is none of it')
  }

  /** The empty line of `-i`. */
  #endOfMixed(): void {
    if (this.#peek()?.trimEnd() === '') this.#next()
  }

  /** The line that comes next, without its end. */
  #peek(): string | undefined {
    if (this.#at >= this.#bytes.length) return undefined
    const end = this.#bytes.indexOf(10, this.#at)
    const to = end < 0 ? this.#bytes.length : end
    // No line of a head is longer than this; one of a body may be.
    return this.#bytes.subarray(this.#at, Math.min(to, this.#at + 65_536)).toString('latin1')
  }

  #next(): string {
    const line = this.#peek() ?? ''
    const end = this.#bytes.indexOf(10, this.#at)
    this.#at = end < 0 ? this.#bytes.length : end + 1
    this.#line++
    return line.replace(/\r$/, '')
  }
}

function readHeader(line: string): [string, string][] {
  const colon = line.indexOf(':')
  return colon <= 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
}

/** Requests that were sent one after the other, as for redirects: the last one was answered. */
function lastRequest(lines: readonly string[]): readonly string[] {
  const starts = lines.map((line, at) => (/^[A-Z]+ \S+ HTTP\/\d/.test(line) ? at : -1))
  return lines.slice(Math.max(0, ...starts))
}

/** After a final answer comes its body, even if that begins like a head. */
function isOver(heads: readonly Head[]): boolean {
  const last = heads.at(-1)
  if (!last) return false
  const { status, reason } = last
  const isStep = status < 200 || (status >= 300 && status < 400) || status === 401 || status === 407
  const isTunnel = /^connection established$/i.test(reason)
  return !isStep && !isTunnel
}

/** With `-i -v` each head is printed in both forms. */
const sameTwice = (heads: readonly Head[]): Head[] =>
  heads.filter((head, at) => {
    const next = heads[at + 1]
    return !next || next.status !== head.status || next.headers.length !== head.headers.length
  })
