/**
 * Looks inside a zod schema: which schema is responsible at a path, which keys it knows and which
 * kind of value it wants. Knows zod's structure and nothing of scenarios.
 */
import { z } from 'zod'
import type { Path } from './problem.ts'
import { expectations, keysOf, orList } from './schema-basics.ts'

export type Schema = z.core.$ZodType

/** The schema itself, freed of what only wraps it: optional, default, transform, lazy. */
export function bare(schema: Schema): Schema {
  let inner = schema
  for (;;) {
    if (expectations.get(inner)) return inner
    const next = unwrapped(inner)
    if (!next) return inner
    inner = next
  }
}

function unwrapped(schema: Schema): Schema | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodPrefault
  ) {
    return schema.def.innerType
  }
  if (schema instanceof z.ZodPipe) return schema.def.in
  if (schema instanceof z.ZodLazy) return schema.def.getter()
  return undefined
}

/** As `bare`, and through what is registered as well. */
export function core(schema: Schema): Schema {
  let inner = schema
  for (let next = unwrapped(inner); next; next = unwrapped(inner)) inner = next
  return inner
}

/** Every schema that may stand behind this one: the branches of a union, and theirs. */
function branches(schema: Schema): Schema[] {
  const inner = core(schema)
  if (inner instanceof z.ZodUnion) return inner.def.options.flatMap(branches)
  return [inner]
}

/** The schemas that may be responsible at a path; several where a union was on the way. */
export function schemasAt(schema: Schema, path: Path): Schema[] {
  let found: Schema[] = [schema]
  for (const key of path) {
    found = found.flatMap(branches).flatMap((parent) => childOf(parent, key) ?? [])
  }
  return found
}

function childOf(parent: Schema, key: string | number): Schema | undefined {
  if (parent instanceof z.ZodObject)
    return Object.entries(parent.shape).find(([name]) => name === key)?.[1]
  if (parent instanceof z.ZodArray) return typeof key === 'number' ? parent.element : undefined
  if (parent instanceof z.ZodRecord) return parent.def.valueType
  return undefined
}

/** The keys that a mapping may have here; empty where any will do. */
export function knownKeys(schemas: readonly Schema[]): string[] {
  const known = schemas
    .flatMap(branches)
    .flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []))
  return [...new Set(known)]
}

/** How many of a mapping's own keys this schema knows; a record knows them all. */
export function familiarity(schema: Schema, mapping: object): number {
  const inner = core(schema)
  if (inner instanceof z.ZodRecord) return keysOf(mapping).length
  const known = knownKeys([inner])
  return keysOf(mapping).filter((key) => known.includes(key)).length
}

/** What is wanted here, in words. */
export function wanted(schemas: readonly Schema[]): string {
  return orList([...new Set(schemas.map(wantedBy))])
}

function wantedBy(schema: Schema): string {
  const inner = bare(schema)
  const registered = expectations.get(inner)?.expected
  if (registered) return registered
  if (inner instanceof z.ZodUnion) return wanted(inner.def.options)
  if (inner instanceof z.ZodEnum) return `one of ${inner.options.join(', ')}`
  if (inner instanceof z.ZodLiteral)
    return [...inner.values].map((v) => JSON.stringify(v)).join(' or ')
  if (inner instanceof z.ZodNumber) return inner.format?.includes('int') ? wholeNumber : 'a number'
  if (inner instanceof z.ZodObject) return mappingOf(Object.keys(inner.shape))
  if (inner instanceof z.ZodArray) return 'a list'
  return kindWords[inner._zod.def.type] ?? 'another value'
}

/** A few keys are worth naming, many are not. */
const mappingOf = (keys: readonly string[]): string =>
  keys.length > 6 ? 'a mapping' : `a mapping with ${keys.join(', ')}`

const wholeNumber = 'a whole number'

/** zod's words for kinds of values, in ours. */
export const kindWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: wholeNumber,
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'nothing',
}
