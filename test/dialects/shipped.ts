/** The descriptions that are shipped, compiled the way a scenario's loader does it. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Dialect } from '../../src/core/dialect.ts'
import { compileDialect, resolveDialect } from '../../src/dialects/declared/declared.ts'
import { type DialectDescription, dialectSchema } from '../../src/dialects/declared/schema.ts'

export const shippedNames = ['chatapi', 'kernel2', 'kernel2-actual', 'vanus'] as const

const read = (name: string): DialectDescription =>
  dialectSchema.parse(
    parse(readFileSync(new URL(`../../scenarios/dialects/${name}.yaml`, import.meta.url), 'utf8')),
  )

export const shipped: ReadonlyMap<string, DialectDescription> = new Map(
  shippedNames.map((name) => [name, read(name)]),
)

/** A dialect of a description in YAML, which may extend one that is shipped. */
export function dialectOf(yaml: string): Dialect {
  const resolved = resolveDialect(dialectSchema.parse(parse(yaml)), shipped)
  const dialect = 'problems' in resolved ? resolved : compileDialect(resolved)
  if ('problems' in dialect) throw new Error(JSON.stringify(dialect.problems))
  return dialect
}

export const shippedDialect = (name: (typeof shippedNames)[number]): Dialect =>
  dialectOf(`extends: ${name}`)
