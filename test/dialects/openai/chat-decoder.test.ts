import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { openAiChat } from '../../../src/dialects/openai/chat.ts'
import { bytesOf, decode, encode } from '../wire.ts'
import { call, finish, replyFor, start, text } from './openai.ts'

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom('"', '\\', '\n\n', '\u2028', '[DONE]', '\0', '👩‍👩‍👧', '{"a":'),
)

/** All that one answer can say; what a decoder gives back has no empty pieces. */
const anyChoice = fc
  .record({
    said: fc.array(
      fc.record({ type: fc.constantFrom('reasoning', 'text', 'refusal'), text: piece }),
    ),
    calls: fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,9}$/), fc.array(piece)), {
      maxLength: 3,
    }),
    reason: fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter', 'a word of its own'),
  })
  .map(({ said, calls, reason }): Event[] => [
    ...said,
    ...calls.flatMap(([name, pieces], index) => call(index, name, ...pieces).slice(0, -1)),
    ...calls.map((_, index): Event => ({ type: 'tool-end', index })),
    finish(reason),
  ])

const anyUsage = fc
  .record({
    inputTokens: fc.nat(),
    outputTokens: fc.nat(),
    reasoningTokens: fc.integer({ min: 1, max: 99 }),
    cachedTokens: fc.integer({ min: 1, max: 99 }),
  })
  .map((counted): Event => ({ type: 'usage', usage: counted }))

const anyReply = fc
  .tuple(fc.array(anyChoice, { minLength: 1, maxLength: 3 }), anyUsage)
  .map(([choices, counted]): { events: Event[]; n: number } => ({
    n: choices.length,
    events: [
      start,
      ...choices.flatMap((events, choice) =>
        events.map((event) => (choice === 0 ? event : { ...event, choice })),
      ),
      counted,
    ],
  }))

const anyOptions = fc.record({
  logprobs: fc.boolean(),
  stream_options: fc.record({
    include_usage: fc.constant(true),
    include_obfuscation: fc.boolean(),
  }),
})

/** What the answers say, added up the way a client does. */
function folded(events: readonly Event[]): unknown {
  const sums = new Map<string, string>()
  const marks: unknown[] = []
  for (const event of events) {
    if ('text' in event) {
      const key = `${event.choice ?? 0} ${event.type} ${'index' in event ? event.index : ''}`
      sums.set(key, (sums.get(key) ?? '') + event.text)
    } else if (event.type !== 'start') marks.push(event)
  }
  return { sums: Object.fromEntries([...sums].sort()), marks: new Set(marks) }
}

describe('openai-chat read back', () => {
  it('gives the very events that were written, of any number of answers', () => {
    fc.assert(
      fc.property(anyReply, anyOptions, ({ events, n }, options) => {
        const body = bytesOf(encode(openAiChat, events, replyFor({ ...options, n })))
        expect(decode(openAiChat, body, [11, 3])).toEqual(events)
      }),
    )
  })

  it('says in one piece what the stream says', () => {
    fc.assert(
      fc.property(anyReply, ({ events, n }) => {
        const whole = openAiChat.whole(events, replyFor({ n, stream: false }))
        expect(folded(openAiChat.decodeWhole(utf8(String(whole.body))))).toEqual(folded(events))
      }),
    )
  })
})

const delta = (said: unknown, rest: object = {}): unknown => ({
  choices: [{ index: 0, delta: said, finish_reason: null }],
  ...rest,
})

/** Events of frames written by hand, each one a value or the text of a whole frame. */
const read = (...frames: readonly unknown[]): Event[] =>
  decode(
    openAiChat,
    utf8(
      frames
        .map((frame) => (typeof frame === 'string' ? frame : `data: ${JSON.stringify(frame)}\n\n`))
        .join(''),
    ),
  )

const rawText = (event: Event): unknown =>
  event.type === 'raw' ? { raw: looseText(event.bytes) } : event

describe('openai-chat of compatible services', () => {
  const done = 'data: [DONE]\n\n'

  it.each<[string, unknown[], unknown[]]>([
    [
      'reasoning beside an empty content',
      [
        delta({ role: 'assistant', reasoning_content: 'Hm', content: null }),
        delta({ content: 'Hi' }),
      ],
      [start, { type: 'reasoning', text: 'Hm' }, text('Hi')],
    ],
    [
      'reasoning under its short name',
      [delta({ reasoning: 'Hm', channel: 'analysis' })],
      [start, { type: 'reasoning', text: 'Hm' }],
    ],
    ['a stream that never names a role', [delta({ content: 'Hi' }), done], [start, text('Hi')]],
    [
      'a role in every chunk',
      [delta({ role: 'assistant', content: 'H' }), delta({ role: 'assistant', content: 'i' })],
      [start, text('H'), text('i')],
    ],
    [
      'usage in the chunk that finishes',
      [
        {
          choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 11, total_tokens: 91, completion_tokens: 80 },
        },
        done,
      ],
      [start, finish(), { type: 'usage', usage: { inputTokens: 11, outputTokens: 80 } }],
    ],
    [
      'a call that arrives whole and without an index',
      [
        {
          choices: [
            {
              index: 0,
              delta: { tool_calls: [{ id: 'gS', function: { name: 'look', arguments: '{}' } }] },
              finish_reason: 'tool_calls',
            },
          ],
        },
      ],
      [
        start,
        { type: 'tool-start', index: 0, id: 'gS', name: 'look' },
        { type: 'tool-arguments', index: 0, text: '{}' },
        { type: 'tool-end', index: 0 },
        finish('tool-calls'),
      ],
    ],
    [
      'a call whose name is repeated',
      [
        delta({ tool_calls: [{ index: 0, function: { name: 'look', arguments: '{' } }] }),
        delta({ tool_calls: [{ index: 0, function: { name: 'look', arguments: '}' } }] }),
        done,
      ],
      [
        start,
        { type: 'tool-start', index: 0, name: 'look' },
        { type: 'tool-arguments', index: 0, text: '{' },
        { type: 'tool-arguments', index: 0, text: '}' },
        { type: 'tool-end', index: 0 },
      ],
    ],
    [
      'a comment',
      [': OPENROUTER PROCESSING\n\n'],
      [{ type: 'comment', text: 'OPENROUTER PROCESSING' }],
    ],
    [
      'CRLF and no space',
      ['data:{"choices":[{"delta":{"content":"Hi"}}]}\r\n\r\n'],
      [start, text('Hi')],
    ],
    [
      'an error with fields of its own',
      [`event: error\ndata: {"error":{"message":"No","type":"x","failed_generation":"y"}}\n\n`],
      [
        {
          type: 'error',
          error: {
            code: 'server-error',
            message: 'No',
            body: { error: { message: 'No', type: 'x', failed_generation: 'y' } },
          },
        },
      ],
    ],
    [
      'an error that is only text',
      [{ error: 'overloaded' }],
      [
        {
          type: 'error',
          error: { code: 'server-error', message: 'overloaded', body: { error: 'overloaded' } },
        },
      ],
    ],
    [
      'the role of a further answer, which is no event',
      [
        delta({ content: 'Hi' }),
        { choices: [{ index: 1, delta: { role: 'assistant', content: '' } }] },
      ],
      [start, text('Hi')],
    ],
    [
      'a word for the finish that nobody else has',
      [{ choices: [{ delta: {}, finish_reason: 'eos' }] }],
      [start, finish('eos')],
    ],
  ])('reads %s', (_, frames, expected) => {
    expect(read(...frames).map(rawText)).toEqual(expected)
  })

  it.each([
    ['JSON of another kind', 'data: {"nobody":"knows"}\n\n'],
    ['a chunk of only filter results', 'data: {"choices":[],"prompt_filter_results":[]}\n\n'],
    ['a delta of another kind', 'data: {"choices":[{"index":0,"delta":{"audio":{"id":"a"}}}]}\n\n'],
    ['no JSON', 'data: {not json}\n\n'],
    ['a list', 'data: []\n\n'],
    ['a blank line', '\n'],
    ['half a frame', 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n'],
  ])('keeps %s as raw bytes', (_, frame) => {
    expect(
      read(delta({ content: 'Hi' }), frame)
        .slice(2)
        .map(rawText),
    ).toEqual([{ raw: frame }])
  })
})
