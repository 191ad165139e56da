import { describe, expect, it } from 'vitest'
import type { Rule, Scenario } from '../../src/scenario/scenario.ts'
import { SessionStates } from '../../src/scenario/state.ts'
import { scenarioFrom } from './parse.ts'
import { ask } from './request.ts'

async function sample(file = 'a.yaml'): Promise<{ scenario: Scenario; rule: Rule }> {
  const scenario = await scenarioFrom('rules: [{ name: r, state: { to: b }, reply: x }]', file)
  const [rule] = scenario.rules
  if (!rule) throw new Error('no rule')
  return { scenario, rule }
}

describe('SessionStates', () => {
  it('remembers by name, so that a reloaded scenario goes on where the old one was', async () => {
    const old = await sample()
    const reloaded = await sample()
    const states = new SessionStates()
    states.take('s', old.scenario, old.rule, ask())
    expect(states.hits('s', reloaded.scenario, reloaded.rule)).toBe(1)
    expect(states.stateOf('s', reloaded.scenario)).toBe('b')
  })

  it('keeps scenarios apart that have rules of one name', async () => {
    const a = await sample('a.yaml')
    const b = await sample('b.yaml')
    const states = new SessionStates()
    states.take('s', a.scenario, a.rule, ask())
    expect(states.hits('s', b.scenario, b.rule)).toBe(0)
    expect(states.stateOf('s', b.scenario)).toBe('start')
  })

  it('forgets the session that was unused for longest, past its limit', async () => {
    const { scenario, rule } = await sample()
    const states = new SessionStates(2)
    for (const session of ['a', 'b', 'a', 'c']) states.take(session, scenario, rule, ask())
    expect(states.size).toBe(2)
    expect(['a', 'b', 'c'].map((s) => states.hits(s, scenario, rule))).toEqual([2, 0, 1])
  })

  it('forgets one session or all when told to', async () => {
    const { scenario, rule } = await sample()
    const states = new SessionStates()
    for (const session of ['a', 'b', 'c']) states.take(session, scenario, rule, ask())
    states.reset('a')
    expect(['a', 'b'].map((s) => states.hits(s, scenario, rule))).toEqual([0, 1])
    states.reset()
    expect(states.size).toBe(0)
  })

  it('bounds the dialogues that one session can open', async () => {
    const { scenario, rule } = await sample()
    const states = new SessionStates()
    for (let n = 0; n <= 1000; n++) {
      states.take('s', scenario, rule, ask({ user: 'hi', dialogue: `d${n}` }))
    }
    const turns = ['d0', 'd1000'].map((dialogue) =>
      states.turnOf('s', ask({ user: 'hi', dialogue })),
    )
    expect(turns).toEqual([1, 2])
  })

  it('takes the turn from the history of a request that brings one', () => {
    const messages = ['user', 'assistant', 'user'].map((role) => ({ role, text: 'x' }))
    expect(new SessionStates().turnOf('s', ask({ messages, dialogue: 'd' }))).toBe(2)
  })
})
