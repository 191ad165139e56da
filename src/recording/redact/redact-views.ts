/**
 * A text as it means, beside the text as it is written: escapes taken away, characters instead of
 * bytes. Each knows where its characters stand in what is written. Pure.
 */

export interface View {
  readonly text: string
  /** Where each character begins in the written text, and its length after the last. */
  readonly at: Uint32Array
}

/** Bytes, one a character, as the UTF-8 text that they are; what is none stays as it is. */
export function utf8View(bytes: string): View {
  let text = ''
  const at = new Uint32Array(bytes.length + 1)
  for (let from = 0; from < bytes.length; ) {
    const length = characterLength(bytes, from)
    const character =
      length === 1
        ? bytes.charAt(from)
        : Buffer.from(bytes.slice(from, from + length), 'latin1').toString('utf8')
    for (let unit = 0; unit < character.length; unit++) at[text.length + unit] = from
    text += character
    from += length
  }
  at[text.length] = bytes.length
  return { text, at: at.subarray(0, text.length + 1) }
}

function characterLength(bytes: string, from: number): number {
  const lead = bytes.charCodeAt(from)
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  for (let next = from + 1; next < from + length; next++) {
    if ((bytes.charCodeAt(next) & 0xc0) !== 0x80) return 1
  }
  return length
}

/** Whether there is anything to take away. */
const anyEscape = /\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|\\\\*\//

/** Without one of these there is nothing to take away. */
export const signsOfEscapes: readonly string[] = ['\\u', '\\/', '%']

const escapes =
  /\\+u([dD][89abAB][0-9a-fA-F]{2})\\+u([dD][c-fC-F][0-9a-fA-F]{2})|\\+u([0-9a-fA-F]{4})|\\+(["/])|%(?:25)*([0-9a-fA-F]{2})/g

/** Without the escapes of JSON, of JSON within JSON, and of URLs; undefined where there are none. */
export function plainView(written: string): View | undefined {
  if (!written.includes('\\') && !written.includes('%')) return undefined
  if (!anyEscape.test(written)) return undefined
  const at: number[] = []
  let text = ''
  let done = 0
  const copy = (to: number): void => {
    for (let from = done; from < to; from++) at.push(from)
    text += written.slice(done, to)
  }
  for (const found of written.matchAll(escapes)) {
    copy(found.index)
    const character = escaped(found)
    for (const _ of character) at.push(found.index)
    text += character
    done = found.index + found[0].length
  }
  copy(written.length)
  at.push(written.length)
  return { text, at: Uint32Array.from(at) }
}

/** What an escape stands for, one character a byte. */
function escaped([, high, low, one, plain, octet]: RegExpExecArray): string {
  if (plain !== undefined) return plain
  if (octet !== undefined) return String.fromCharCode(Number.parseInt(octet, 16))
  const codes = [high ?? one ?? '', ...(low === undefined ? [] : [low])]
  const text = String.fromCharCode(...codes.map((code) => Number.parseInt(code, 16)))
  return Buffer.from(text, 'utf8').toString('latin1')
}

const cutEscape =
  /(?:\\+(?:u[0-9a-fA-F]{0,3})?|\\+u[dD][89abAB][0-9a-fA-F]{2}|%(?:25)*[0-9a-fA-F]?)$/

/** Where the escape begins that the end of a text cuts off; its length where there is none. */
export function cutEscapeIn(written: string): number {
  const tail = written.slice(-96)
  if (!tail.includes('\\') && !tail.includes('%')) return written.length
  const found = cutEscape.exec(tail)
  return found ? written.length - tail.length + found.index : written.length
}
