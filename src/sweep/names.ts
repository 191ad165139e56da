/**
 * Names of variants as people ask for them, the same wherever they do: in full, as the beginning of
 * a name up to a slash, or with `*` and `?`, which go past slashes too.
 */
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import type { VariantPlan } from './variant.ts'

export type NamePattern = (name: string) => boolean

export function namePattern(written: string): NamePattern {
  const wanted = written.trim().replace(/\/+$/, '')
  if (!/[*?]/.test(wanted)) return (name) => name === wanted || name.startsWith(`${wanted}/`)
  const form = wanted.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(`^${form.replaceAll('*', '.*').replaceAll('?', '.')}$`)
  return (name) => pattern.test(name)
}

/** Throws a `usage` error where one of the names is none. */
export function chosenBy<Plan extends VariantPlan>(
  names: readonly string[],
  plans: readonly Plan[],
): Plan[] {
  const patterns = names.map(namePattern)
  for (const [at, fits] of patterns.entries()) {
    if (!plans.some(({ name }) => fits(name))) throw noVariant(names[at] ?? '', plans)
  }
  return plans.filter(({ name }) => patterns.some((fits) => fits(name)))
}

/** @param where what asked for it, such as `--allow` */
export function noVariant(
  wanted: string,
  plans: readonly VariantPlan[],
  where?: string,
): StuntdoubleError {
  const families = [...new Set(plans.map(({ family }) => family))]
  const names = plans.flatMap(({ name, family, group }) => [name, family, group])
  // What stands for anything is no part of a name that could be near.
  const near = wanted.replaceAll('*', '').replace(/\/+$/, '')
  const said = `there is no variant "${wanted}"${suggestion(near, [...new Set(names)], families)}`
  return new StuntdoubleError('usage', where === undefined ? said : `${where}: ${said}`)
}
