/**
 * What can be told of the connection below an exchange: its number and whose turn it is, what was
 * written on it, and how the client left it. Only what Node and the kernel know; nothing is guessed.
 */
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Context } from 'koa'
import { http2Codes } from '../../core/http.ts'
import { http2StreamOf } from './connection.ts'
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

export class Connections {
  readonly #known = new WeakMap<object, { readonly id: number; requests: number }>()
  #last = 0

  /** To be called when the request arrives, before anything is written for it. */
  use(ctx: Context): ConnectionUse {
    const stream = http2StreamOf(ctx)
    const socket = stream?.session ? socketOf(stream.session) : ctx.req.socket
    const number = this.#numbered(socket ?? ctx.req.socket, protocolOf(ctx))
    return stream ? new Http2Use(number, stream, socket) : new Http1Use(number, ctx.req.socket)
  }

  #numbered(connection: object, protocol: ConnectionNumber['protocol']): ConnectionNumber {
    let known = this.#known.get(connection)
    if (!known) {
      known = { id: ++this.#last, requests: 0 }
      this.#known.set(connection, known)
    }
    known.requests += 1
    return { id: known.id, request: known.requests, protocol }
  }
}

function protocolOf({ req }: Context): ConnectionNumber['protocol'] {
  if (req.httpVersionMajor === 2) return 'HTTP/2'
  return req.httpVersionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1'
}

class Http1Use implements ConnectionUse {
  readonly number: ConnectionNumber
  readonly #socket: Socket
  readonly #before: number

  constructor(number: ConnectionNumber, socket: Socket) {
    this.number = number
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

  constructor(number: ConnectionNumber, stream: ServerHttp2Stream, socket: Socket | undefined) {
    this.number = number
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
