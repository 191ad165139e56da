/** Chance is handed in, never reached for. The implementation stands in `src/time/random.ts`. */

export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** A source of its own for a part of the work, so that parallel parts cannot disturb each other. */
  fork(name: string): Random
}

/** An integer from `low` to `high`, both included. */
export const integer = (random: Random, low: number, high: number): number =>
  low + Math.floor(random.next() * (high - low + 1))

/** Signs of ASCII that ids are made of. */
export interface Alphabet {
  readonly codes: Uint8Array
  /** So many signs are taken from one number, which the source knows to 32 bits. */
  readonly perNumber: number
  readonly combinations: number
}

export function alphabet(signs: string): Alphabet {
  const perNumber = Math.floor(28 / Math.log2(signs.length))
  return { codes: Buffer.from(signs), perNumber, combinations: signs.length ** perNumber }
}

export const alphanumerics = alphabet(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
)
export const hexDigits = alphabet('0123456789abcdef')

/** Longer than any id. */
const drawn = Buffer.alloc(256)

/**
 * Writes signs into `target`, from `from` up to `to`. Several a number and through bytes: a number each
 * and a text that grows by them took 6 % of a reply.
 */
export function drawSigns(
  random: Random,
  { codes, perNumber, combinations }: Alphabet,
  { target, from, to }: { readonly target: Uint8Array; readonly from: number; readonly to: number },
): void {
  const size = codes.length
  for (let at = from; at < to; ) {
    // As an integer of 32 bits: to divide it as any other takes ten times as long.
    let number = (random.next() * combinations) | 0
    const end = Math.min(at + perNumber, to)
    for (; at < end; at++) {
      const rest = (number / size) | 0
      target[at] = codes[number - rest * size] ?? 0
      number = rest
    }
  }
}

export function signs(random: Random, from: Alphabet, length: number): string {
  let text = ''
  for (let left = length; left > 0; left -= drawn.length) {
    const count = Math.min(left, drawn.length)
    drawSigns(random, from, { target: drawn, from: 0, to: count })
    text += drawn.toString('latin1', 0, count)
  }
  return text
}

export const alphanumeric = (random: Random, length: number): string =>
  signs(random, alphanumerics, length)

export const hex = (random: Random, length: number): string => signs(random, hexDigits, length)

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
