/**
 * An HTTP/1.1 connection without Node's HTTP server between its socket and us. As long as its requests
 * are of the plainest form they are read here: that takes 2 µs instead of 25 and a stream in flight
 * needs 4 kB less. With the first that is not, the connection is Node's, and stays it.
 *
 * Must never keep a client waiting for a decision: a head that is not here at once is Node's. So is a
 * body that no more comes of for as long as an idle connection is kept; Node's timers then begin.
 */
import type { Socket } from 'node:net'
import { type HttpReply, header } from '../../core/http.ts'
import type { Sink } from '../../core/sink.ts'
import type { Wire } from '../../faults/wire.ts'
import { type ConnectionUse, Http1Use, type Numbered } from './connections.ts'
import { type HttpDate, writeHead } from './direct-head.ts'
import { headEnd, type RequestHead, readHead } from './direct-request.ts'
import { DirectSink } from './direct-sink.ts'
import type { Line, Replied, RequestReader, SinkOptions } from './line.ts'
import { requestFrom } from './read-request.ts'

/** What all such connections of one listener have in common. */
export interface DirectHost {
  readonly date: HttpDate
  /** How long an idle connection is kept. */
  readonly keptMs: number
  /** A longer body is Node's to gather, or to refuse. */
  readonly mostBodyBytes: number
  /** Nothing more is asked on a connection. */
  readonly isRetired: boolean
  serve(line: Line): void
  /** Takes the connection over, at the beginning of a request of which so much has come. */
  toNode(socket: Socket, received: Buffer): void
  /** The client ended the connection in the midst of a request. */
  refuse(socket: Socket, receivedBytes: number): void
  /** It is closed, or another's; called once. */
  forget(connection: DirectConnection): void
}

/** A longer head is Node's to judge, and one that is not here at once. */
const mostHeadBytes = 8 * 1024

/** So many requests of one connection are begun before others have their turn. */
const mostInTurn = 16

/** A body that comes in more pieces than this is Node's, which watches how long it takes. */
const mostPieces = 16

/** Kept for so much longer than is said, as Node does: a request may be on its way by then. */
const lateMs = 1000

/** What comes early of the next requests, before no more is read. */
const mostEarlyBytes = 64 * 1024

export class DirectConnection {
  readonly socket: Socket
  readonly host: DirectHost
  /** Where its host keeps it. */
  slot: number | undefined
  readonly #numbered: Numbered
  #line: DirectLine | undefined
  /** Of the next request, or of several. */
  #received: Buffer | undefined
  #pieces = 0
  /** Requests that were begun since the others had their turn. */
  #inTurn = 0
  /** It waits until they have had it. */
  #waits = false
  /** The client ended the connection meanwhile. */
  #hasEnded = false

  constructor(socket: Socket, numbered: Numbered, host: DirectHost) {
    this.socket = socket
    this.host = host
    this.#numbered = numbered
    socket.on('data', this.#read).on('end', this.#end).on('close', this.#close)
    socket.on('drain', this.#drain).on('timeout', this.#timeout).on('error', ignore)
    socket.setTimeout(host.keptMs + lateMs)
  }

  /** Nothing is being answered on it. */
  get isIdle(): boolean {
    return this.#line === undefined
  }

  /** Nothing of a request has come, either. */
  get isSilent(): boolean {
    return this.isIdle && this.#received === undefined
  }

  /** To be called with the first bytes. */
  receive(bytes: Buffer): void {
    this.#read(bytes)
  }

  use(): ConnectionUse {
    return new Http1Use(this.#numbered, 'HTTP/1.1', this.socket)
  }

  /** The answer is on its way, all of it. */
  free(isLast: boolean): void {
    this.#line = undefined
    const hasMore = this.#received !== undefined
    // What was received before the server began to stop is still answered.
    if (isLast || (this.host.isRetired && !hasMore)) {
      this.socket.destroySoon()
      return
    }
    if (hasMore) this.#lookSoon()
    else if (this.#hasEnded) this.socket.end()
  }

  /**
   * Not at once, or a client that asks much in one go would have us call ourselves as often; and after
   * some of its requests the other connections have their turn.
   */
  #lookSoon(): void {
    this.#inTurn += 1
    if (this.#inTurn < mostInTurn) {
      process.nextTick(look, this)
      return
    }
    this.#inTurn = 0
    this.#waits = true
    setImmediate(look, this)
  }

  /** Begins with what has been received, where that is a request. */
  look(): void {
    const received = this.#received
    this.#waits = false
    // Where no answer can be written any more, nothing is asked.
    if (received === undefined || this.#line || !this.socket.writable) return
    const end = received.indexOf(headEnd)
    const isPlain = end >= 0 && end <= mostHeadBytes
    const head = isPlain ? readHead(received.toString('latin1', 0, end)) : undefined
    if (!head || head.bodyBytes > this.host.mostBodyBytes) {
      this.#giveUp(received)
      return
    }
    const from = end + headEnd.length
    const to = from + head.bodyBytes
    if (received.length < to) {
      if (this.#hasEnded || this.#pieces > mostPieces) this.#giveUp(received)
      else this.socket.resume()
      return
    }
    this.#received = received.length > to ? received.subarray(to) : undefined
    this.#pieces = 0
    // Not before: each answer would let in more than it takes away.
    if (received.length - to <= mostEarlyBytes) this.socket.resume()
    this.#line = new DirectLine(this, head, received.subarray(from, to))
    this.host.serve(this.#line)
  }

  #read = (bytes: Buffer): void => {
    const before = this.#received
    const received = before ? Buffer.concat([before, bytes]) : bytes
    this.#received = received
    if (this.#line || this.#waits) {
      if (received.length > mostEarlyBytes) this.socket.pause()
      return
    }
    this.#pieces += 1
    this.look()
  }

  /** Of a connection that has ended Node would hear no end. */
  #giveUp(received: Buffer): void {
    if (this.#hasEnded) this.#end()
    else this.#leaveToNode(received)
  }

  #leaveToNode(received: Buffer): void {
    const { socket } = this
    this.#received = undefined
    socket.off('data', this.#read).off('end', this.#end).off('close', this.#close)
    socket.off('drain', this.#drain).off('timeout', this.#timeout).off('error', ignore)
    socket.setTimeout(0).resume()
    this.host.forget(this)
    this.host.toNode(socket, received)
  }

  /** As Node's server does: a client that has nothing more to say is not answered to its end. */
  #end = (): void => {
    if (this.#waits) {
      this.#hasEnded = true
      return
    }
    const received = this.#received
    this.#received = undefined
    if (received && !this.#line) this.host.refuse(this.socket, received.length)
    else this.socket.end()
  }

  #close = (): void => {
    this.host.forget(this)
    this.#line?.closed()
  }

  #drain = (): void => {
    this.#line?.drained()
  }

  #timeout = (): void => {
    if (this.#line) return
    if (this.#received) this.#leaveToNode(this.#received)
    else this.socket.destroy()
  }
}

const ignore = (): void => {}

const look = (connection: DirectConnection): void => connection.look()

class DirectLine implements Line {
  readonly #connection: DirectConnection
  readonly #head: RequestHead
  readonly #body: Buffer
  #sink: DirectSink | undefined
  #isClosed = false
  #onLeft: (() => void) | undefined

  constructor(connection: DirectConnection, head: RequestHead, body: Buffer) {
    this.#connection = connection
    this.#head = head
    this.#body = body
  }

  get wire(): Wire {
    return { protocol: 'HTTP/1.1', method: this.#head.method }
  }

  get origin(): string | undefined {
    return header(this.#head.headers, 'origin')
  }

  get asked(): string {
    const { method, url } = this.#head
    return `${method} ${url.split('?', 1)[0]}`
  }

  get isTaken(): boolean {
    return this.#sink !== undefined
  }

  isSpare(spare: ReadonlySet<object>): boolean {
    return spare.has(this.#connection.socket)
  }

  use(): ConnectionUse {
    return this.#connection.use()
  }

  read(_: number, reader: RequestReader): void {
    const { method, url, headers } = this.#head
    reader.onRequest(requestFrom({ method, url, headers, body: this.#body }))
  }

  openSink(options: SinkOptions): Sink & Replied {
    const sink = new DirectSink(this.#connection, this.#head, options)
    this.#sink = sink
    // It has been told to nobody that the client left before there was anything to be sent.
    if (this.#isClosed) process.nextTick(() => sink.closed())
    return sink
  }

  answer({ status, headers, body }: HttpReply): void {
    const { socket, host } = this.#connection
    const bytes = Buffer.from(body)
    const { text, isLast } = writeHead({
      status,
      headers: [...headers, ['content-length', `${bytes.length}`]],
      isChunked: false,
      closes: false,
      isLast: this.#head.isLast,
      date: host.date.text,
      keptMs: host.keptMs,
    })
    if (!socket.writable) return
    socket.write(Buffer.concat([Buffer.from(text, 'latin1'), bytes]), () => {
      this.#connection.free(isLast)
    })
  }

  readAway(then: () => void): void {
    then()
  }

  breakOff(): void {
    this.#connection.socket.destroy()
  }

  whenLeft(run: () => void): () => void {
    this.#onLeft = run
    return () => {
      if (this.#onLeft === run) this.#onLeft = undefined
    }
  }

  drained(): void {
    this.#sink?.drained()
  }

  closed(): void {
    this.#isClosed = true
    this.#sink?.closed()
    this.#onLeft?.()
  }
}
