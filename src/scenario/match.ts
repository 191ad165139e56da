/** Finds the rule that answers a request, or says of every rule why it does not. */
import type { ChatRequest } from '../core/chat-request.ts'
import { StuntdoubleError } from '../core/errors.ts'
import { type Soon, soon } from '../core/soon.ts'
import { fits, type Subject } from './matcher.ts'
import { shown } from './problem.ts'
import type { Rule, Scenario } from './scenario.ts'
import {
  type Candidate,
  type CandidateTape,
  freshView,
  type Given,
  type RuleStates,
  type SessionStates,
  type SessionView,
  type TakeAsk,
  type TakenRule,
  viewOf,
} from './state.ts'
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
  /** Which of the takes it plays, where it plays what was taped for the request. */
  readonly take?: number
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
  /** What was taped for this request, where the rule plays that. */
  readonly tape?: (rule: Rule) => CandidateTape | undefined
  /** The sequence of this rule is used up: looks for new takes, before the choice is made again. */
  readonly onStopped?: (rule: Rule) => void
  /** Why it then has no answer. */
  readonly usedUp?: (rule: Rule) => string | undefined
}

export const isMiss = (result: Match | Miss): result is Miss => 'reasons' in result

/** The first rule that fits, which then has answered once more in the session. */
export function match(
  scenarios: readonly Scenario[],
  request: ChatRequest,
  session: string,
  states: SessionStates,
  options?: MatchOptions,
): Match | Miss
export function match(
  scenarios: readonly Scenario[],
  request: ChatRequest,
  session: string,
  states: RuleStates,
  options?: MatchOptions,
): Soon<Match | Miss>
export function match(
  scenarios: readonly Scenario[],
  request: ChatRequest,
  session: string,
  states: RuleStates,
  options: MatchOptions = {},
): Soon<Match | Miss> {
  const dialogue = countedHere(request)
  const asking = { scenarios, request, session, states, options, dialogue }
  return attempt(asking, states.view?.(session, dialogue) ?? freshView)
}

interface Asking {
  readonly scenarios: readonly Scenario[]
  readonly request: ChatRequest
  readonly session: string
  readonly states: RuleStates
  readonly options: MatchOptions
  /** Set where its turns are counted by the states. */
  readonly dialogue: string | undefined
}

/**
 * Chooses by what is known, and takes what was chosen if that still holds; otherwise what holds now
 * is known, and the choice is made again.
 */
function attempt(asking: Asking, known: SessionView): Soon<Match | Miss> {
  const { session, states, dialogue } = asking
  const choice = choose(asking, known)
  const { given, fitting } = choice
  const candidates = fitting.map(({ candidate }) => candidate)
  const ask: TakeAsk =
    dialogue === undefined && !given
      ? { session, candidates }
      : {
          session,
          ...(dialogue === undefined ? {} : { dialogue }),
          ...(given ? { given } : {}),
          candidates,
        }
  return soon(states.take(ask), (taken) => {
    if ('at' in taken) return matchOf(taken, asking, fitting)
    const now = viewOf(taken)
    const stopped = taken.stoppedBy === undefined ? undefined : fitting[taken.stoppedBy]
    if (stopped) asking.options.onStopped?.(stopped.rule)
    if (stopped || !stillHolds(given, now)) return attempt(asking, now)
    return { reasons: explainMiss(asking, now) }
  })
}

interface Fitting {
  readonly scenario: Scenario
  readonly rule: Rule
  readonly captures: Captures
  readonly candidate: Candidate
}

/** The rules that fit, up to the first that nothing can keep from answering. */
function choose(
  asking: Asking,
  known: SessionView,
): { readonly fitting: readonly Fitting[]; readonly given: Given | undefined } {
  const { scenarios, request, session, options, dialogue } = asking
  const fitting: Fitting[] = []
  const seen = new Seen(dialogue !== undefined)
  const turn = turnOf(request, dialogue, known)
  const subject = new SeenSubject(asking, { seen, known, turn })
  for (const scenario of scenarios) {
    subject.scenario = scenario.name
    for (const rule of scenario.rules) {
      if (!isTried(rule, options)) continue
      const captures: Captures = {}
      if (!fits(rule.when, subject, captures)) continue
      if (options.declines?.(rule, session) !== undefined) continue
      const tape = options.tape?.(rule)
      const candidate = tape
        ? { ...candidateOf(scenario, rule), tape }
        : candidateOf(scenario, rule)
      fitting.push({ scenario, rule, captures, candidate })
      if (isSure(candidate)) return { fitting, given: seen.given }
    }
  }
  return { fitting, given: seen.given }
}

const isSure = ({ times, from, tape }: Candidate): boolean =>
  times === undefined && from === undefined && (!tape || tape.usedUp === 'answers')

/** What the choice has looked at, of all that may change before a rule is taken. */
class Seen {
  readonly #countsTurns: boolean
  #turn: number | undefined
  #states: Map<string, string> | undefined

  constructor(countsTurns: boolean) {
    this.#countsTurns = countsTurns
  }

  get given(): Given | undefined {
    if (this.#turn === undefined && !this.#states) return undefined
    return {
      ...(this.#turn === undefined ? {} : { turn: this.#turn }),
      ...(this.#states ? { states: [...this.#states] } : {}),
    }
  }

  noteTurn(turn: number): void {
    if (this.#countsTurns) this.#turn = turn
  }

  noteState(scenario: string, state: string): void {
    this.#states ??= new Map()
    this.#states.set(scenario, state)
  }
}

interface Noted {
  readonly seen: Seen
  readonly known: SessionView
  readonly turn: number
}

/** A subject that notes what is looked at. A class, since functions in literals are kept too long. */
class SeenSubject implements Subject {
  readonly request: ChatRequest
  readonly session: string
  /** Whose rules are tried. */
  scenario = ''
  readonly #seen: Seen
  readonly #turn: number
  readonly #known: SessionView

  constructor({ request, session }: Asking, { seen, known, turn }: Noted) {
    this.request = request
    this.session = session
    this.#seen = seen
    this.#turn = turn
    this.#known = known
  }

  get turn(): number {
    this.#seen.noteTurn(this.#turn)
    return this.#turn
  }

  get state(): string {
    const state = this.#known.stateOf(this.scenario)
    this.#seen.noteState(this.scenario, state)
    return state
  }
}

const stillHolds = ({ turn, states = [] }: Given = {}, now: SessionView): boolean =>
  (turn === undefined || turn === now.turn) &&
  states.every(([scenario, state]) => now.stateOf(scenario) === state)

function matchOf(
  { at, hit, turn, take }: TakenRule,
  { request, session, dialogue }: Asking,
  fitting: readonly Fitting[],
): Match {
  const found = fitting[at]
  if (!found) throw new StuntdoubleError('internal', `there is no candidate ${at}`)
  const { scenario, rule, captures } = found
  const counted = dialogue === undefined ? turnsIn(request) : turn
  const matched = { scenario, rule, captures, hit, session, turn: counted }
  return take === undefined ? matched : { ...matched, take }
}

/** Kept with the rule: its words for whoever counts it never change. */
const candidates = new WeakMap<Rule, Candidate>()

function candidateOf({ name: scenario }: Scenario, rule: Rule): Candidate {
  const known = candidates.get(rule)
  if (known) return known
  const { times, state } = rule
  const candidate: Candidate = {
    key: JSON.stringify([scenario, rule.name]),
    scenario,
    ...(times === undefined ? {} : { times }),
    ...(state?.from === undefined ? {} : { from: state.from }),
    ...(state?.to === undefined ? {} : { to: state.to }),
  }
  candidates.set(rule, candidate)
  return candidate
}

/**
 * A request that brings its history is counted by it; one that only names its dialogue, by the
 * answers that the dialogue has had here.
 */
const countedHere = ({ dialogue, messages }: ChatRequest): string | undefined =>
  messages.length <= 1 ? dialogue : undefined

const turnsIn = ({ messages }: ChatRequest): number => {
  let turns = 0
  for (const { role } of messages) if (role === 'user') turns += 1
  return turns
}

const turnOf = (
  request: ChatRequest,
  dialogue: string | undefined,
  { turn }: SessionView,
): number => (dialogue === undefined ? turnsIn(request) : turn)

const isTried = (rule: Rule, { onlyWithPath, only }: MatchOptions): boolean =>
  (!onlyWithPath || rule.when.namesPath) && (only === undefined || only(rule))

const isInState = ({ state }: Rule, current: string): boolean =>
  state?.from === undefined || state.from.includes(current)

function explainMiss(
  { scenarios, request, session, options, dialogue }: Asking,
  now: SessionView,
): MissReason[] {
  const { onlyWithPath, only = () => true, declines, usedUp } = options
  const turn = turnOf(request, dialogue, now)
  const reasons = scenarios.flatMap((scenario) => {
    const subject = { request, session, turn, state: now.stateOf(scenario.name) }
    return scenario.rules.filter(only).map((rule): MissReason => {
      const place = { scenario: scenario.name, rule: rule.name }
      if (onlyWithPath && !rule.when.namesPath) {
        const why = 'no dialect knows this route, and the rule does not name a path'
        return { ...place, why, distance: rule.when.tests.length + 1 }
      }
      const { key, times } = candidateOf(scenario, rule)
      const isSpent = times !== undefined && now.hits(key) >= times
      const explained = explainRule(rule, subject, isSpent)
      // All of it fits, or it would say why not: then it had no answer.
      if (explained.why !== '') return { ...place, ...explained }
      return { ...place, why: declines?.(rule, session) ?? usedUp?.(rule) ?? '', distance: 0 }
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
