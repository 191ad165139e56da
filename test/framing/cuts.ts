/** What the tests of all framings share: bytes cut anywhere, and frames as plain text. */
import fc from 'fast-check'
import type { Frame, Framing } from '../../src/core/frame.ts'
import { through } from '../../src/core/push.ts'

export const framesOf = (framing: Framing, ...chunks: readonly Uint8Array[]): Frame[] => [
  ...through(chunks, framing.decoder()),
]

/** The bytes in chunks of these lengths, over and over; chunks of no bytes among them. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return chunks
}

export const anyCuts = fc
  .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 })
  .filter((lengths) => lengths.some((length) => length > 0))

export const joined = (frames: readonly Frame[]): string =>
  Buffer.concat(frames.map(({ bytes }) => bytes)).toString('latin1')

/** A frame with its bytes as text, so that buffers of different kinds compare alike. */
export const plain = ({ bytes, ...message }: Frame): unknown => ({
  ...message,
  bytes: Buffer.from(bytes).toString('latin1'),
})

/** Bytes that tend to be borders, and any others. */
export const anyBytes = (...borders: readonly string[]): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...borders).map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 30 },
    )
    .map((parts) => Buffer.concat(parts))
