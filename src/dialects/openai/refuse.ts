/**
 * OpenAI's words for a mistake in a request. Known sentences of the service as it says them; each
 * has a code that is finer than our neutral ones.
 */
import type { ApiError } from '../../core/api-error.ts'
import { type BodyIssue, bracketPath, withinUnion } from '../shapes/checked.ts'
import { errorBodyText } from './error.ts'
import type { ChatVariant } from './variant.ts'

export interface Mistake {
  readonly message: string
  readonly param?: string | undefined
  /** The vendor's. */
  readonly code: string | null
}

/** In the body of the variant. */
export function mistaken(variant: ChatVariant, { message, param, code }: Mistake): ApiError {
  const error: ApiError = {
    code: 'invalid-request',
    message,
    ...(param === undefined ? {} : { param }),
  }
  // Services that have codes of their own keep to them.
  const isTheirs = variant.errors.words['invalid-request'].code === 'invalid_value'
  if (!isTheirs || code === 'invalid_value') return error
  return {
    ...error,
    body: JSON.parse(errorBodyText(variant, error, { code: JSON.stringify(code) })),
  }
}

export const refuse =
  (variant: ChatVariant) =>
  (issue: BodyIssue): ApiError =>
    mistaken(variant, wordsFor(withinUnion(issue)))

export const unreadable =
  (variant: ChatVariant) =>
  (problem: string): ApiError =>
    mistaken(variant, { message: problem, code: null })

function wordsFor({ path, kind, found, issue, message }: BodyIssue): Mistake {
  const param = bracketPath(path)
  if (kind === 'missing' && param === 'model') {
    return { message: 'you must provide a model parameter', code: null }
  }
  if (kind === 'missing') {
    const code = 'missing_required_parameter'
    return { message: `Missing required parameter: '${param}'.`, param, code }
  }
  switch (issue?.code) {
    case 'invalid_type':
      return wrongType(param, typeNames[issue.expected] ?? issue.expected, found)
    case 'invalid_union':
      return wrongType(param, alternatives(issue.errors), found)
    case 'invalid_value':
      return wrongValue(param, found, issue.values)
    case 'too_small':
      return outside(param, found, { least: Number(issue.minimum) })
    case 'too_big':
      return outside(param, found, { most: Number(issue.maximum) })
    default:
      return { message, param, code: null }
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'a boolean',
  number: 'a decimal',
  int: 'an integer',
  array: 'an array of objects',
  object: 'an object',
  record: 'an object',
}

type Branches = readonly (readonly { readonly code: string; readonly expected?: unknown }[])[]

function alternatives(branches: Branches): string {
  const names = branches.flatMap(([first]) => {
    const expected = first?.code === 'invalid_type' ? String(first.expected) : 'null'
    const name = typeNames[expected]
    return name === undefined ? [] : [name.replace(/^an? /, '')]
  })
  return `one of a ${[...new Set(names)].join(' or ')}`
}

const wrongType = (param: string, expected: string, found: unknown): Mistake => ({
  message: `Invalid type for '${param}': expected ${expected}, but got ${got(found)} instead.`,
  param,
  code: 'invalid_type',
})

/** What was found, in the words of the service. */
function got(found: unknown): string {
  if (found === null) return 'null'
  if (Array.isArray(found)) return found.length === 0 ? 'an empty array' : 'an array'
  if (typeof found === 'number') return Number.isInteger(found) ? 'an integer' : 'a decimal number'
  return typeof found === 'object' ? 'an object' : `a ${typeof found}`
}

export function wrongValue(param: string, found: unknown, values: readonly unknown[]): Mistake {
  if (typeof found !== 'string') {
    return wrongType(param, `one of ${listed(values)}`, found)
  }
  return {
    message: `Invalid value: '${found}'. Supported values are: ${listed(values)}.`,
    param,
    code: 'invalid_value',
  }
}

function listed(values: readonly unknown[]): string {
  const quoted = values.map((value) => `'${String(value)}'`)
  const last = quoted.at(-1) ?? ''
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')}, and ${last}`
}

/** The fields that need not be whole; all other numbers are counts. */
const decimals = /temperature|top_p|penalty/

function outside(param: string, found: unknown, limit: { least?: number; most?: number }): Mistake {
  const { least, most } = limit
  if (Array.isArray(found)) return wrongLength(param, found, limit)
  const kind = decimals.test(param) ? 'decimal' : 'integer'
  const [side, sign] = least === undefined ? ['above maximum', '<='] : ['below minimum', '>=']
  return {
    message: `Invalid '${param}': ${kind} ${side} value. Expected a value ${sign} ${least ?? most}, but got ${String(found)} instead.`,
    param,
    code: least === undefined ? `${kind}_above_max_value` : `${kind}_below_min_value`,
  }
}

function wrongLength(
  param: string,
  found: readonly unknown[],
  { least, most }: { least?: number; most?: number },
): Mistake {
  const isEmpty = found.length === 0
  const what = isEmpty ? 'empty array' : least === undefined ? 'array too long' : 'array too short'
  const wanted = least === undefined ? `maximum length ${most}` : `minimum length ${least}`
  const has = isEmpty ? 'an empty array' : `an array with length ${found.length}`
  return {
    message: `Invalid '${param}': ${what}. Expected an array with ${wanted}, but got ${has} instead.`,
    param,
    code: isEmpty
      ? 'empty_array'
      : least === undefined
        ? 'array_above_max_length'
        : 'array_below_min_length',
  }
}
