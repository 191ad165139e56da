/**
 * The head of an HTTP/1.1 answer, in the words and the order in which Node's server writes it: a client
 * cannot tell who has read its request.
 */
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { Headers } from '../../core/http.ts'

export interface DirectHead {
  readonly status: number
  readonly headers: Headers
  /** Chunks follow; otherwise a length is among the headers, or there is no body. */
  readonly isChunked: boolean
  /** Set where the server closes the connection after the answer. */
  readonly closes: boolean
  /** The client will close it, or has asked us to. */
  readonly isLast: boolean
  /** Undefined where the answer has its own, or is to have none. */
  readonly date: string | undefined
  /** How long an idle connection is kept. */
  readonly keptMs: number
}

export interface WrittenHead {
  readonly text: string
  /** It says that the connection ends with the answer. */
  readonly isLast: boolean
}

export function writeHead(head: DirectHead): WrittenHead {
  const { status, headers, isChunked, closes, date, keptMs } = head
  let isLast = head.isLast || closes
  let saysConnection = closes
  let saysKept = false
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n${linesOf(headers)}`
  for (const [name, value] of headers) {
    if (name.length !== 10) continue
    const lower = name.toLowerCase()
    if (lower === 'keep-alive') saysKept = true
    if (lower !== 'connection') continue
    isLast = (saysConnection && isLast) || /(?:^|\W)close(?:$|\W)/i.test(value)
    saysConnection = true
  }
  if (closes) text += 'Connection: close\r\n'
  if (isChunked) text += 'Transfer-Encoding: chunked\r\n'
  if (date !== undefined) text += `Date: ${date}\r\n`
  if (!saysConnection) {
    text += isLast ? 'Connection: close\r\n' : 'Connection: keep-alive\r\n'
    if (!isLast && !saysKept) text += `Keep-Alive: timeout=${Math.floor(keptMs / 1000)}\r\n`
  }
  return { text: `${text}\r\n`, isLast }
}

/** The latest last: what one service says, and how it refuses, and so for a few more. */
const patterns: HeadPattern[] = []
const mostPatterns = 12

function linesOf(headers: Headers): string {
  for (const pattern of patterns) {
    const lines = pattern.lines(headers)
    if (lines !== undefined) return lines
  }
  const alike = patterns.findIndex((pattern) => pattern.isAlike(headers))
  const [before] = alike < 0 ? [] : patterns.splice(alike, 1)
  const pattern = new HeadPattern(headers, before)
  if (patterns.push(pattern) > mostPatterns) patterns.shift()
  return pattern.lines(headers) ?? ''
}

/**
 * The lines of headers that are alike but for some of their values: what lies between these is one
 * text. Sixteen headers cost a fifth of what they cost line by line.
 */
class HeadPattern {
  readonly #headers: Headers
  /** Of each header, whether its value is another in every answer. */
  readonly #varies: readonly boolean[]
  /** Before the first value that varies, between them, and behind the last. */
  readonly #between: readonly string[]

  /** @param before one of the same names, whose other values are not those of `headers` */
  constructor(headers: Headers, before: HeadPattern | undefined) {
    this.#headers = headers
    this.#varies = headers.map(([, value], at) =>
      before === undefined ? false : before.#differs(at, value),
    )
    const between = ['']
    for (const [at, [name, value]] of headers.entries()) {
      const last = between.length - 1
      check(name, value)
      between[last] += `${name}: `
      if (this.#varies[at]) between.push('\r\n')
      else between[last] += `${value}\r\n`
    }
    this.#between = between.map(inOnePiece)
  }

  #differs(at: number, value: string): boolean {
    return this.#varies[at] === true || this.#headers[at]?.[1] !== value
  }

  isAlike(headers: Headers): boolean {
    if (headers.length !== this.#headers.length) return false
    return headers.every(([name], at) => this.#headers[at]?.[0] === name)
  }

  /** Undefined where they are not of this pattern. */
  lines(headers: Headers): string | undefined {
    const known = this.#headers
    if (headers.length !== known.length) return undefined
    let lines = this.#between[0] ?? ''
    let piece = 0
    for (let at = 0; at < known.length; at++) {
      const one = headers[at]
      const like = known[at]
      if (!one || !like || (one !== like && one[0] !== like[0])) return undefined
      if (this.#varies[at]) {
        checkValue(one[0], one[1])
        lines += one[1] + this.#between[++piece]
      } else if (one !== like && one[1] !== like[1]) return undefined
    }
    return lines
  }
}

/** V8 keeps a joined text as its parts until it is written, and would join them in every answer. */
const inOnePiece = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

const isPlainName = /^[\w-]+$/
const isPlainValue = /^[ -~]*$/

/** Node finds the words for what it would not send, either. */
function check(name: string, value: string): void {
  if (!isPlainName.test(name)) validateHeaderName(name)
  checkValue(name, value)
}

function checkValue(name: string, value: string): void {
  if (!isPlainValue.test(value)) validateHeaderValue(name, value)
}

/** For the `Date` header, which counts seconds: made once in each. */
export class HttpDate {
  readonly #clock: Clock
  #second = Number.NaN
  #text = ''

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get text(): string {
    const wallMs = this.#clock.wallTime()
    const second = Math.floor(wallMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#text = new Date(wallMs).toUTCString()
    }
    return this.#text
  }
}
