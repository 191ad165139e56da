/** Where a timeline is played to. The one over a socket stands in `src/server/wire/sink.ts`. */
import type { Http2Code } from './http.ts'
import type { Ending, FramedPart, FramedSteps, HeadStep } from './timeline.ts'

/** All that is due at one moment; a sink sends it with as few system calls as it can. */
export interface Burst {
  readonly head: HeadStep | undefined
  /** Each becomes an HTTP chunk of its own; none is empty. */
  readonly chunks: readonly Uint8Array[]
  /** In place of chunks: those that are framed already, to be copied from where they come. */
  readonly framed?: Framed | undefined
  readonly ending: Ending | undefined
  /** See the steps that say so: the ending's, and that of a write of no bytes after the chunks. */
  readonly raw?: Uint8Array | undefined
  readonly code?: Http2Code | undefined
  readonly goaway?: Http2Code | undefined
}

export interface Framed extends FramedPart {
  readonly steps: FramedSteps
}

export interface Sink {
  /** Whether a burst may have chunks that are framed for HTTP/1.1. */
  readonly takesFramed?: boolean
  /** False where the other side reads more slowly than we write: wait for `onDrain`. */
  send(burst: Burst): boolean
  /** Whoever plays to it, and is told what becomes of that; never within `send`. */
  user: SinkUser | undefined
}

export interface SinkUser {
  /** There is room again. */
  onDrain(): void
  /** The client is gone before the end. */
  onLeave(): void
  /** A clean or abrupt ending has been carried out on the wire. */
  onDone(): void
}
