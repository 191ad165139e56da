/** What an exchange wants of the wire, whatever is spoken on it. Types only. */
import type { Duplex } from 'node:stream'
import type { Headers } from '../core/http.ts'

/** How a far end can leave before its answer is whole: FIN or the like, RST or the like. */
export type Broken = 'close' | 'reset'

/** A connection that is open, with TLS and through a proxy where there are any. */
export interface Connection {
  /** Its bytes come by `onBytes`, and not by its own event `data`. */
  readonly socket: Duplex
  readonly protocol: 'http1' | 'http2'
  /** A proxy that is not tunnelled through is asked for whole URLs. */
  readonly isAskedInFull: boolean
  /** Further request headers, for the proxy alone. */
  readonly proxyHeaders: Headers
  /** Whoever asked last is told of all that comes, from here on. */
  onBytes(tell: (bytes: Buffer) => void): void
}

export interface OutgoingRequest {
  readonly method: string
  /** Scheme, host and port of the upstream. */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** Without those that say where it goes and how long the body is. */
  readonly headers: Headers
  readonly body: Uint8Array
}

/** What the far end does, each thing when it was read, in its order. One of the last two ends it. */
export interface Heard {
  onHead(status: number, headers: Headers): void
  onChunk(bytes: Uint8Array): void
  /** That was all for now: what was told since the last time has come in one go. */
  onPause(): void
  onEnd(how: Broken | 'end'): void
  /** Nothing that is HTTP was heard, and the connection was not simply left either. */
  onFailure(error: Error): void
}

export interface Transport {
  /** Asks the far end to wait, by reading no more. */
  pause(): void
  resume(): void
  /** Leaves at once; nothing is heard from here on. */
  destroy(): void
}

/** Larger than Node's own limit, so that what a service may send can also be taped. */
export const maxHeaderBytes = 64 * 1024
