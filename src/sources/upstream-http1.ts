/**
 * One request over HTTP/1.1, on a connection that nobody else uses. A request and an answer of the
 * plainest form are written and read here, on the connection itself; with the first thing that is
 * not, Node's client takes over. That, and no promise a chunk, leave of the CPU time of a taped chunk
 * two thirds: 74 µs of 114.
 *
 * Must never call an ending clean that was not.
 */
import { sendByNode } from './upstream-http1-node.ts'
import { type Leaving, watchLeaving } from './upstream-leaving.ts'
import { plainHead } from './upstream-request.ts'
import { PlainResponse, type Rest } from './upstream-response.ts'
import type { Broken, Connection, Heard, OutgoingRequest, Transport } from './upstream-transport.ts'

export function sendHttp1(connection: Connection, asked: OutgoingRequest, heard: Heard): Transport {
  const head = plainHead(connection, asked)
  if (head === undefined) return sendByNode({ connection, asked }, heard)
  const exchange = new PlainExchange(connection, asked, heard)
  exchange.send(head)
  return exchange
}

class PlainExchange implements Transport {
  readonly #connection: Connection
  readonly #asked: OutgoingRequest
  readonly #heard: Heard
  readonly #leaving: Leaving
  readonly #response: PlainResponse
  /** Once something was not plain. */
  #node: Transport | undefined
  #isOver = false

  constructor(connection: Connection, asked: OutgoingRequest, heard: Heard) {
    const { socket } = connection
    this.#connection = connection
    this.#asked = asked
    this.#heard = heard
    this.#leaving = watchLeaving(socket)
    this.#response = new PlainResponse(heard, asked.method)
    connection.onBytes(this.#read)
    socket.on('end', this.#ended).on('error', this.#broken).on('close', this.#closed)
  }

  send(head: string): void {
    const { socket } = this.#connection
    const { body } = this.#asked
    if (body.length > mostJoinedBytes) {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body)
      socket.uncork()
      return
    }
    const bytes = Buffer.allocUnsafe(head.length + body.length)
    bytes.write(head, 'latin1')
    bytes.set(body, head.length)
    socket.write(bytes)
  }

  pause(): void {
    this.#connection.socket.pause()
  }

  resume(): void {
    this.#connection.socket.resume()
  }

  destroy(): void {
    this.#isOver = true
    this.#node?.destroy()
    const { socket } = this.#connection
    socket.on('error', ignore) // Nothing is left to lose.
    socket.destroy()
  }

  readonly #read = (bytes: Buffer): void => {
    if (this.#isOver) return
    const rest = this.#response.push(bytes)
    if (rest) this.#leaveToNode(rest)
    else if (this.#response.isWhole) this.#end('end')
    else this.#heard.onPause()
  }

  #leaveToNode(rest: Rest): void {
    const connection = this.#connection
    const { socket } = connection
    socket.off('end', this.#ended).off('error', this.#broken).off('close', this.#closed)
    if (rest.hasHead) this.#heard.onPause()
    const begun = { ...rest, leaving: this.#leaving }
    this.#node = sendByNode({ connection, asked: this.#asked }, this.#heard, begun)
  }

  #end(how: Broken | 'end'): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#heard.onEnd(how)
  }

  readonly #ended = (): void => {
    this.#leaving.how?.then((left) => this.#end(this.#judge(left)))
  }

  /** A word of TLS, and not of the far end, has no system call in it. */
  readonly #broken = (error: Error): void => {
    const { how } = this.#leaving
    if (how) how.then((left) => this.#end(this.#judge(left)))
    else this.#fail(error)
  }

  readonly #closed = (): void => {
    if (!this.#isOver && !this.#leaving.how) this.#fail(new Error('the connection was closed'))
  }

  #fail(error: Error): void {
    if (this.#response.hasHead) this.#end('close')
    else if (!this.#isOver) {
      this.#isOver = true
      this.#heard.onFailure(error)
    }
  }

  /** A connection's end is the end of a body that says nothing of its length, and else a break. */
  #judge(left: Broken): Broken | 'end' {
    return left === 'close' && this.#response.endsWithConnection ? 'end' : left
  }
}

/** To copy more than this takes longer than to write twice. */
const mostJoinedBytes = 64 * 1024

const ignore = (): void => {}
