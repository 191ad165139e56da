/**
 * The values of JSON fields that are named like a secret, wherever they stand: in JSON, in JSON
 * within JSON, in a text with a piece of JSON in it, in a body that is not over yet.
 * Pure. Looks at text of one character a byte, and never parses: what is half there counts, too.
 */

export interface FieldValue {
  readonly from: number
  readonly to: number
  /** As it stands in the text, escapes and all. */
  readonly written: string
  /** How many backslashes stand before each quote around it. */
  readonly depth: number
  readonly isNumber: boolean
}

interface Values {
  readonly values: readonly FieldValue[]
  /** Where the value begins that `text` ends in. */
  readonly openFrom: number | undefined
}

const none: Values = { values: [], openFrom: undefined }
const mostElements = 256
const BACKSLASH = 92

/** What follows each name that `names` finds: its groups are the name and its backslashes. */
export function fieldValues(
  text: string,
  names: RegExp,
  isSecret: (name: string, isNumber: boolean) => boolean,
): Values {
  const values: FieldValue[] = []
  let openFrom: number | undefined
  names.lastIndex = 0
  for (let found = names.exec(text); found; found = names.exec(text)) {
    const [, name = '', slashes = ''] = found
    if (!isSecret(name, false)) continue
    const read = valuesAt(text, names.lastIndex, slashes.length)
    values.push(...read.values.filter(({ isNumber }) => !isNumber || isSecret(name, true)))
    openFrom ??= read.openFrom
  }
  return { values, openFrom }
}

const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const between = /\s*,\s*/y
const blank = /\s*/y

function valuesAt(text: string, at: number, depth: number): Values {
  if (at >= text.length) return { values: [], openFrom: text.length }
  if (text[at] !== '[') return valueAt(text, at, depth)
  const values: FieldValue[] = []
  blank.lastIndex = at + 1
  blank.exec(text)
  let next = blank.lastIndex
  while (values.length < mostElements) {
    const read = valueAt(text, next, depth)
    values.push(...read.values)
    if (read.openFrom !== undefined) return { values, openFrom: read.openFrom }
    const last = read.values.at(-1)
    if (!last) break
    between.lastIndex = last.isNumber ? last.to : last.to + depth + 1
    if (!between.test(text)) break
    next = between.lastIndex
    if (next >= text.length) return { values, openFrom: text.length }
  }
  return { values, openFrom: undefined }
}

function valueAt(text: string, at: number, depth: number): Values {
  const from = at + depth + 1
  const quote = `${'\\'.repeat(depth)}"`
  if (text.startsWith(quote, at)) return stringAt(text, from, depth)
  // The backslashes before the quote may be all that has come yet.
  if (from > text.length && quote.startsWith(text.slice(at))) {
    return { values: [], openFrom: text.length }
  }
  number.lastIndex = at
  const [written] = number.exec(text) ?? []
  if (written === undefined) return none
  const to = at + written.length
  if (to === text.length) return { values: [], openFrom: at }
  return { values: [{ from: at, to, written, depth, isNumber: true }], openFrom: undefined }
}

function stringAt(text: string, from: number, depth: number): Values {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH && end - slashes > from) slashes++
    if (slashes > depth && (slashes - depth) % (2 * (depth + 1)) !== 0) continue
    // Fewer backslashes than it began with end the text around it.
    const to = end - Math.min(slashes, depth)
    if (to <= from) return none
    const written = text.slice(from, to)
    return { values: [{ from, to, written, depth, isNumber: false }], openFrom: undefined }
  }
  return { values: [], openFrom: from }
}

/** Takes the escapes away, as many times as the value was escaped. */
export function unescaped({ written, depth }: FieldValue): string {
  let text = Buffer.from(written, 'latin1').toString('utf8')
  for (let slashes = depth; slashes >= 0; slashes = (slashes - 1) / 2) {
    try {
      const value: unknown = JSON.parse(`"${text}"`)
      if (typeof value !== 'string') return text
      text = value
    } catch {
      return text
    }
    if (slashes === 0) break
  }
  return text
}
