/**
 * Stands between a connection and Node's client for a protocol, so that the connection stays ours:
 * it can be listened to, and paused without Node resuming it.
 * Must never hold back or change a byte.
 */
import { Duplex } from 'node:stream'
import type { Connection } from './upstream-transport.ts'

export interface TapOptions {
  /** What comes in is heard on its way. */
  readonly hear?: (bytes: Uint8Array) => void
  /** What Node's client says has been said already, and goes nowhere. */
  readonly isSent?: boolean
  /** Was read before. */
  readonly received?: Uint8Array
}

/** The same bytes in both directions. */
export function tapped(connection: Connection, options: TapOptions = {}): Duplex {
  const { socket } = connection
  const { hear, isSent = false, received } = options
  const tap = new Duplex({
    read: () => undefined,
    write: (bytes, _, done) => {
      // An error is told by the socket itself.
      if (isSent) done()
      else socket.write(bytes, () => done())
    },
    final: (done) => done(),
  })
  if (received) tap.push(received)
  connection.onBytes((bytes) => {
    hear?.(bytes)
    if (!tap.destroyed) tap.push(bytes)
  })
  socket.on('end', () => tap.push(null))
  socket.on('error', (error) => tap.destroy(error))
  socket.on('close', () => tap.destroy())
  return tap
}
