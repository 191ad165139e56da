import { describe, expect, it } from 'vitest'
import { match } from '../../src/scenario/match.ts'
import { type Candidate, SessionStates } from '../../src/scenario/state.ts'
import { scenarioFrom } from './parse.ts'
import { ask } from './request.ts'

const candidate = (key: string, more: Partial<Candidate> = {}): Candidate => ({
  ...{ key, scenario: 'a' },
  ...more,
})

const hits = (states: SessionStates, session: string, key = 'r'): number =>
  states.view(session, undefined).hits(key)

describe('SessionStates', () => {
  it('remembers by name, so that a reloaded scenario goes on where the old one was', async () => {
    const text = 'rules: [{ name: r, times: 1, state: { to: b }, reply: x }, { name: s, reply: y }]'
    const states = new SessionStates()
    match([await scenarioFrom(text, 'a.yaml')], ask(), 's', states)
    const reloaded = await scenarioFrom(text, 'a.yaml')
    expect(match([reloaded], ask(), 's', states)).toMatchObject({ rule: { name: 's' }, hit: 1 })
    expect(states.view('s', undefined).stateOf('a')).toBe('b')
  })

  it('keeps scenarios apart that have rules of one name', async () => {
    const text = 'rules: [{ name: r, state: { to: b }, reply: x }]'
    const states = new SessionStates()
    match([await scenarioFrom(text, 'a.yaml')], ask(), 's', states)
    const other = await scenarioFrom(text, 'b.yaml')
    expect(states.view('s', undefined).stateOf('b')).toBe('start')
    expect(match([other], ask(), 's', states)).toMatchObject({ hit: 1 })
  })

  it('forgets the session that was unused for longest, past its limit', () => {
    const states = new SessionStates(2)
    for (const session of ['a', 'b', 'a', 'c'])
      states.take({ session, candidates: [candidate('r')] })
    expect(states.size).toBe(2)
    expect(['a', 'b', 'c'].map((session) => hits(states, session))).toEqual([2, 0, 1])
  })

  it('forgets one session or all when told to', () => {
    const states = new SessionStates()
    for (const session of ['a', 'b', 'c']) states.take({ session, candidates: [candidate('r')] })
    states.reset('a')
    expect(['a', 'b'].map((session) => hits(states, session))).toEqual([0, 1])
    states.reset()
    expect(states.size).toBe(0)
  })

  it('bounds the dialogues that one session can open', () => {
    const states = new SessionStates()
    for (let n = 0; n <= 1000; n++) {
      states.take({ session: 's', dialogue: `d${n}`, candidates: [candidate('r')] })
    }
    expect(['d0', 'd1000'].map((dialogue) => states.view('s', dialogue).turn)).toEqual([1, 2])
  })

  it('takes the turn from the history of a request that brings one', async () => {
    const scenario = await scenarioFrom('rules: [{ name: r, reply: x }]')
    const messages = ['user', 'assistant', 'user'].map((role) => ({ role, text: 'x' }))
    const found = match([scenario], ask({ messages, dialogue: 'd' }), 's', new SessionStates())
    expect(found).toMatchObject({ turn: 2 })
  })

  it('takes nothing where what the choice was made by no longer holds, and says what does', () => {
    const states = new SessionStates()
    states.take({ session: 's', candidates: [candidate('r', { to: 'b' })] })
    const given = { states: [['a', 'start']] as const }
    expect(states.take({ session: 's', given, candidates: [candidate('r')] })).toEqual({
      turn: 1,
      states: [['a', 'b']],
      hits: [['r', 1]],
    })
    expect(hits(states, 's')).toBe(1)
  })
})
