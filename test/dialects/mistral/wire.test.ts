/** Mistral's streams and answers to the byte, and streams of its own read back. */
import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../../src/core/bytes.ts'
import type { ReplyContext } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { header } from '../../../src/core/http.ts'
import { mistral } from '../../../src/dialects/mistral/mistral.ts'
import { accepted, bytesOf, decode, encode, jsonRequest, replyTo } from '../wire.ts'

const path = '/v1/chat/completions'
const ask = {
  model: 'mistral-large-latest',
  messages: [{ role: 'user', content: 'hello' }],
  stream: true,
}

const replyFor = (changes: object = {}): ReplyContext =>
  replyTo(accepted(mistral, jsonRequest({ path }, { ...ask, ...changes })))

/** What is drawn and what pads is told by other tests. */
const shown = (body: string): string =>
  body
    .replaceAll(/,"p":"[a-z0-9]+"/g, '')
    .replaceAll(/"id":"[0-9a-f]{32}"/g, '"id":"…"')
    .replaceAll('"object":"chat.completion.chunk","created":1700000000,', '')

const streamed = (events: readonly Event[], changes: object = {}): string =>
  looseText(bytesOf(encode(mistral, events, replyFor(changes))))

const start: Event = { type: 'start' }
const hi: Event = { type: 'text', text: 'Hi' }
const stop: Event = { type: 'finish', reason: 'stop' }
const usage: Event = { type: 'usage', usage: { inputTokens: 11, outputTokens: 80 } }
const call: readonly Event[] = [
  { type: 'tool-start', index: 0, id: 'gSIMJiOkT', name: 'get_weather' },
  { type: 'tool-arguments', index: 0, text: '{"city":' },
  { type: 'tool-arguments', index: 0, text: '"Oslo"}' },
  { type: 'tool-end', index: 0 },
]

describe('a stream of mistral', () => {
  it('says the role alone, then text, then the reason with the usage', () => {
    expect(shown(streamed([start, hi, stop, usage]))).toBe(
      `data: {"id":"…","model":"mistral-large-latest","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"…","model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}

data: {"id":"…","model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"total_tokens":91,"completion_tokens":80}}

data: [DONE]

`,
    )
  })

  it('has one id of 32 hexadecimal digits, and padding in every chunk but the first', () => {
    const chunks = streamed([start, hi, hi, stop])
      .split('\n\n')
      .filter((frame) => frame.startsWith('data: {'))
      .map((frame): { id: string; p?: string } => JSON.parse(frame.slice(6)))
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
    expect(chunks[0]?.id).toMatch(/^[0-9a-f]{32}$/)
    const [first, ...rest] = chunks.map(({ p }) => p)
    expect(first).toBeUndefined()
    for (const p of rest)
      expect('abcdefghijklmnopqrstuvwxyz0123456789'.startsWith(p ?? '?')).toBe(true)
  })

  it('brings thoughts as lists and calls whole with the finish', () => {
    const events: Event[] = [start, { type: 'reasoning', text: 'Hm' }, ...call]
    const frames = shown(streamed([...events, { type: 'finish', reason: 'tool-calls' }])).split(
      '\n\n',
    )
    expect(frames.slice(1, 3)).toEqual([
      'data: {"id":"…","model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]},"finish_reason":null}]}',
      'data: {"id":"…","model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":"","tool_calls":[{"id":"gSIMJiOkT","function":{"name":"get_weather","arguments":"{\\"city\\":\\"Oslo\\"}"},"index":0}]},"finish_reason":"tool_calls"}]}',
    ])
  })

  it.each([
    ['call_abc', 'toolu_01'],
    ['a', 'b'],
  ])('makes ids of calls fit that the service would not take back: %s, %s', (one, other) => {
    const events = [one, other, one].flatMap((id, index): Event[] => [
      { type: 'tool-start', index, id, name: 'f' },
      { type: 'tool-end', index },
    ])
    const idsIn = (body: string): string[] =>
      [...body.matchAll(/"id":"([^"]{1,20})","function"/g)].map(([, id = '']) => id)
    const ids = idsIn(streamed([start, ...events]))
    expect(ids).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^[a-z\d]{9}$/i)))
    expect(ids[2]).toBe(ids[0])
    expect(ids[1]).not.toBe(ids[0])
    const whole = mistral.whole([start, ...events], replyFor({ stream: false }))
    expect(idsIn(String(whole.body))).toEqual(ids)
  })

  it('has no word for a filter, which is an error', () => {
    const body = streamed([start, { type: 'finish', reason: 'content-filter' }])
    expect(body).toContain('"finish_reason":"error"')
  })

  it('gives a citation the type that the SDK knows', () => {
    const citation = { type: 'document', reference_ids: [1] }
    expect(streamed([start, { type: 'citation', citation }])).toContain(
      '{"type":"reference","reference_ids":[1]}',
    )
  })

  it('names the model that a scenario says is not found', () => {
    const error = { code: 'model-not-found' } as const
    const words = '"message":"Invalid model: mistral-large-latest"'
    expect(streamed([start, { type: 'error', error }])).toContain(words)
    expect(String(mistral.error(error, replyFor().request.http).body)).toContain(words)
  })

  it('finishes all choices at its end, the usage with the last of them', () => {
    const events: Event[] = [start, hi, { ...hi, choice: 1 }, stop, { ...stop, choice: 1 }, usage]
    const frames = shown(streamed(events, { n: 2 }))
      .trim()
      .split('\n\n')
    expect(frames.map((frame) => /"finish_reason":"stop"/.test(frame))).toEqual([
      ...[false, false, false, false],
      ...[true, true, false],
    ])
    expect(frames.filter((frame) => frame.includes('"usage"'))).toEqual([frames.at(-2)])
  })

  it('draws ids of nine characters for calls that have none, as many as there are calls', () => {
    const events: Event[] = [0, 1].flatMap((index): Event[] => [
      { type: 'tool-start', index, name: 'get_time' },
      { type: 'tool-end', index },
    ])
    const ids = streamed([start, ...events]).match(/"id":"[a-zA-Z0-9]{9}"/g)
    expect(new Set(ids).size).toBe(2)
  })

  it('leaves out a citation that is no reference of the vendor', () => {
    const cited: Event = { type: 'citation', citation: 'https://example.com' }
    expect(streamed([start, hi, cited])).toBe(streamed([start, hi]))
  })
})

describe('an answer of mistral in one piece', () => {
  const whole = (events: readonly Event[]) => mistral.whole(events, replyFor({ stream: false }))

  it('has its fields in the order of the vendor', () => {
    const { body, headers } = whole([start, hi, stop, usage])
    expect(shown(String(body))).toBe(
      '{"id":"…","created":1700000000,"model":"mistral-large-latest","usage":{"prompt_tokens":11,"total_tokens":91,"completion_tokens":80},"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","tool_calls":null,"content":"Hi"}}]}',
    )
    const id = header(headers, 'mistral-correlation-id')
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(header(headers, 'x-kong-request-id')).toBe(id)
    expect(header(headers, 'x-ratelimit-limit-tokens-minute')).toBe('500000')
  })

  it('has a list for content where there are thoughts', () => {
    const { body } = whole([start, { type: 'reasoning', text: 'Hm' }, hi, stop])
    expect(JSON.parse(String(body)).choices[0].message.content).toEqual([
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'Hi' },
    ])
  })
})

describe('what mistral sends, read back', () => {
  const read = (...chunks: object[]): Event[] =>
    decode(mistral, utf8(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')))
  const delta = (said: object, finish_reason: string | null = null): object => ({
    id: 'd3a0',
    model: 'magistral',
    choices: [{ index: 0, delta: said, finish_reason }],
  })

  it('may be a list of thoughts and texts', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Okay' }], closed: true },
      { type: 'text', text: 'Yes' },
    ]
    expect(read(delta({ content }))).toEqual([
      { type: 'start' },
      { type: 'reasoning', text: 'Okay' },
      { type: 'text', text: 'Yes' },
    ])
  })

  it('may bring a call in pieces, as newer models do', () => {
    const piece = (described: object, more: object = {}): object => ({
      tool_calls: [{ index: 0, function: described, ...more }],
    })
    const events = read(
      delta(piece({ name: 'get_time', arguments: '{"zone"' }, { id: 'gSIMJiOkT' })),
      delta(piece({ arguments: ':"UTC"}' })),
      delta({ content: '' }, 'tool_calls'),
    )
    expect(events).toEqual([
      { type: 'start' },
      { type: 'tool-start', index: 0, id: 'gSIMJiOkT', name: 'get_time' },
      { type: 'tool-arguments', index: 0, text: '{"zone"' },
      { type: 'tool-arguments', index: 0, text: ':"UTC"}' },
      { type: 'tool-end', index: 0 },
      { type: 'finish', reason: 'tool-calls' },
    ])
  })

  it('stays raw where a part of it has no name', () => {
    const content = [{ type: 'image_url', image_url: 'https://example.com/a.png' }]
    expect(read(delta({ content }))).toMatchObject([{ type: 'raw' }])
  })

  it.each([
    [{ detail: 'Invalid API Key' }, { code: 'unauthorized' }],
    [
      { object: 'error', message: 'Slow down', type: 'rate_limited', code: '1300' },
      { code: 'rate-limited', message: 'Slow down' },
    ],
    [
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model' },
      { code: 'model-not-found' },
    ],
    [
      { object: 'error', message: { detail: [] }, type: 'invalid_request_error' },
      { code: 'unprocessable' },
    ],
    [
      { detail: [{ loc: ['body'], msg: 'Field required', type: 'missing' }] },
      { code: 'unprocessable' },
    ],
  ])('is an error where it is %j', (body, error) => {
    expect(mistral.decodeWhole(utf8(JSON.stringify(body)))).toMatchObject([
      { type: 'error', error },
    ])
  })
})
