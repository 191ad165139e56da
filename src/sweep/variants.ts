/**
 * The systematic set of variants of one reply. The same reply gives the same list, name by name, so
 * that a report can be repeated and two can be compared.
 */
import { StuntdoubleError } from '../core/errors.ts'
import { cuts } from './cuts.ts'
import { checkOptions } from './given.ts'
import { layoutOf } from './layout.ts'
import { malformed } from './malformed.ts'
import { chosenBy } from './names.ts'
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
  /** Names, beginnings of names, or patterns: `split/byte-17`, `cut`, `cut/*`. All unless given. */
  readonly only?: readonly string[]
  /** At most so many, spread over all of them; all unless given. */
  readonly budget?: number | 'all'
  /** How long a silence lasts, such as a stall; a minute unless given. */
  readonly silence?: string
  /** What errors that say so ask a client to wait; a second unless given. */
  readonly retryAfter?: string
}

/** Throws a `usage` error where an option makes no sense. */
export function variantsOf(reply: SweptReply, options: VariantOptions = {}): VariantPlan[] {
  checkOptions(options)
  const { seed = reply.seed, silence = '60s', retryAfter = '1s', budget = 'all' } = options
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
  if (chosen.length === 0) {
    const names = options.only?.join(', ')
    throw new StuntdoubleError('not-possible', `${reply.name} has no form for ${names}`)
  }
  return budget === 'all' ? chosen : spread(chosen).slice(0, budget)
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
