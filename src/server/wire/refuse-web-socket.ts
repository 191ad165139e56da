/**
 * A word for those that want to speak something else: a WebSocket, or a tunnel. They would wait for
 * ever, or be relayed as what they are not.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { StuntdoubleError } from '../../core/errors.ts'
import { ourError } from '../our-error.ts'

const noWebSocket =
  'no WebSocket is spoken here, neither as a service nor as a relay: nothing was asked of any service; use the streaming HTTP API, or let the client call the service itself'

/** Before anything that could take it for a plain GET. */
export function refuseWebSocket({ headers }: IncomingMessage): void {
  const { upgrade } = headers
  if (upgrade === undefined || !/(?:^|[\s,])websocket(?:$|[\s,/])/i.test(upgrade)) return
  throw new StuntdoubleError('no-websocket', noWebSocket)
}

const noTunnel =
  'this is no forward proxy: point the base URL of the client at it, and not HTTPS_PROXY'

/** Node would close the connection without a word. */
export function refuseTunnel(_: IncomingMessage, socket: Duplex): void {
  const { status, headers, body } = ourError(new StuntdoubleError('no-tunnel', noTunnel))
  const length = Buffer.byteLength(body)
  const lines = [...headers, ['content-length', `${length}`], ['connection', 'close']]
  socket.on('error', () => {})
  const top = [...lines.map((pair) => pair.join(': ')), '', body].join('\r\n')
  // Node leaves the connection to us, and would not close it with the others.
  socket.end(`HTTP/1.1 ${status} Not Implemented\r\n${top}`, () => socket.destroy())
}
