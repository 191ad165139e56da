import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMiss, type MatchOptions, match } from '../../src/scenario/match.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { SessionStates } from '../../src/scenario/state.ts'
import { scenarioFrom } from './parse.ts'
import { type Asked, ask } from './request.ts'

const rule = (when: string): Promise<Scenario> =>
  scenarioFrom(`rules:\n  - when: ${when}\n    state: { from: start, to: asked }\n    reply: hi\n`)

const answers = (scenario: Scenario, asked: Asked, session = 'a'): boolean =>
  !isMiss(match([scenario], ask(asked), session, new SessionStates()))

const chat = (...texts: string[]): Asked => {
  const roles = ['user', 'assistant']
  return { messages: texts.map((text, index) => ({ role: roles[index % 2] ?? '', text })) }
}

interface Row {
  readonly when: string
  readonly fits: readonly Asked[]
  readonly not: readonly Asked[]
}

const fields: Row[] = [
  { when: '{}', fits: [{}], not: [] },
  { when: '{ dialect: a }', fits: [{ dialect: 'a' }], not: [{ dialect: 'b' }] },
  { when: '{ method: get }', fits: [{ method: 'GET' }], not: [{ method: 'POST' }] },
  { when: '{ path: /a }', fits: [{ url: '/a' }, { url: '/a?b=1' }], not: [{ url: '/a/' }] },
  { when: "{ path: { glob: '/a/*' } }", fits: [{ url: '/a/b' }], not: [{ url: '/a/b/c' }] },
  { when: "{ path: { glob: '/a/**' } }", fits: [{ url: '/a/b/c' }], not: [{ url: '/b' }] },
  { when: '{ model: m }', fits: [{ model: 'm' }], not: [{}, { model: 'n' }] },
  { when: '{ user: hi }', fits: [{ user: 'hi' }], not: [{}, { user: 'Hi' }, { user: 'hi ' }] },
  { when: '{ user: 7 }', fits: [{ user: '7' }], not: [{ user: '07' }] },
  { when: '{ system: s }', fits: [{ system: 's' }], not: [{}] },
  { when: '{ messages: 1 }', fits: [chat('a')], not: [chat(), chat('a', 'b')] },
  { when: '{ messages: { min: 2 } }', fits: [chat('a', 'b')], not: [chat('a')] },
  { when: '{ messages: { max: 1 } }', fits: [chat(), chat('a')], not: [chat('a', 'b')] },
  {
    when: '{ messages: [{ role: user, text: a }, { text: c }] }',
    fits: [chat('a', 'b', 'c'), chat('a', 'c')],
    not: [chat('c', 'b', 'a'), chat('a'), chat('c', 'a')],
  },
  {
    when: '{ last: tool }',
    fits: [
      {
        messages: [
          { role: 'user', text: 'a' },
          { role: 'tool', text: '1' },
        ],
      },
    ],
    not: [
      chat(),
      chat('a'),
      {
        messages: [
          { role: 'tool', text: '1' },
          { role: 'user', text: 'b' },
        ],
      },
    ],
  },
  { when: '{ tools: f }', fits: [{ tools: ['e', 'f'] }], not: [{}, { tools: ['e'] }] },
  { when: '{ tools: { exists: false } }', fits: [{}], not: [{ tools: ['e'] }] },
  { when: '{ tools: { not: f } }', fits: [{}, { tools: ['e'] }], not: [{ tools: ['e', 'f'] }] },
  { when: '{ stream: false }', fits: [{ stream: false }], not: [{ stream: true }] },
  { when: '{ session: a }', fits: [{}], not: [] },
  { when: '{ session: b }', fits: [], not: [{}] },
  { when: '{ state: start }', fits: [{}], not: [] },
  { when: '{ state: asked }', fits: [], not: [{}] },
  { when: '{ turn: 2 }', fits: [chat('a', 'b', 'c')], not: [chat('a')] },
  { when: '{ turn: [1, 2] }', fits: [chat('a'), chat('a', 'b', 'c')], not: [chat()] },
  { when: '{ turn: { min: 2 } }', fits: [chat('a', 'b', 'c')], not: [chat('a')] },
  {
    when: '{ header: { X-Tenant: acme } }',
    fits: [
      { headers: [['x-tenant', 'acme']] },
      {
        headers: [
          ['x-tenant', 'b'],
          ['X-TENANT', 'acme'],
        ],
      },
    ],
    not: [{}, { headers: [['x-tenant', 'ACME']] }],
  },
  {
    when: "{ body: { '$.metadata.role_id': { exists: true } } }",
    fits: [{ body: { metadata: { role_id: null } } }],
    not: [{}, { body: { metadata: {} } }, { body: 'text' }, { body: null }, { body: [] }],
  },
  {
    when: "{ body: { '$.n': 7, '$.on': true } }",
    fits: [{ body: { n: 7, on: true } }],
    not: [{ body: { n: '7', on: true } }, { body: { n: 7, on: 'true' } }, { body: { n: 7 } }],
  },
  {
    when: "{ body: { '$.a': { equals: { b: [1, null] } } } }",
    fits: [{ body: { a: { b: [1, null] } } }],
    not: [{ body: { a: { b: [1] } } }],
  },
  {
    when: "{ body: { '$.a': { equals: null } } }",
    fits: [{ body: { a: null } }],
    not: [{ body: {} }, { body: { a: 0 } }],
  },
  {
    when: "{ body: { '$.tags': { contains: new } } }",
    fits: [{ body: { tags: ['old', 'new'] } }, { body: { tags: 'brand new' } }],
    not: [{ body: { tags: ['newer'] } }, { body: {} }],
  },
  {
    when: "{ body: { '$.messages[*].content': hi } }",
    fits: [{ body: { messages: [{ content: 'x' }, { content: 'hi' }] } }],
    not: [{ body: { messages: [] } }],
  },
]

const forms: Row[] = [
  { when: '{ user: [a, b] }', fits: [{ user: 'b' }], not: [{ user: 'c' }] },
  { when: '{ user: { equals: a } }', fits: [{ user: 'a' }], not: [{ user: 'A' }] },
  { when: '{ user: { oneOf: [a, 7] } }', fits: [{ user: '7' }], not: [{ user: 'c' }] },
  { when: '{ user: { contains: ell } }', fits: [{ user: 'hello' }], not: [{ user: 'hELLo' }] },
  {
    when: '{ user: { contains: ELL, ignoreCase: true } }',
    fits: [{ user: 'hello' }],
    not: [{ user: 'help' }],
  },
  { when: "{ user: { matches: '^h.*o$' } }", fits: [{ user: 'hello' }], not: [{ user: 'hello!' }] },
  {
    when: String.raw`{ user: { matches: '^\p{Lu}\p{L}+.$' } }`,
    fits: [{ user: 'Ärger🙂' }],
    not: [{ user: 'ärger!' }, { user: 'p{Lu}p{L}!' }],
  },
  {
    when: String.raw`{ user: { matches: '^a\-b\_$' } }`,
    fits: [{ user: 'a-b_' }],
    not: [{ user: 'a-b' }],
  },
  {
    when: "{ user: { matches: 'HELLO', ignoreCase: true } }",
    fits: [{ user: 'hello' }],
    not: [{ user: 'help' }],
  },
  {
    when: "{ model: { glob: 'gpt-*' } }",
    fits: [{ model: 'gpt-4o' }, { model: 'gpt-x/y.z' }],
    not: [{ model: 'o1' }, { model: 'my-gpt-4' }],
  },
  {
    when: "{ user: { glob: 'what*?' } }",
    fits: [{ user: 'what\nis 1/2?' }],
    not: [{ user: 'who?' }],
  },
  {
    when: "{ model: { glob: '{GPT,o1}-*', ignoreCase: true } }",
    fits: [{ model: 'gpt-4o' }, { model: 'O1-mini' }],
    not: [{ model: 'claude' }],
  },
  { when: '{ model: { exists: true } }', fits: [{ model: '' }], not: [{}] },
  { when: '{ model: { exists: false } }', fits: [{}], not: [{ model: 'a' }] },
  { when: '{ model: { not: a } }', fits: [{}, { model: 'b' }], not: [{ model: 'a' }] },
  { when: '{ model: { not: [a, b] } }', fits: [{ model: 'c' }], not: [{ model: 'b' }] },
  {
    when: '{ user: { contains: a, not: { contains: b } } }',
    fits: [{ user: 'a' }],
    not: [{ user: 'ab' }, { user: 'c' }],
  },
  { when: '{ user: { not: { not: a } } }', fits: [{ user: 'a' }], not: [{ user: 'b' }] },
  { when: '{ user: a, model: m }', fits: [{ user: 'a', model: 'm' }], not: [{ user: 'a' }] },
]

// `a` is no dialect that exists, which would be a mistake; and states must be led to.
const known = (when: string): string => when.replace('dialect: a ', 'dialect: openai-chat ')

const withKnown = (asked: Asked): Asked =>
  asked.dialect === 'a' ? { ...asked, dialect: 'openai-chat' } : asked

describe.each([
  ['a field of `when`', fields],
  ['a form of matcher', forms],
])('%s', (_, rows) => {
  it.each(rows)('$when fits what it names and nothing else', async ({ when, fits, not }) => {
    const scenario = await rule(known(when))
    for (const asked of fits)
      expect([asked, answers(scenario, withKnown(asked))]).toEqual([asked, true])
    for (const asked of not)
      expect([asked, answers(scenario, withKnown(asked))]).toEqual([asked, false])
  })

  it.each(rows)('$when can say why it does not fit', async ({ when, not }) => {
    const scenario = await rule(known(when))
    for (const asked of not) {
      const result = match([scenario], ask(withKnown(asked)), 'a', new SessionStates())
      const reasons = isMiss(result) ? result.reasons : []
      expect(reasons).toMatchObject([{ rule: 'rule 1', why: expect.stringContaining('expected ') }])
    }
  })
})

const hits = (
  scenarios: readonly Scenario[],
  states: SessionStates,
  asked: Asked = {},
  session = 'a',
  options: MatchOptions = {},
): string => {
  const result = match(scenarios, ask(asked), session, states, options)
  return isMiss(result) ? 'miss' : `${result.rule.name} ${result.hit}`
}

describe('match', () => {
  it('takes the first rule that fits, in the order of scenarios and rules', async () => {
    const first = await scenarioFrom('rules: [{ name: x, when: { user: x }, reply: x }]', 'a.yaml')
    const second = await scenarioFrom(
      'rules: [{ name: xy, when: { user: [x, y] }, reply: x }, { name: all, reply: z }]',
      'b.yaml',
    )
    const states = new SessionStates()
    const seen = ['x', 'y', 'z'].map((user) => hits([first, second], states, { user }))
    expect(seen).toEqual(['x 1', 'xy 1', 'all 1'])
  })

  it('counts `times` in each session for itself, then tries the rules after it', async () => {
    const scenario = await scenarioFrom(
      'rules: [{ name: once, times: 2, reply: x }, { name: then, reply: y }]',
    )
    const states = new SessionStates()
    const seen = ['a', 'a', 'b', 'a', 'b', 'b'].map((session) =>
      hits([scenario], states, {}, session),
    )
    expect(seen).toEqual(['once 1', 'once 2', 'once 1', 'then 1', 'once 2', 'then 1'])
  })

  it('walks through named states, each session on its own', async () => {
    const scenario = await scenarioFrom(
      [
        'rules:',
        '  - { name: ask, state: { from: start, to: asked }, reply: who? }',
        '  - { name: end, state: { from: [asked], to: start }, reply: bye }',
      ].join('\n'),
    )
    const states = new SessionStates()
    const seen = ['a', 'a', 'b', 'a', 'b'].map((session) => hits([scenario], states, {}, session))
    expect(seen).toEqual(['ask 1', 'end 1', 'ask 1', 'ask 2', 'end 1'])
  })

  it('counts the turns of a dialogue that brings no history', async () => {
    const scenario = await scenarioFrom(
      'rules: [{ name: one, when: { turn: 1 }, reply: x }, { name: more, when: { turn: { min: 2 } }, reply: y }]',
    )
    const states = new SessionStates()
    const seen = ['d', 'd', 'e', 'd', 'e'].map((dialogue) =>
      hits([scenario], states, { user: 'hi', dialogue }),
    )
    expect(seen).toEqual(['one 1', 'more 1', 'one 2', 'more 2', 'more 3'])
  })

  it('captures groups by number and by name, those of the first expression by number', async () => {
    const scenario = await scenarioFrom(
      [
        'rules:',
        '  - when:',
        "      user: { matches: 'in (?<city>\\w+)( today)?' }",
        "      system: { matches: 'speak (?<language>\\w+)' }",
        '    reply: hi',
      ].join('\n'),
    )
    const asked = ask({ user: 'Snow in Oslo?', system: 'speak Norwegian' })
    expect(match([scenario], asked, 'a', new SessionStates())).toMatchObject({
      captures: { 0: 'in Oslo', 1: 'Oslo', 2: '', city: 'Oslo', language: 'Norwegian' },
      turn: 1,
      hit: 1,
    })
  })

  it('tries only rules with a path where it is told to', async () => {
    const scenario = await scenarioFrom(
      'rules: [{ name: all, reply: x }, { name: health, when: { path: /health }, reply: ok }]',
    )
    const only = { onlyWithPath: true }
    const states = new SessionStates()
    expect(hits([scenario], states, { url: '/health' }, 'a', only)).toBe('health 1')
    expect(hits([scenario], states, { url: '/other' }, 'a', only)).toBe('miss')
    expect(hits([scenario], states, { url: '/other' })).toBe('all 1')
  })
})

describe('a miss', () => {
  const missed = async (rules: string, asked: Asked, times = 0): Promise<string[]> => {
    const scenario = await scenarioFrom(`rules:\n${rules}`)
    const states = new SessionStates()
    for (let i = 0; i < times; i++) match([scenario], ask(asked), 'a', states)
    const result = match([scenario], ask(asked), 'a', states)
    return isMiss(result) ? result.reasons.map(({ rule, why }) => `${rule}: ${why}`) : ['a hit']
  }

  it('tells of every rule why it does not fit, the nearest first', async () => {
    const rules = [
      '  - { name: far, when: { user: goodbye, model: x, stream: false }, reply: a }',
      '  - { name: near, when: { user: helo }, reply: a }',
      '  - { name: other, when: { user: weather }, reply: a }',
    ].join('\n')
    expect(await missed(rules, { user: 'hello', model: 'm' })).toEqual([
      'near: user: expected "helo", found "hello"',
      'other: user: expected "weather", found "hello"',
      'far: model: expected "x", found "m"; user: expected "goodbye", found "hello"; stream: expected false, found true',
    ])
  })

  it('tells of a rule that is used up, and puts it first', async () => {
    const rules =
      '  - { name: other, when: { user: hi }, reply: a }\n  - { name: once, times: 1, reply: a }'
    expect(await missed(rules, { user: 'ho' }, 1)).toEqual([
      'once: it has answered its 1 time in this session',
      'other: user: expected "hi", found "ho"',
    ])
  })

  it('tells of a state that is not reached', async () => {
    const rules =
      '  - { times: 1, state: { to: b }, reply: a }\n  - { state: { from: start }, reply: b }'
    expect(await missed(rules, {}, 1)).toEqual([
      'rule 1: it has answered its 1 time in this session',
      'rule 2: state: expected "start", it is "b"',
    ])
  })

  it('leaves every state as it was', async () => {
    const scenario = await scenarioFrom(
      'rules: [{ when: { user: a }, times: 1, state: { to: b }, reply: x }]',
    )
    const states = new SessionStates()
    match([scenario], ask({ user: 'z', dialogue: 'd' }), 's', states)
    expect(states.size).toBe(0)
    expect(hits([scenario], states, { user: 'a' })).toBe('rule 1 1')
  })

  it('is what any request gets from rules that want something else', async () => {
    const scenario = await scenarioFrom(
      'rules: [{ when: { user: { equals: x, not: x } }, reply: x }]',
    )
    fc.assert(
      fc.property(fc.string(), fc.json(), (user, json) => {
        const asked = ask({ user, body: JSON.parse(json) })
        return isMiss(match([scenario], asked, 'a', new SessionStates()))
      }),
    )
  })
})

describe('a rule that has no answer to a request that fits', () => {
  const two = () =>
    scenarioFrom('rules:\n  - { name: a, times: 1, reply: one }\n  - { name: b, reply: two }\n')
  const declines: MatchOptions['declines'] = ({ name }) => (name === 'a' ? 'not taped' : undefined)

  it('gives its turn to the next, and is not counted as having answered', async () => {
    const states = new SessionStates()
    const scenarios = [await two()]
    const declined = match(scenarios, ask({}), 's', states, { declines })
    const later = match(scenarios, ask({}), 's', states)
    expect([declined, later].map((found) => !isMiss(found) && found.rule.name)).toEqual(['b', 'a'])
  })

  it('says why among the reasons of a miss, and first', async () => {
    const scenarios = [
      await scenarioFrom(
        'rules:\n  - { name: b, when: { user: x }, reply: two }\n  - { name: a, reply: one }\n',
      ),
    ]
    const found = match(scenarios, ask({ user: 'y' }), 's', new SessionStates(), { declines })
    expect(isMiss(found) && found.reasons[0]).toMatchObject({ rule: 'a', why: 'not taped' })
  })

  it('is not even asked where only others are tried', async () => {
    const only: MatchOptions['only'] = ({ name }) => name === 'b'
    const found = match([await two()], ask({}), 's', new SessionStates(), { only })
    expect(!isMiss(found) && found.rule.name).toBe('b')
  })
})
