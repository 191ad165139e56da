/** A client on a bare socket that reads a stream while it comes, and can be asked what it has. */
import { connect, type Socket } from 'node:net'
import { type RawRequest, requestBytes } from './raw-client.ts'

export interface StreamingClient extends Disposable {
  readonly socket: Socket
  /** All that has come, head and chunk framing included. */
  readonly received: string
  /** The HTTP chunks' contents so far, joined. */
  readonly body: string
  /** How the connection was left by the server. */
  readonly end: 'open' | 'fin' | 'rst'
  until(condition: (client: StreamingClient) => boolean): Promise<void>
}

export function openStream(request: RawRequest): StreamingClient {
  const socket = connect({ port: request.port, host: '127.0.0.1', allowHalfOpen: true })
  let received = ''
  let end: StreamingClient['end'] = 'open'
  const waiting = new Set<() => void>()
  const news = (): void => {
    for (const look of waiting) look()
  }
  socket.setNoDelay(true)
  socket.on('connect', () => socket.write(requestBytes(request)))
  socket.on('data', (data: Buffer) => {
    received += data.toString('latin1')
    news()
  })
  socket.on('end', () => {
    // After a FIN the kernel takes a write, after a RST it refuses.
    socket.write('\r\n', (error) => {
      end = error ? 'rst' : 'fin'
      news()
    })
  })
  socket.on('error', () => {
    end = 'rst'
    news()
  })
  const client: StreamingClient = {
    socket,
    get received() {
      return received
    },
    get body() {
      return bodyOf(received)
    },
    get end() {
      return end
    },
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition(client)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    [Symbol.dispose]: () => socket.destroy(),
  }
  return client
}

function bodyOf(received: string): string {
  const headEnd = received.indexOf('\r\n\r\n')
  let rest = headEnd < 0 ? '' : received.slice(headEnd + 4)
  let body = ''
  for (;;) {
    const lineEnd = rest.indexOf('\r\n')
    if (lineEnd < 0) return body
    const size = Number.parseInt(rest.slice(0, lineEnd), 16)
    if (!(size > 0) || rest.length < lineEnd + 2 + size + 2) return body
    body += rest.slice(lineEnd + 2, lineEnd + 2 + size)
    rest = rest.slice(lineEnd + 2 + size + 2)
  }
}
