/** One exchange's way to its client, whichever protocol it came by, and whoever reads that. */
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import type { Sink } from '../../core/sink.ts'
import type { Wire } from '../../faults/wire.ts'
import type { ConnectionUse } from './connections.ts'
import type { HeadOptions } from './head.ts'

export interface SinkOptions extends HeadOptions {
  /** Whether the connection is not to be used again, since the server is about to stop. */
  readonly isLast: () => boolean
}

export interface Replied {
  /** Of the head that was sent, if any. */
  readonly status: number | undefined
}

export interface RequestReader {
  onRequest(http: HttpRequest): void
  /** It is too long, or the client left in the midst of it. */
  onUnreadable(error: unknown): void
}

export interface Line {
  /** What faults must know of it. */
  readonly wire: Wire
  /** The page that asks, where a browser does. */
  readonly origin: string | undefined
  /** Method and path, for the log. */
  readonly asked: string
  /** A sink was opened. */
  readonly isTaken: boolean
  /** Its connection is past the limit, and only the control API is answered on it. */
  isSpare(spare: ReadonlySet<object>): boolean
  /** To be called once, when the request arrives, before anything is written for it. */
  use(): ConnectionUse
  /** Tells the reader of all of it, at once or later. */
  read(maxBytes: number, reader: RequestReader): void
  /** To be called once: all that is written from then on comes from the sink. */
  openSink(options: SinkOptions): Sink & Replied
  /** Whole and at once, in place of what is played. What is left of the request is not read. */
  answer(reply: HttpReply): void
  /** Reads what is left of the request, which goes nowhere, and then calls back. */
  readAway(then: () => void): void
  /** Breaks the exchange off: its connection, or its stream where others share the connection. */
  breakOff(): void
  /** Calls `run` when the client leaves before it is answered; what it gives stops that. */
  whenLeft(run: () => void): () => void
}
