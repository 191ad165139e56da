/**
 * Opens one connection to one upstream: through a proxy where there is one, with TLS where the URL
 * says so. Must never connect to anything else.
 */
import { connect, type Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { proxyAuthorization, proxyName, tunnel } from './upstream-proxy.ts'
import { secure, type Trust, trusting } from './upstream-tls.ts'
import type { Connection } from './upstream-transport.ts'

export interface Route extends Trust {
  readonly upstream: URL
  readonly proxy: URL | undefined
  /** HTTP/2 is not offered even where the service speaks it. */
  readonly http1: boolean
}

export type Connect = (signal: AbortSignal) => Promise<Connection>

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'h2c:': 80, 'https:': 443 }

const portOf = ({ port, protocol }: URL): number => Number(port) || (defaultPorts[protocol] ?? 80)

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

/** Remembers TLS sessions, so that a connection for each exchange costs little. */
export function connector(route: Route): Connect {
  let session: Buffer | undefined
  let context: SecureContext | undefined
  const { upstream, proxy } = route
  const isSecure = upstream.protocol === 'https:'
  const isTunnelled = proxy !== undefined && upstream.protocol !== 'http:'

  async function open(keep: (socket: Socket) => Socket): Promise<Connection> {
    let socket: Socket | TLSSocket = await dial(proxy ?? upstream, proxy, keep)
    if (proxy?.protocol === 'https:') {
      socket = await secure(socket, { hostname: hostOf(proxy), protocols: ['http/1.1'] })
    }
    if (proxy && isTunnelled) {
      socket = await tunnel(socket, `${upstream.hostname}:${portOf(upstream)}`, proxy)
    }
    const told = {
      isAskedInFull: proxy !== undefined && !isTunnelled,
      proxyHeaders: proxy && !isTunnelled ? proxyAuthorization(proxy) : [],
    }
    if (!isSecure) {
      return { socket, protocol: upstream.protocol === 'h2c:' ? 'http2' : 'http1', ...told }
    }
    context ??= trusting(route.ca)
    const tls = await secure(socket, {
      hostname: hostOf(upstream),
      context,
      insecure: route.insecure,
      protocols: route.http1 ? ['http/1.1'] : ['h2', 'http/1.1'],
      session,
      onSession: (next) => {
        session = next
      },
    })
    return { socket: tls, protocol: tls.alpnProtocol === 'h2' ? 'http2' : 'http1', ...told }
  }

  return async (signal) => {
    const opened: Socket[] = []
    const stop = (): void => {
      for (const socket of opened) socket.destroy()
    }
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await open((socket) => {
        opened.push(socket)
        if (signal.aborted) socket.destroy()
        return socket
      })
    } catch (error) {
      stop()
      throw signal.aborted ? signal.reason : error
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
}

/** Our half stays open after the far end's last word, which is judged by writing to it. */
function dial(to: URL, proxy: URL | undefined, keep: (socket: Socket) => Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host: hostOf(to), port: portOf(to), allowHalfOpen: true, noDelay: true }
    const socket = keep(connect(options))
    const failed = (error: Error): void => {
      const message = proxy ? `the proxy ${proxyName(proxy)}: ${detail(error)}` : detail(error)
      reject(new Error(message, { cause: error }))
    }
    const closed = (): void => reject(new Error('the connection was closed'))
    socket.once('error', failed)
    socket.once('close', closed)
    socket.once('connect', () => {
      socket.off('error', failed)
      socket.off('close', closed)
      resolve(socket)
    })
  })
}

/** A host with several addresses fails for several reasons, and Node's error then has no words. */
function detail(error: Error): string {
  if (!(error instanceof AggregateError) || error.message !== '') return error.message
  return error.errors
    .map((one: unknown) => (one instanceof Error ? one.message : `${one}`))
    .join(', ')
}
