/** Streams as the vendor sends them, put together by hand. */
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { anthropic } from '../../../src/dialects/anthropic/messages.ts'
import { decode, essence } from '../wire.ts'

type Data = Readonly<Record<string, unknown>> & { readonly type: string }

const frame = (data: Data, padding = ''): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data).slice(0, -1)}${padding}}\n\n`

const stream = (...data: Data[]): Uint8Array =>
  utf8(data.map((one, i) => frame(one, ' '.repeat(i % 4))).join(''))

const begin = (usage: object = { input_tokens: 10, output_tokens: 1 }): Data => ({
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage },
})
const open = (index: number, block: object): Data => ({
  type: 'content_block_start',
  index,
  content_block: block,
})
const delta = (index: number, change: object): Data => ({
  type: 'content_block_delta',
  index,
  delta: change,
})
const close = (index: number): Data => ({ type: 'content_block_stop', index })
const stop = (reason: string, usage: object = { output_tokens: 9 }, more: object = {}): Data => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null, ...more },
  usage,
})
const ping: Data = { type: 'ping' }
const over: Data = { type: 'message_stop' }
const text = (index: number, said: string): Data => delta(index, { type: 'text_delta', text: said })
const input = (index: number, json: string): Data =>
  delta(index, { type: 'input_json_delta', partial_json: json })

describe('A stream that Anthropic sent', () => {
  it('is read into text, thinking and calls, whatever lies between', () => {
    const body = stream(
      begin(),
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      ping,
      delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
      delta(0, { type: 'thinking_delta', thinking: '' }),
      delta(0, { type: 'signature_delta', signature: 'EqQB' }),
      close(0),
      ping,
      open(1, { type: 'text', text: '' }),
      text(1, 'Let me'),
      text(1, ' look'),
      close(1),
      open(2, { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }),
      input(2, ''),
      input(2, '{"city":'),
      input(2, '"Oslo"}'),
      close(2),
      open(3, { type: 'tool_use', id: 'toolu_2', name: 'get_time', input: {} }),
      input(3, ''),
      close(3),
      stop('tool_use'),
      over,
    )
    expect(decode(anthropic, body, [5, 11])).toEqual<Event[]>([
      { type: 'start' },
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'Let me' },
      { type: 'text', text: ' look' },
      { type: 'tool-start', index: 0, id: 'toolu_1', name: 'get_weather' },
      { type: 'tool-arguments', index: 0, text: '{"city":' },
      { type: 'tool-arguments', index: 0, text: '"Oslo"}' },
      { type: 'tool-end', index: 0 },
      { type: 'tool-start', index: 1, id: 'toolu_2', name: 'get_time' },
      { type: 'tool-end', index: 1 },
      { type: 'finish', reason: 'tool-calls' },
      { type: 'usage', usage: { inputTokens: 10, outputTokens: 9 } },
    ])
  })

  const usageOf = (first: object, last: object): unknown =>
    decode(anthropic, stream(begin(first), stop('end_turn', last), over)).find(
      ({ type }) => type === 'usage',
    )

  it.each([
    ['only the output', { output_tokens: 9 }, { inputTokens: 10, outputTokens: 9 }],
    ['all anew', { input_tokens: 700, output_tokens: 9 }, { inputTokens: 700, outputTokens: 9 }],
    [
      'nothing of the input',
      { input_tokens: null, output_tokens: 9 },
      { inputTokens: 10, outputTokens: 9 },
    ],
    [
      'what the cache gave and took',
      { cache_read_input_tokens: 80, cache_creation_input_tokens: 5, output_tokens: 9 },
      { inputTokens: 95, outputTokens: 9, cachedTokens: 80 },
    ],
    [
      'what was thought',
      { output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } },
      { inputTokens: 10, outputTokens: 9, reasoningTokens: 4 },
    ],
  ])('has the usage that its end tells, be it %s', (_, last, usage) => {
    const first = { input_tokens: 10, cache_read_input_tokens: 0, output_tokens: 2 }
    expect(usageOf(first, last)).toEqual({ type: 'usage', usage })
  })

  it.each([
    ['end_turn', 'stop'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool-calls'],
    ['refusal', 'content-filter'],
    ['stop_sequence', 'stop_sequence'],
    ['pause_turn', 'pause_turn'],
    ['model_context_window_exceeded', 'model_context_window_exceeded'],
  ])('that stopped because of %s finishes with %s', (word, reason) => {
    const read = decode(anthropic, stream(begin(), stop(word), over))
    expect(read).toContainEqual({ type: 'finish', reason })
  })

  it('gives the explanation of a refusal as one', () => {
    const details = { type: 'refusal', category: 'cyber', explanation: 'I cannot.' }
    const refused = stop('refusal', { output_tokens: 1 }, { stop_details: details })
    expect(essence(decode(anthropic, stream(begin(), ping, refused, over)))).toEqual([
      { type: 'refusal', text: 'I cannot.' },
      { type: 'finish', reason: 'content-filter' },
    ])
  })

  it('keeps blocks that have no neutral name from their start to their stop', () => {
    const unnamed = [
      open(0, { type: 'redacted_thinking', data: 'EmwKAhgB' }),
      close(0),
      open(1, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
      input(1, '{"query":"sky"}'),
      close(1),
      open(2, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }),
      close(2),
    ]
    const said = [open(3, { type: 'text', text: '' }), text(3, 'Blue'), close(3)]
    const read = decode(anthropic, stream(begin(), ...unnamed, ...said, stop('end_turn'), over))
    const raw = read.flatMap((event) => (event.type === 'raw' ? [event.bytes] : []))
    expect(raw.map((bytes) => /data: (.*?) *\}\n/.exec(String(bytes))?.[1])).toEqual(
      unnamed.map((data) => JSON.stringify(data).slice(0, -1)),
    )
    expect(essence(read).filter(({ type }) => type !== 'raw')).toEqual([
      { type: 'text', text: 'Blue' },
      { type: 'finish', reason: 'stop' },
    ])
  })

  it('gives citations as they are, and a block that begins with something in it', () => {
    const citation = { type: 'web_search_result_location', url: 'x:y' }
    const read = decode(
      anthropic,
      stream(
        begin(),
        open(0, { type: 'text', text: 'The ', citations: [citation] }),
        text(0, 'sky'),
        delta(0, { type: 'citations_delta', citation }),
        close(0),
        open(1, { type: 'tool_use', id: 'toolu_1', name: 'look', input: { up: true } }),
        close(1),
      ),
    )
    expect(read.slice(1, 7)).toEqual([
      { type: 'text', text: 'The ' },
      { type: 'citation', citation },
      { type: 'text', text: 'sky' },
      { type: 'citation', citation },
      { type: 'tool-start', index: 0, id: 'toolu_1', name: 'look' },
      { type: 'tool-arguments', index: 0, text: '{"up":true}' },
    ])
  })

  it('ends a call that was cut off, and finishes nothing', () => {
    const block = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }
    const read = decode(anthropic, stream(begin(), open(0, block), input(0, '{"up')))
    expect(read.slice(-2)).toEqual([
      { type: 'tool-arguments', index: 0, text: '{"up' },
      { type: 'tool-end', index: 0 },
    ])
  })

  it.each([
    ['a delta of another kind', delta(0, { type: 'compaction_delta', content: 'x' })],
    ['a second beginning', begin()],
    ['an event of another kind', { type: 'message_pause' }],
    ['a block that is none', { type: 'content_block_start', index: 1, content_block: null }],
    ['a delta that is none', { type: 'content_block_delta', index: 0, delta: 'x' }],
  ])('keeps %s raw', (_, data) => {
    const before = stream(begin(), open(0, { type: 'text', text: '' }))
    const odd = utf8(frame(data))
    const read = decode(anthropic, Buffer.concat([before, odd]))
    expect(read.at(-1)).toEqual({ type: 'raw', bytes: odd })
  })

  it('gives an error inside it as one, without the id of the request', () => {
    const body = stream(begin(), {
      type: 'error',
      error: { details: null, type: 'overloaded_error', message: 'Overloaded' },
      request_id: 'req_1',
    })
    expect(decode(anthropic, body).at(-1)).toEqual({
      type: 'error',
      error: { code: 'overloaded', message: 'Overloaded' },
    })
  })
})

describe('A whole answer that Anthropic sent', () => {
  it('is read into the same events', () => {
    const citation = { type: 'char_location', cited_text: 'sky' }
    const message = {
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'EqQB' },
        { type: 'redacted_thinking', data: 'EmwK' },
        { type: 'text', text: 'Blue', citations: [citation] },
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: { up: true } },
        { type: 'tool_use', id: 'toolu_2', name: 'rest', input: {} },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 9 },
    }
    expect(anthropic.decodeWhole(utf8(JSON.stringify(message)))).toEqual([
      { type: 'start' },
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'Blue' },
      { type: 'citation', citation },
      { type: 'tool-start', index: 0, id: 'toolu_1', name: 'look' },
      { type: 'tool-arguments', index: 0, text: '{"up":true}' },
      { type: 'tool-end', index: 0 },
      { type: 'tool-start', index: 1, id: 'toolu_2', name: 'rest' },
      { type: 'tool-end', index: 1 },
      { type: 'finish', reason: 'tool-calls' },
      { type: 'usage', usage: { inputTokens: 10, outputTokens: 9 } },
    ])
  })

  it.each(['', 'hello', '[]', '{"id":"chatcmpl-1","choices":[]}'])('is not %j', (body) => {
    expect(anthropic.decodeWhole(utf8(body))).toEqual([])
  })
})
