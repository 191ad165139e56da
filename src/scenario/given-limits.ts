/** Limits that are given outside any scenario, in the same words. */
import { StuntdoubleError } from '../core/errors.ts'
import type { Limit } from '../core/limits.ts'
import { explainAll } from './explain.ts'
import { limitList } from './schema-limits.ts'

/** As in a scenario: a text such as `3rpm`, a mapping, or a list of them. */
export type LimitsGiven = string | object | readonly (string | object)[]

/** Throws a `usage` error that says all that is wrong, and where. */
export function parseLimits(given: LimitsGiven): readonly Limit[] {
  const read = limitList.safeParse(given)
  if (read.success) {
    const names = read.data.map(({ name }) => name)
    const twin = names.find((name, at) => names.indexOf(name) !== at)
    if (twin === undefined) return read.data
    throw new StuntdoubleError('usage', `limits: two are named "${twin}"; names must differ`)
  }
  const problems = explainAll(limitList, read.error.issues, given)
  const told = problems.map(({ path, message }) => `${['limits', ...path].join('.')}: ${message}`)
  throw new StuntdoubleError('usage', told.join('\n'))
}
