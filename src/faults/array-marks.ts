/**
 * The brackets and commas of a stream that is one JSON array, where a fault adds or takes its first
 * element. Looks at bytes; elements are the business of the framing.
 */
import { joinBytes, noBytes, utf8 } from '../core/bytes.ts'

const [OPEN, CLOSE, COMMA] = [0x5b, 0x5d, 0x2c]
const space: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0d, 0x0a])

const open = utf8('[')
const comma = utf8(',')

/** An element that was written to stand after another one, with the bracket in place of its comma. */
export function asFirstElement(bytes: Uint8Array): Uint8Array {
  const at = firstMark(bytes)
  return bytes[at] === COMMA ? joinBytes([open, bytes.subarray(at + 1)]) : bytes
}

/** The bracket that an element begins with, apart from it; undefined where it begins no array. */
export function openingOf(bytes: Uint8Array): Uint8Array | undefined {
  const at = firstMark(bytes)
  return bytes[at] === OPEN ? bytes.subarray(0, at + 1) : undefined
}

/** The rest of a body whose array has begun by an element that it did not hold. */
export class BegunArray {
  #phase: 'before' | 'empty' | 'other' = 'before'

  push(bytes: Uint8Array): Uint8Array {
    if (this.#phase === 'other') return bytes
    const at = firstMark(bytes)
    if (at === bytes.length) return noBytes
    if (this.#phase === 'before' && bytes[at] === OPEN) {
      this.#phase = 'empty'
      return this.push(bytes.subarray(at + 1))
    }
    const isElement = this.#phase === 'empty' && bytes[at] !== CLOSE
    this.#phase = 'other'
    return isElement ? joinBytes([comma, bytes]) : bytes
  }
}

/** The rest of a body whose array has its bracket and no element yet, as it stood after some. */
export class BareArray {
  #isOver = false

  get isOver(): boolean {
    return this.#isOver
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.#isOver) return bytes
    const at = firstMark(bytes)
    if (at === bytes.length) return noBytes
    this.#isOver = true
    return bytes[at] === COMMA ? bytes.subarray(at + 1) : bytes
  }
}

/** Where the white space ends. */
function firstMark(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length && space.has(bytes[at])) at++
  return at
}
