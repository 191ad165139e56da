/**
 * What no single value can tell: names that nobody knows, rules that can never answer. Reports only
 * what is certainly wrong.
 */
import { suggestion } from '../core/suggest.ts'
import { endings } from '../core/timeline.ts'
import { lintFaults } from './lint-faults.ts'
import { type LintContext, lintLive } from './lint-live.ts'
import type { Path, Problem } from './problem.ts'
import { defaultRuleName, initialState, type Rule, type Scenario } from './scenario.ts'
import type { WrittenScenario } from './schema.ts'
import type { WrittenMatcher } from './schema-matcher.ts'

export function lint(
  written: WrittenScenario,
  scenario: Scenario,
  context: LintContext,
): Problem[] {
  return [
    ...doubledNames(written),
    ...unreachable(scenario),
    ...unknownStates(written, scenario),
    ...unknownDialects(written, context.dialects),
    ...unknownModels(written),
    ...doubledLimits(written),
    ...lostRecordings(scenario, context),
    ...afterEnding(written),
    ...lintFaults(written, scenario, context.framings),
    ...lintLive(written, scenario, context),
  ]
}

function doubledNames({ rules = [] }: WrittenScenario): Problem[] {
  const effective = rules.map(({ name }, index) => name ?? defaultRuleName(index))
  return rules.flatMap(({ name }, index) => {
    if (name === undefined) return []
    const twin = effective.findIndex((other, at) => other === name && at !== index)
    const isFirst = twin > index && rules[twin]?.name !== undefined
    if (twin < 0 || isFirst) return []
    return [
      {
        path: ['rules', index, 'name'],
        message: `another rule is named "${name}"; names must differ`,
      },
    ]
  })
}

/** Requests of no dialect try only rules with a path, so such a rule is reached in any place. */
function unreachable({ rules }: Scenario): Problem[] {
  const catchAll = rules.find(answersEverything)
  if (!catchAll) return []
  return rules
    .filter((rule) => rule.index > catchAll.index && !rule.when.namesPath)
    .map((rule) => ({
      path: ['rules', rule.index],
      message: `this rule is never reached: "${catchAll.name}" before it answers everything`,
    }))
}

const answersEverything = ({ when, times, state, reply }: Rule): boolean =>
  when.tests.length === 0 &&
  times === undefined &&
  state?.from === undefined &&
  !(reply.kind === 'replay' && reply.missing === 'next')

function unknownStates({ rules = [] }: WrittenScenario, scenario: Scenario): Problem[] {
  const reached = scenario.rules.flatMap(({ state }) => state?.to ?? [])
  const states = [...new Set([initialState, ...reached])]
  const check = (name: string, path: Path): Problem[] =>
    states.includes(name)
      ? []
      : [{ path, message: `no rule leads to the state "${name}"${suggestion(name, states)}` }]
  return rules.flatMap(({ state, when }, index) => [
    ...names(state?.from, ['rules', index, 'state', 'from']).flatMap(([name, path]) =>
      check(name, path),
    ),
    ...names(when?.state, ['rules', index, 'when', 'state']).flatMap(([name, path]) =>
      check(name, path),
    ),
  ])
}

/** The texts that a matcher names outright, each with its path. */
function names(matcher: WrittenMatcher | undefined, path: Path): [name: string, path: Path][] {
  if (matcher === undefined) return []
  if (typeof matcher === 'string') return [[matcher, path]]
  if (isList(matcher)) return textsOf(matcher, path)
  if (typeof matcher !== 'object' || matcher.ignoreCase) return []
  const equal = typeof matcher.equals === 'string' ? [matcher.equals] : []
  return [
    ...equal.map((name): [string, Path] => [name, [...path, 'equals']]),
    ...textsOf(matcher.oneOf ?? [], [...path, 'oneOf']),
  ]
}

const isList = (matcher: WrittenMatcher): matcher is Extract<WrittenMatcher, readonly unknown[]> =>
  Array.isArray(matcher)

const textsOf = (list: readonly unknown[], path: Path): [name: string, path: Path][] =>
  list.flatMap((item, index): [string, Path][] =>
    typeof item === 'string' ? [[item, [...path, index]]] : [],
  )

function unknownDialects(
  { rules = [], auth, limits = [] }: WrittenScenario,
  known: readonly string[],
): Problem[] {
  const named = [
    ...rules.flatMap(({ when }, index) =>
      names(when?.dialect, ['rules', index, 'when', 'dialect']),
    ),
    ...(auth?.keys ?? []).flatMap((key, index) =>
      typeof key === 'string'
        ? []
        : textsOf(key.dialects ?? [], ['auth', 'keys', index, 'dialects']),
    ),
    ...limits.flatMap(({ dialects = [] }, index) =>
      textsOf(dialects, ['limits', index, 'dialects']),
    ),
  ]
  return named
    .filter(([name]) => !known.includes(name))
    .map(([name, path]) => ({
      path,
      message: `unknown dialect "${name}"${suggestion(name, known)}`,
    }))
}

/** The journal tells limits apart by their names. */
function doubledLimits({ limits = [] }: WrittenScenario): Problem[] {
  return limits.flatMap(({ name }, index) => {
    if (limits.findIndex((other) => other.name === name) === index) return []
    const message = `another limit is named "${name}"; names must differ, so give this one a \`name\` of its own`
    return [{ path: ['limits', index], message }]
  })
}

/** A key, or a limit, for a model that does not exist can never be used. */
function unknownModels({ auth, models, limits = [] }: WrittenScenario): Problem[] {
  if (!models) return []
  const ofKeys = (auth?.keys ?? []).flatMap((key, index) =>
    typeof key === 'string' ? [] : textsOf(key.models ?? [], ['auth', 'keys', index, 'models']),
  )
  const ofLimits = limits.flatMap((limit, index) =>
    textsOf(limit.models ?? [], ['limits', index, 'models']),
  )
  return [...ofKeys, ...ofLimits]
    .filter(([name]) => !models.includes(name))
    .map(([name, path]) => ({
      path,
      message: `"${name}" is not among \`models\`${suggestion(name, models)}`,
    }))
}

function lostRecordings({ rules }: Scenario, { exists }: LintContext): Problem[] {
  return rules.flatMap(({ reply, index }) => {
    if (reply.kind !== 'recording' || exists(reply.file)) return []
    const path = ['rules', index, 'reply', 'recording']
    return [{ path, message: `there is no recording at ${reply.file}` }]
  })
}

const isEnding = (step: unknown): boolean => {
  const names = typeof step === 'object' && step !== null ? Object.keys(step) : [step]
  return endings.some((ending) => names.includes(ending))
}

/** An ending ends the whole reply, so only the last step can be one. */
function afterEnding({ rules = [] }: WrittenScenario): Problem[] {
  return rules.flatMap(({ reply }, index) => {
    if (!Array.isArray(reply)) return []
    const ending = reply.findIndex(isEnding)
    if (ending < 0 || ending === reply.length - 1) return []
    const path = ['rules', index, 'reply', ending + 1]
    return [{ path, message: 'this step is never played: the step before it ends the stream' }]
  })
}
