/**
 * The small parts that every section of the scenario schema is made of.
 * Must never read a file: a schema is data about data.
 */
import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import type { Headers } from '../core/http.ts'

/** What a schema asks for in plain words, for messages; kept apart from what editors show. */
export const expectations = z.registry<{ expected: string }>()

/** Must come last: describing a schema makes a new one, which would not be registered. */
export function expecting<S extends z.ZodType>(schema: S, expected: string): S {
  expectations.add(schema, { expected })
  return schema
}

const durationForm = /^\s*(\d+(\.\d+)?|\.\d+)\s*(ms|s|m|h)?\s*$/

/** Longer than any test waits for: a day. More is a slip of the pen, such as `ms` for `s`. */
const longestMs = 86_400_000

/** A duration as written, read into milliseconds. */
export const duration = expecting(
  z
    .union([z.number().min(0).max(longestMs), z.string().regex(durationForm)])
    .transform((written, context) => {
      const ms = parseDuration(written)
      if (ms !== undefined && ms <= longestMs) return ms
      context.addIssue({ code: 'custom', message: 'expected a duration of at most 24h' })
      return z.NEVER
    })
    .describe('A duration: `250ms`, `1.5s`, `2m`; a bare number is milliseconds.'),
  'a duration such as 250ms, 1.5s or 2m',
)

export const filledText = z.string().min(1)

export const scalar = expecting(
  z.union([z.string(), z.number(), z.boolean()]).describe('A text, a number, true or false.'),
  'a text, a number, true or false',
)

export type Scalar = z.output<typeof scalar>

const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** What can stand on the wire: Node sends no other, and each sign is a byte there. */
const headerValue = expecting(
  z.union([z.string().regex(/^[\t -~\u0080-\u00ff]*$/), z.number()]),
  'a text of Latin-1 without line breaks or other control characters, or a number',
)

/** Headers as a mapping; a list of values sends the header that often. */
export const headers = z
  .record(
    expecting(z.string().regex(headerName), 'a header name'),
    z.union([headerValue, z.array(headerValue)]),
  )
  .transform(
    (written): Headers =>
      Object.entries(written).flatMap(([name, values]) =>
        [values].flat().map((value): [string, string] => [name, String(value)]),
      ),
  )
  .describe('Headers by name; a list of values sends the header that often.')

export const httpStatus = z.int().min(200).max(599)

/** Base64, read into bytes. */
export const base64 = expecting(
  z
    .string()
    .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)
    .transform((text): Uint8Array => Buffer.from(text, 'base64')),
  'base64, such as 4pw=',
)

/** The keys of a mapping that are written, whatever they hold. */
export const keysOf = (mapping: object): string[] =>
  Object.entries(mapping).flatMap(([key, value]) => (value === undefined ? [] : [key]))

/** `a, b or c`. */
export function orList(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
