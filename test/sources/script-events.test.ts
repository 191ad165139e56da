import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looseText } from '../../src/core/bytes.ts'
import type { Event } from '../../src/core/event.ts'
import { countTokens, cutText } from '../../src/dialects/grain.ts'
import type { ScriptStep } from '../../src/scenario/scenario.ts'
import { type EventsOptions, scriptEvents } from '../../src/sources/script-events.ts'
import type { Pacer } from '../../src/time/pacing.ts'

/** The head at 50 ms, the first delta at 100, and 10 ms from one to the next. */
const steady: Pacer = { headMs: 50, ttftMs: 100, gapMs: () => 10 }

const told = (steps: readonly ScriptStep[], options: Partial<EventsOptions> = {}) => [
  ...scriptEvents({
    steps,
    grain: 'word',
    choices: 1,
    inputTokens: 7,
    pacer: steady,
    ...options,
  }),
]

function shownEvent(event: Event): string {
  const choice = event.choice === undefined ? '' : `#${event.choice} `
  switch (event.type) {
    case 'start':
      return 'start'
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'comment':
      return `${choice}${event.type} "${event.text}"`
    case 'tool-start':
      return `${choice}call ${event.index} ${event.name}${event.id ? ` ${event.id}` : ''}`
    case 'tool-arguments':
      return `${choice}arguments ${event.index} ${event.text}`
    case 'tool-end':
      return `${choice}called ${event.index}`
    case 'raw':
      return `raw ${looseText(event.bytes)}`
    case 'error':
      return `error ${event.error.code}`
    case 'finish':
      return `${choice}finish ${event.reason}`
    case 'usage': {
      const { inputTokens, outputTokens, reasoningTokens } = event.usage
      return `usage ${inputTokens}/${outputTokens}${reasoningTokens ? ` (${reasoningTokens})` : ''}`
    }
    case 'citation':
      return `${choice}citation ${JSON.stringify(event.citation)}`
  }
}

const shown = (steps: readonly ScriptStep[], options: Partial<EventsOptions> = {}): string[] =>
  told(steps, options).map((timed) =>
    'ending' in timed
      ? `${timed.atMs} ${timed.ending.toUpperCase()}`
      : `${timed.atMs} ${shownEvent(timed.event)}`,
  )

const say = (text: string | string[]): ScriptStep => ({ do: 'text', text })
const wait = (ms: number): ScriptStep => ({ do: 'wait', ms })

describe('scriptEvents', () => {
  it('paces deltas, finishes and counts what was said', () => {
    expect(shown([say('One two three')])).toEqual([
      '100 start',
      '100 text "One"',
      '110 text " two"',
      '120 text " three"',
      '130 finish stop',
      '130 usage 7/3',
      '130 END',
    ])
  })

  it('takes a list of deltas as it is', () => {
    expect(shown([say(['One t', '', 'wo'])]).slice(1, 4)).toEqual([
      '100 text "One t"',
      '110 text ""',
      '120 text "wo"',
    ])
  })

  it.each<[string, ScriptStep[], string[]]>([
    ['before the first delta', [wait(400), say('a b')], ['500 text "a"', '510 text " b"']],
    ['between two texts', [say('a'), wait(400), say('b')], ['100 text "a"', '510 text "b"']],
    ['twice', [say('a'), wait(5), wait(6), say('b')], ['100 text "a"', '121 text "b"']],
  ])('waits %s beside the pacing', (_, steps, expected) => {
    expect(shown(steps).slice(1, 3)).toEqual(expected)
  })

  it('sends what a service adds by itself without a gap, and never before the head', () => {
    expect(
      shown([
        { do: 'comment', text: 'hm' },
        wait(60),
        { do: 'comment', text: 'hm' },
        say('a'),
        { do: 'citation', citation: { url: 'x' } },
        { do: 'raw', parts: ['r', Buffer.from('s')] },
        say('b'),
      ]),
    ).toEqual([
      '50 comment "hm"',
      '60 comment "hm"',
      '160 start',
      '160 text "a"',
      '160 citation {"url":"x"}',
      '160 raw r',
      '160 raw s',
      '170 text "b"',
      '180 finish stop',
      '180 usage 7/1',
      '180 END',
    ])
  })

  it('numbers calls, cuts their arguments and finishes with them', () => {
    expect(
      shown([
        { do: 'tool', name: 'look', arguments: { at: 'sea' }, id: 'c1' },
        { do: 'tool', name: 'listen', arguments: 'not {json' },
        { do: 'tool', name: 'wait', arguments: undefined },
      ]),
    ).toEqual([
      '100 start',
      '100 call 0 look c1',
      '110 arguments 0 {"at":"sea"}',
      '110 called 0',
      '120 call 1 listen',
      '130 arguments 1 not',
      '140 arguments 1  {json',
      '140 called 1',
      '150 call 2 wait',
      '160 arguments 2 {}',
      '160 called 2',
      '170 finish tool-calls',
      expect.stringMatching(/^170 usage 7\/\d+$/),
      '170 END',
    ])
  })

  it('counts tokens of all that is generated, and those of reasoning apart', () => {
    const [thought, answer] = ['Let me see whether', 'It is forty-two, I think.']
    const usage = shown([{ do: 'reasoning', text: thought }, say(answer)], { grain: 'token' }).at(
      -2,
    )
    const thoughtTokens = countTokens(thought)
    expect(usage).toMatch(
      new RegExp(` usage 7/${thoughtTokens + countTokens(answer)} \\(${thoughtTokens}\\)$`),
    )
  })

  it.each<[string, ScriptStep[], string[]]>([
    [
      'a finish',
      [say('a'), { do: 'finish', reason: 'length' }],
      ['110 finish length', '110 usage 7/1', '110 END'],
    ],
    [
      'usage',
      [say('a'), { do: 'usage', usage: { inputTokens: 1, outputTokens: 2 } }],
      ['100 usage 1/2', '110 finish stop', '110 END'],
    ],
  ])('adds no second %s where the author gave one', (_, steps, expected) => {
    expect(shown(steps).slice(2)).toEqual(expected)
  })

  it.each<[string, ScriptStep[], string[]]>([
    ['raw bytes', [{ do: 'raw', parts: ['x'] }], ['50 raw x', '50 END']],
    ['a comment', [{ do: 'comment', text: 'x' }], ['50 comment "x"', '50 END']],
    ['silence', [wait(80)], ['80 END']],
    ['nothing', [], ['50 END']],
  ])('adds nothing to %s alone', (_, steps, expected) => {
    expect(shown(steps)).toEqual(expected)
  })

  it('takes an empty text for an answer all the same', () => {
    const expected = ['100 start', '100 text ""', '110 finish stop', '110 usage 7/0', '110 END']
    expect(shown([say('')])).toEqual(expected)
    expect(shown([say([])])).toEqual(expected)
  })

  it('says no more of its own after an error', () => {
    expect(
      shown([say('a'), { do: 'error', error: { code: 'overloaded' } }, { do: 'end', afterMs: 0 }]),
    ).toEqual(['100 start', '100 text "a"', '100 error overloaded', '100 END'])
  })

  it('begins and ends with an error that comes first', () => {
    expect(shown([{ do: 'error', error: { code: 'overloaded' } }])).toEqual([
      '50 start',
      '50 error overloaded',
      '50 END',
    ])
  })

  it.each<[ScriptStep, string[]]>([
    [{ do: 'end', afterMs: 0 }, ['110 finish stop', '110 usage 7/1', '110 END']],
    [{ do: 'end', afterMs: 20 }, ['130 finish stop', '130 usage 7/1', '130 END']],
    [{ do: 'close', afterMs: 0 }, ['100 CLOSE']],
    [{ do: 'reset', afterMs: 20 }, ['120 RESET']],
    [{ do: 'hang', afterMs: 5 }, ['105 HANG']],
  ])('ends by %o, with a last word only where it is clean', (ending, expected) => {
    expect(shown([say('a'), ending]).slice(2)).toEqual(expected)
  })

  it('can end before it has begun', () => {
    expect(shown([{ do: 'reset', afterMs: 0 }])).toEqual(['50 RESET'])
  })
})

describe('scriptEvents of several answers', () => {
  it('says the same in each of those that were asked for', () => {
    expect(
      shown([say('a'), { do: 'tool', name: 'look', arguments: '{}' }], { choices: 2 }),
    ).toEqual([
      '100 start',
      '100 text "a"',
      '100 #1 text "a"',
      '110 call 0 look',
      '110 #1 call 0 look',
      '120 arguments 0 {}',
      '120 #1 arguments 0 {}',
      '120 called 0',
      '120 #1 called 0',
      '130 finish tool-calls',
      '140 #1 finish tool-calls',
      expect.stringMatching(/^140 usage 7\/\d+$/),
      '140 END',
    ])
  })

  it('tells apart what the author tells apart, and finishes each in its own way', () => {
    expect(
      shown([
        say('first'),
        { do: 'text', text: 'second', choice: 1 },
        { do: 'tool', name: 'look', arguments: '{}', choice: 1 },
        { do: 'finish', reason: 'length' },
      ]),
    ).toEqual([
      '100 start',
      '100 text "first"',
      '110 #1 text "second"',
      '120 #1 call 0 look',
      '130 #1 arguments 0 {}',
      '130 #1 called 0',
      '140 finish length',
      '150 #1 finish tool-calls',
      expect.stringMatching(/^150 usage 7\/\d+$/),
      '150 END',
    ])
  })
})

const anyStep: fc.Arbitrary<ScriptStep> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }).map(say),
  fc.nat(500).map(wait),
  fc.record({ do: fc.constant('comment' as const), text: fc.string() }),
  fc.record({
    do: fc.constant('tool' as const),
    name: fc.constant('look'),
    arguments: fc.jsonValue(),
    choice: fc.nat(2),
  }),
  fc.record({ do: fc.constant('raw' as const), parts: fc.array(fc.string()) }),
)

describe('any script', () => {
  it('ascends, starts once, finishes each answer once and ends once, at the last', () => {
    fc.assert(
      fc.property(fc.array(anyStep), fc.integer({ min: 1, max: 3 }), (steps, choices) => {
        const all = told(steps, { choices, grain: 'token' })
        const times = all.map(({ atMs }) => atMs)
        expect(times).toEqual([...times].sort((a, b) => a - b))
        expect(all.filter((timed) => 'ending' in timed)).toEqual([all.at(-1)])
        const events = all.flatMap((timed) => ('event' in timed ? [timed.event] : []))
        const starts = events.filter(({ type }) => type === 'start')
        const finished = events.flatMap((event) =>
          event.type === 'finish' ? [event.choice ?? 0] : [],
        )
        const begun = steps.some((step) => step.do === 'text' || step.do === 'tool')
        expect(starts.length).toBe(begun ? 1 : 0)
        const named = steps.flatMap(({ choice }) => choice ?? [])
        const answers = named.length > 0 ? new Set([0, ...named]).size : choices
        expect(new Set(finished).size).toBe(starts.length * answers)
        expect(finished).toHaveLength(starts.length * answers)
        const said = steps.flatMap((step) => (step.do === 'text' ? [step.text] : [])).join('')
        const heard = events.flatMap((event) =>
          event.type === 'text' && event.choice === undefined ? [event.text] : [],
        )
        expect(heard.join('')).toBe(said)
        expect(heard.filter((text) => text !== '')).toEqual(
          steps.flatMap((step) =>
            step.do === 'text' && typeof step.text === 'string' ? cutText(step.text, 'token') : [],
          ),
        )
      }),
    )
  })
})
