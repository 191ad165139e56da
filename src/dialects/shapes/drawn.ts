/** Ids and the like as forms: `chatcmpl-{{ alnum 29 }}`. */
import { alphanumeric, hex, integer, type Random, uuid } from '../../core/random.ts'

const drawing = /\{\{ (\w+)(?: (\d+))?(?: (\d+))? \}\}/g

/**
 * Draws in the order of the form: `alnum N`, `hex N`, `digits N`, `base32 N`, `uuid`, `int LOW HIGH`.
 * Other names are taken from `known`.
 */
export const drawn = (
  form: string,
  random: Random,
  known: Readonly<Record<string, string>> = {},
): string =>
  form.replaceAll(
    drawing,
    (_, name: string, first = '0', second = '0') =>
      drawnValue(name, random, [Number(first), Number(second)]) ?? known[name] ?? '',
  )

/** One value by the name of its form; undefined where that draws nothing. */
export function drawnValue(
  name: string,
  random: Random,
  [first, second]: readonly [first: number, second: number],
): string | undefined {
  switch (name) {
    case 'alnum':
      return alphanumeric(random, first)
    case 'hex':
      return hex(random, first)
    case 'digits':
      return signs('0123456789', first, random)
    case 'base32':
      return signs('0123456789abcdefghjkmnpqrstvwxyz', first, random)
    case 'uuid':
      return uuid(random)
    case 'int':
      return String(integer(random, first, second))
    default:
      return undefined
  }
}

const signs = (alphabet: string, length: number, random: Random): string =>
  Array.from({ length }, () => alphabet[integer(random, 0, alphabet.length - 1)]).join('')
