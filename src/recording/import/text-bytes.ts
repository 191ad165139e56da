/**
 * Texts that stand for bytes: which bytes they were. Must never give bytes that nobody wrote:
 * where a text holds what no encoding gives, there are none.
 */
import { utf8 } from '../../core/bytes.ts'

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/
const hasOnlyBytes = /^[\0-\u00ff]*$/
const hasNonAscii = /[^\0-\u007f]/

/** Encodings of one byte a character, by the names that HTTP and Ruby have for them. */
const isLatin = (encoding: string | undefined): boolean =>
  /^(?:iso-?8859-1|latin-?1|windows-1252|cp1252)$/i.test(encoding ?? '')

export interface TextOptions {
  /** What the source says the text was encoded in. */
  readonly encoding?: string | undefined
  /** How many bytes the source says there are; settles what the encoding leaves open. */
  readonly length?: number | undefined
}

/** The bytes that a text was read from; undefined where it holds what no bytes give. */
export function bytesOfText(text: string, options: TextOptions = {}): Uint8Array | undefined {
  if (!hasNonAscii.test(text)) return Buffer.from(text, 'latin1')
  if (isLatin(options.encoding) && hasOnlyBytes.test(text)) {
    const isUtf8Length = options.length === Buffer.byteLength(text, 'utf8')
    if (!isUtf8Length) return Buffer.from(text, 'latin1')
  }
  return loneSurrogate.test(text) ? escapedBytes(text) : utf8(text)
}

/**
 * Python keeps a byte that is no UTF-8 as a lone surrogate from U+DC80 to U+DCFF (PEP 383). Any
 * other lone surrogate was never a byte.
 */
function escapedBytes(text: string): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(Uint8Array.of(code - 0xdc00))
    else if (code >= 0xd800 && code <= 0xdfff) return undefined
    else parts.push(utf8(character))
  }
  return Buffer.concat(parts)
}

/** The bytes of base64, of either alphabet and with line breaks; undefined where it is none. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  const compact = text.replaceAll(/\s+/g, '')
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) return undefined
  const bare = compact.replace(/=+$/, '')
  return bare.length % 4 === 1 ? undefined : Buffer.from(bare, 'base64')
}
