/** `resume` as written to `resume` as it is used, and what of it can never come true. */
import type { Dialect } from '../core/dialect.ts'
import type { Path, Problem } from './problem.ts'
import type { DialectEntry, Resuming, Rule } from './scenario.ts'
import type { WrittenRule, WrittenScenario } from './schema.ts'
import type { WrittenResume } from './schema-resume.ts'

const usual: Resuming = {
  ids: 'counter',
  retryMs: undefined,
  keepMs: 300_000,
  mostFrames: undefined,
  unheard: 'goes-on',
  unknown: 'anew',
  faults: 'once',
}

/** @param base the scenario's, which the rule's own words change */
export function compileResume(
  written: WrittenResume | undefined,
  base?: Resuming,
): Resuming | undefined {
  if (written === undefined) return base
  if (written === false) return undefined
  const ground = base ?? usual
  if (written === true) return ground
  return {
    ids: written.ids ?? ground.ids,
    retryMs: written.retry ?? ground.retryMs,
    keepMs: written.keep ?? ground.keepMs,
    mostFrames: written.frames ?? ground.mostFrames,
    unheard: written.unheard ?? ground.unheard,
    unknown: written.unknown ?? ground.unknown,
    faults: written.faults ?? ground.faults,
  }
}

interface Knowing {
  /** Names of those that exist without the scenario and have no server-sent events. */
  readonly withoutIds: readonly string[]
  /** The scenario's own. */
  readonly dialects: readonly DialectEntry[]
}

const hasEvents = ({ framing, otherFramings = [] }: Dialect): boolean =>
  [framing, ...otherFramings].some(({ name }) => name === 'sse')

export const withoutIds = (dialects: readonly Dialect[]): string[] =>
  dialects.filter((dialect) => !hasEvents(dialect)).map(({ name }) => name)

/** Only server-sent events have ids, and only what is played here can be played again. */
export function lintResume(
  { rules: written = [], resume }: WrittenScenario,
  rules: readonly Rule[],
  known: Knowing,
): Problem[] {
  const why = rules.map((rule, index) => unableTo(rule, written[index], known))
  const problems = written.flatMap((rule, index): Problem[] => {
    const message = asks(rule.resume) ? why[index] : undefined
    return message === undefined ? [] : [{ path: ['rules', index], key: 'resume', message }]
  })
  const heirs = written.flatMap((rule, index) => (rule.resume === undefined ? [why[index]] : []))
  const reasons = heirs.flatMap((reason) => reason ?? [])
  if (!asks(resume) || heirs.length === 0 || reasons.length < heirs.length) return problems
  const path: Path = []
  return [...problems, { path, key: 'resume', message: `no rule can: ${reasons[0]}` }]
}

const asks = (written: WrittenResume | undefined): boolean =>
  written !== undefined && written !== false

function unableTo(
  rule: Rule,
  written: WrittenRule | undefined,
  known: Knowing,
): string | undefined {
  const { kind } = rule.reply
  if (kind === 'upstream') return 'a live service answers, and goes on with its own streams itself'
  if (kind === 'error') return 'an error is no stream, so there is nothing to go on with'
  const named = namesIn(written?.when?.dialect)
  const own = known.dialects.flatMap((one) => (one.kind === 'declared' ? [one.dialect] : []))
  const without = new Set([
    ...known.withoutIds.filter((name) => !own.some((dialect) => dialect.name === name)),
    ...withoutIds(own),
  ])
  if (named.length === 0 || !named.every((name) => without.has(name))) return undefined
  const said = named.join(', ')
  return `only server-sent events have ids, and ${said} ${named.length > 1 ? 'stream' : 'streams'} in another framing`
}

/** The names that a matcher of dialects gives outright; none where it may mean others as well. */
function namesIn(matcher: unknown): readonly string[] {
  if (typeof matcher === 'string') return [matcher]
  if (Array.isArray(matcher)) {
    return matcher.every((item) => typeof item === 'string') ? matcher : []
  }
  if (typeof matcher !== 'object' || matcher === null) return []
  if ('equals' in matcher) return namesIn(matcher.equals)
  return 'oneOf' in matcher ? namesIn(matcher.oneOf) : []
}
