/** Where bytes meet a response of Node's over HTTP/1.1. Exact endings need its socket as well. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { header } from '../../core/http.ts'
import type { Burst, Sink, SinkUser } from '../../core/sink.ts'
import type { Ending, HeadStep } from '../../core/timeline.ts'
import { completeHead, framingFor } from './head.ts'
import { Http1Body } from './http1-body.ts'
import type { SinkOptions } from './line.ts'

export class ResponseSink implements Sink {
  user: SinkUser | undefined

  /** Of the head that was sent, if any. */
  status: number | undefined

  readonly takesFramed: boolean
  readonly #response: ServerResponse
  readonly #socket: Socket
  readonly #method: string
  readonly #httpOneZero: boolean
  readonly #body = new Http1Body(Buffer.allocUnsafe)
  #ending: Ending | undefined
  /** Nobody hears of it any more. */
  #isOver = false

  readonly #options: SinkOptions

  constructor(request: IncomingMessage, response: ServerResponse, options: SinkOptions) {
    this.#options = options
    this.#response = response
    this.#socket = request.socket
    this.#method = request.method ?? 'GET'
    this.#httpOneZero = request.httpVersionMajor === 1 && request.httpVersionMinor === 0
    this.takesFramed = !this.#httpOneZero && this.#method !== 'HEAD'
    this.#response.on('drain', this.#drained)
    this.#response.on('finish', () => this.#done('end'))
    // An answer that waits behind another is not told by its response that its client has left.
    this.#response.on('close', this.#closed)
    this.#socket.on('close', this.#closed)
    // A write to a connection that the client has left; `close` follows and tells.
    this.#response.on('error', () => {})
    // Of a client that left while its answer was looked for, nothing follows any more.
    if (response.closed) process.nextTick(() => this.user?.onLeave())
  }

  send(burst: Burst): boolean {
    const { head, ending } = burst
    this.#ending = ending
    if (!head && ending === undefined) return this.#write(this.#body.framed(burst))
    this.#socket.cork()
    if (head) this.#writeHead(head)
    const body = this.#body.framed(burst)
    const abrupt = ending === 'close' || ending === 'reset'
    let room = true
    if (ending === 'end') this.#response.end(body)
    else if (body) room = this.#response.write(body, abrupt ? () => this.#leave(ending) : undefined)
    else {
      if (head) this.#response.flushHeaders()
      if (abrupt) this.#leaveWhenFlushed(ending)
    }
    this.#socket.uncork()
    return room
  }

  /**
   * In the midst of a body: past Node's response, which adds nothing to bytes that are framed, and
   * costs as much as the write itself. Where an answer on the same connection goes first, or the
   * response still holds something, it has to keep the order.
   */
  #write(body: Uint8Array | undefined): boolean {
    if (body === undefined) return true
    const response = this.#response
    const socket = this.#socket
    if (response.socket !== socket || response.writableLength > socket.writableLength) {
      return response.write(body)
    }
    if (socket.write(body)) return true
    socket.once('drain', this.#drained)
    return false
  }

  #closed = (): void => {
    this.#socket.off('close', this.#closed)
    if (this.#isOver) return
    this.#isOver = true
    if (this.#ending === 'close' || this.#ending === 'reset') this.#done(this.#ending)
    else if (!this.#response.writableFinished) this.user?.onLeave()
  }

  #drained = (): void => {
    this.user?.onDrain()
  }

  #writeHead(step: HeadStep): void {
    const response = this.#response
    const { status } = step
    const { headers, isDated } = completeHead(step, this.#options)
    const fields: string[] = []
    for (const [name, value] of headers) fields.push(name, value)
    response.sendDate = !isDated
    // After a length that is not kept nobody could tell where the next answer begins.
    const isLast = this.#options.isLast() || step.declaredBytes !== undefined
    if (isLast) fields.push('Connection', 'close')
    const length = header(headers, 'content-length')
    const isPlain = length !== undefined || this.#httpOneZero
    const framing = framingFor(this.#method, status, isPlain)
    this.#body.begin(framing, Number(length ?? 0))
    if (framing === 'chunked') fields.push('Transfer-Encoding', 'chunked')
    response.writeHead(status, fields)
    this.status = status
    response.chunkedEncoding = false
  }

  /**
   * What was written before must be in the kernel's hands, or leaving abruptly loses it: an empty
   * write goes through the same queue and reports back when its turn has come.
   */
  #leaveWhenFlushed(ending: 'close' | 'reset'): void {
    if (this.#socket.writableLength === 0) this.#leave(ending)
    else this.#socket.write('', () => this.#leave(ending))
  }

  #leave(ending: 'close' | 'reset'): void {
    if (ending === 'reset') this.#socket.resetAndDestroy()
    else this.#socket.destroySoon()
  }

  #done(ending: Ending): void {
    // After a length that was not kept, nobody could tell where the next answer begins.
    if (ending === 'end' && this.#body.owedBytes !== 0) this.#socket.destroySoon()
    this.#ending = ending
    this.user?.onDone()
  }
}
