/** Limits that are given outside any scenario, in the same words. */
import { StuntdoubleError } from '../core/errors.ts'
import type { Limit } from '../core/limits.ts'
import { explainAll } from './explain.ts'
import { limitList } from './schema-limits.ts'

/** As in a scenario: a text such as `3rpm`, a mapping, or a list of them. */
export type LimitsGiven = string | object | readonly (string | object)[]

/**
 * Throws a `usage` error that says all that is wrong, and where.
 *
 * @param option on a command line, where each stands by itself and has no number
 */
export function parseLimits(given: LimitsGiven, option?: string): readonly Limit[] {
  const where = option ?? 'limits'
  const read = limitList.safeParse(given)
  if (read.success) {
    const names = read.data.map(({ name }) => name)
    const twin = names.find((name, at) => names.indexOf(name) !== at)
    if (twin === undefined) return read.data
    throw new StuntdoubleError(
      'usage',
      `${where}: two are named "${twin}"; names must differ, so write one in full with a \`name\` of its own`,
    )
  }
  const problems = explainAll(limitList, read.error.issues, given)
  const told = problems.map(({ path, message }) => {
    const place = option === undefined ? path : path.slice(1)
    return `${[where, ...place].join('.')}: ${message}`
  })
  throw new StuntdoubleError('usage', told.join('\n'))
}
