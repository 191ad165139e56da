/**
 * Plain text without borders of its own: every chunk that arrives is a frame, save that a character
 * cut in two is kept together.
 */
import { utf8, wholeText } from '../core/bytes.ts'
import type { Frame, Framing } from '../core/frame.ts'
import type { Push } from '../core/push.ts'

export function text(): Framing {
  return {
    name: 'text',
    contentType: 'text/plain; charset=utf-8',
    encode: ({ data }) => (data === undefined ? undefined : { data, bytes: utf8(data) }),
    // Its bytes are all there is of it.
    withData: () => undefined,
    decoder: () => new TextDecoderPush(),
  }
}

class TextDecoderPush implements Push<Uint8Array, Frame> {
  #held: Uint8Array = Buffer.alloc(0)

  push(bytes: Uint8Array): Frame[] {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const cut = all.length - unfinishedTail(all)
    this.#held = all.subarray(cut)
    return cut === 0 ? [] : [readText(all.subarray(0, cut))]
  }

  end(): Frame[] {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    return rest.length === 0 ? [] : [{ bytes: rest, incomplete: true }]
  }
}

function readText(bytes: Uint8Array): Frame {
  const data = wholeText(bytes)
  return data === undefined ? { bytes } : { bytes, data }
}

/** The number of bytes at the end that begin a UTF-8 character without finishing it. */
function unfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0b1100_0000) === 0b1000_0000) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}
