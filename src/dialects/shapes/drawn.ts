/** Ids and the like as forms: `chatcmpl-{{ alnum 29 }}`. */
import {
  type Alphabet,
  alphabet,
  alphanumerics,
  drawSigns,
  hexDigits,
  integer,
  type Random,
  signs,
  uuid,
} from '../../core/random.ts'

const digits = alphabet('0123456789')
const base32 = alphabet('0123456789abcdefghjkmnpqrstvwxyz')

const drawing = /\{\{ (\w+)(?: (\d+))?(?: (\d+))? \}\}/g

type Part = string | { readonly name: string; readonly sizes: readonly [number, number] }

/** Signs in between what always stands there: both are bytes of one text. */
interface Inscription {
  /** As it was drawn last. */
  readonly bytes: Buffer
  readonly places: readonly { readonly from: number; readonly to: number; readonly of: Alphabet }[]
}

/** Forms stand in the code and in files, so that there are few; each is drawn for every reply. */
const known = new Map<string, Inscription | readonly Part[]>()

/** Forms that come from elsewhere after all are taken apart each time. */
const mostKnown = 1000

/** Longer than any id. */
const mostSigns = 256

const alphabets = new Map([
  ['alnum', alphanumerics],
  ['hex', hexDigits],
  ['digits', digits],
  ['base32', base32],
])

function partsOf(form: string): Inscription | readonly Part[] {
  const parts: Part[] = []
  let at = 0
  for (const found of form.matchAll(drawing)) {
    const [whole, name = '', first = '0', second = '0'] = found
    if (found.index > at) parts.push(form.slice(at, found.index))
    parts.push({ name, sizes: [Number(first), Number(second)] })
    at = found.index + whole.length
  }
  if (at < form.length) parts.push(form.slice(at))
  const taken = inscriptionOf(parts) ?? parts
  if (known.size < mostKnown) known.set(form, taken)
  return taken
}

/** Undefined where a form has more than signs and ASCII, or more signs in one go than any id. */
function inscriptionOf(parts: readonly Part[]): Inscription | undefined {
  const places: Inscription['places'][number][] = []
  let text = ''
  for (const part of parts) {
    const from = text.length
    if (typeof part === 'string') text += part
    else {
      const of = alphabets.get(part.name)
      if (!of || part.sizes[0] > mostSigns) return undefined
      text += ' '.repeat(part.sizes[0])
      places.push({ from, to: text.length, of })
    }
  }
  const bytes = Buffer.from(text)
  return bytes.length === text.length ? { bytes, places } : undefined
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
  const parts = known.get(form) ?? partsOf(form)
  if ('bytes' in parts) return drawnInto(parts, random)
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') text += part
    else text += drawnValue(part.name, random, part.sizes) ?? given[part.name] ?? ''
  }
  return text
}

function drawnInto({ bytes, places }: Inscription, random: Random): string {
  for (const { from, to, of } of places) drawSigns(random, of, { target: bytes, from, to })
  return bytes.toString('latin1')
}

/** One value by the name of its form; undefined where that draws nothing. */
export function drawnValue(
  name: string,
  random: Random,
  [first, second]: readonly [first: number, second: number],
): string | undefined {
  const from = alphabets.get(name)
  if (from) return signs(random, from, first)
  switch (name) {
    case 'uuid':
      return uuid(random)
    case 'int':
      return String(integer(random, first, second))
    default:
      return undefined
  }
}
