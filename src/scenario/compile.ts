/**
 * A checked scenario file to a `Scenario`: matchers and templates compiled, names looked up. Files
 * that it refers to are looked at through `Surroundings`; must never read one itself.
 */
import type { Dialect } from '../core/dialect.ts'
import type { Pacing } from '../core/pacing.ts'
import type { FaultPlan } from '../faults/plan.ts'
import { compilePacing, noPacing } from './compile-pacing.ts'
import { compileReply } from './compile-reply.ts'
import { compileResume, lintResume } from './compile-resume.ts'
import { compileUpstreams } from './compile-upstreams.ts'
import { lint } from './lint.ts'
import { framingsOf } from './lint-faults.ts'
import type { LintContext } from './lint-live.ts'
import { compileMatcher } from './matcher.ts'
import { type Path, type Problem, valueAt, within } from './problem.ts'
import {
  type Auth,
  type DialectEntry,
  defaultRuleName,
  mayAskUpstream,
  type Resuming,
  type Rule,
  type RuleState,
  type Scenario,
} from './scenario.ts'
import { ruleSchema, type WrittenRule, type WrittenScenario } from './schema.ts'
import { withoutUndefined } from './schema-reply.ts'
import { prepareReply } from './template.ts'

/** What a scenario stands among. */
export interface Surroundings {
  readonly file: string
  /** The name of a scenario that gives none. */
  readonly defaultName: string
  /** Relative to the scenario's folder. */
  resolve(path: string): string
  exists(file: string): boolean
  /** 1-based place of the value at a path. */
  placeOf(path: Path): { readonly line: number; readonly column: number }
  /** Names of the dialects that exist without the scenario. */
  readonly knownDialects: readonly string[]
  /** Those of that name. */
  readonly outsideDialects: readonly Dialect[]
  /** How they frame their streams, by their names. */
  readonly framings: LintContext['framings']
  /** The scenario's own, in order, already compiled. */
  readonly dialects: readonly DialectEntry[]
  /** Those that it names files of, by the path as it is written. */
  readonly plans: ReadonlyMap<string, FaultPlan>
}

const fixedTime = Date.UTC(2026, 0, 1)

/** @param raw the file as plain data, before the schema read it: where templates are looked for */
export async function compileScenario(
  written: WrittenScenario,
  raw: unknown,
  surroundings: Surroundings,
): Promise<{ scenario: Scenario; problems: Problem[] }> {
  const pacing = compilePacing(written.pacing, noPacing)
  const resume = compileResume(written.resume)
  const problems: Problem[] = []
  const rules: Rule[] = []
  for (const [index, rule] of (written.rules ?? []).entries()) {
    const place = {
      path: ['rules', index],
      index,
      raw: valueAt(raw, ['rules', index]),
      pacing,
      resume,
    }
    const compiled = await compileRule(rule, place, surroundings)
    rules.push(compiled.rule)
    problems.push(...within(place.path, compiled.problems))
  }
  const scenario: Scenario = {
    name: written.name ?? surroundings.defaultName,
    file: surroundings.file,
    seed: written.seed ?? 1,
    pacing,
    rules,
    plan: planOf(written.plan, surroundings),
    dialects: surroundings.dialects,
    auth: authOf(written.auth),
    models: written.models,
    limits: written.limits ?? [],
    upstreams: compileUpstreams(written),
    now: written.now ?? fixedTime,
  }
  const dialects = [...surroundings.knownDialects, ...declaredNames(surroundings.dialects)]
  problems.push(
    ...lint(written, scenario, {
      dialects,
      framings: framingsKnown(surroundings),
      exists: surroundings.exists,
    }),
  )
  const known = { outside: surroundings.outsideDialects, own: surroundings.dialects }
  problems.push(...lintResume(written, rules, known))
  return { scenario, problems }
}

/** A dialect of the scenario's own replaces a known one of its name. */
const framingsKnown = ({ framings, dialects }: Surroundings): LintContext['framings'] =>
  new Map([
    ...framings,
    ...framingsOf(dialects.flatMap((one) => (one.kind === 'declared' ? [one.dialect] : []))),
  ])

/** A file that could not be read has been complained of already. */
const planOf = (
  written: string | FaultPlan | undefined,
  { plans }: Surroundings,
): FaultPlan | undefined => (typeof written === 'string' ? plans.get(written) : written)

const declaredNames = (entries: readonly DialectEntry[]): string[] =>
  entries.flatMap((entry) => (entry.kind === 'declared' ? [nameOf(entry.dialect)] : []))

const nameOf = ({ name }: Dialect): string => name

function authOf(written: WrittenScenario['auth']): Auth | undefined {
  if (!written) return undefined
  const keys = written.keys.map((key) =>
    typeof key === 'string' ? { key } : withoutUndefined(key),
  )
  return { keys }
}

interface RulePlace {
  readonly path: Path
  readonly index: number
  readonly raw: unknown
  /** The scenario's, which the rule's own changes. */
  readonly pacing: Pacing
  /** The same of `resume`. */
  readonly resume?: Resuming | false | undefined
}

/** The problems in those rules that the schema accepts, where others are not even that far. */
export async function problemsInSoundRules(
  raw: unknown,
  surroundings: Surroundings,
): Promise<Problem[]> {
  const rules = valueAt(raw, ['rules'])
  if (!Array.isArray(rules)) return []
  const problems: Problem[] = []
  for (const [index, rule] of rules.entries()) {
    const { data } = ruleSchema.safeParse(rule)
    if (!data) continue
    const place = { path: ['rules', index], index, raw: rule, pacing: noPacing }
    const compiled = await compileRule(data, place, surroundings)
    problems.push(...within(place.path, compiled.problems))
  }
  return problems
}

async function compileRule(
  written: WrittenRule,
  place: RulePlace,
  surroundings: Surroundings,
): Promise<{ rule: Rule; problems: Problem[] }> {
  const { matcher, problems } = compileMatcher(written.when ?? {})
  const reply = compileReply(written.reply, surroundings.resolve)
  const inTemplates = await prepareReply(reply, valueAt(place.raw, ['reply']), matcher.groups)
  const rule: Rule = {
    name: written.name ?? defaultRuleName(place.index),
    index: place.index,
    file: surroundings.file,
    line: surroundings.placeOf(place.path).line,
    when: matcher,
    times: written.times,
    state: ruleStateOf(written.state),
    reply,
    pacing: written.pacing === undefined ? undefined : compilePacing(written.pacing, place.pacing),
    faults: written.faults ?? [],
    plan: planOf(written.plan, surroundings),
    resume: compileResume(written.resume, place.resume),
    asksAt: mayAskUpstream(reply) ? surroundings.placeOf(askingPath(written, place)) : undefined,
  }
  return { rule, problems: [...within(['when'], problems), ...within(['reply'], inTemplates)] }
}

/** The word by which a rule asks an upstream. */
function askingPath({ reply }: WrittenRule, { path }: RulePlace): Path {
  const isNamed = typeof reply === 'object' && 'upstream' in reply && reply.upstream !== undefined
  return [...path, 'reply', isNamed ? 'upstream' : 'missing']
}

function ruleStateOf(written: WrittenRule['state']): RuleState | undefined {
  if (!written) return undefined
  const { from, to } = written
  return {
    ...(from === undefined ? {} : { from: [from].flat() }),
    ...(to === undefined ? {} : { to }),
  }
}
