/**
 * Tells HTTP/2 with prior knowledge from HTTP/1.1 by the first bytes of a connection (RFC 9113,
 * section 3.4), so that one port serves both. It decides with the first byte that differs, and must
 * never hold a byte longer than that.
 */
import type { Socket } from 'node:net'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

export interface Protocols {
  /** Called with the first bytes, which nobody else has any more. */
  http1(socket: Socket, received: Buffer): void
  /** Called with the first bytes waiting in the socket's buffer. */
  http2(socket: Socket): void
  /** The client ended the connection, or was silent for too long, before anybody could tell. */
  neither(socket: Socket, why: 'end' | 'error' | 'silence', receivedBytes: number): void
}

/** @param silenceMs how long the first bytes are waited for */
export function tellProtocol(socket: Socket, silenceMs: number, protocols: Protocols): void {
  let received: Buffer | undefined
  const leave = (): void => {
    socket.off('data', read).off('end', end).off('timeout', timeout).off('error', error)
    socket.setTimeout(0)
  }
  const read = (bytes: Buffer): void => {
    received = received ? Buffer.concat([received, bytes]) : bytes
    const length = Math.min(received.length, preface.length)
    const fits = preface.compare(received, 0, length, 0, length) === 0
    if (fits && length < preface.length) return
    leave()
    if (fits) {
      // An HTTP/2 session reads what it finds in the buffer of a socket that does not flow.
      socket.pause()
      socket.unshift(received)
      protocols.http2(socket)
    } else protocols.http1(socket, received)
  }
  const neither = (why: 'end' | 'error' | 'silence'): void => {
    leave()
    protocols.neither(socket, why, received?.length ?? 0)
  }
  const end = (): void => neither('end')
  const error = (): void => neither('error')
  const timeout = (): void => neither('silence')
  socket.setTimeout(silenceMs)
  socket.on('data', read).on('end', end).on('timeout', timeout).on('error', error)
}
