/**
 * Takes curl's progress meter out of a dump, into which `2>&1` without `-s` has mixed it. Pure. Must
 * never leave a piece of it in a body without saying so.
 */
import { Unreadable } from './imported.ts'

/** Two lines of titles, after which the meter is written again and again behind a carriage return. */
const titles = /^[^\S\n]*% Total +% Received +% Xferd[^\n]*\n[^\S\n]*Dload +Upload[^\n]*\n/m
const size = '[\\d.]+[kMGTP]?'
const time = '(?:--:--:--|\\d+:\\d\\d:\\d\\d|\\d+d \\d+h|\\d+d)'
/** Its last column has five characters, so that what follows at once is not taken for a part. */
const meter = new RegExp(
  `\\r *\\d{1,3}(?: +${size}){7}(?: +${time}){3} (?=[ \\d.kMGTP]{5})(?: {0,4}${size}(?<= .{5}))`,
  'g',
)
const remnant = /\r *\d{1,3}(?: +[\d.]+[kMGTP]?){2,}[^\r\n]*--:--:--/

/** Titles stand at the beginning, before or among what `-v` tells. */
const lookedAtBytes = 65_536

export function withoutMeter(bytes: Uint8Array): Uint8Array {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (!titles.test(given.toString('latin1', 0, lookedAtBytes))) return bytes
  const text = given.toString('latin1').replace(titles, '')
  const last = [...text.matchAll(meter)].at(-1)
  // Only at the very end does curl end the line of its meter.
  const plain = text.replaceAll(meter, (piece, at: number) =>
    at === last?.index && text[at + piece.length] === '\n' ? marked : '',
  )
  const whole = plain.replace(`${marked}\n`, '')
  if (!remnant.test(whole)) return Buffer.from(whole, 'latin1')
  throw new Unreadable(
    { line: 1, column: 1 },
    "curl's progress meter stands among the answer: dump it again with -s, as in curl -isN",
  )
}

/** No meter is left that this could be taken for. */
const marked = '\r\0meter\0'
