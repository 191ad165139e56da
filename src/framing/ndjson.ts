/** Newline-delimited JSON: a line is a frame. Must never lose a byte, blank lines included. */
import { looseText, utf8 } from '../core/bytes.ts'
import type { Frame, Framing } from '../core/frame.ts'
import type { Push } from '../core/push.ts'

const LF = 10

/** Services do not agree on its content type. */
export function ndjson(contentType = 'application/x-ndjson'): Framing {
  return {
    name: 'ndjson',
    contentType,
    encode: ({ data }) =>
      data === undefined ? undefined : { data, bytes: utf8(`${data.replace(/\r?\n/g, ' ')}\n`) },
    withData: (frame, data) => withData(frame, data),
    decoder: () => new LineDecoder(),
  }
}

/** The line end stays as it was, or away. */
function withData({ bytes, data }: Frame, other: string): Uint8Array | undefined {
  if (data === undefined) return undefined
  const [end = ''] = /\r?\n$/.exec(looseText(bytes)) ?? []
  return utf8(other.replace(/\r?\n/g, ' ') + end)
}

class LineDecoder implements Push<Uint8Array, Frame> {
  #held: Uint8Array = Buffer.alloc(0)

  push(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let start = 0
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, start)) {
      const line = bytes.subarray(start, at + 1)
      frames.push(readLine(this.#held.length === 0 ? line : Buffer.concat([this.#held, line])))
      this.#held = Buffer.alloc(0)
      start = at + 1
    }
    const rest = bytes.subarray(start)
    if (rest.length > 0) this.#held = Buffer.concat([this.#held, rest])
    return frames
  }

  end(): Frame[] {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    if (rest.length === 0) return []
    // Many servers leave out the last line end; JSON that parses is a whole message all the same.
    return [isJson(looseText(rest)) ? readLine(rest) : { bytes: rest, incomplete: true }]
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function readLine(bytes: Uint8Array): Frame {
  const data = looseText(bytes).trim()
  return data === '' ? { bytes } : { bytes, data }
}
