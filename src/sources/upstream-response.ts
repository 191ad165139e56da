/**
 * Reads the answer to one request of HTTP/1.1, where it is of the plainest form: a head in one piece,
 * and a body in chunks without extensions, of a length, or to the end of the connection. What is more,
 * less or wrong is for Node's parser, which takes over where the plain part ends. Pure.
 *
 * Must never take what that would refuse, read it otherwise, or keep back what it would tell.
 */
import type { Headers } from '../core/http.ts'
import { readPlainHead } from '../core/plain-head.ts'

/** Each thing when its bytes are pushed. */
export interface ResponseReader {
  onHead(status: number, headers: Headers): void
  /** As much of an HTTP chunk as has come in one piece; never empty. */
  onChunk(bytes: Uint8Array): void
}

/** Where the plain part ends: what another parser is to read, and what of it has been told already. */
export interface Rest {
  readonly bytes: Buffer
  /** In the midst of a body: `bytes` then begin with a head of ours, which nobody sent. */
  readonly hasHead: boolean
  /** So many bytes of the body are ours as well. */
  readonly ownBytes: number
}

type Body = 'none' | 'chunked' | 'counted' | 'to-the-end'

const headEnd = '\r\n\r\n'
/** A longer head is rare, and has limits of its own. */
const mostHeadBytes = 16 * 1024

const statusLine = /^HTTP\/1\.1 ([2-9]\d\d)(?: [ -~\u0080-\u00ff]*)?$/

/** What stands before a chunk's data; longer than any that is sent. */
const mostSizeDigits = 7

const noBytes = Buffer.alloc(0)

/** Brings another parser to the beginning of a chunk, or behind the data of one. */
const ownHead = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const ownChunk = '1\r\n0'

export class PlainResponse {
  readonly #reader: ResponseReader
  readonly #hasNoBody: boolean
  #body: Body | undefined
  /** Of a chunk's data, or of a body that says its length. */
  #left = 0
  /** The next is the line break behind a chunk's data. */
  #isBehindData = false
  /** The beginning of what is told as a whole only. */
  #kept: Buffer = noBytes
  isWhole = false

  /** @param method of the request: that of HEAD has no body */
  constructor(reader: ResponseReader, method: string) {
    this.#reader = reader
    this.#hasNoBody = method === 'HEAD'
  }

  get hasHead(): boolean {
    return this.#body !== undefined
  }

  /** The end of the connection is that of the body. */
  get endsWithConnection(): boolean {
    return this.#body === 'to-the-end'
  }

  /**
   * What is left for another parser, which then has to be given all that comes; undefined as long as
   * all is plain. Nothing is to be pushed once the answer is whole.
   */
  push(bytes: Buffer): Rest | undefined {
    switch (this.#body) {
      case undefined:
        return this.#head(bytes)
      case 'chunked':
        return this.#chunks(bytes, 0)
      case 'counted':
        this.#counted(bytes)
        return undefined
      default:
        if (bytes.length > 0) this.#reader.onChunk(bytes)
        return undefined
    }
  }

  #head(bytes: Buffer): Rest | undefined {
    const end = bytes.indexOf(headEnd)
    const isPlain = end >= 0 && end <= mostHeadBytes
    const head = isPlain ? readHead(bytes.toString('latin1', 0, end)) : undefined
    if (!head) return { bytes, hasHead: false, ownBytes: 0 }
    const { status, headers, lengthBytes } = head
    const hasNoBody = this.#hasNoBody || status === 204 || status === 304
    this.#body = hasNoBody ? 'none' : head.body
    this.#left = lengthBytes
    this.isWhole = this.#body === 'none' || (this.#body === 'counted' && lengthBytes === 0)
    this.#reader.onHead(status, headers)
    const from = end + headEnd.length
    if (this.isWhole || from === bytes.length) return undefined
    return this.#body === 'chunked' ? this.#chunks(bytes, from) : this.push(bytes.subarray(from))
  }

  #counted(bytes: Buffer): void {
    const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes
    this.#left -= part.length
    this.isWhole = this.#left === 0
    if (part.length > 0) this.#reader.onChunk(part)
  }

  #chunks(received: Buffer, from: number): Rest | undefined {
    const isJoined = this.#kept.length > 0
    const bytes = isJoined ? Buffer.concat([this.#kept, received]) : received
    let at = isJoined ? 0 : from
    this.#kept = noBytes
    while (at < bytes.length) {
      if (this.#left === 0) {
        const begun = this.#beginChunk(bytes, at)
        if (begun < 0) return this.#rest(bytes.subarray(at))
        if (begun === at) {
          // A copy, for it may be the last few bytes of much memory.
          this.#kept = Buffer.from(bytes.subarray(at))
          return undefined
        }
        at = begun
        if (this.isWhole) return undefined
      } else {
        const to = Math.min(bytes.length, at + this.#left)
        this.#left -= to - at
        this.#isBehindData = this.#left === 0
        this.#reader.onChunk(bytes.subarray(at, to))
        at = to
      }
    }
    return undefined
  }

  /**
   * Where the data of the next chunk begins: at the same place where that is not known yet, and
   * below zero where what stands there is not plain.
   */
  #beginChunk(bytes: Buffer, from: number): number {
    let at = from
    if (this.#isBehindData) {
      if (bytes[at] !== cr) return -1
      if (at + 1 === bytes.length) return from
      if (bytes[at + 1] !== lf) return -1
      at += 2
    }
    const begin = at
    let size = 0
    for (; at < bytes.length; at++) {
      const digit = digits[bytes[at] ?? 0] ?? notDigit
      if (digit === notDigit) break
      size = size * 16 + digit
    }
    if (at - begin > mostSizeDigits) return -1
    if (at === bytes.length) return from
    if (at === begin || bytes[at] !== cr) return -1
    if (at + 1 === bytes.length) return from
    if (bytes[at + 1] !== lf) return -1
    if (size === 0) return this.#lastChunk(bytes, from, at + 2)
    this.#left = size
    this.#isBehindData = false
    return at + 2
  }

  /** Trailers are not plain. */
  #lastChunk(bytes: Buffer, from: number, at: number): number {
    if (at === bytes.length) return from
    if (bytes[at] !== cr) return -1
    if (at + 1 === bytes.length) return from
    if (bytes[at + 1] !== lf) return -1
    this.isWhole = true
    return at + 2
  }

  #rest(bytes: Buffer): Rest {
    const own = Buffer.from(this.#isBehindData ? ownHead + ownChunk : ownHead, 'latin1')
    const ownBytes = this.#isBehindData ? 1 : 0
    return { bytes: Buffer.concat([own, bytes]), hasHead: true, ownBytes }
  }
}

const cr = 0x0d
const lf = 0x0a
const notDigit = 255

/** The value of each byte as a hexadecimal digit. */
const digits = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return /[\da-f]/i.test(character) ? Number.parseInt(character, 16) : notDigit
})

interface Head {
  readonly status: number
  readonly headers: Headers
  readonly body: Exclude<Body, 'none'>
  readonly lengthBytes: number
}

function readHead(text: string): Head | undefined {
  const head = readPlainHead(text)
  const [, status] = statusLine.exec(head?.first ?? '') ?? []
  return head && status !== undefined ? framed(Number(status), head.headers) : undefined
}

/** A body that is framed in two ways at once, or in a way of its own, is not plain. */
function framed(status: number, headers: Headers): Head | undefined {
  let length: string | undefined
  let coding: string | undefined
  for (const [written, value] of headers) {
    const name = written.toLowerCase()
    if (name === 'upgrade') return undefined
    if (name !== 'content-length' && name !== 'transfer-encoding') continue
    if (length !== undefined || coding !== undefined) return undefined
    if (name === 'content-length') length = value
    else coding = value.toLowerCase()
  }
  if (coding !== undefined) {
    return coding === 'chunked' ? { status, headers, body: 'chunked', lengthBytes: 0 } : undefined
  }
  if (length === undefined) return { status, headers, body: 'to-the-end', lengthBytes: 0 }
  if (!/^\d{1,15}$/.test(length)) return undefined
  return { status, headers, body: 'counted', lengthBytes: Number(length) }
}
