/** What may change from run to run without making another request of it, and what may not. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultSettings } from '../../src/core/recording-settings.ts'
import { canonicalOfAsked } from '../../src/recording/match/canonical.ts'
import { masked } from '../../src/recording/match/canonical-masked.ts'
import { Matching } from '../../src/recording/match/match.ts'
import { differences } from '../../src/recording/match/match-difference.ts'
import { compared, request, taped, tapedAtMs, withMatch } from './asking.ts'

const [uuidA, uuidB] = [
  '3f2b8c1e-5d1a-4c55-9a0e-0d6f5d1c2b3a',
  'b1946ac9-2492-4d23-87fa-6a1f0d1c9e77',
]
const dayMs = 86_400_000
const nextWeekMs = tapedAtMs + 7 * dayMs

const user = (content: string) => ({ role: 'user', content })
const system = (content: string) => ({ role: 'system', content })
const chat = (...messages: readonly object[]) => request({ model: 'm', messages })

const toolRound = (id: string, result: unknown = 'sunny') =>
  chat(
    user('weather in Paris?'),
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id, type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
      ],
    },
    { role: 'tool', tool_call_id: id, content: result },
  )

describe('the same request in another run', () => {
  test.each<[string, object, object]>([
    [
      'another run in the metadata',
      { metadata: { run_id: uuidA } },
      { metadata: { run_id: uuidB } },
    ],
    ['another session', { session_id: 'sess-a1b2c3d4' }, { session_id: 'sess-e5f6a7b8' }],
    ['a uuid within a name', { user: `tester-${uuidA}` }, { user: `tester-${uuidB}` }],
    ['another time stamp', { timestamp: 1_795_000_000 }, { timestamp: 1_795_012_345.25 }],
    ['a time stamp of milliseconds', { sentAt: 1_795_000_000_000 }, { sentAt: 1_795_000_099_000 }],
    [
      'a time stamp in a text',
      { created_at: '2024-01-01T00:00:00Z' },
      { created_at: '2025-06-01T00:00:00Z' },
    ],
    [
      'ids of messages',
      { messages: [{ id: 'msg_A1b2C3d4E5', role: 'user', content: 'hi' }] },
      { messages: [{ id: 'msg_Z9y8X7w6V5', role: 'user', content: 'hi' }] },
    ],
    [
      'the date in the instructions',
      { system: 'Today is 2024-05-01.' },
      { system: 'Today is 2026-11-29.' },
    ],
    [
      'a date in words',
      { system: 'It is Sunday, November 22, 2026.' },
      { system: 'It is Monday, March 1, 2027.' },
    ],
    [
      'a run named in the instructions',
      { instructions: `run ${uuidA}` },
      { instructions: `run ${uuidB}` },
    ],
    [
      'an earlier response',
      { previous_response_id: 'resp_0123456789ab' },
      { previous_response_id: 'resp_ba9876543210' },
    ],
  ])('has %s', (_, first, second) => {
    expect(compared(request({ q: 'x', ...first }), request({ q: 'x', ...second }))).toBe('masked')
  })

  test('has the ids of another generation of calls', () => {
    const [first, second] = [
      toolRound('call_AbCdEfGh12345678'),
      toolRound('chatcmpl-tool-0f9e8d7c'),
    ]
    expect(compared(first, second)).toBe('masked')
  })

  test('has calls without any form of their own, as of Mistral', () => {
    expect(compared(toolRound('VvvODyTqm'), toolRound('D681PevKs'))).toBe('masked')
  })

  test('has its calls in the same pattern: two calls are not one', () => {
    const round = (...ids: readonly string[]) =>
      request({ messages: ids.map((id) => ({ type: 'tool_result', tool_use_id: id })) })
    const [a, b, c] = ['toolu_01AAAAAAAA', 'toolu_01BBBBBBBB', 'toolu_01CCCCCCCC']
    expect(compared(round(a, b), round(b, c))).toBe('masked')
    expect(compared(round(a, b), round(c, c))).toBe('other')
  })

  test('names an id in what is said, if it is one of its own', () => {
    const asking = (id: string) =>
      request({ metadata: { session_id: id }, messages: [user(`this is ${id}`)] })
    expect(compared(asking(uuidA), asking(uuidB))).toBe('masked')
  })

  test('has JSON of tools that is written otherwise, with ids and times of its own', () => {
    const first = JSON.stringify({ ok: true, request_id: uuidA, at: '2026-11-22T09:59:58Z' })
    const second = JSON.stringify(
      { at: '2026-11-29T09:59:59Z', ok: true, request_id: uuidB },
      null,
      2,
    )
    const [a, b] = [toolRound('call_1234567890', first), toolRound('call_1234567890', second)]
    // The order of keys is that of the tool, and stays.
    const swapped = JSON.stringify(JSON.parse(second))
    expect(compared(a, b, { askedAtMs: nextWeekMs })).toBe('masked')
    expect(compared(a, toolRound('call_1234567890', swapped), { askedAtMs: nextWeekMs })).toBe(
      'masked',
    )
  })
})

describe('a date that somebody says', () => {
  const at = (text: string, ms = tapedAtMs) => taped(chat(user(text)), { atMs: ms })
  const asked = (text: string) => chat(user(text))

  test.each([
    ['today', 'What is on 2026-11-22?', 'What is on 2026-11-29?'],
    ['tomorrow', 'What is on 2026-11-23?', 'What is on 2026-11-30?'],
    ['today, American', 'News of 11/22/2026', 'News of 11/29/2026'],
    ['today in words', 'News of Nov 22, 2026', 'News of Nov 29, 2026'],
    ['now', '[2026-11-22T09:59:59.123Z] hello', '[2026-11-29T10:00:01.456Z] hello'],
    ['now, with a zone', 'at 2026-11-22T11:00:00+01:00', 'at 2026-11-29T11:00:00+01:00'],
    [
      'now, of JavaScript',
      'Sun Nov 22 2026 11:00:00 GMT+0100 (CET)',
      'Sun Nov 29 2026 11:00:00 GMT+0100 (CET)',
    ],
    ['now, of RFC 9110', 'Sun, 22 Nov 2026 10:00:00 GMT', 'Sun, 29 Nov 2026 10:00:00 GMT'],
  ])('is the same a week later where it means %s', (_, first, second) => {
    expect(compared(at(first), asked(second), { askedAtMs: nextWeekMs })).toBe('masked')
    expect(compared(at(first), asked(first), { askedAtMs: nextWeekMs })).toBe('exact')
  })

  test.each([
    ['long ago', 'What happened on 2024-01-01?', 'What happened on 2025-01-01?'],
    ['another day of this week', 'What is on 2026-11-22?', 'What is on 2026-11-23?'],
    ['another hour', 'at 2026-11-22T09:00:00Z', 'at 2026-11-22T06:00:00Z'],
  ])('is another where it is %s', (_, first, second) => {
    expect(compared(at(first), asked(second))).toBe('other')
    expect(compared(at(first), asked(second), { askedAtMs: nextWeekMs })).toBe('other')
  })

  test('is another where it is as far from its request, but too far to be about it', () => {
    const [first, second] = [at('until 2027-06-01'), asked('until 2027-06-08')]
    expect(compared(first, second, { askedAtMs: nextWeekMs })).toBe('other')
  })

  test('is compared as it is written where dates are no volatile kind', () => {
    const settings = withMatch({ volatile: ['ids', 'uuids'] })
    const [first, second] = [at('on 2026-11-22'), asked('on 2026-11-29')]
    expect(compared(first, second, { askedAtMs: nextWeekMs })).toBe('masked')
    expect(compared(first, second, { askedAtMs: nextWeekMs, settings })).toBe('other')
  })
})

describe('what is never masked', () => {
  test.each<[string, object, object]>([
    [
      'a uuid that a user says',
      { messages: [user(`order ${uuidA}`)] },
      { messages: [user(`order ${uuidB}`)] },
    ],
    ['a call that a user says', { prompt: 'call_AbCdEf123456' }, { prompt: 'call_GhIjKl123456' }],
    ['the model', { model: 'gpt-4o-2024-08-06' }, { model: 'gpt-4o-2024-11-20' }],
    ['a reusable prompt', { prompt: { id: 'pmpt_abc12345' } }, { prompt: { id: 'pmpt_def67890' } }],
    ['a file', { file_id: 'file-abc123def456' }, { file_id: 'file-xyz789uvw012' }],
    ['a number', { temperature: 1_795_000_000 }, { temperature: 1_795_000_001 }],
    [
      'arguments of a tool',
      { messages: [{ type: 'tool_use', id: 'toolu_01AAAAAAAA', input: { id: 7 } }] },
      { messages: [{ type: 'tool_use', id: 'toolu_01AAAAAAAA', input: { id: 8 } }] },
    ],
    ['a named session', { session_id: 'alice' }, { session_id: 'bob' }],
    ['a day among the fields', { date: '2024-01-01' }, { date: '2025-01-01' }],
    ['the version of an API', { version: '2024-10-21' }, { version: '2025-01-01' }],
  ])('%s', (_, first, second) => {
    expect(compared(request(first), request(second))).toBe('other')
  })

  test('any text that a user changes makes another request', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(text, text, (first, second) => {
        const [a, b] = [
          chat(system('Be kind.'), user(first)),
          chat(system('Be kind.'), user(second)),
        ]
        expect(compared(a, b) === 'exact').toBe(first === second)
        expect(compared(a, b)).not.toBe(first === second ? 'other' : 'masked')
      }),
    )
  })

  test("a part of a user's text that is changed makes another request, whatever stands around", () => {
    const piece = fc.constantFrom(
      'Paris',
      uuidA,
      'call_AbCdEf123456',
      '2024-01-01',
      '17:00',
      '{"a":1}',
    )
    const word = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'abcdefxyz') })
    fc.assert(
      fc.property(fc.array(piece), word, word, fc.array(piece), (before, one, other, after) => {
        fc.pre(one !== other)
        const [a, b] = [one, other].map((middle) =>
          chat(user([...before, middle, ...after].join(' '))),
        )
        if (!a || !b) throw new Error('two were mapped')
        expect(compared(a, b)).toBe('other')
      }),
    )
  })
})

describe('masking', () => {
  const texts = fc.constantFrom(
    ...[
      'hi',
      uuidA,
      `x ${uuidB} y`,
      'call_AbCdEf123456',
      '2026-11-22',
      'Sun, 22 Nov 2026 10:00:00 GMT',
    ],
    ...['{"id":"call_AbCdEf123456","at":"2026-11-22"}', '[1, "2024-01-01"]', '‹id 1›', '‹date›'],
  )
  const names = fc.constantFrom(
    ...['role', 'content', 'id', 'tool_call_id', 'system', 'messages', 'metadata', 'timestamp'],
    ...['tool_calls', 'arguments', 'session_id', 'previous_response_id', 'x', 'type', 'input'],
  )
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      texts,
      fc.constantFrom('user', 'tool', 'system', 'tool_result'),
      fc.integer({ min: 0, max: 2_000_000_000 }),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(names, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  const { volatile } = defaultSettings.match

  test('is idempotent', () => {
    fc.assert(
      fc.property(tree, (body) => {
        const canonical = canonicalOfAsked(request(JSON.stringify(body)), defaultSettings)
        const once: unknown = JSON.parse(JSON.stringify(masked(canonical, volatile).body))
        const twice = masked({ ...canonical, body: once }, volatile).body
        expect(JSON.parse(JSON.stringify(twice))).toEqual(once)
      }),
    )
  })

  test('never takes for other what is the same, and finds no difference there', () => {
    const matching = new Matching(defaultSettings)
    fc.assert(
      fc.property(tree, (body) => {
        const asked = request(JSON.stringify(body))
        expect(compared(asked, asked)).toBe('exact')
        const seen = matching.asked(asked, tapedAtMs)
        expect([...differences(matching.taped(taped(asked)), seen)]).toEqual([])
      }),
    )
  })

  test('does not depend on the ids themselves', () => {
    const ids = fc.uniqueArray(fc.uuid(), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(ids, fc.array(fc.nat({ max: 2 }), { minLength: 1 }), (all, pattern) => {
        const round = (from: readonly string[]) =>
          request({
            messages: pattern.map((n) => ({
              role: 'tool',
              tool_call_id: from[n],
              content: `n ${from[n]}`,
            })),
          })
        expect(compared(round(all.slice(0, 3)), round(all.slice(3)))).toBe('masked')
      }),
    )
  })
})

describe('patterns of the user', () => {
  test('mask in every place, also in what is said', () => {
    const settings = withMatch({ volatile: [{ pattern: /order-\d+/ }] })
    const [first, second] = [chat(user('where is order-17?')), chat(user('where is order-4711?'))]
    expect(compared(first, second)).toBe('other')
    expect(compared(first, second, { settings })).toBe('masked')
    expect(compared(first, chat(user('where is parcel-17?')), { settings })).toBe('other')
  })

  test('mask only what their groups hold, if they have any', () => {
    const settings = withMatch({ volatile: [{ pattern: /(?:order|parcel)-(\d+)/ }] })
    const [first, second] = [chat(user('order-17')), chat(user('order-18'))]
    expect(compared(first, second, { settings })).toBe('masked')
    expect(compared(first, chat(user('parcel-17')), { settings })).toBe('other')
  })
})
