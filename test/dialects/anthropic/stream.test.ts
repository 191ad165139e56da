import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/core/event.ts'
import { anthropic } from '../../../src/dialects/anthropic/messages.ts'
import { asked, lines, unpadded, wholeAnswer, written } from './asked.ts'

const start: Event = { type: 'start' }
const finish = (reason: string): Event => ({ type: 'finish', reason })
const usage: Event = { type: 'usage', usage: { inputTokens: 12, outputTokens: 30 } }
const call = (index: number, name: string, ...json: string[]): Event[] => [
  { type: 'tool-start', index, id: `toolu_${index}`, name },
  ...json.map((text): Event => ({ type: 'tool-arguments', index, text })),
  { type: 'tool-end', index },
]

const details = '"stop_sequence":null,"stop_details":null'
const noCache = '"cache_creation_input_tokens":0,"cache_read_input_tokens":0'
const end = (reason: string): string[] => [
  `message_delta {"type":"message_delta","delta":{"stop_reason":"${reason}",${details}},"usage":{"input_tokens":12,${noCache},"output_tokens":30}}`,
  'message_stop {"type":"message_stop"}',
]

describe('A stream of Anthropic', () => {
  it('is written like this, spaces and order of keys included', () => {
    const stream = written([start, { type: 'text', text: 'Let' }, finish('stop'), usage])
    expect(unpadded(stream)).toBe(`event: message_start
data: {"type":"message_start","message":{"model":"claude-sonnet-4-6","id":"msg_01fI6w6qNubtM7TeAnfg0sfe","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard","inference_geo":"global"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Let"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":30}}

event: message_stop
data: {"type":"message_stop"}

`)
  })

  it('pads every frame but the ping by up to fifteen spaces from the seed', () => {
    const texts = Array.from({ length: 40 }, (): Event => ({ type: 'text', text: 'x' }))
    const stream = written([start, ...texts, finish('stop'), usage])
    const paddings = [...stream.matchAll(/( *)\}\n/g)].map(([, spaces = '']) => spaces.length)
    expect(Math.max(...paddings)).toBe(15)
    expect(Math.min(...paddings)).toBe(0)
    expect(new Set(paddings).size).toBeGreaterThan(8)
    expect(stream).toContain('data: {"type": "ping"}\n')
  })

  const frames = (events: readonly Event[], changes = {}): string[] =>
    lines(written([start, ...events, usage], changes)).slice(1)

  it('signs its thinking before it closes it', () => {
    const [open, ping, thought, signature, stop, ...rest] = frames([
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'Yes' },
      finish('stop'),
    ])
    expect([open, ping, thought, stop, ...rest]).toEqual([
      'content_block_start {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}',
      'ping {"type": "ping"}',
      'content_block_delta {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}',
      'content_block_stop {"type":"content_block_stop","index":0}',
      'content_block_start {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}',
      'content_block_delta {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Yes"}}',
      'content_block_stop {"type":"content_block_stop","index":1}',
      ...end('end_turn'),
    ])
    expect(signature).toMatch(
      /^content_block_delta \{"type":"content_block_delta","index":0,"delta":\{"type":"signature_delta","signature":"E[A-Za-z0-9]{341}=="\}\}$/,
    )
  })

  it('leaves thinking out where the client wants it omitted, but for its signature', () => {
    const events: Event[] = [{ type: 'reasoning', text: 'Hm.' }, finish('stop')]
    const omitted = { thinking: { type: 'adaptive', display: 'omitted' } }
    const deltas = frames(events, omitted).map((line) => /"delta":\{"type":"(\w+)"/.exec(line)?.[1])
    expect(deltas.filter(Boolean)).toEqual(['signature_delta'])
    expect(wholeAnswer([start, ...events], omitted)).toMatchObject({
      content: [{ type: 'thinking', thinking: '', signature: expect.stringMatching(/^E.*==$/) }],
    })
  })

  it('opens calls one after the other, each with an empty piece of input first', () => {
    const shown = frames([
      ...call(0, 'get_weather', '{"ci', 'ty":"Oslo"}'),
      ...call(1, 'get_time', '{}'),
      finish('tool-calls'),
    ])
    const input = (index: number, json: string): string =>
      `content_block_delta {"type":"content_block_delta","index":${index},"delta":{"type":"input_json_delta","partial_json":${JSON.stringify(json)}}}`
    const block = (index: number, name: string): string =>
      `content_block_start {"type":"content_block_start","index":${index},"content_block":{"type":"tool_use","id":"toolu_${index}","name":"${name}","input":{},"caller":{"type":"direct"}}}`
    expect(shown).toEqual([
      block(0, 'get_weather'),
      'ping {"type": "ping"}',
      input(0, ''),
      input(0, '{"ci'),
      input(0, 'ty":"Oslo"}'),
      'content_block_stop {"type":"content_block_stop","index":0}',
      block(1, 'get_time'),
      input(1, ''),
      'content_block_stop {"type":"content_block_stop","index":1}',
      ...end('tool_use'),
    ])
  })

  it('explains a refusal beside the reason for stopping, and has no block for it', () => {
    const refusal: Event = { type: 'refusal', text: 'I cannot ' }
    expect(frames([refusal, { ...refusal, text: 'do that.' }, finish('stop')])).toEqual([
      'ping {"type": "ping"}',
      `message_delta {"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":null,"explanation":"I cannot do that."}},"usage":{"input_tokens":12,${noCache},"output_tokens":30}}`,
      'message_stop {"type":"message_stop"}',
    ])
  })

  it('counts blocks without a gap where a refusal stands between two of them', () => {
    const stream = written([
      start,
      { type: 'text', text: 'Well' },
      { type: 'refusal', text: 'No' },
      ...call(0, 'report'),
      finish('stop'),
    ])
    const opened = [...stream.matchAll(/content_block_start","index":(\d)/g)].map(([, n]) => n)
    expect(opened).toEqual(['0', '1'])
  })

  it('leaves an index to each block that is written raw, and ends the text before it', () => {
    const raw =
      'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use"}}\n\n'
    const said = frames([
      { type: 'text', text: 'Searching' },
      { type: 'raw', bytes: Buffer.from(raw) },
      { type: 'text', text: 'Found' },
      finish('stop'),
    ])
    expect(said.slice(2, 7).map((line) => line.replace(/^\S+ /, ''))).toEqual([
      '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Searching"}}',
      '{"type":"content_block_stop","index":0}',
      '{"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use"}}',
      '{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}',
      '{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Found"}}',
    ])
  })

  it('puts citations on the text that they belong to', () => {
    const citation = { type: 'char_location', cited_text: 'sky' }
    const stream = written([start, { type: 'text', text: 'Blue' }, { type: 'citation', citation }])
    expect(lines(stream)).toContain(
      'content_block_delta {"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"sky"}}}',
    )
  })

  it('tells the first of the sequences asked for where one of them stopped it', () => {
    const [delta] = frames([finish('stop_sequence')], { stop_sequences: ['END', 'STOP'] }).slice(-2)
    expect(delta).toContain(
      '{"stop_reason":"stop_sequence","stop_sequence":"END","stop_details":null}',
    )
  })

  it('counts what came from the cache apart from the input', () => {
    const cached: Event = {
      type: 'usage',
      usage: { inputTokens: 100, outputTokens: 9, cachedTokens: 80, reasoningTokens: 4 },
    }
    expect(written([start, { type: 'text', text: 'Hi' }, finish('stop'), cached])).toContain(
      '"usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":80,"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}',
    )
  })

  it('begins with the input that the scenario tells, and with one token of output', () => {
    const known = { inputTokens: 100, outputTokens: 9, cachedTokens: 80, reasoningTokens: 4 }
    const [begun] = lines(written([start, { type: 'text', text: 'Hi' }], {}, known))
    expect(begun).toContain(
      '"usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":80,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier"',
    )
  })

  it('counts what it has said where the events tell no usage', () => {
    const events: Event[] = [start, { type: 'text', text: 'one two three' }, finish('stop')]
    expect(written(events)).toContain('"input_tokens":7,')
    expect(written(events)).toMatch(/"output_tokens":3\} *\}\n/)
    expect(wholeAnswer(events)).toMatchObject({ usage: { input_tokens: 7, output_tokens: 3 } })
  })

  it('writes an error as an event of its own, padded, and nothing after it', () => {
    const stream = written([
      start,
      { type: 'text', text: 'Hi' },
      { type: 'error', error: { code: 'overloaded' } },
    ])
    const id = /"request_id":"(\w+)"/.exec(stream)?.[1]
    expect(lines(stream).at(-1)).toBe(
      `error {"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},"request_id":"${id}"}`,
    )
    expect(anthropic.streamHeaders(asked())).toContainEqual(['request-id', id])
  })

  it('pings into silence', () => {
    const { everyMs = 0, frame } = anthropic.heartbeat ?? {}
    expect(everyMs).toBe(10_000)
    expect(String(frame?.(1).bytes)).toBe('event: ping\ndata: {"type": "ping"}\n\n')
  })
})

describe('An answer of Anthropic in one piece', () => {
  it('is written like this', () => {
    const { status, headers, body } = anthropic.whole(
      [
        start,
        { type: 'text', text: 'Looking' },
        ...call(0, 'get_weather', '{"city":', '"Oslo"}'),
        finish('tool-calls'),
        usage,
      ],
      asked(),
    )
    expect(status).toBe(200)
    expect(String(body)).toBe(
      '{"model":"claude-sonnet-4-6","id":"msg_01fI6w6qNubtM7TeAnfg0sfe","type":"message","role":"assistant","content":[{"type":"text","text":"Looking"},{"type":"tool_use","id":"toolu_0","name":"get_weather","input":{"city":"Oslo"},"caller":{"type":"direct"}}],"stop_reason":"tool_use","stop_sequence":null,"stop_details":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":30,"service_tier":"standard","inference_geo":"global"}}',
    )
    expect(headers).toEqual([
      ['content-type', 'application/json'],
      ...anthropic.streamHeaders(asked()).slice(2),
    ])
  })

  it('draws the same ids and signatures as the stream', () => {
    const events: Event[] = [
      start,
      { type: 'reasoning', text: 'Hm.' },
      { type: 'tool-start', index: 0, name: 'get_weather' },
      { type: 'tool-end', index: 0 },
    ]
    const stream = written(events)
    const drawn = (text: string): string[] =>
      [...text.matchAll(/"(?:msg|toolu)_01\w{22}"|"E\w{341}=="/g)].map(([found]) => found)
    expect(drawn(stream)).toHaveLength(3)
    expect(drawn(JSON.stringify(wholeAnswer(events)))).toEqual([
      ...drawn(stream).filter((id) => id.startsWith('"msg')),
      ...drawn(stream).filter((id) => !id.startsWith('"msg')),
    ])
  })

  it('explains a refusal, and has no content for it', () => {
    expect(wholeAnswer([start, { type: 'refusal', text: 'No.' }])).toMatchObject({
      content: [],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', category: null, explanation: 'No.' },
    })
  })

  it('has blocks that are written raw where the stream has them, grown by their deltas', () => {
    const raw = (message: { type: string }): Event => ({
      type: 'raw',
      bytes: Buffer.from(`event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`),
    })
    const block = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }
    const piece = (json: string): Event => {
      const delta = { type: 'input_json_delta', partial_json: json }
      return raw({ type: 'content_block_delta', ...{ index: 1, delta } })
    }
    const redacted = { type: 'redacted_thinking', data: 'abc' }
    const [opening, ...rest] = call(0, 'get_time', '{"zone":"UTC"}')
    const answer = wholeAnswer([
      start,
      { type: 'text', text: 'Searching.' },
      raw({ type: 'content_block_start', ...{ index: 1, content_block: block } }),
      piece('{"query":'),
      piece('"rain"}'),
      raw({ type: 'content_block_stop', ...{ index: 1 } }),
      { type: 'text', text: 'Found.' },
      ...(opening ? [opening] : []),
      raw({ type: 'content_block_start', ...{ index: 4, content_block: redacted } }),
      ...rest,
    ])
    expect(answer).toMatchObject({
      content: [
        { type: 'text', text: 'Searching.' },
        { ...block, input: { query: 'rain' } },
        { type: 'text', text: 'Found.' },
        { type: 'tool_use', id: 'toolu_0', input: { zone: 'UTC' } },
        redacted,
      ],
      stop_reason: 'tool_use',
    })
  })

  it('tells rate limits that add up, and when they are whole again', () => {
    const headers = Object.fromEntries(anthropic.streamHeaders(asked()))
    const of = (name: string): string | undefined => headers[`anthropic-ratelimit-${name}`]
    expect(of('tokens-limit')).toBe('480000')
    expect(Number(of('tokens-remaining'))).toBe(
      Number(of('input-tokens-remaining')) + Number(of('output-tokens-remaining')),
    )
    expect(Number(of('requests-remaining'))).toBeLessThan(4000)
    expect(of('requests-reset')).toBe('2023-11-14T22:13:21Z')
  })
})
