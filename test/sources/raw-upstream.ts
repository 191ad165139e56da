/** Upstreams that misbehave, on raw sockets, since no HTTP library would do it. */
import { once } from 'node:events'
import net from 'node:net'

export interface RawUpstream {
  readonly url: string
  readonly port: number
  /** What each connection was sent, as text. */
  readonly received: string[]
  /** Resolves when the first connection is gone. */
  readonly left: Promise<void>
  close(): Promise<void>
}

/** One thing to do to a connection; bytes are flushed before the next. */
export type Act = string | Uint8Array | 'FIN' | 'RST' | 'pause' | 'stay'

const flushed = (socket: net.Socket, bytes: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    socket.write(bytes, () => resolve())
  })

/** Long enough that the next bytes arrive in a read of their own. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 15))

async function perform(socket: net.Socket, acts: readonly Act[]): Promise<void> {
  for (const act of acts) {
    if (act === 'FIN') socket.end()
    else if (act === 'RST') socket.resetAndDestroy()
    else if (act === 'pause') await pause()
    else if (act !== 'stay') await flushed(socket, act)
  }
}

/** Each connection, once it has asked, is treated to the same acts. */
export async function rawUpstream(acts: readonly Act[]): Promise<RawUpstream> {
  const received: string[] = []
  const sockets = new Set<net.Socket>()
  let leave: () => void = () => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const server = net.createServer((socket) => {
    sockets.add(socket)
    const index = received.push('') - 1
    socket.on('error', () => {})
    socket.on('close', leave)
    socket.on('data', (data) => {
      const isFirst = received[index] === ''
      received[index] += data.toString('latin1')
      if (isFirst) void perform(socket, acts)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    left,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** An HTTP chunk. */
export const chunk = (data: string | Uint8Array): Uint8Array => {
  const bytes = Buffer.from(data)
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ])
}

export const lastChunk = '0\r\n\r\n'

export const head = (status: string, ...headers: string[]): string =>
  `HTTP/1.1 ${[status, ...headers].join('\r\n')}\r\n\r\n`

export const streamHead = head(
  '200 OK',
  'Content-Type: text/event-stream',
  'Transfer-Encoding: chunked',
)
