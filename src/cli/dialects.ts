/** Which dialect a recording is decoded by. */
import type { Dialect } from '../core/dialect.ts'
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import type { Recording } from '../recording/format.ts'
import { knownDialects } from '../scenario/load-dialects.ts'

/** Undefined where nobody knows. */
export type DialectOf = (recording: Recording) => Dialect | undefined

/** Each recording's own, unless one is named for all of them. */
export async function dialectsFor(wanted: string | undefined): Promise<DialectOf> {
  const known = await knownDialects()
  if (wanted === undefined) {
    const byName = new Map(known.map((dialect) => [dialect.name, dialect]))
    return ({ dialect }) => (dialect === undefined ? undefined : byName.get(dialect))
  }
  const dialect = dialectNamed(wanted, known)
  return () => dialect
}

export function dialectNamed(wanted: string, dialects: readonly Dialect[]): Dialect {
  const found = dialects.find(({ name }) => name === wanted)
  if (found) return found
  const names = dialects.map(({ name }) => name)
  const message = `There is no dialect "${wanted}"${suggestion(wanted, names)}`
  throw new StuntdoubleError('usage', message)
}
