/** Finds the rule that answers a request, or says of every rule why it does not. */
import type { ChatRequest } from '../core/chat-request.ts'
import { fits, type Subject } from './matcher.ts'
import { shown } from './problem.ts'
import type { Rule, Scenario } from './scenario.ts'
import type { SessionStates } from './state.ts'
import type { Captures } from './value-test.ts'

export interface Match {
  readonly scenario: Scenario
  readonly rule: Rule
  /** The groups of regular expressions: by number, `0` being the whole, and by name. */
  readonly captures: Readonly<Record<string, string>>
  /** How often the rule has answered in this session, this time included. */
  readonly hit: number
  readonly session: string
  /** Which turn of the dialogue this is, from 1. */
  readonly turn: number
}

interface MissReason {
  readonly scenario: string
  readonly rule: string
  readonly why: string
  /** 0 is nearest: about the number of fields that do not fit. */
  readonly distance: number
}

export interface Miss {
  /** Nearest first. */
  readonly reasons: readonly MissReason[]
}

export interface MatchOptions {
  /** Try only rules that name a path: for requests that no dialect understands. */
  readonly onlyWithPath?: boolean
  /** Try only these rules; of the others nothing is said. */
  readonly only?: (rule: Rule) => boolean
  /** Why a rule that fits has no answer to this request, so that the next has its turn. */
  readonly declines?: (rule: Rule, session: string) => string | undefined
}

export const isMiss = (result: Match | Miss): result is Miss => 'reasons' in result

/** The first rule that fits, which then has answered once more in the session. */
export function match(
  scenarios: readonly Scenario[],
  request: ChatRequest,
  session: string,
  states: SessionStates,
  options: MatchOptions = {},
): Match | Miss {
  const turn = states.turnOf(session, request)
  for (const scenario of scenarios) {
    const subject = { request, session, turn, state: states.stateOf(session, scenario) }
    for (const rule of scenario.rules) {
      if (!isTried(rule, options)) continue
      const captures: Captures = {}
      if (!fits(rule.when, subject, captures)) continue
      if (!isInState(rule, subject.state) || isUsedUp(scenario, rule, session, states)) continue
      if (options.declines?.(rule, session) !== undefined) continue
      const hit = states.take(session, scenario, rule, request)
      return { scenario, rule, captures, hit, session, turn }
    }
  }
  return { reasons: explainMiss(scenarios, { request, session, turn }, states, options) }
}

const isTried = (rule: Rule, { onlyWithPath, only }: MatchOptions): boolean =>
  (!onlyWithPath || rule.when.namesPath) && (only === undefined || only(rule))

const isInState = ({ state }: Rule, current: string): boolean =>
  state?.from === undefined || state.from.includes(current)

const isUsedUp = (
  scenario: Scenario,
  rule: Rule,
  session: string,
  states: SessionStates,
): boolean => rule.times !== undefined && states.hits(session, scenario, rule) >= rule.times

function explainMiss(
  scenarios: readonly Scenario[],
  asked: Omit<Subject, 'state'>,
  states: SessionStates,
  { onlyWithPath, only = () => true, declines }: MatchOptions,
): MissReason[] {
  const reasons = scenarios.flatMap((scenario) => {
    const subject = { ...asked, state: states.stateOf(asked.session, scenario) }
    return scenario.rules.filter(only).map((rule): MissReason => {
      const place = { scenario: scenario.name, rule: rule.name }
      if (onlyWithPath && !rule.when.namesPath) {
        const why = 'no dialect knows this route, and the rule does not name a path'
        return { ...place, why, distance: rule.when.tests.length + 1 }
      }
      const usedUp = isUsedUp(scenario, rule, asked.session, states)
      const explained = explainRule(rule, subject, usedUp)
      // All of it fits, or it would say why not: then it had no answer.
      if (explained.why !== '') return { ...place, ...explained }
      return { ...place, why: declines?.(rule, asked.session) ?? '', distance: 0 }
    })
  })
  return reasons.sort((a, b) => a.distance - b.distance)
}

function explainRule(
  rule: Rule,
  subject: Subject,
  usedUp: boolean,
): { why: string; distance: number } {
  const misfits = rule.when.tests
    .filter((test) => !test.fits(subject, {}))
    .map((test) => test.explain(subject))
  const why = misfits.map((misfit) => misfit.why)
  let distance = misfits.reduce((sum, misfit) => sum + 1 - misfit.nearness, 0)
  if (!isInState(rule, subject.state)) {
    why.push(
      `state: expected ${rule.state?.from?.map(shown).join(' or ')}, it is ${shown(subject.state)}`,
    )
    distance += 0.5
  }
  if (usedUp) {
    why.push(
      `it has answered its ${rule.times} ${rule.times === 1 ? 'time' : 'times'} in this session`,
    )
    distance += 0.25
  }
  return { why: why.join('; '), distance }
}
