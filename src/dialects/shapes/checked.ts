/** Checks a request body against a schema, and says the first mistake in a vendor's own way. */
import type { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { HttpRequest } from '../../core/http.ts'
import { accepts } from './accepts.ts'
import { isObject, type JsonObject, readJsonObject } from './json-body.ts'

export interface BodyIssue {
  readonly path: readonly PropertyKey[]
  /** The schema's own words, made for people. */
  readonly message: string
  readonly kind: 'missing' | 'type' | 'value'
  /** What stands at the path; undefined where it is missing. */
  readonly found: unknown
  readonly issue: z.core.$ZodIssue | undefined
}

export interface CheckOptions<T> {
  readonly schema: z.ZodType<T>
  /** The vendor's words for a mistake. */
  readonly refuse: (issue: BodyIssue) => ApiError
  /** For a body that is no JSON object; the same neutral sentence for all unless given. */
  readonly unreadable?: (problem: string) => ApiError
}

export type Checked<T> = { readonly body: JsonObject; readonly data: T } | ApiError

export function checkBody<T>(http: HttpRequest, options: CheckOptions<T>): Checked<T> {
  const body = readJsonObject(http)
  if (typeof body === 'string') {
    return options.unreadable?.(body) ?? { code: 'invalid-request', message: body }
  }
  if (accepts(options.schema, body)) return { body, data: body }
  const read = options.schema.safeParse(body)
  return read.success ? { body, data: read.data } : options.refuse(firstIssue(read.error, body))
}

/** The first mistake that a schema found in a value. */
export function firstIssue(
  error: { readonly issues: readonly z.core.$ZodIssue[] },
  value: unknown,
): BodyIssue {
  const issue = error.issues[0]
  const path = issue?.path ?? []
  const found = valueAt(value, path)
  const kind = found === undefined ? 'missing' : issue?.code === 'invalid_type' ? 'type' : 'value'
  return { path, message: issue?.message ?? 'The request is invalid.', kind, found, issue }
}

/** The mistake in the form that is meant, where a schema has a choice of forms. */
export function withinUnion(outer: BodyIssue): BodyIssue {
  if (outer.issue?.code !== 'invalid_union') return outer
  const meant = outer.issue.errors.find(([first]) => first && first.path.length > 0)
  if (!meant) return outer
  const inner = withinUnion(firstIssue({ issues: meant }, outer.found))
  return { ...inner, path: [...outer.path, ...inner.path] }
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const key of path) {
    if (Array.isArray(at) && typeof key === 'number') at = at[key]
    else if (isObject(at) && typeof key === 'string') at = at[key]
    else return undefined
  }
  return at
}

/** `messages[0].role` */
export const bracketPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')

/** `messages.0.role` */
export const dottedPath = (path: readonly PropertyKey[]): string => path.map(String).join('.')
