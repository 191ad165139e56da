/** Upstreams that misbehave, on raw sockets, since no HTTP library would do it. */
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { Certificate } from '../support/certificate.ts'

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
export type Act = string | Uint8Array | 'FIN' | 'RST' | 'bare FIN' | 'pause' | 'stay'

const flushed = (socket: net.Socket, bytes: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    socket.write(bytes, () => resolve())
  })

/** Long enough that the next bytes arrive in a read of their own. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 15))

/** @param raw the connection itself, below TLS where there is any */
async function perform(socket: net.Socket, raw: net.Socket, acts: readonly Act[]): Promise<void> {
  for (const act of acts) {
    if (act === 'FIN') socket.end()
    else if (act === 'RST') raw.resetAndDestroy()
    else if (act === 'bare FIN') raw.end()
    else if (act === 'pause') await pause()
    else if (act !== 'stay') await flushed(socket, act)
  }
}

/** With TLS, and what it says it speaks. */
export interface RawTls {
  readonly server: Certificate
  readonly protocols?: readonly string[]
}

/** Each connection, once it has asked, is treated to the same acts. */
export async function rawUpstream(acts: readonly Act[], secure?: RawTls): Promise<RawUpstream> {
  const received: string[] = []
  const sockets = new Set<net.Socket>()
  let leave: () => void = () => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const serve = (socket: net.Socket, raw: net.Socket): void => {
    const index = received.push('') - 1
    socket.on('error', () => {})
    socket.on('close', leave)
    socket.on('data', (data) => {
      const isFirst = received[index] === ''
      received[index] += data.toString('latin1')
      if (isFirst) void perform(socket, raw, acts)
    })
  }
  // What a reset meets in the buffers is lost.
  const server = net.createServer({ noDelay: true }, (raw) => {
    sockets.add(raw)
    raw.on('error', () => {})
    if (!secure) {
      serve(raw, raw)
      return
    }
    const { server: own, protocols = ['http/1.1'] } = secure
    serve(
      new tls.TLSSocket(raw, {
        ...{ isServer: true, cert: own.cert, key: own.key, ALPNProtocols: [...protocols] },
      }),
      raw,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
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
