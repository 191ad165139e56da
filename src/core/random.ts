/** Chance is handed in, never reached for. The implementation stands in `src/time/random.ts`. */

export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** A source of its own for a part of the work, so that parallel parts cannot disturb each other. */
  fork(name: string): Random
}

const alphanumerics = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
const hexDigits = Buffer.from('0123456789abcdef')

/** An integer from `low` to `high`, both included. */
export const integer = (random: Random, low: number, high: number): number =>
  low + Math.floor(random.next() * (high - low + 1))

/** Longer than any id. */
const drawnSigns = Buffer.alloc(256)

/** Through bytes, which costs a third of a text that grows sign by sign. */
function characters(random: Random, alphabet: Uint8Array, length: number): string {
  let text = ''
  for (let left = length; left > 0; left -= drawnSigns.length) {
    const count = Math.min(left, drawnSigns.length)
    for (let i = 0; i < count; i++) {
      drawnSigns[i] = alphabet[Math.floor(random.next() * alphabet.length)] ?? 0
    }
    text += drawnSigns.toString('latin1', 0, count)
  }
  return text
}

export const alphanumeric = (random: Random, length: number): string =>
  characters(random, alphanumerics, length)

export const hex = (random: Random, length: number): string => characters(random, hexDigits, length)

/** A UUID of version 4 in form, drawn from the source it is given. */
export function uuid(random: Random): string {
  const digits = hex(random, 30)
  const variant = '89ab'[Math.floor(random.next() * 4)]
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(12, 15)}`,
    `${variant}${digits.slice(15, 18)}`,
    digits.slice(18, 30),
  ].join('-')
}
