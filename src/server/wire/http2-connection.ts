/**
 * The socket below an HTTP/2 session, for the one ending that is the connection's and not the
 * stream's. Node shows a session's socket only by a proxy that cannot be half closed.
 */
import { constants, type Http2Session } from 'node:http2'
import type { Socket } from 'node:net'

const sockets = new WeakMap<Http2Session, Socket>()

export const noteSocket = (session: Http2Session, socket: Socket): void => {
  sockets.set(session, socket)
}

/** Only to be looked at. */
export const socketOf = (session: Http2Session): Socket | undefined => sockets.get(session)

/** GOAWAY and FIN, no END_STREAM and no RST_STREAM, whatever streams there are. */
export function closeConnection(session: Http2Session, closed: () => void): void {
  const socket = sockets.get(session)
  // Node sends frames when an iteration of the event loop is over, and after a FIN no more. Whoever
  // calls may be in the midst of that, so that GOAWAY gets an iteration of its own.
  setImmediate(() => {
    if (!session.destroyed) session.goaway(constants.NGHTTP2_NO_ERROR)
    setImmediate(() => socket?.end(finish))
  })
  const finish = (): void => {
    closed()
    // What else is played on it is heard by nobody. With `close` before it, `destroy` leaves it to
    // the client to close the other side.
    session.close()
    session.destroy()
  }
}
