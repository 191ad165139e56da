/**
 * Opens one connection to one upstream: through a proxy where there is one, with TLS where the URL
 * says so. Must never connect to anything else.
 */
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContext, TLSSocket } from 'node:tls'
import type { Headers } from '../core/http.ts'
import { proxyAuthorization, proxyName, tunnel } from './upstream-proxy.ts'
import { secure, type Trust, trusting } from './upstream-tls.ts'
import type { Connection } from './upstream-transport.ts'

export interface Route extends Trust {
  readonly upstream: URL
  readonly proxy: URL | undefined
  /** HTTP/2 is not offered even where the service speaks it. */
  readonly http1: boolean
}

/** Is told one of the two, once, and never before `Connect` has returned. */
export interface Opening {
  onOpen(connection: Connection): void
  onUnopened(error: Error): void
}

/** Gives what stops it; whoever has stopped it is told nothing more. */
export type Connect = (opening: Opening) => Stop

export type Stop = () => void

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'h2c:': 80, 'https:': 443 }

const portOf = ({ port, protocol }: URL): number => Number(port) || (defaultPorts[protocol] ?? 80)

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

export function connector(route: Route): Connect {
  const { upstream, proxy } = route
  if (upstream.protocol !== 'http:' || proxy) return byStages(route)
  const to = { host: hostOf(upstream), port: portOf(upstream) }
  return (opening) => new Dial(to, opening).stop
}

interface Address {
  readonly host: string
  readonly port: number
}

/**
 * All that is read goes through one piece of memory, and is copied out of it: a piece of 64 kB for each
 * read, of which Node then gives back the most, takes longer.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/** A connection with nothing between us and the service, which is most of them when it is local. */
class Dial implements Connection {
  readonly socket: Socket
  readonly protocol = 'http1'
  readonly isAskedInFull = false
  readonly proxyHeaders: Headers = []
  #opening: Opening | undefined
  #tell: ((bytes: Buffer) => void) | undefined

  /** Our half stays open after the far end's last word, which is judged by writing to it. */
  constructor({ host, port }: Address, opening: Opening) {
    this.#opening = opening
    const callback = (length: number): boolean => {
      this.#tell?.(Buffer.from(readBuffer.subarray(0, length)))
      return true
    }
    const onread = { buffer: readBuffer, callback }
    this.socket = connect({ host, port, allowHalfOpen: true, noDelay: true, onread })
    this.socket.on('error', this.#failed).on('close', this.#closed).on('connect', this.#connected)
  }

  onBytes(tell: (bytes: Buffer) => void): void {
    this.#tell = tell
  }

  readonly stop = (): void => {
    this.#opening = undefined
    this.socket.destroy()
  }

  readonly #connected = (): void => {
    const opening = this.#opening
    this.#opening = undefined
    opening?.onOpen(this)
  }

  readonly #failed = (error: Error): void => {
    const opening = this.#opening
    this.#opening = undefined
    opening?.onUnopened(new Error(detail(error), { cause: error }))
  }

  readonly #closed = (): void => {
    if (this.#opening) this.#failed(new Error('the connection was closed'))
  }
}

/** One whose bytes come as a stream's do. */
class Streamed implements Connection {
  readonly socket: Duplex
  readonly protocol: Connection['protocol']
  readonly isAskedInFull: boolean
  readonly proxyHeaders: Headers
  #tell: ((bytes: Buffer) => void) | undefined

  constructor({ socket, protocol, isAskedInFull, proxyHeaders }: Omit<Connection, 'onBytes'>) {
    this.socket = socket
    this.protocol = protocol
    this.isAskedInFull = isAskedInFull
    this.proxyHeaders = proxyHeaders
  }

  onBytes(tell: (bytes: Buffer) => void): void {
    if (!this.#tell) this.socket.on('data', (bytes: Buffer) => this.#tell?.(bytes))
    this.#tell = tell
  }
}

/** Remembers TLS sessions, so that a connection for each exchange costs little. */
function byStages(route: Route): Connect {
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
      const protocol = upstream.protocol === 'h2c:' ? 'http2' : 'http1'
      return new Streamed({ socket, protocol, ...told })
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
    const protocol = tls.alpnProtocol === 'h2' ? 'http2' : 'http1'
    return new Streamed({ socket: tls, protocol, ...told })
  }

  return (opening) => {
    const opened: Socket[] = []
    let isStopped = false
    const destroy = (): void => {
      for (const socket of opened) socket.destroy()
    }
    const keep = (socket: Socket): Socket => {
      opened.push(socket)
      if (isStopped) socket.destroy()
      return socket
    }
    open(keep).then(
      (connection) => {
        if (isStopped) connection.socket.destroy()
        else opening.onOpen(connection)
      },
      (error: unknown) => {
        destroy()
        const failure = error instanceof Error ? error : new Error(String(error))
        if (!isStopped) opening.onUnopened(failure)
      },
    )
    return () => {
      isStopped = true
      destroy()
    }
  }
}

/** Half open like the one above. */
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
