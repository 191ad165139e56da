/**
 * Where bytes meet the socket of an HTTP/1.1 connection. Exact endings need the raw response.
 *
 * HTTP chunk framing is written here, not by Node: Node joins chunks that are written together into
 * one, and a recording's chunk borders would be lost.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Context } from 'koa'
import { header } from '../../core/http.ts'
import { chunkEnd, lastChunk, sizeLine } from '../../core/http-chunks.ts'
import type { Burst, Sink } from '../../core/sink.ts'
import type { Ending, HeadStep } from '../../core/timeline.ts'
import { completeHead, type HeadOptions, hasNoBody } from './head.ts'

export interface SinkOptions extends HeadOptions {
  /** The connection is not to be used again, since the server is about to stop. */
  readonly isLast: () => boolean
}

export class SocketSink implements Sink {
  onDrain: (() => void) | undefined
  onLeave: (() => void) | undefined
  onDone: (() => void) | undefined

  /** Of the head that was sent, if any. */
  status: number | undefined

  readonly takesFramed: boolean
  readonly #response: ServerResponse
  readonly #socket: Socket
  readonly #method: string
  readonly #httpOneZero: boolean
  #framing: 'chunked' | 'plain' | 'none' = 'chunked'
  /** Bytes of the body that the head declares and that have not been sent. */
  #owedBytes = 0
  #ending: Ending | undefined

  readonly #options: SinkOptions

  constructor(ctx: Context, options: SinkOptions) {
    this.#options = options
    this.#response = ctx.res
    this.#socket = ctx.req.socket
    this.#method = ctx.req.method ?? 'GET'
    this.#httpOneZero = ctx.req.httpVersionMajor === 1 && ctx.req.httpVersionMinor === 0
    this.takesFramed = !this.#httpOneZero && this.#method !== 'HEAD'
    this.#response.on('drain', this.#drained)
    this.#response.on('finish', () => this.#done('end'))
    this.#response.on('close', () => {
      if (this.#ending === 'close' || this.#ending === 'reset') this.#done(this.#ending)
      else if (!this.#response.writableFinished) this.onLeave?.()
    })
    // A write to a connection that the client has left; `close` follows and tells.
    this.#response.on('error', () => {})
  }

  send(burst: Burst): boolean {
    const { head, ending } = burst
    this.#ending = ending
    if (!head && ending === undefined) return this.#write(this.#frame(burst))
    this.#socket.cork()
    if (head) this.#writeHead(head)
    const body = this.#frame(burst)
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

  #drained = (): void => {
    this.onDrain?.()
  }

  #writeHead(step: HeadStep): void {
    const response = this.#response
    const { status } = step
    const { headers, names } = completeHead(step, this.#options)
    const fields: string[] = []
    for (const [name, value] of headers) fields.push(name, value)
    response.sendDate = !names.includes('date')
    // After a length that is not kept nobody could tell where the next answer begins.
    const isLast = this.#options.isLast() || step.declaredBytes !== undefined
    if (isLast) fields.push('Connection', 'close')
    const length = header(headers, 'content-length')
    this.#framing = this.#framingFor(status, length !== undefined)
    this.#owedBytes = this.#framing === 'plain' ? Number(length ?? 0) : 0
    if (this.#framing === 'chunked') fields.push('Transfer-Encoding', 'chunked')
    this.status = status
    response.writeHead(status, fields)
    response.chunkedEncoding = false
  }

  /** HTTP/1.0 knows no chunks: there, the body ends with the connection. */
  #framingFor(status: number, hasLength: boolean): 'chunked' | 'plain' | 'none' {
    if (hasNoBody(this.#method, status)) return 'none'
    return hasLength || this.#httpOneZero ? 'plain' : 'chunked'
  }

  /** The bytes of a burst as they stand on the wire, in one buffer. */
  #frame({ chunks, framed = [], ending, raw }: Burst): Uint8Array | undefined {
    if (this.#framing === 'none') return undefined
    const parts: Uint8Array[] = []
    for (const chunk of chunks) {
      if (this.#framing === 'plain') {
        parts.push(chunk)
        this.#owedBytes -= chunk.length
      } else parts.push(sizeLine(chunk.length), chunk, chunkEnd)
    }
    for (const wire of framed) parts.push(wire)
    if (raw) parts.push(raw)
    if (ending === 'end' && this.#framing === 'chunked') parts.push(lastChunk)
    if (parts.length === 0) return undefined
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
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
    if (ending === 'end' && this.#owedBytes !== 0) this.#socket.destroySoon()
    this.#ending = ending
    this.onDone?.()
  }
}
