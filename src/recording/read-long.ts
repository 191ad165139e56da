/**
 * A chunk of many megabytes on one line, decoded in the place where it was read: as text it would
 * be held four times. Pure but for its argument, which is overwritten.
 * Must never take a line that JSON would refuse; what is not plainly a chunk is left to it.
 */
import type { WriteStep } from '../core/timeline.ts'

const beginning = /^\{"atMs":(\d{1,15}(?:\.\d{1,3})?),"(text|base64)":"/

const code = { quote: 0x22, backslash: 0x5c, u: 0x75, firstPrintable: 0x20 }

/** Undefined where the line is no chunk in the form in which chunks are taped; it is then unchanged. */
export function longChunk(line: Buffer): WriteStep | undefined {
  const found = beginning.exec(line.toString('latin1', 0, 80))
  if (!found || line.at(-1) !== 0x7d || line.at(-2) !== code.quote) return undefined
  const [before, atMs, kind] = found
  const content = line.subarray(before.length, -2)
  const bytes = kind === 'text' ? unescaped(content) : decoded(content)
  return bytes && { atMs: Number(atMs), do: 'write', bytes }
}

/** One pass to see that it is the inside of a JSON text, before a byte of it is changed. */
function isTextInside(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === code.quote || byte < code.firstPrintable) return false
    if (byte !== code.backslash) continue
    const next = bytes[++at] ?? 0
    if (next === code.u) {
      if (!/^[0-9a-f]{4}$/i.test(bytes.toString('latin1', at + 1, at + 5))) return false
      at += 4
    } else if (!(next in escaped)) return false
  }
  return true
}

const escaped: Readonly<Record<number, number>> = Object.fromEntries(
  Object.entries({
    '"': '"',
    '\\': '\\',
    '/': '/',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
  }).map(([letter, meant]) => [letter.charCodeAt(0), meant.charCodeAt(0)]),
)

/** An escape is never shorter than what it means, so that writing never overtakes reading. */
function unescaped(bytes: Buffer): Buffer | undefined {
  if (!isTextInside(bytes)) return undefined
  let to = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte !== code.backslash) {
      bytes[to++] = byte
      continue
    }
    const next = bytes[++at] ?? 0
    if (next !== code.u) {
      bytes[to++] = escaped[next] ?? 0
      continue
    }
    const units = unitsAt(bytes, at)
    to += bytes.write(units, to, 'utf8')
    at += units.length * 6 - 2
  }
  return bytes.subarray(0, to)
}

/** The character whose escape has its `u` at `at`: one unit, or two where they are a pair. */
function unitsAt(bytes: Buffer, at: number): string {
  const unit = (from: number): string =>
    String.fromCharCode(Number.parseInt(bytes.toString('latin1', from + 1, from + 5), 16))
  const first = unit(at)
  const isPair =
    /^[\uD800-\uDBFF]$/.test(first) && bytes[at + 5] === code.backslash && bytes[at + 6] === code.u
  const both = isPair ? first + unit(at + 6) : first
  return /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(both) ? both : first
}

/** A multiple of four, so that each piece is base64 by itself. */
const pieceBytes = 1024 * 1024

function decoded(bytes: Buffer): Buffer | undefined {
  let to = 0
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.toString('latin1', at, at + pieceBytes)
    const isLast = at + pieceBytes >= bytes.length
    if (!isBase64(piece) || (!isLast && piece.endsWith('='))) return undefined
  }
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    to += bytes.write(bytes.toString('latin1', at, at + pieceBytes), to, 'base64')
  }
  return bytes.subarray(0, to)
}

/** A simple repetition, which the engine walks without a stack, however long the text. */
export const isBase64 = (text: string): boolean =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
