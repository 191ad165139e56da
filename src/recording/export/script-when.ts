/**
 * `when` for taped requests: as little as tells each from the others that are told with it. What
 * was asked several times is one request with several answers.
 * Pure. Must never look for what was masked: nobody will send it.
 */
import { exactKeyOf } from '../match/match.ts'
import type { Asked } from './asked.ts'
import type { Exported } from './exporter.ts'

type When = Readonly<Record<string, unknown>>

export interface Taken {
  readonly exported: Exported
  readonly asked: Exclude<Asked, { kind: 'refused' }>
}

/** The takes of one request share a `when`; only the last of them answers more than once. */
export interface Matched {
  readonly when: When
  readonly isLastTake: boolean
  /** Another request fits as well, and no word of a scenario tells them apart. */
  readonly isAmbiguous: boolean
}

interface Candidate {
  readonly index: number
  readonly key: string
  readonly facts: Facts
  readonly when: Record<string, unknown>
}

type Facts = ReadonlyMap<string, Fact>

/** What a request says in one respect. */
interface Fact {
  /** Undefined where it says nothing. */
  readonly value: unknown
  /** The matcher for it, or `unaskable`. */
  readonly matcher: unknown
}

export function whenOf(all: readonly Taken[]): Matched[] {
  const turns = dialogueTurns(all)
  const candidates = all.map((told, index): Candidate => {
    const facts = factsOf(told.asked, turns[index])
    const when: Record<string, unknown> = {}
    for (const name of namedAnyway(told.asked, facts)) note(when, name, facts)
    const key = exactKeyOf(told.exported.recording)
    return { index, key, facts, when }
  })
  const ambiguous = new Set<number>()
  for (const group of grouped(candidates, ({ facts }) => coarseKey(facts))) {
    for (const one of tellApart(group)) ambiguous.add(one.index)
  }
  const written = candidates.map(({ when }) => JSON.stringify(when))
  const lastTakes = new Map(written.map((when, index) => [when, index]))
  return candidates.map(({ when, index }) => ({
    when,
    isLastTake: lastTakes.get(written[index] ?? '') === index,
    isAmbiguous: ambiguous.has(index),
  }))
}

/** Requests that could be taken for each other have all of these in common. */
const coarseKey = (facts: Facts): string =>
  JSON.stringify(['dialect', 'user', 'method', 'path'].map((name) => facts.get(name)?.value))

function grouped(
  candidates: readonly Candidate[],
  by: (candidate: Candidate) => string,
): Candidate[][] {
  const groups = new Map<string, Candidate[]>()
  for (const one of candidates) {
    const known = groups.get(by(one))
    if (known) known.push(one)
    else groups.set(by(one), [one])
  }
  return [...groups.values()]
}

const requestsIn = (group: readonly Candidate[]): Set<string> =>
  new Set(group.map(({ key }) => key))

/** Names more of the requests in a group, until each stands alone; gives back those that do not. */
function tellApart(group: readonly Candidate[]): readonly Candidate[] {
  if (requestsIn(group).size < 2) return []
  for (const name of namesIn(group)) {
    const parts = grouped(group, ({ facts }) => JSON.stringify(facts.get(name)?.value ?? null))
    if (parts.length < 2) continue
    for (const { when, facts } of group) if (!nameIn(when, name)) note(when, name, facts)
    return parts.flatMap(tellApart)
  }
  return group
}

/** What any of them says, and all of them can be asked for. */
function namesIn(group: readonly Candidate[]): string[] {
  const names = new Set(group.flatMap(({ facts }) => [...facts.keys()]))
  return [...names].filter((name) =>
    group.every(({ facts }) => facts.get(name)?.matcher !== unaskable),
  )
}

/** Masked, or a list in one request and a text in another. */
const unaskable = Symbol('unaskable')

const isPath = (name: string): boolean => name.startsWith('$')

function nameIn(when: When, name: string): boolean {
  const body = when['body']
  return isPath(name) ? isTree(body) && name in body : name in when
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null

function note(when: Record<string, unknown>, name: string, facts: Facts): void {
  const fact = facts.get(name)
  const matcher = fact?.value === undefined ? { exists: false } : fact.matcher
  if (isPath(name))
    when['body'] = { ...(isTree(when['body']) ? when['body'] : {}), [name]: matcher }
  else when[name] = matcher
}

/** What every rule says, so that it can be read by itself. */
function namedAnyway(asked: Taken['asked'], facts: Facts): string[] {
  if (asked.kind === 'plain') return ['method', 'path']
  const { messages, model } = asked.chat
  return [
    'dialect',
    ...(model === undefined ? [] : ['model']),
    'user',
    ...(Number(facts.get('turn')?.value) > 1 ? ['turn'] : []),
    ...(messages.at(-1)?.role === 'user' || messages.length === 0 ? [] : ['last']),
  ]
}

/** In the order in which they are asked for; what a person would look at comes first. */
function factsOf(asked: Taken['asked'], turn: number | undefined): Facts {
  const facts = new Map<string, Fact>()
  const add = (name: string, value: unknown, matcher: unknown = matcherOf(value)): void => {
    facts.set(name, { value, matcher })
  }
  if (asked.kind === 'plain') {
    add('method', asked.http.method)
    add('path', asked.http.path)
    addBody(facts, asked.body)
    return facts
  }
  const { chat } = asked
  add('dialect', chat.dialect)
  add('model', chat.model)
  add('user', chat.user)
  add('turn', turn ?? chat.messages.filter(({ role }) => role === 'user').length)
  add('last', chat.messages.at(-1)?.role)
  add('system', chat.system)
  add('messages', chat.messages.length)
  add('stream', chat.stream)
  addBody(facts, chat.body)
  return facts
}

/** Dialogues that the service keeps are counted by their requests, since those bring no history. */
function dialogueTurns(all: readonly Taken[]): (number | undefined)[] {
  const counts = new Map<string, number>()
  return all.map(({ asked }) => {
    if (asked.kind !== 'chat') return undefined
    const { dialogue, messages } = asked.chat
    if (dialogue === undefined || messages.length > 1) return undefined
    const count = (counts.get(dialogue) ?? 0) + 1
    counts.set(dialogue, count)
    return count
  })
}

const placeholder = /REDACTED(?:-[0-9a-f]{8}-)?x*/g

const isMasked = (value: unknown): boolean =>
  typeof value === 'string' && value.search(placeholder) >= 0

/** A bare value where that is what it means; a pattern where a part of it was masked. */
function matcherOf(value: unknown): unknown {
  if (typeof value !== 'string') return isTree(value) || value === null ? { equals: value } : value
  if (!isMasked(value)) return value
  const parts = value.split(placeholder).map((part) => part.replaceAll(special, '\\$&'))
  return { matches: `^${parts.join('\\S+')}$` }
}

const special = /[\\^$.*+?()[\]{}|/]/g

/** Places in a body further down than this tell no two requests apart that others do not. */
const mostPlaces = 2000

/** Every value in the body, by its place; what holds values is not asked for itself. */
function addBody(facts: Map<string, Fact>, body: unknown): void {
  if (!isTree(body)) return
  let count = 0
  const walk = (value: unknown, path: string): void => {
    if (count >= mostPlaces) return
    const isLeaf = !isTree(value) || Object.keys(value).length === 0
    if (isLeaf) {
      count++
      facts.set(path, { value, matcher: isMasked(value) ? unaskable : bodyMatcher(value) })
      return
    }
    facts.set(path, { value: true, matcher: unaskable })
    for (const [key, inner] of Object.entries(value)) {
      walk(inner, path + (Array.isArray(value) ? `[${key}]` : stepTo(key)))
    }
  }
  walk(body, '$')
}

const stepTo = (key: string): string =>
  /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`

/** JSON tells 1 from "1", and so does `equals`. */
const bodyMatcher = (value: unknown): unknown =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : { equals: value }
