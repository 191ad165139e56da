/**
 * Templates with `{{ placeholders }}`, compiled once and used in both directions: rendering writes
 * values into one, matching reads them back out of what was received. Knows nothing of events or
 * of HTTP, and never draws or looks anything up itself.
 */

import { isObject } from '../shapes/json-body.ts'
import { type JsonStyle, writeJson } from './json.ts'

/** What stands between the braces: a name, and for the drawn ones a length. */
export interface Expression {
  readonly name: string
  readonly length?: number
}

interface Slot {
  readonly expression: Expression
  write(value: unknown): string
}

export type Piece = string | Slot

export type Lookup = (expression: Expression) => unknown

export type Bindings = ReadonlyMap<string, unknown>

/** How strictly a received value must look like the template. */
export interface Strictness {
  /**
   * Whether a null in the template asks for null or for nothing there. Where a placeholder decides
   * what a frame is, the nulls around it only say that this frame brings nothing else.
   */
  readonly nulls: boolean
  /** Whether keys that the template lacks are refused below the top. At the top they never are. */
  readonly keys: boolean
}

export interface Template {
  /** Whether a received value must be parsed before it is matched. */
  readonly form: 'json' | 'text'
  readonly pieces: readonly Piece[]
  /** Every placeholder with the place where it stands, for checking. */
  readonly placeholders: readonly Placed[]
  match(value: unknown, strictness: Strictness): Bindings | undefined
}

interface Placed {
  readonly expression: Expression
  readonly path: readonly (string | number)[]
}

type Matcher = (
  value: unknown,
  found: Map<string, unknown>,
  how: Strictness,
  depth: number,
) => boolean

/** The names that draw something new at each use. */
export const drawnNames: readonly string[] = ['alnum', 'hex', 'digits', 'uuid']

const placeholder = /\{\{\s*(.*?)\s*\}\}/g

const hasPlaceholder = (text: string): boolean => /\{\{.*?\}\}/.test(text)

function parseExpression(inner: string): Expression {
  const parts = /^(\S+)\s+(\d+)$/.exec(inner)
  return parts ? { name: parts[1] ?? '', length: Number(parts[2]) } : { name: inner }
}

/** Literals and expressions by turns, the literals at the even places. */
function parts(text: string): { literals: string[]; expressions: Expression[] } {
  const literals: string[] = []
  const expressions: Expression[] = []
  let from = 0
  for (const found of text.matchAll(placeholder)) {
    literals.push(text.slice(from, found.index))
    expressions.push(parseExpression(found[1] ?? ''))
    from = found.index + found[0].length
  }
  literals.push(text.slice(from))
  return { literals, expressions }
}

/** A template of text that is written as it is, such as a comment. */
export function textTemplate(source: string): Template {
  const { literals, expressions } = parts(source)
  const pieces = weave(literals, expressions, (literal) => literal, asText)
  return {
    form: 'text',
    pieces,
    placeholders: expressions.map((expression) => ({ expression, path: [] })),
    match: matching(textMatcher(source)),
  }
}

/** A template of JSON; the keys stay in their order. */
export function jsonTemplate(source: unknown, style: JsonStyle): Template {
  return {
    form: 'json',
    pieces: joinLiterals([...jsonPieces(source, style)]),
    placeholders: [...placed(source, [])],
    match: matching(jsonMatcher(source)),
  }
}

export function render(pieces: readonly Piece[], lookup: Lookup): string {
  let text = ''
  for (const piece of pieces) {
    text += typeof piece === 'string' ? piece : piece.write(lookup(piece.expression))
  }
  return text
}

/** Fills in once what will not change, so that a frame costs only what is new in it. */
export function fillIn(
  pieces: readonly Piece[],
  isFixed: (expression: Expression) => boolean,
  lookup: Lookup,
): Piece[] {
  return joinLiterals(
    pieces.map((piece) =>
      typeof piece === 'string' || !isFixed(piece.expression)
        ? piece
        : piece.write(lookup(piece.expression)),
    ),
  )
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  return JSON.stringify(value)
}

function* jsonPieces(source: unknown, style: JsonStyle): Generator<Piece> {
  const [comma, colon] = style.spaced ? [', ', ': '] : [',', ':']
  if (typeof source === 'string') yield* stringPieces(source, style)
  else if (Array.isArray(source)) {
    yield '['
    for (const [i, item] of source.entries()) {
      if (i > 0) yield comma
      yield* jsonPieces(item, style)
    }
    yield ']'
  } else if (isObject(source)) {
    let before = '{'
    for (const [key, value] of Object.entries(source)) {
      yield `${before}${writeJson(key, style)}${colon}`
      yield* jsonPieces(value, style)
      before = comma
    }
    yield before === '{' ? '{}' : '}'
  } else yield writeJson(source, style)
}

function stringPieces(source: string, style: JsonStyle): Piece[] {
  const { literals, expressions } = parts(source)
  const [only] = expressions
  if (!only) return [writeJson(source, style)]
  if (expressions.length === 1 && literals.every((literal) => literal === '')) {
    return [{ expression: only, write: (value) => writeJson(value, style) }]
  }
  const inside = (text: string): string => writeJson(text, style).slice(1, -1)
  return ['"', ...weave(literals, expressions, inside, (value) => inside(asText(value))), '"']
}

function weave(
  literals: readonly string[],
  expressions: readonly Expression[],
  literal: (text: string) => string,
  write: (value: unknown) => string,
): Piece[] {
  return literals.flatMap((text, i): Piece[] => {
    const expression = expressions[i]
    return expression ? [literal(text), { expression, write }] : [literal(text)]
  })
}

function joinLiterals(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (piece === '') continue
    if (typeof piece === 'string' && typeof last === 'string') {
      joined[joined.length - 1] = last + piece
    } else joined.push(piece)
  }
  return joined
}

function* placed(source: unknown, path: readonly (string | number)[]): Generator<Placed> {
  if (typeof source === 'string') {
    for (const expression of parts(source).expressions) yield { expression, path }
  } else if (Array.isArray(source)) {
    for (const [i, item] of source.entries()) yield* placed(item, [...path, i])
  } else if (isObject(source)) {
    for (const [key, value] of Object.entries(source)) yield* placed(value, [...path, key])
  }
}

const matching =
  (matcher: Matcher): Template['match'] =>
  (value, strictness) => {
    const found = new Map<string, unknown>()
    return matcher(value, found, strictness, 0) ? found : undefined
  }

function jsonMatcher(source: unknown): Matcher {
  if (typeof source === 'string' && hasPlaceholder(source)) {
    const { literals, expressions } = parts(source)
    const [only] = expressions
    const alone = expressions.length === 1 && literals.every((literal) => literal === '')
    return only && alone ? bindMatcher(only) : textMatcher(source)
  }
  if (source === null) return (value, _, how) => !how.nulls || value === null || value === undefined
  if (Array.isArray(source)) return listMatcher(source)
  if (isObject(source)) return recordMatcher(source)
  return (value) => value === source
}

const bindMatcher =
  ({ name }: Expression): Matcher =>
  (value, found) =>
    bind(found, name, value ?? null)

/** Drawn values are never remembered; a name that stands twice must have the same value twice. */
function bind(found: Map<string, unknown>, name: string, value: unknown): boolean {
  if (drawnNames.includes(name)) return true
  if (found.has(name)) return found.get(name) === value
  found.set(name, value)
  return true
}

function listMatcher(source: readonly unknown[]): Matcher {
  const items = source.map(jsonMatcher)
  return (value, found, how, depth) =>
    Array.isArray(value) &&
    value.length === items.length &&
    items.every((item, i) => item(value[i], found, how, depth + 1))
}

function recordMatcher(source: Readonly<Record<string, unknown>>): Matcher {
  const members = new Map(Object.entries(source).map(([key, item]) => [key, jsonMatcher(item)]))
  return (value, found, how, depth) => {
    if (!isObject(value)) return false
    if (how.keys && depth > 0 && !Object.keys(value).every((key) => members.has(key))) return false
    for (const [key, member] of members) {
      const own = Object.hasOwn(value, key) ? value[key] : undefined
      if (!member(own, found, how, depth + 1)) return false
    }
    return true
  }
}

function textMatcher(source: string): Matcher {
  const { literals, expressions } = parts(source)
  const escaped = literals.map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const form = new RegExp(`^${escaped.join('([\\s\\S]*?)')}$`)
  return (value, found) => {
    const captured = typeof value === 'string' ? form.exec(value) : null
    if (!captured) return false
    return expressions.every(({ name }, i) => bind(found, name, captured[i + 1] ?? ''))
  }
}
