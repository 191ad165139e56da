/**
 * Stands between a connection and Node's client for a protocol, so that the connection stays ours:
 * it can be listened to, and paused without Node resuming it.
 * Must never hold back or change a byte.
 */
import { Duplex } from 'node:stream'

/** The same bytes in both directions; those that come in are heard on their way. */
export function tapped(socket: Duplex, hear?: (bytes: Uint8Array) => void): Duplex {
  const tap = new Duplex({
    read: () => undefined,
    write: (bytes, _, done) => {
      // An error is told by the socket itself.
      socket.write(bytes, () => done())
    },
    final: (done) => done(),
  })
  socket.on('data', (bytes: Uint8Array) => {
    hear?.(bytes)
    if (!tap.destroyed) tap.push(bytes)
  })
  socket.on('end', () => tap.push(null))
  socket.on('error', (error) => tap.destroy(error))
  socket.on('close', () => tap.destroy())
  return tap
}
