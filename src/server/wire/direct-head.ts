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
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`
  for (const [name, value] of headers) {
    text += lineOf(name, value)
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

/** By name, the value that it had first and its line: most headers say the same in every answer. */
const firstLines = new Map<string, { readonly value: string; readonly line: string }>()

/** More names than all services have together. */
const mostLines = 500

function lineOf(name: string, value: string): string {
  const first = firstLines.get(name)
  if (first?.value === value) return first.line
  check(name, value)
  const line = `${name}: ${value}\r\n`
  if (!first && firstLines.size < mostLines) firstLines.set(name, { value, line: inOnePiece(line) })
  return line
}

/** V8 keeps a joined text as its parts until it is written, and would join them in every answer. */
const inOnePiece = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

const isPlainName = /^[\w-]+$/
const isPlainValue = /^[ -~]*$/

/** Node finds the words for what it would not send, either. */
function check(name: string, value: string): void {
  if (isPlainName.test(name) && isPlainValue.test(value)) return
  validateHeaderName(name)
  validateHeaderValue(name, value)
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
