/**
 * The systematic set of variants of one reply. The same reply gives the same list, name by name, so
 * that a report can be repeated and two can be compared.
 */
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { cuts } from './cuts.ts'
import { layoutOf } from './layout.ts'
import { malformed } from './malformed.ts'
import { refusals } from './refusals.ts'
import { brokenBy, languageOf, type SweptReply, specsOf } from './reply.ts'
import { slow } from './slow.ts'
import { splits } from './splits.ts'
import { spread } from './spread.ts'
import { type Family, only, type VariantPlan } from './variant.ts'
import { wire } from './wire.ts'

export interface VariantOptions {
  /** That of the reply unless given. */
  readonly seed?: number
  /** Names, or beginnings of names: `cut`, `cut/reset`, `split/byte-17`. All unless given. */
  readonly only?: readonly string[]
  /** At most so many, spread over all of them. */
  readonly budget?: number
  /** How long a silence lasts, such as a stall; a minute unless given. */
  readonly silence?: string
  /** What errors that say so ask a client to wait; a second unless given. */
  readonly retryAfter?: string
}

export function variantsOf(reply: SweptReply, options: VariantOptions = {}): VariantPlan[] {
  const { seed = reply.seed, silence = '60s', retryAfter = '1s', budget } = options
  const { language, timeline } = languageOf(reply)
  const layout = layoutOf(timeline, language)
  const families: Family[] = [
    only('clean', 'same'),
    ...cuts(layout),
    ...splits(layout),
    ...malformed(layout),
    ...slow(layout, { silence }),
    ...refusals(retryAfter),
    ...wire(layout),
  ]
  const all = families.flatMap((family) => plansOf(family, seed))
  const wanted = options.only ? chosenBy(options.only, all) : all
  const chosen = wanted.filter((plan) => isPossible(reply, plan))
  return budget === undefined ? chosen : spread(chosen).slice(0, budget)
}

function plansOf({ name: family, ideas }: Family, seed: number): VariantPlan[] {
  const [group = family] = family.split('/')
  return ideas.map(({ place, size, fault, expect }, index) => ({
    name: place === undefined ? family : `${family}/${place}`,
    group,
    family,
    size: size ?? index,
    fault,
    seed,
    expect,
  }))
}

/** Not every format has a form for everything: a comment, say, or an error within the stream. */
function isPossible(reply: SweptReply, { fault, seed }: VariantPlan): boolean {
  try {
    for (const _ of brokenBy(reply, specsOf(fault), seed)) break
    return true
  } catch (error) {
    if (error instanceof StuntdoubleError && error.code === 'not-possible') return false
    throw error
  }
}

function chosenBy(names: readonly string[], all: readonly VariantPlan[]): VariantPlan[] {
  const isOf = (plan: VariantPlan, wanted: string): boolean =>
    plan.name === wanted || plan.name.startsWith(`${wanted}/`)
  for (const wanted of names) {
    if (all.some((plan) => isOf(plan, wanted))) continue
    const known = [...new Set(all.flatMap(({ name, family, group }) => [name, family, group]))]
    throw new StuntdoubleError(
      'usage',
      `there is no variant "${wanted}"${suggestion(wanted, known)}`,
    )
  }
  return all.filter((plan) => names.some((wanted) => isOf(plan, wanted)))
}
