/**
 * The beginning of a chunk as one line: text as text, a binary message by its headers and what it
 * carries, and other bytes in hexadecimal. Pure.
 */
import { looseText } from '../../core/bytes.ts'
import type { Frame } from '../../core/frame.ts'
import type { ReadFrame } from './body-reader.ts'
import { clip, visible } from './printable.ts'

/** @param frames those that the chunk completed */
export function chunkPreview(
  bytes: Uint8Array,
  frames: readonly ReadFrame[],
  width: number,
): string {
  const messages = frames.flatMap(({ frame }) => (frame?.headers ? [message(frame)] : []))
  if (messages.length > 0) return clip(messages.join('  '), width)
  const begin = bytes.subarray(0, width * 4)
  return isBinary(begin) ? hexDump(begin, width) : clip(visible(looseText(begin)), width)
}

/** `[contentBlockDelta] {"delta":{"text":"Hi"}}` */
const message = ({ event, data }: Frame): string =>
  visible(`[${event ?? 'message'}] ${(data ?? '').slice(0, 1000)}`)

/** A character that is cut in two makes no bytes binary, nor does a stray control character. */
const binaryShare = 0.1
const leastBinary = 4

function isBinary(bytes: Uint8Array): boolean {
  if (bytes.length < leastBinary) return false
  const strange = looseText(bytes).match(/[^\P{Cc}\t\n\r]|\uFFFD/gu)?.length ?? 0
  return strange > bytes.length * binaryShare
}

/** `1f8b0800 00000000 …  ....` */
export function hexDump(bytes: Uint8Array, width: number): string {
  const each = 4
  // Each group takes eight digits, a space and four characters.
  const groups = Math.max(1, Math.floor((width - 4) / (each * 3 + 1)))
  const shown = Buffer.from(bytes.subarray(0, groups * each))
  const hex = shown.toString('hex').replace(/(.{8})(?=.)/g, '$1 ')
  const text = shown.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.')
  return `${hex}${bytes.length > shown.length ? ' …' : ''}  ${text}`
}
