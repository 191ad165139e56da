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

/** `textLists` are the fields that are lists of texts; all others are lists of objects. */
export const refuse =
  (variant: ChatVariant, textLists: readonly string[] = []) =>
  (issue: BodyIssue): ApiError =>
    mistaken(variant, wordsFor(withinUnion(ofSize(issue)), textLists))

/** A list of a wrong length says so, whatever other forms its field could have. */
function ofSize(outer: BodyIssue): BodyIssue {
  if (outer.issue?.code !== 'invalid_union' || !Array.isArray(outer.found)) return outer
  const sized = outer.issue.errors
    .flatMap(([first]) => first ?? [])
    .find(({ code, path }) => path.length === 0 && (code === 'too_small' || code === 'too_big'))
  return sized ? { ...outer, issue: sized } : outer
}

export const unreadable =
  (variant: ChatVariant) =>
  (problem: string): ApiError =>
    mistaken(variant, { message: unreadableWords(variant, problem), code: null })

/** OpenAI says of all that is no JSON the same; the compatible services say it in other words. */
const unreadableWords = ({ ownFields }: ChatVariant, problem: string): string =>
  ownFields && problem.includes('is not valid JSON') ? noJson : problem

const noJson =
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"

export const missing = (param: string): Mistake => ({
  message: `Missing required parameter: '${param}'.`,
  param,
  code: 'missing_required_parameter',
})

function wordsFor(
  { path, kind, found, issue, message }: BodyIssue,
  textLists: readonly string[],
): Mistake {
  const param = bracketPath(path)
  const named = (type: string): string | undefined => {
    if (type === 'array' && textLists.includes(param)) return 'an array of strings'
    if (type === 'number') return decimals.test(param) ? 'a decimal' : 'an integer'
    return typeNames[type]
  }
  if (kind === 'missing' && param === 'model') {
    return { message: 'you must provide a model parameter', code: null }
  }
  if (kind === 'missing') return missing(param)
  switch (issue?.code) {
    case 'invalid_type':
      return wrongType(param, named(issue.expected) ?? issue.expected, found)
    case 'invalid_union':
      return wrongType(param, alternatives(issue.errors, named), found)
    case 'invalid_value':
      return wrongValue(param, found, issue.values)
    case 'invalid_format':
      return wrongPattern(param, String(issue.pattern ?? ''))
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
  int: 'an integer',
  array: 'an array of objects',
  object: 'an object',
  record: 'an object',
}

type Branches = readonly (readonly { readonly code: string; readonly expected?: unknown }[])[]

function alternatives(branches: Branches, named: (type: string) => string | undefined): string {
  const names = branches.flatMap(([first]) => {
    const expected = first?.code === 'invalid_type' ? String(first.expected) : 'null'
    const name = named(expected)
    return name === undefined ? [] : [name.replace(/^an? /, '')]
  })
  return `one of a ${[...new Set(names)].join(' or ')}`
}

export const wrongType = (param: string, expected: string, found: unknown): Mistake => ({
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
  if (quoted.length < 3) return quoted.join(' and ')
  return `${quoted.slice(0, -1).join(', ')}, and ${last}`
}

const wrongPattern = (param: string, pattern: string): Mistake => ({
  message: `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${pattern.replace(/^\/|\/$/g, '')}'.`,
  param,
  code: 'invalid_value',
})

const tooLong = (param: string, found: string, most: number | undefined): Mistake => ({
  message: `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${found.length} instead.`,
  param,
  code: 'string_above_max_length',
})

/** The fields that need not be whole; all other numbers are counts. */
const decimals = /temperature|top_p|penalty|logit_bias/

export function outside(
  param: string,
  found: unknown,
  limit: { least?: number; most?: number },
): Mistake {
  const { least, most } = limit
  if (Array.isArray(found)) return wrongLength(param, found, limit)
  if (typeof found === 'string') return tooLong(param, found, most)
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
