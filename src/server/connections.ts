/**
 * What can be told of the connection below an exchange: its number and whose turn it is, what was
 * written on it, and how the client left it. Only what Node and the kernel know; nothing is guessed.
 */
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Context } from 'koa'
import { http2Codes } from '../core/http.ts'
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
  bytes(): ConnectionBytes
  /** Asked when the client has left. */
  leftBy(): string
  unacknowledged(): Promise<number | undefined>
}

/** Not over HTTP/2, where answers share their connection. */
interface ConnectionBytes {
  /** Written on the connection for this answer: head, chunk framing and body. */
  readonly socketBytes?: number
  /** Of these, what the kernel has taken from us; the rest waits in this process. */
  readonly handedBytes?: number
}

export class Connections {
  readonly #known = new WeakMap<object, { readonly id: number; requests: number }>()
  #last = 0

  /** To be called when the request arrives, before anything is written for it. */
  use(ctx: Context): ConnectionUse {
    const stream = http2StreamOf(ctx)
    const socket = stream?.session ? socketOf(stream.session) : ctx.req.socket
    const number = this.#numbered(socket ?? ctx.req.socket, protocolOf(ctx))
    if (stream) return http2Use(number, stream, socket)
    return http1Use(number, ctx.req.socket)
  }

  #numbered(connection: object, protocol: ConnectionNumber['protocol']): ConnectionNumber {
    const known = this.#known.get(connection) ?? { id: ++this.#last, requests: 0 }
    known.requests += 1
    this.#known.set(connection, known)
    return { id: known.id, request: known.requests, protocol }
  }
}

function protocolOf({ req }: Context): ConnectionNumber['protocol'] {
  if (req.httpVersionMajor === 2) return 'HTTP/2'
  return req.httpVersionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1'
}

function http1Use(number: ConnectionNumber, socket: Socket): ConnectionUse {
  const before = socket.bytesWritten
  return {
    number,
    bytes: () => {
      const socketBytes = socket.bytesWritten - before
      return { socketBytes, handedBytes: Math.max(0, socketBytes - socket.writableLength) }
    },
    leftBy: () => leftBy(socket) ?? 'unknown',
    unacknowledged: () => unacknowledgedBytes(socket),
  }
}

function http2Use(
  number: ConnectionNumber,
  stream: ServerHttp2Stream,
  socket: Socket | undefined,
): ConnectionUse {
  return {
    number,
    bytes: () => ({}),
    leftBy: () => {
      const lost = socket && leftBy(socket)
      return lost ?? `RST_STREAM ${http2Codes[stream.rstCode ?? 0] ?? stream.rstCode}`
    },
    unacknowledged: () => unacknowledgedBytes(socket),
  }
}

/** Where a RST comes together with data, Node may take it for a FIN. */
function leftBy(socket: Socket): 'FIN' | 'RST' | undefined {
  if (socket.errored) return 'RST'
  return socket.readableEnded || socket.destroyed ? 'FIN' : undefined
}
