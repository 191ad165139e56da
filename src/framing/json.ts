/** A body that is one JSON document, or any other body that has no inner borders: one frame. */
import { looseText, utf8 } from '../core/bytes.ts'
import type { Frame, Framing } from '../core/frame.ts'
import type { Push } from '../core/push.ts'

export function json(): Framing {
  return {
    name: 'json',
    contentType: 'application/json',
    encode: ({ data }) => (data === undefined ? undefined : { data, bytes: utf8(data) }),
    withData: (_frame, data) => utf8(data),
    decoder: () => new WholeDecoder(),
  }
}

class WholeDecoder implements Push<Uint8Array, Frame> {
  readonly #parts: Uint8Array[] = []

  push(bytes: Uint8Array): Frame[] {
    if (bytes.length > 0) this.#parts.push(bytes)
    return []
  }

  end(): Frame[] {
    if (this.#parts.length === 0) return []
    const bytes = Buffer.concat(this.#parts.splice(0))
    return [{ bytes, data: looseText(bytes) }]
  }
}
