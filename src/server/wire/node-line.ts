/**
 * The way to a client whose request Node's own servers have read: HTTP/2, and of HTTP/1.1 all that is
 * not quite usual. The one place that asks a request which of them it came by.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Http2ServerRequest, type ServerHttp2Stream } from 'node:http2'
import type { HttpReply } from '../../core/http.ts'
import type { Sink } from '../../core/sink.ts'
import type { Wire } from '../../faults/wire.ts'
import type { Connections, ConnectionUse } from './connections.ts'
import { Http2Sink } from './http2-sink.ts'
import type { Line, Replied, RequestReader, SinkOptions } from './line.ts'
import { readRequest } from './read-request.ts'
import { ResponseSink } from './sink.ts'

/** As Node hands them out; those of HTTP/2 have the same form. */
export interface Call {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/** Undefined where the request came by HTTP/1.1. */
function http2StreamOf(req: IncomingMessage): ServerHttp2Stream | undefined {
  // HTTP/2 is not even loaded before the first connection that speaks it.
  if (req.httpVersionMajor < 2) return undefined
  const request: unknown = req
  return request instanceof Http2ServerRequest ? request.stream : undefined
}

export class NodeLine implements Line {
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #connections: Connections
  readonly #stream: ServerHttp2Stream | undefined
  isTaken = false

  constructor({ req, res }: Call, connections: Connections) {
    this.#req = req
    this.#res = res
    this.#connections = connections
    this.#stream = http2StreamOf(req)
  }

  get wire(): Wire {
    const { method = 'GET', httpVersion } = this.#req
    if (this.#stream) return { protocol: 'HTTP/2', method }
    return { protocol: httpVersion === '1.0' ? 'HTTP/1.0' : 'HTTP/1.1', method }
  }

  get origin(): string | undefined {
    return this.#req.headers.origin
  }

  get asked(): string {
    const { method, url = '' } = this.#req
    return `${method} ${url.split('?', 1)[0]}`
  }

  isSpare(spare: ReadonlySet<object>): boolean {
    return spare.has(this.#req.socket)
  }

  use(): ConnectionUse {
    return this.#connections.use(this.#req, this.#stream)
  }

  read(maxBytes: number, reader: RequestReader): void {
    readRequest(this.#req, maxBytes, reader)
  }

  openSink(options: SinkOptions): Sink & Replied {
    this.isTaken = true
    const stream = this.#stream
    if (stream) return new Http2Sink(stream, this.#req.method, options)
    return new ResponseSink(this.#req, this.#res, options)
  }

  /** What is left of the request would be taken for the next one. */
  answer({ status, headers, body }: HttpReply): void {
    // Of a client that has left, HTTP/2 would make an exception.
    if (this.#stream?.closed || this.#stream?.destroyed) return
    const bytes = Buffer.from(body)
    const res = this.#res
    if (!this.#req.complete) this.#refuseRest()
    res.statusCode = status
    for (const [name, value] of headers) res.setHeader(name, value)
    if (status !== 204) res.setHeader('content-length', bytes.length)
    res.end(bytes)
  }

  /** Over HTTP/2 it would be sent for nothing (RFC 9113, section 8.1). */
  #refuseRest(): void {
    const stream = this.#stream
    if (stream) stream.once('finish', () => stream.close())
    else this.#res.setHeader('connection', 'close')
  }

  readAway(then: () => void): void {
    const req = this.#req
    let isRead = false
    const over = (): void => {
      if (!isRead) then()
      isRead = true
    }
    for (const ending of ['end', 'aborted', 'error', 'close']) req.once(ending, over)
    req.resume()
  }

  breakOff(): void {
    if (this.#stream) this.#stream.destroy(new Error('broken off'))
    else this.#req.socket.destroy()
  }

  whenLeft(run: () => void): () => void {
    return whenLeft({ req: this.#req, res: this.#res }, run)
  }
}

/** Calls `run` when the client leaves before it is answered; what it gives stops that. */
export function whenLeft({ req, res }: Call, run: () => void): () => void {
  const { socket } = req
  let isOver = false
  const stop = (): void => {
    isOver = true
    res.off('close', left)
    socket.off('close', left)
  }
  const left = (): void => {
    // Both may tell it in one breath, and hear no more that nobody listens.
    if (isOver) return
    stop()
    run()
  }
  // An answer that waits behind another is not told by its response.
  res.on('close', left)
  socket.on('close', left)
  return stop
}

/** What a reader is told, as a promise. */
export function requestOf({ req }: Call, maxBytes: number) {
  return new Promise<Parameters<RequestReader['onRequest']>[0]>((resolve, reject) => {
    readRequest(req, maxBytes, { onRequest: resolve, onUnreadable: reject })
  })
}

/** The name and port that the client called. */
export const hostOf = ({ req }: Call): string => {
  const authority = req.headers[':authority']
  return req.headers.host || (typeof authority === 'string' ? authority : '')
}
