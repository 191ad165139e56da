/**
 * A connection for which there is no room: it is told so in the protocol that it speaks, and closed.
 * Only the control API may still be asked, or nobody could find out what is going on. Must never
 * keep such a connection for longer than it takes to say so.
 */
import type { Socket } from 'node:net'
import type { StuntdoubleError } from '../../core/errors.ts'
import { http2Number } from '../../core/http.ts'
import { ourError } from '../our-error.ts'
import { type Protocols, tellProtocol } from './preface.ts'

/** What a listener asks before it takes a connection. */
export interface Door {
  /** Takes a place; false where there is none. */
  connect(): boolean
  /** Gives it back. */
  disconnect(): void
  /** What those are told that find no place; counted. */
  refuse(shortage: 'connections'): StuntdoubleError
  /** The system could not hand a connection over. */
  lost(error: Error): void
  /** Past the limit, and answered by the control API alone. */
  readonly spare: Set<object>
}

/** Whoever is refused has so long to say what it speaks, and then to read the answer. */
const refusingMs = 1000

/** Each needs a file as well: of more than so many at a time the rest hears no reason. */
const mostRefused = 32
const mostSpare = 16

const controlRequest = /^[A-Z]+ \/_stuntdouble\//

/** Connections that are being refused, of one listener. */
export class Refusing {
  readonly #door: Door
  readonly #open = new Set<Socket>()

  constructor(door: Door) {
    this.#door = door
  }

  /** @param serve takes the connection after all */
  refuse(socket: Socket, serve: Protocols['http1']): void {
    const error = this.#door.refuse('connections')
    // Nobody else listens, and how it ends is nobody's concern any more.
    socket.on('error', () => {})
    if (this.#open.size >= mostRefused) {
      socket.destroy()
      return
    }
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    tellProtocol(socket, refusingMs, {
      http1: (_, received) => {
        if (controlRequest.test(received.toString('latin1', 0, 64)) && this.#takeSpare(socket)) {
          this.#open.delete(socket)
          serve(socket, received)
        } else leave(socket, answerBytes(error))
      },
      http2: () => leave(socket, goAwayBytes(error)),
      neither: () => leave(socket, answerBytes(error)),
    })
  }

  closeAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #takeSpare(socket: Socket): boolean {
    const { spare } = this.#door
    if (spare.size >= mostSpare) return false
    spare.add(socket)
    socket.once('close', () => spare.delete(socket))
    return true
  }
}

/** What the client still sends is read: a connection closed before that takes the answer along. */
function leave(socket: Socket, last: Buffer): void {
  socket.resume()
  socket.setTimeout(refusingMs, () => socket.destroy())
  socket.end(last)
}

function answerBytes(error: StuntdoubleError): Buffer {
  const { status, headers, body } = ourError(error)
  const fields = [
    ...headers,
    ['content-length', `${Buffer.byteLength(body)}`],
    ['connection', 'close'],
  ]
  const head = [`HTTP/1.1 ${status} Service Unavailable`, ...fields.map((pair) => pair.join(': '))]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(body)])
}

/**
 * Our settings, which come first whatever follows, and a GOAWAY: no stream was looked at, so that
 * every request may safely be sent again (RFC 9113, section 6.8).
 */
function goAwayBytes(error: StuntdoubleError): Buffer {
  const lastStreamAndCode = Buffer.alloc(8)
  lastStreamAndCode.writeUInt32BE(http2Number('ENHANCE_YOUR_CALM'), 4)
  const why = Buffer.from(`${error.code}: ${error.message}`)
  return Buffer.concat([
    frame(frameTypes.settings, noBytes),
    frame(frameTypes.goAway, Buffer.concat([lastStreamAndCode, why])),
  ])
}

const noBytes = Buffer.alloc(0)

/** RFC 9113, section 6. */
const frameTypes = { settings: 4, goAway: 7 }

/** A frame of the connection, without flags. */
function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  return Buffer.concat([head, payload])
}
