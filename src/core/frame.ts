/** Frames: the messages of a wire format, and the two directions between them and bytes. */
import type { Push } from './push.ts'

/** What a frame says. Everything but `data` exists only in framings that have a place for it. */
export interface Message {
  readonly data?: string
  readonly event?: string
  readonly id?: string
  readonly retry?: number
  /** A comment line, as SSE has: keeps a connection alive and means nothing. */
  readonly comment?: string
  /** Named headers of the message itself, as AWS event streams have. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * One frame as it stood on the wire. `bytes` is exact: the frames of a body, joined, are the body.
 */
export interface Frame extends Message {
  readonly bytes: Uint8Array
  /** The body ended within this frame: the bytes are real, the message is not whole. */
  readonly incomplete?: true
}

/** What a framing can write; see `src/framing/`. */
export interface Framing {
  readonly name: 'sse' | 'ndjson' | 'json' | 'json-array' | 'text' | 'aws-event-stream'
  readonly contentType: string
  /** Undefined where this framing has no way to say it, such as a comment in NDJSON. */
  encode(message: Message): Frame | undefined
  /**
   * The bytes of a frame with other data in it, and all else as it stood: its other fields, its line
   * ends, the bracket or comma before it. Undefined where it has no data apart from its bytes.
   */
  withData(frame: Frame, data: string): Uint8Array | undefined
  /**
   * Takes bytes cut anywhere, and gives the same frames for every cut; only plain text, which has no
   * borders of its own, takes each chunk for a frame.
   */
  decoder(): Push<Uint8Array, Frame>
}
