/**
 * Plain data as YAML that people read and edit: block texts, no anchors, and what is short on one
 * line. The only file of this folder that knows the library.
 */
import { Document, isCollection, isScalar, visit } from 'yaml'

/** The library breaks longer ones by itself, a line for each item. */
const longestLine = 60

/** Keys whose lists and mappings are read from top to bottom. */
const block: readonly unknown[] = ['rules', 'when', 'reply', 'faults']

/** What an editor would show as nothing, or take for a line end; lone surrogates are no UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are looked for.
const unsafe = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\p{Cs}]/u

/** A whole document, or a part of one at a depth of so many spaces. */
export function writtenYaml(value: unknown, indent = 0): string {
  const document = new Document(value, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_, scalar) {
      const { value: held } = scalar
      if (typeof held === 'string' && unsafe.test(held)) scalar.type = 'QUOTE_DOUBLE'
    },
    Pair(_, { key, value: held }) {
      const name = isScalar(key) ? key.value : key
      if (!isCollection(held) || block.includes(name)) return undefined
      held.flow = JSON.stringify(held).length <= longestLine
      return undefined
    },
  })
  const text = document.toString({ lineWidth: 0, blockQuote: 'literal' })
  if (indent === 0) return text
  const spaces = ' '.repeat(indent)
  return text.replaceAll(/(^|\n)(?!\n|$)/g, `$1${spaces}`)
}

/** Texts that look like templates, kept from being read as such. */
export function escapeTemplates(value: unknown): unknown {
  if (typeof value === 'string') return escaped(value)
  if (Array.isArray(value)) return value.map(escapeTemplates)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [key, escapeTemplates(inner)]),
  )
}

function escaped(text: string): string {
  if (!text.includes('{{') && !text.includes('{%')) return text
  if (!text.includes('endraw')) return `{% raw %}${text}{% endraw %}`
  return text.replaceAll(/\{(?=[{%])/g, '{{ "{" }}')
}
