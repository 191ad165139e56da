/** Where bytes meet the socket of an HTTP/1.1 connection that nobody else writes to. */
import type { Socket } from 'node:net'
import { header } from '../../core/http.ts'
import type { Burst, Sink, SinkUser } from '../../core/sink.ts'
import type { Ending, HeadStep } from '../../core/timeline.ts'
import { type HttpDate, writeHead } from './direct-head.ts'
import type { RequestHead } from './direct-request.ts'
import { completeHead, framingFor } from './head.ts'
import { Http1Body } from './http1-body.ts'
import type { SinkOptions } from './line.ts'
import { giveBack, scratchOf } from './scratch.ts'

/** The connection, as far as an answer has to do with it. */
export interface DirectWay {
  readonly socket: Socket
  readonly host: { readonly date: HttpDate; readonly keptMs: number }
  /** The answer is on its way, all of it; with the last, the connection ends. */
  free(isLast: boolean): void
}

export class DirectSink implements Sink {
  user: SinkUser | undefined
  /** Of the head that was sent, if any. */
  status: number | undefined
  readonly takesFramed = true
  readonly #connection: DirectWay
  readonly #asked: RequestHead
  readonly #options: SinkOptions
  readonly #body = new Http1Body(scratchOf)
  #ending: Ending | undefined
  #isLast = false
  #isOver = false

  constructor(connection: DirectWay, asked: RequestHead, options: SinkOptions) {
    this.#connection = connection
    this.#asked = asked
    this.#options = options
  }

  send(burst: Burst): boolean {
    const { head, ending } = burst
    const { socket } = this.#connection
    const bytes = this.#body.framed(burst, head ? this.#headText(head) : '')
    this.#ending = ending
    // The client has left; the socket's `close` follows and tells.
    if (!socket.writable) return true
    const hasRoom = bytes === undefined || socket.write(bytes)
    giveBack(socket)
    if (ending === undefined || ending === 'hang') return hasRoom
    this.#whenFlushed(ending)
    return ending !== 'end' || hasRoom
  }

  #headText(step: HeadStep): string {
    const { status, declaredBytes } = step
    const { method, isLast } = this.#asked
    const { headers, isDated } = completeHead(step, this.#options)
    const length = header(headers, 'content-length')
    const framing = framingFor(method, status, length !== undefined)
    this.#body.begin(framing, Number(length ?? 0))
    const { host } = this.#connection
    const written = writeHead({
      status,
      headers,
      isChunked: framing === 'chunked',
      // After a length that is not kept nobody could tell where the next answer begins.
      closes: this.#options.isLast() || declaredBytes !== undefined,
      isLast,
      date: isDated ? undefined : host.date.text,
      keptMs: host.keptMs,
    })
    this.#isLast = written.isLast
    this.status = status
    return written.text
  }

  /**
   * What was written before must be in the kernel's hands, or leaving abruptly loses it: an empty
   * write goes through the same queue and reports back when its turn has come.
   */
  #whenFlushed(ending: Ending): void {
    const { socket } = this.#connection
    // Never within `send`: whoever plays is not ready yet to be told.
    if (socket.writableLength === 0) process.nextTick(leave, this, ending)
    else socket.write('', () => this.leave(ending))
  }

  /** All that was written is on its way. */
  leave(ending: Ending): void {
    const { socket } = this.#connection
    if (this.#isOver || socket.destroyed) return
    if (ending === 'reset') socket.resetAndDestroy()
    else if (ending === 'close') socket.destroySoon()
    else {
      this.#isOver = true
      this.user?.onDone()
      // After a length that was not kept, nobody could tell where the next answer begins.
      this.#connection.free(this.#isLast || this.#body.owedBytes !== 0)
    }
  }

  drained(): void {
    this.user?.onDrain()
  }

  /** The connection is closed, by whomever. */
  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#ending === 'close' || this.#ending === 'reset') this.user?.onDone()
    else this.user?.onLeave()
  }
}

const leave = (sink: DirectSink, ending: Ending): void => sink.leave(ending)
