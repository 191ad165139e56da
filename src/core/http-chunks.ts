/** The chunked coding of HTTP/1.1 (RFC 9112, section 7.1): what stands around the bytes of a chunk. */

export const chunkEnd: Uint8Array = Buffer.from('\r\n')

/** The chunk of no bytes that ends a body. */
export const lastChunk: Uint8Array = Buffer.from('0\r\n\r\n')

/** The line before a chunk. Streams have few sizes of chunk, and have them often. */
export function sizeLine(length: number): Uint8Array {
  const known = sizeLines[length]
  if (known) return known
  const line = Buffer.from(`${length.toString(16)}\r\n`, 'latin1')
  if (length < sizeLines.length) sizeLines[length] = line
  return line
}

const sizeLines: (Uint8Array | undefined)[] = Array(4096).fill(undefined)
