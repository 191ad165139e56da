/** Which verdicts are good enough: the words of `--allow`. */
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { type NamePattern, namePattern, noVariant } from '../sweep/names.ts'
import type { Expected, VariantPlan } from '../sweep/variant.ts'
import { type Verdict, verdicts } from './verdict.ts'

/** What is asked about one variant. */
interface Allowing {
  readonly name: string
  readonly verdict: Verdict
  readonly expect: Expected
}

export type Allowed = (asked: Allowing) => boolean

/**
 * An error is an answer to harm; where none was done, only the same output will do. Where the bytes
 * do not tell that anything is amiss, nobody can be blamed for the output: only for not ending.
 */
const usual: Allowed = ({ verdict, expect }) => {
  if (verdict === 'same output') return true
  if (expect === 'same') return false
  return verdict === 'clean error' || (expect === 'either' && isOfOutput(verdict))
}

const isOfOutput = (verdict: Verdict): boolean =>
  verdict === 'silent truncation' || verdict === 'wrong output'

/** @param written `VERDICT` or `VERDICT:NAME` each; the usual ones where nothing is given */
export function allowedBy(written: readonly string[] | undefined): Allowed {
  if (!written) return usual
  const rules = written.map(parseRule)
  return (asked) => rules.some(({ verdict, fits }) => verdict === asked.verdict && fits(asked.name))
}

/** Throws a `usage` error where a rule is for variants that there are none of. */
export function checkAllowed(
  written: readonly string[] | undefined,
  plans: readonly VariantPlan[],
): void {
  for (const rule of written ?? []) {
    const { name, fits } = parseRule(rule)
    if (name !== undefined && !plans.some((plan) => fits(plan.name))) {
      throw noVariant(name, plans, `--allow ${rule}`)
    }
  }
}

interface Rule {
  readonly verdict: Verdict
  /** Undefined where it is for all variants. */
  readonly name: string | undefined
  readonly fits: NamePattern
}

function parseRule(written: string): Rule {
  const [word = '', ...rest] = written.split(':')
  // Shells make a blank a nuisance.
  const wanted = word.trim().toLowerCase().replaceAll(/[-_]/g, ' ')
  const verdict = verdicts.find((one) => one === wanted)
  if (!verdict) {
    const message = `--allow: no verdict is "${word.trim()}"${suggestion(wanted, verdicts)}`
    throw new StuntdoubleError('usage', message)
  }
  if (rest.length === 0) return { verdict, name: undefined, fits: () => true }
  const name = rest.join(':')
  return { verdict, name, fits: namePattern(name) }
}
