/** Puts placeholders where secrets stand. Pure. */
import { hiddenNumber, placeholder } from './secrets.ts'

export interface Range {
  readonly from: number
  readonly to: number
  /** As it is without escapes; the same secret gets the same placeholder. */
  readonly secret: string
  /** It was not read as a part of what it stands in, and may reach over the syntax of that. */
  readonly isLoose?: true
}

/** The text with each range hidden in as many characters; ranges ascend and do not overlap. */
export function hide(text: string, ranges: readonly Range[]): string {
  let hidden = ''
  let done = 0
  for (const range of ranges) {
    hidden += text.slice(done, range.from) + hiddenRange(text, range)
    done = range.to
  }
  return hidden + text.slice(done)
}

const hiddenRange = (text: string, { from, to, secret, isLoose }: Range): string =>
  isLoose ? hideLoosely(text, from, to) : placeholder(secret, to - from)

/** Quotes, escapes, line ends and what stands between two fields of JSON stay as they are. */
const syntax = /(\\+(?:u[0-9a-fA-F]{4}|.)|"[\s:,{}[\]]*"?|[\r\n]+)/s

function hideLoosely(text: string, from: number, to: number): string {
  const start = afterEscape(text, from, to)
  const written = text.slice(start, to)
  const isNumber = /[:[,]\s*$/.test(text.slice(Math.max(0, from - 8), from))
  const kept = text.slice(from, start)
  if (
    isNumber &&
    /^-?\d+(?:\.\d+)?$/.test(written) &&
    /^\s*(?:[,}\]]|$)/.test(text.slice(to, to + 8))
  ) {
    return kept + hiddenNumber(written)
  }
  const parts = written.split(syntax)
  return (
    kept + parts.map((part, at) => (at % 2 === 1 ? part : placeholder(part, part.length))).join('')
  )
}

/** A match may begin with the letter of an escape, as `n` in `\n`. */
function afterEscape(text: string, from: number, to: number): number {
  const escaped = /\\(u?[0-9a-fA-F]{0,4})$/.exec(text.slice(Math.max(0, from - 6), from))
  if (!escaped) return from
  const [, begun = ''] = escaped
  const length =
    begun === '' ? (text[from] === 'u' ? 5 : 1) : begun[0] === 'u' ? 5 - begun.length : 0
  return Math.min(to, from + Math.max(0, length))
}
