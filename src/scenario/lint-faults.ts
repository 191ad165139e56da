/**
 * Faults of a rule that can never act: what no request can have together, and what the streams of the
 * rule's dialect have no form for. What depends on the request is said when it comes.
 */
import type { Dialect } from '../core/dialect.ts'
import type { Framing } from '../core/frame.ts'
import { checkFramings } from '../faults/framing-check.ts'
import { checkTogether, type Impossible } from '../faults/wire.ts'
import { namesIn } from './compile-resume.ts'
import type { Problem } from './problem.ts'
import type { Rule, Scenario } from './scenario.ts'
import type { WrittenRule, WrittenScenario } from './schema.ts'

type Framings = ReadonlyMap<string, readonly Framing[]>

export const framingsOf = (dialects: readonly Dialect[]): Framings =>
  new Map(
    dialects.map(({ name, framing, otherFramings = [] }) => [name, [framing, ...otherFramings]]),
  )

export function lintFaults(
  { rules: written = [] }: WrittenScenario,
  { rules }: Scenario,
  framings: Framings,
): Problem[] {
  return rules.flatMap((rule, index): Problem[] => {
    const found = checkTogether(rule.faults) ?? withoutForm(rule, written[index], framings)
    if (!found) return []
    return [{ path: ['rules', index, 'faults', found.at], message: found.why }]
  })
}

/** Only a script is certain to be told in its dialect, and only if it may stream. */
function withoutForm(
  { reply, faults }: Rule,
  written: WrittenRule | undefined,
  framings: Framings,
): Impossible | undefined {
  if (reply.kind !== 'script' || written?.when?.stream === false) return undefined
  const named = namesIn(written?.when?.dialect)
  const all = named.map((name) => framings.get(name))
  if (all.length === 0 || all.includes(undefined)) return undefined
  return checkFramings(
    faults,
    all.flatMap((known) => known ?? []),
  )
}
