/**
 * What a server remembers of its sessions: how often each rule answered, the named state of each
 * scenario, and how far each dialogue went. By name, so that a reload forgets nothing; bounded, so
 * that a server which runs for weeks does not grow.
 *
 * Who chooses a rule says what it fits by, as plain data, and takes it in one step: so several
 * processes can share one memory, and no two of them take the last of `times`.
 */
import type { Soon } from '../core/soon.ts'
import { initialState } from './scenario.ts'
import { type SequenceAsk, Sequences } from './sequences.ts'

/** A rule that fits, with all that still decides whether it may answer. */
export interface Candidate {
  /** Of the rule and its scenario. */
  readonly key: string
  readonly scenario: string
  readonly times?: number
  readonly from?: readonly string[]
  readonly to?: string
  readonly tape?: CandidateTape
}

/** What was taped for the request, where the rule plays that. */
export interface CandidateTape extends SequenceAsk {
  /** What becomes of a sequence that is used up: the rule answers all the same, or the next is
   * tried, or nothing is taken, so that somebody can look for new takes first. */
  readonly usedUp: 'answers' | 'next' | 'stop'
}

export interface TakeAsk {
  readonly session: string
  /** Whose turns are counted here; undefined where the request brings its history. */
  readonly dialogue?: string
  /** What the candidates were chosen by; where it no longer holds, nothing is taken. */
  readonly given?: Given
  /** In their order: the first that may answer is taken. */
  readonly candidates: readonly Candidate[]
}

export interface Given {
  readonly turn?: number
  /** By scenario. */
  readonly states?: readonly (readonly [string, string])[]
}

export type TakeAnswer = TakenRule | SessionNow

export interface TakenRule {
  /** Which of the candidates. */
  readonly at: number
  /** How often it has answered in the session, this time included. */
  readonly hit: number
  /** Which turn of the dialogue this was, where those are counted here. */
  readonly turn: number
  /** Which of the takes is played. */
  readonly take?: number
}

/** Where a session stands, when nothing could be taken. */
export interface SessionNow {
  readonly turn: number
  readonly states: readonly (readonly [string, string])[]
  /** By the key of the rule. */
  readonly hits: readonly (readonly [string, number])[]
  /** The candidate whose sequence stopped the choice. */
  readonly stoppedBy?: number
}

/** What rules are chosen by. */
export interface SessionView {
  readonly turn: number
  stateOf(scenario: string): string
  hits(key: string): number
}

/** Where rules are taken. */
export interface RuleStates {
  /** What is known of a session without asking anybody; a wrong guess costs one more step. */
  view?(session: string, dialogue: string | undefined): SessionView
  take(ask: TakeAsk): Soon<TakeAnswer>
}

interface SessionState {
  readonly hits: Map<string, number>
  readonly states: Map<string, string>
  /** Requests answered so far, by dialogue. */
  readonly answered: Map<string, number>
}

const defaultLimit = 10_000

/** A session may talk in this many dialogues before the oldest is forgotten. */
const dialogueLimit = 1000

export class SessionStates implements RuleStates {
  readonly sequences = new Sequences()
  readonly #sessions = new Map<string, SessionState>()
  readonly #limit: number
  /** The session that was used last, and so is the last to be forgotten. */
  #latest: string | undefined

  /** @param limit sessions that are remembered; past it the one unused for longest is forgotten */
  constructor(limit = defaultLimit) {
    this.#limit = limit
  }

  get size(): number {
    return this.#sessions.size
  }

  view(session: string, dialogue: string | undefined): SessionView {
    return new StateView(this.#sessions.get(session), dialogue)
  }

  /** The first candidate that may answer does: counts it, and leads to its next state. */
  take(ask: TakeAsk): TakeAnswer {
    const { session, dialogue, given, candidates } = ask
    const known = this.#sessions.get(session)
    if (given && !holds(given, known, dialogue)) return nowOf(known, dialogue)
    for (const [at, candidate] of candidates.entries()) {
      if (!mayAnswer(candidate, known)) continue
      const { tape } = candidate
      const take = tape && this.sequences.next(session, tape)
      if (tape && take === undefined) {
        if (tape.usedUp === 'next') continue
        if (tape.usedUp === 'stop') return { ...nowOf(known, dialogue), stoppedBy: at }
      }
      const { hit, turn } = this.#count(ask, candidate)
      return take === undefined ? { at, hit, turn } : { at, hit, turn, take }
    }
    return nowOf(known, dialogue)
  }

  /** Forgets one session, or all of them. */
  reset(session?: string): void {
    this.sequences.reset(session)
    if (session === undefined) this.#sessions.clear()
    else this.#sessions.delete(session)
  }

  #count(
    { session, dialogue }: TakeAsk,
    { key, scenario, to }: Candidate,
  ): Pick<TakenRule, 'hit' | 'turn'> {
    const { hits, states, answered } = this.#open(session)
    const hit = (hits.get(key) ?? 0) + 1
    hits.set(key, hit)
    if (to !== undefined) states.set(scenario, to)
    if (dialogue === undefined) return { hit, turn: 1 }
    const turn = (answered.get(dialogue) ?? 0) + 1
    answered.delete(dialogue)
    answered.set(dialogue, turn)
    forgetOldest(answered, dialogueLimit)
    return { hit, turn }
  }

  #open(session: string): SessionState {
    const known = this.#sessions.get(session)
    if (known && session === this.#latest) return known
    const state = known ?? { hits: new Map(), states: new Map(), answered: new Map() }
    this.#sessions.delete(session)
    this.#sessions.set(session, state)
    this.#latest = session
    forgetOldest(this.#sessions, this.#limit)
    return state
  }
}

/** A class, since one is made for each request, and functions in literals are kept too long. */
class StateView implements SessionView {
  readonly turn: number
  readonly #state: SessionState | undefined

  constructor(state: SessionState | undefined, dialogue: string | undefined) {
    this.turn = turnIn(state, dialogue)
    this.#state = state
  }

  stateOf(scenario: string): string {
    return this.#state?.states.get(scenario) ?? initialState
  }

  hits(key: string): number {
    return this.#state?.hits.get(key) ?? 0
  }
}

/** As somebody else told it. */
export function viewOf({ turn, states, hits }: SessionNow): SessionView {
  const byScenario = new Map(states)
  const byRule = new Map(hits)
  return {
    turn,
    stateOf: (scenario) => byScenario.get(scenario) ?? initialState,
    hits: (key) => byRule.get(key) ?? 0,
  }
}

/** Of a session that nobody has heard of. */
export const freshView: SessionView = viewOf({ turn: 1, states: [], hits: [] })

const turnIn = (state: SessionState | undefined, dialogue: string | undefined): number =>
  dialogue === undefined ? 1 : (state?.answered.get(dialogue) ?? 0) + 1

const stateIn = (state: SessionState | undefined, scenario: string): string =>
  state?.states.get(scenario) ?? initialState

const holds = (
  { turn, states = [] }: Given,
  state: SessionState | undefined,
  dialogue: string | undefined,
): boolean =>
  (turn === undefined || turn === turnIn(state, dialogue)) &&
  states.every(([scenario, name]) => stateIn(state, scenario) === name)

const mayAnswer = (
  { key, scenario, times, from }: Candidate,
  state: SessionState | undefined,
): boolean =>
  (from === undefined || from.includes(stateIn(state, scenario))) &&
  (times === undefined || (state?.hits.get(key) ?? 0) < times)

const nowOf = (state: SessionState | undefined, dialogue: string | undefined): SessionNow => ({
  turn: turnIn(state, dialogue),
  states: [...(state?.states ?? [])],
  hits: [...(state?.hits ?? [])],
})

function forgetOldest<T>(map: Map<string, T>, limit: number): void {
  while (map.size > limit) {
    const oldest = map.keys().next()
    if (oldest.done) return
    map.delete(oldest.value)
  }
}
