/** The chunks of HTTP/1.1's chunked coding, as they stand in a dump. Pure. */

const CR = 13

export interface Unchunked {
  readonly body: Uint8Array
  readonly chunks: readonly number[]
  /** The last chunk came. */
  readonly isComplete: boolean
}

/** Undefined where the bytes are not in this coding (RFC 9112, section 7.1). */
export function unchunk(bytes: Uint8Array): Unchunked | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const pieces: Buffer[] = []
  let at = 0
  let isComplete = false
  while (at < buffer.length) {
    const lineEnd = buffer.indexOf('\r\n', at)
    // Looked for no further than a size can reach, or a body that is none would be read to its end.
    const line = buffer.subarray(at, lineEnd < 0 ? at + 64 : lineEnd).toString('latin1')
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1]
    if (lineEnd < 0) return at > 0 ? joined(pieces, false) : undefined
    if (size === undefined) return undefined
    const from = lineEnd + 2
    const to = from + Number.parseInt(size, 16)
    if (to === from) {
      isComplete = true
      break
    }
    if (to < buffer.length && buffer[to] !== CR) return undefined
    pieces.push(buffer.subarray(from, to))
    at = to + 2
  }
  return pieces.length > 0 || isComplete ? joined(pieces, isComplete) : undefined
}

const joined = (pieces: readonly Buffer[], isComplete: boolean): Unchunked => {
  const chunks = pieces.filter(({ length }) => length > 0)
  return { body: Buffer.concat(chunks), chunks: chunks.map(({ length }) => length), isComplete }
}
