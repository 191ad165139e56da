/**
 * What a server remembers of its sessions: how often each rule answered, the named state of each
 * scenario, and how far each dialogue went. By name, so that a reload forgets nothing; bounded, so
 * that a server which runs for weeks does not grow.
 */
import type { ChatRequest } from '../core/chat-request.ts'
import { initialState, type Rule, type Scenario } from './scenario.ts'

interface SessionState {
  readonly hits: Map<string, number>
  readonly states: Map<string, string>
  /** Requests answered so far, by dialogue. */
  readonly answered: Map<string, number>
}

const defaultLimit = 10_000

/** A session may talk in this many dialogues before the oldest is forgotten. */
const dialogueLimit = 1000

export class SessionStates {
  readonly #sessions = new Map<string, SessionState>()
  readonly #limit: number

  /** @param limit sessions that are remembered; past it the one unused for longest is forgotten */
  constructor(limit = defaultLimit) {
    this.#limit = limit
  }

  get size(): number {
    return this.#sessions.size
  }

  /** How often the rule has answered in the session. */
  hits(session: string, scenario: Scenario, rule: Rule): number {
    return this.#sessions.get(session)?.hits.get(ruleKey(scenario, rule)) ?? 0
  }

  /** The named state in which the scenario is. */
  stateOf(session: string, scenario: Scenario): string {
    return this.#sessions.get(session)?.states.get(scenario.name) ?? initialState
  }

  /**
   * Which turn of its dialogue a request is, from 1. A request that brings its history is counted
   * by it; one that only names its dialogue, by the answers that the dialogue has had here.
   */
  turnOf(session: string, request: ChatRequest): number {
    if (!countsHere(request)) {
      return request.messages.filter(({ role }) => role === 'user').length
    }
    return (this.#sessions.get(session)?.answered.get(request.dialogue) ?? 0) + 1
  }

  /** The rule answers: counts it, leads to its next state, gives the number of the hit from 1. */
  take(session: string, scenario: Scenario, rule: Rule, request: ChatRequest): number {
    const { hits, states, answered } = this.#open(session)
    const key = ruleKey(scenario, rule)
    const hit = (hits.get(key) ?? 0) + 1
    hits.set(key, hit)
    if (rule.state?.to !== undefined) states.set(scenario.name, rule.state.to)
    if (countsHere(request)) {
      const turn = (answered.get(request.dialogue) ?? 0) + 1
      answered.delete(request.dialogue)
      answered.set(request.dialogue, turn)
      forgetOldest(answered, dialogueLimit)
    }
    return hit
  }

  /** Forgets one session, or all of them. */
  reset(session?: string): void {
    if (session === undefined) this.#sessions.clear()
    else this.#sessions.delete(session)
  }

  #open(session: string): SessionState {
    const state = this.#sessions.get(session) ?? {
      hits: new Map(),
      states: new Map(),
      answered: new Map(),
    }
    this.#sessions.delete(session)
    this.#sessions.set(session, state)
    forgetOldest(this.#sessions, this.#limit)
    return state
  }
}

function forgetOldest<T>(map: Map<string, T>, limit: number): void {
  while (map.size > limit) {
    const oldest = map.keys().next()
    if (oldest.done) return
    map.delete(oldest.value)
  }
}

const countsHere = (request: ChatRequest): request is ChatRequest & { dialogue: string } =>
  request.dialogue !== undefined && request.messages.length <= 1

const ruleKey = (scenario: Scenario, rule: Rule): string =>
  JSON.stringify([scenario.name, rule.name])
