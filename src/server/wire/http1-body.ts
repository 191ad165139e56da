/**
 * A body as it stands on an HTTP/1.1 connection. HTTP chunk framing is written here, not by Node:
 * Node joins chunks that are written together into one, and a recording's chunk borders would be lost.
 */
import { chunkEnd, lastChunk, sizeLine } from '../../core/http-chunks.ts'
import type { Burst, Framed } from '../../core/sink.ts'

/** Gives memory for so many bytes. */
export type Allocate = (length: number) => Buffer

export class Http1Body {
  readonly #allocate: Allocate
  framing: 'chunked' | 'plain' | 'none' = 'chunked'
  /** Bytes of the body that the head declares and that have not been sent. */
  owedBytes = 0

  constructor(allocate: Allocate) {
    this.#allocate = allocate
  }

  /** @param declaredBytes where the head has a content-length */
  begin(framing: Http1Body['framing'], declaredBytes: number | undefined): void {
    this.framing = framing
    this.owedBytes = framing === 'plain' ? (declaredBytes ?? 0) : 0
  }

  /** All of a burst in one buffer, behind the head where there is one; undefined where it is empty. */
  framed({ chunks, framed, ending, raw }: Burst, head = ''): Uint8Array | undefined {
    const { framing } = this
    if (framing === 'none') return head === '' ? undefined : Buffer.from(head, 'latin1')
    const parts: Uint8Array[] = []
    for (const chunk of chunks) {
      if (framing === 'plain') {
        parts.push(chunk)
        this.owedBytes -= chunk.length
      } else parts.push(sizeLine(chunk.length), chunk, chunkEnd)
    }
    if (raw) parts.push(raw)
    if (ending === 'end' && framing === 'chunked') parts.push(lastChunk)
    return this.#joined(head, framed, parts)
  }

  #joined(
    head: string,
    framed: Framed | undefined,
    parts: readonly Uint8Array[],
  ): Uint8Array | undefined {
    let length = head.length
    if (framed) length += framed.to - framed.from
    for (const part of parts) length += part.length
    if (length === 0) return undefined
    const [only] = parts
    if (only?.length === length) return only
    const bytes = this.#allocate(length)
    let at = head === '' ? 0 : bytes.write(head, 'latin1')
    if (framed) {
      framed.steps.copy(framed, bytes, at)
      at += framed.to - framed.from
    }
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }
}
