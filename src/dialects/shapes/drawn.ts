/** Ids and the like as forms: `chatcmpl-{{ alnum 29 }}`. */
import {
  alphabet,
  alphanumeric,
  hex,
  integer,
  type Random,
  signs,
  uuid,
} from '../../core/random.ts'

const digits = alphabet('0123456789')
const base32 = alphabet('0123456789abcdefghjkmnpqrstvwxyz')

const drawing = /\{\{ (\w+)(?: (\d+))?(?: (\d+))? \}\}/g

type Part = string | { readonly name: string; readonly sizes: readonly [number, number] }

/** Forms stand in the code and in files, so that there are few; each is drawn for every reply. */
const known = new Map<string, readonly Part[]>()

/** Forms that come from elsewhere after all are taken apart each time. */
const mostKnown = 1000

function partsOf(form: string): readonly Part[] {
  const parts: Part[] = []
  let at = 0
  for (const found of form.matchAll(drawing)) {
    const [whole, name = '', first = '0', second = '0'] = found
    if (found.index > at) parts.push(form.slice(at, found.index))
    parts.push({ name, sizes: [Number(first), Number(second)] })
    at = found.index + whole.length
  }
  if (at < form.length) parts.push(form.slice(at))
  if (known.size < mostKnown) known.set(form, parts)
  return parts
}

/**
 * Draws in the order of the form: `alnum N`, `hex N`, `digits N`, `base32 N`, `uuid`, `int LOW HIGH`.
 * Other names are taken from `given`.
 */
export function drawn(
  form: string,
  random: Random,
  given: Readonly<Record<string, string>> = {},
): string {
  let text = ''
  for (const part of known.get(form) ?? partsOf(form)) {
    if (typeof part === 'string') text += part
    else text += drawnValue(part.name, random, part.sizes) ?? given[part.name] ?? ''
  }
  return text
}

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
      return signs(random, digits, first)
    case 'base32':
      return signs(random, base32, first)
    case 'uuid':
      return uuid(random)
    case 'int':
      return String(integer(random, first, second))
    default:
      return undefined
  }
}
