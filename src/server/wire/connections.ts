/**
 * What can be told of the connection below an exchange: its number and whose turn it is, what was
 * written on it, and how the client left it. Only what Node and the kernel know; nothing is guessed.
 */
import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { http2Codes } from '../../core/http.ts'
import { socketOf } from './http2-connection.ts'
import { unacknowledgedBytes } from './unacknowledged.ts'

export interface ConnectionNumber {
  /** Counted from 1 since the server started. */
  readonly id: number
  /** Which of its played requests this is, counted from 1. */
  readonly request: number
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
}

/** One exchange's part in a connection. */
export interface ConnectionUse {
  readonly number: ConnectionNumber
  /**
   * Written on the connection for this answer: head, chunk framing and body. Undefined over HTTP/2,
   * where answers share their connection.
   */
  readonly socketBytes: number | undefined
  /** Of these, what the kernel has taken from us; the rest waits in this process. */
  readonly handedBytes: number | undefined
  /** Asked when the client has left. */
  leftBy(): string
  unacknowledged(): Promise<number | undefined>
}

/** What is counted of a connection. */
export interface Numbered {
  readonly id: number
  requests: number
}

export class Connections {
  readonly #known = new WeakMap<object, Numbered>()
  #last = 0

  /** Of a request that Node's servers have read; `stream` is set where it came by HTTP/2. */
  use(req: IncomingMessage, stream: ServerHttp2Stream | undefined): ConnectionUse {
    const socket = stream?.session ? socketOf(stream.session) : req.socket
    const numbered = this.of(socket ?? req.socket)
    if (stream) return new Http2Use(numbered, stream, socket)
    const protocol = req.httpVersionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1'
    return new Http1Use(numbered, protocol, req.socket)
  }

  of(connection: object): Numbered {
    const known = this.#known.get(connection)
    if (known) return known
    const numbered = { id: ++this.#last, requests: 0 }
    this.#known.set(connection, numbered)
    return numbered
  }
}

const nextOf = (numbered: Numbered, protocol: ConnectionNumber['protocol']): ConnectionNumber => {
  numbered.requests += 1
  return { id: numbered.id, request: numbered.requests, protocol }
}

export class Http1Use implements ConnectionUse {
  readonly number: ConnectionNumber
  readonly #socket: Socket
  readonly #before: number

  constructor(numbered: Numbered, protocol: ConnectionNumber['protocol'], socket: Socket) {
    this.number = nextOf(numbered, protocol)
    this.#socket = socket
    this.#before = socket.bytesWritten
  }

  get socketBytes(): number {
    return this.#socket.bytesWritten - this.#before
  }

  get handedBytes(): number {
    return Math.max(0, this.socketBytes - this.#socket.writableLength)
  }

  leftBy(): string {
    return leftBy(this.#socket) ?? 'unknown'
  }

  unacknowledged(): Promise<number | undefined> {
    return unacknowledgedBytes(this.#socket)
  }
}

class Http2Use implements ConnectionUse {
  readonly number: ConnectionNumber
  readonly socketBytes = undefined
  readonly handedBytes = undefined
  readonly #stream: ServerHttp2Stream
  readonly #socket: Socket | undefined

  constructor(numbered: Numbered, stream: ServerHttp2Stream, socket: Socket | undefined) {
    this.number = nextOf(numbered, 'HTTP/2')
    this.#stream = stream
    this.#socket = socket
  }

  leftBy(): string {
    const lost = this.#socket && leftBy(this.#socket)
    const { rstCode } = this.#stream
    return lost ?? `RST_STREAM ${http2Codes[rstCode ?? 0] ?? rstCode}`
  }

  unacknowledged(): Promise<number | undefined> {
    return unacknowledgedBytes(this.#socket)
  }
}

/** Where a RST comes together with data, Node may take it for a FIN. */
function leftBy(socket: Socket): 'FIN' | 'RST' | undefined {
  if (socket.errored) return 'RST'
  return socket.readableEnded || socket.destroyed ? 'FIN' : undefined
}
