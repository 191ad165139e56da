/**
 * The port: HTTP/1.1 and HTTP/2 without TLS side by side. Owns every connection until it is closed,
 * and knows nothing of what is asked on it.
 *
 * Node's HTTP/1.1 server does the listening, so that its timeouts, limits and counts are as they
 * would be without us. We stand before its own listener for connections, and no longer than it
 * takes to tell the protocol.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2Session,
  type ServerHttp2Session,
} from 'node:http2'
import type { Socket } from 'node:net'
import { StuntdoubleError } from '../../core/errors.ts'
import { lazy } from '../../core/lazy.ts'
import { DirectConnections, type DirectServing } from './direct-connections.ts'
import { noteSocket } from './http2-connection.ts'
import { type Protocols, tellProtocol } from './preface.ts'
import { type Door, Refusing } from './refuse-connection.ts'
import { refuseMalformed, timedOut } from './refuse-malformed.ts'
import { refuseTunnel } from './refuse-web-socket.ts'

/** Of HTTP/2 it gets what has the same form. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => unknown

/** Longer than most clients keep an idle connection, so that they are the ones that close it. */
const keepAliveMs = 75_000

/**
 * How long a client has to close its side after our FIN. To close at once would answer what it
 * still sends by a RST, and that may overtake what it has not read yet.
 */
const lingerMs = 1000

/** Many slow streams on one connection must not be taken for an attack, as by default at 10 MB. */
const maxSessionMegabytes = 1000

export interface ListenerOptions {
  /** How long a connection may be idle before it is closed. */
  readonly idleMs?: number
  /** Lets connections in; all of them unless given. */
  readonly door?: Door
  /** Answers plain requests of HTTP/1.1 that nobody else has to read. */
  readonly direct?: DirectServing
}

export class Listener {
  readonly #http1: Server
  /** Made for the first that speaks it: HTTP/2 takes 20 ms to load, and most servers never meet it. */
  readonly #http2: () => Http2Server
  /** Connections of which nobody knows what they speak. */
  readonly #untold = new Set<Socket>()
  /** Connections that Node's HTTP/1.1 server has, with the request that was begun and not answered. */
  readonly #atNode = new Map<Socket, Begun | undefined>()
  readonly #http2Sockets = new Set<Socket>()
  readonly #sessions = new Set<Http2Session>()
  readonly #idleMs: number
  readonly #door: Door | undefined
  readonly #refusing: Refusing | undefined
  readonly #direct: DirectConnections | undefined

  /** @param serve answers what Node's servers have read */
  constructor(serve: Serve, { idleMs = keepAliveMs, door, direct }: ListenerOptions = {}) {
    this.#idleMs = idleMs
    this.#http1 = createServer({ keepAliveTimeout: idleMs }, (request, response) => {
      const { socket } = request
      this.#atNode.set(socket, { request, response })
      response.once('close', () => {
        // Unless the next has begun, which was sent without waiting for this one.
        const isLatest = this.#atNode.get(socket)?.response === response
        if (isLatest) this.#atNode.set(socket, undefined)
      })
      return serve(request, response)
    })
    this.#http1.on('clientError', refuseMalformed)
    this.#http1.on('connect', refuseTunnel)
    this.#http2 = lazy(() => {
      const http2 = createHttp2Server({ maxSessionMemory: maxSessionMegabytes })
      return http2.on('request', serve).on('session', (session) => {
        noteIn(this.#sessions, session)
      })
    })
    const serveHttp1 = this.#http1.listeners('connection')
    const toNode = (socket: Socket, received: Buffer): void => {
      this.#atNode.set(socket, undefined)
      socket.once('close', () => this.#atNode.delete(socket))
      for (const listener of serveHttp1) listener.call(this.#http1, socket)
      socket.unshift(received)
    }
    const refuse = (socket: Socket, bytes: number): void => refuseUntold(socket, 'end', bytes)
    this.#direct = direct && new DirectConnections({ ...direct, idleMs, toNode, refuse })
    const protocols = this.#protocols(toNode)
    this.#http1.removeAllListeners('connection')
    this.#door = door
    this.#refusing = door && new Refusing(door)
    this.#http1.on('connection', (socket) => {
      if (door && !door.connect()) {
        this.#refusing?.refuse(socket, protocols.http1)
        return
      }
      if (door) socket.once('close', () => door.disconnect())
      this.#untold.add(socket)
      tellProtocol(socket, this.#http1.headersTimeout, protocols)
    })
  }

  /** Resolves with the port that was taken. */
  listen(port: number, host: string): Promise<number> {
    const http = this.#http1
    return new Promise((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => reject(listenError(error, port, host))
      http.once('error', refuse)
      http.listen(port, host, () => {
        http.off('error', refuse)
        // Of a connection that could not be taken, as where no more files may be open: its client
        // sees it closed, and the next one is taken if it can be.
        http.on('error', (error: Error) => this.#door?.lost(error))
        const address = http.address()
        resolve(typeof address === 'object' && address ? address.port : port)
      })
    })
  }

  /**
   * No new connections and no new streams on those that are there; what is idle is closed.
   * Resolves when the last connection is closed.
   */
  retire(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http1.close(() => resolve()))
    for (const socket of this.#untold) socket.destroy()
    this.#refusing?.closeAll()
    this.#direct?.retire()
    for (const session of this.#sessions) session.close()
    return closed
  }

  /** After `retire`, when all that was asked is answered: nobody is waited for any longer. */
  closeIdle(): void {
    for (const [socket, begun] of this.#atNode) if (!begun || isHalf(begun)) socket.destroy()
    this.#direct?.closeIdle()
    for (const socket of this.#http2Sockets) linger(socket)
  }

  /** After `retire`: everything ends now. */
  closeAll(): void {
    this.#http1.closeAllConnections()
    this.#direct?.closeAll()
    for (const socket of this.#http2Sockets) socket.destroy()
  }

  #protocols(toNode: Protocols['http1']): Protocols {
    return {
      http1: (socket, received) => {
        this.#untold.delete(socket)
        // Past the limit only the control API is answered, which Node's server leads to.
        if (this.#direct && !this.#door?.spare.has(socket)) this.#direct.take(socket, received)
        else toNode(socket, received)
      },
      http2: (socket) => {
        this.#untold.delete(socket)
        noteIn(this.#http2Sockets, socket)
        // A client that has nothing more to say on an HTTP/2 connection has left it.
        socket.allowHalfOpen = false
        socket.once('finish', () => linger(socket))
        const http2 = this.#http2()
        http2.once('session', (session) => {
          noteSocket(session, socket)
          closeWhenIdle(session, socket, this.#idleMs)
        })
        http2.emit('connection', socket)
      },
      neither: (socket, why, receivedBytes) => {
        socket.once('close', () => this.#untold.delete(socket))
        refuseUntold(socket, why, receivedBytes)
      },
    }
  }
}

interface Begun {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** More of it may never come. */
const isHalf = ({ request, response }: Begun): boolean => !request.complete && !response.headersSent

function noteIn<T extends Socket | Http2Session>(all: Set<T>, one: T): void {
  all.add(one)
  one.once('close', () => all.delete(one))
}

/**
 * Node would keep a session for ever, even where it has stopped reading after a wrong frame. The
 * timer is the socket's: that of a session goes on when the session is over, and holds it.
 */
function closeWhenIdle(session: ServerHttp2Session, socket: Socket, idleMs: number): void {
  let streams = 0
  session.on('stream', (stream) => {
    streams += 1
    socket.setTimeout(0)
    stream.once('close', () => {
      streams -= 1
      if (streams === 0 && !socket.destroyed) socket.setTimeout(idleMs)
    })
  })
  socket.setTimeout(idleMs, () => session.close())
}

function linger(socket: Socket): void {
  socket.setTimeout(lingerMs, () => socket.destroy())
}

/** As Node's HTTP/1.1 server treats those that begin no request, or none that is ever complete. */
function refuseUntold(
  socket: Socket,
  why: Parameters<Protocols['neither']>[1],
  receivedBytes: number,
): void {
  if (why === 'error') return
  // Nobody else listens, and a client that resets what it has ended must not be an exception.
  socket.on('error', () => {})
  linger(socket)
  if (why === 'silence') {
    refuseMalformed(Object.assign(new Error('Request timeout'), { code: timedOut }), socket)
  } else if (receivedBytes > 0) refuseMalformed(new Error('it ends too early'), socket)
  else socket.end()
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): StuntdoubleError {
  const message =
    error.code === 'EADDRINUSE'
      ? `Port ${port} on ${host} is in use; choose another with --port, or --port 0 for a free one`
      : `Cannot listen on ${host}:${port}: ${error.message}`
  return new StuntdoubleError('port-in-use', message, { cause: error })
}
