/**
 * A stream that is one JSON array, written element by element: an element is a frame, together with
 * the bracket or comma before it, and the last bracket is a frame of its own without data. Any other
 * body, such as one plain object, is one frame. Must never lose a byte: the frames' bytes, joined,
 * are the body; nor wait for a byte after the element that is whole.
 * Source: RFC 8259; the line ends between elements are those of Google's APIs as recorded.
 */
import { looseText, utf8 } from '../core/bytes.ts'
import type { Frame, Framing } from '../core/frame.ts'
import type { Push } from '../core/push.ts'

/** What stands before the first element, before each other one, and after the last. */
export const jsonArrayMarks = { open: '[', between: '\n,\r\n', close: '\n]' }

/**
 * `encode` writes an element as it stands after another one; who begins an array puts
 * `jsonArrayMarks.open` in the place of the comma, and who ends it adds the last bracket.
 */
export function jsonArray(): Framing {
  return {
    name: 'json-array',
    contentType: 'application/json',
    encode: ({ data }) =>
      data === undefined ? undefined : { data, bytes: utf8(jsonArrayMarks.between + data) },
    withData: (frame, data) => withData(frame, data),
    decoder: () => new ElementDecoder(),
  }
}

/** The data is what stands last in a frame, behind its bracket or comma. */
function withData({ bytes, data }: Frame, other: string): Uint8Array | undefined {
  if (data === undefined) return undefined
  const text = looseText(bytes)
  const start = text.lastIndexOf(data)
  return start < 0 ? undefined : utf8(text.slice(0, start) + other)
}

const code = (character: string): number => character.charCodeAt(0)
const [OPEN, CLOSE, COMMA, QUOTE, BACKSLASH] = ['[', ']', ',', '"', '\\'].map(code)
const opening = new Set(['[', '{'].map(code))
const closing = new Set([']', '}'].map(code))
const space = new Set([' ', '\t', '\r', '\n'].map(code))

/** Every byte of a character beyond ASCII is above 127, so that bytes can be looked at one by one. */
class ElementDecoder implements Push<Uint8Array, Frame> {
  #held: Uint8Array = Buffer.alloc(0)
  /** How much of `#held` is scanned already. */
  #scanned = 0
  /** A body that begins by a comma is taken for the rest of an array that began before. */
  #phase: 'before' | 'within' | 'after' | 'other' = 'before'
  /** Where in `#held` the value of the frame begins; undefined before it does. */
  #valueStart: number | undefined
  #depth = 0
  #string: 'no' | 'yes' | 'escaped' = 'no'

  push(bytes: Uint8Array): Frame[] {
    this.#held = this.#held.length === 0 ? asBuffer(bytes) : Buffer.concat([this.#held, bytes])
    const frames: Frame[] = []
    while (this.#scanned < this.#held.length) {
      if (this.#phase === 'other' || this.#phase === 'after') this.#scanned = this.#held.length
      else frames.push(...this.#scan(this.#held[this.#scanned] ?? 0))
    }
    return frames
  }

  end(): Frame[] {
    const [rest, phase] = [this.#held, this.#phase]
    this.#held = Buffer.alloc(0)
    this.#scanned = 0
    if (rest.length === 0) return []
    const text = looseText(rest)
    if (phase === 'other' && isJson(text)) return [{ bytes: rest, data: text.trim() }]
    return [text.trim() === '' ? { bytes: rest } : { bytes: rest, incomplete: true }]
  }

  /** Looks at the next byte, and gives the frames that it completes. */
  #scan(byte: number): Frame[] {
    if (this.#phase === 'before') {
      if (byte === OPEN || byte === COMMA) this.#phase = 'within'
      else if (!space.has(byte)) this.#phase = 'other'
      this.#scanned++
      return []
    }
    if (this.#string !== 'no') return this.#scanString(byte)
    if (this.#depth > 0) return this.#scanNested(byte)
    return this.#scanElement(byte)
  }

  #scanString(byte: number): Frame[] {
    this.#scanned++
    if (this.#string === 'escaped') this.#string = 'yes'
    else if (byte === BACKSLASH) this.#string = 'escaped'
    else if (byte === QUOTE) {
      this.#string = 'no'
      if (this.#depth === 0) return [this.#cutElement()]
    }
    return []
  }

  #scanNested(byte: number): Frame[] {
    this.#scanned++
    if (byte === QUOTE) this.#string = 'yes'
    else if (opening.has(byte)) this.#depth++
    else if (closing.has(byte)) {
      this.#depth--
      if (this.#depth === 0) return [this.#cutElement()]
    }
    return []
  }

  /** Between elements, or within a number or a word, which only what follows it can end. */
  #scanElement(byte: number): Frame[] {
    const between = byte === COMMA || byte === CLOSE || space.has(byte)
    if (between && this.#valueStart !== undefined) return [this.#cutElement()]
    if (!between) this.#valueStart ??= this.#scanned
    this.#scanned++
    if (byte === QUOTE) this.#string = 'yes'
    else if (byte === CLOSE) {
      this.#phase = 'after'
      return [{ bytes: this.#cut() }]
    } else if (opening.has(byte)) this.#depth = 1
    return []
  }

  #cutElement(): Frame {
    const start = this.#valueStart ?? 0
    this.#valueStart = undefined
    const bytes = this.#cut()
    return { bytes, data: looseText(bytes.subarray(start)) }
  }

  #cut(): Uint8Array {
    const bytes = this.#held.subarray(0, this.#scanned)
    this.#held = this.#held.subarray(this.#scanned)
    this.#scanned = 0
    return bytes
  }
}

const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length)

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
