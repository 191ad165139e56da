/**
 * The parts that the faults' options are made of. Every mistake gets one clear message at the path
 * where it stands, which zod's unions cannot do: they report all of their branches or none.
 */
import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { suggestion } from '../core/suggest.ts'

/**
 * An object that takes these keys and no others; an unknown key gets a suggestion. `noPlace` says why
 * a fault takes no place, to those who give it one.
 */
export function strict<Shape extends z.ZodRawShape>(
  shape: Shape,
  what = 'options',
  noPlace?: string,
) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return unknownKeys(issue['keys'], known, noPlace)
      return `${what} must be a mapping of ${known.join(', ') || 'nothing'}`
    },
  })
}

function unknownKeys(keys: unknown, known: readonly string[], noPlace?: string): string {
  const names = Array.isArray(keys) ? keys.map(String) : []
  if (noPlace !== undefined && names.includes('at')) return noPlace
  if (known.length === 0) return `takes no options, so "${names.join('", "')}" means nothing here`
  return names.map((name) => `unknown key "${name}"${suggestion(name, known)}`).join('; ')
}

/**
 * A value of several forms. `pick` looks at what was written and names the one form it is to be
 * judged by, or says what is wrong with it.
 */
export function choose<Value>(
  pick: (written: unknown) => z.ZodType<Value> | string,
  forms: () => readonly z.ZodType[],
  description: string,
): z.ZodType<Value> {
  return z
    .unknown()
    .transform((written, context): Value => {
      const picked = pick(written)
      if (typeof picked === 'string') {
        context.issues.push({ code: 'custom', message: picked, input: written })
        return z.NEVER
      }
      const read = picked.safeParse(written)
      if (read.success) return read.data
      forwardIssues(read.error, context, [], written)
      return z.NEVER
    })
    .meta({
      description,
      // A getter, since the published schema is built only when somebody asks for it.
      get anyOf() {
        return forms().map(jsonSchemaOf)
      },
    })
}

/** The issues of an inner schema, as issues of the value that it stands in. */
export function forwardIssues(
  error: z.ZodError,
  context: z.RefinementCtx,
  below: readonly PropertyKey[],
  written: unknown,
): void {
  for (const issue of error.issues) {
    const unknown = unknownKeysOf(issue)
    context.issues.push({
      code: 'custom',
      message: issue.message,
      path: [...below, ...issue.path],
      input: written,
      ...(unknown.length === 0 ? {} : { params: { unknownKeys: unknown } }),
    })
  }
}

/** The keys that an issue of ours is about, of the mapping at its path; none where it is of another kind. */
export function unknownKeysOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys
  const keys: unknown = issue.code === 'custom' ? issue.params?.['unknownKeys'] : undefined
  return Array.isArray(keys) ? keys.map(String) : []
}

/** A mistake and where it is, in a line; what names its subject is not told it again. */
export function placedSentence(path: readonly PropertyKey[], message: string): string {
  const names = path.map(String)
  const isNamed = [' ', '.'].some((next) => message.startsWith(`${names.at(-1)}${next}`))
  const place = isNamed ? names.slice(0, -1) : names
  return place.length === 0 ? message : `${place.join('.')}: ${message}`
}

/** The form in which a user writes it, without the header that only a whole document has. */
export function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' })
  return json
}

const durationForm = 'a duration such as 250ms, 1.5s or 2m; a bare number is milliseconds'

/** Milliseconds, written as `250ms`, `1.5s`, `2m` or a bare number. */
export const duration = z
  .union([z.string(), z.number()], { error: `must be ${durationForm}` })
  .transform((written, context): number => {
    const ms = parseDuration(written)
    if (ms !== undefined) return ms
    context.issues.push({
      code: 'custom',
      message: `"${written}" is not ${durationForm}`,
      input: written,
    })
    return z.NEVER
  })
  .meta({ description: `${durationForm[0]?.toUpperCase()}${durationForm.slice(1)}.` })

export const wholeNumber = (least: number) =>
  z.int({ error: whole(least) }).min(least, { error: whole(least) })

/** Those that end an exchange, from the given one on. */
export function httpStatus(least: number) {
  const error = `must be an HTTP status from ${least} to 599`
  return z.int({ error }).min(least, { error }).max(599, { error })
}

const whole = (least: number): string => `must be a whole number of at least ${least}`

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
