/** Exact bytes of Cohere's answers, in both versions. */
import { describe, expect, it } from 'vitest'
import { looseText } from '../../../src/core/bytes.ts'
import type { Dialect } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { header } from '../../../src/core/http.ts'
import { cohere } from '../../../src/dialects/cohere/cohere.ts'
import { cohereV1 } from '../../../src/dialects/cohere/v1.ts'
import { seededRandom } from '../../../src/time/random.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'

interface Asked {
  readonly dialect: Dialect
  readonly path: string
  readonly body: object
}

const v2: Asked = {
  dialect: cohere,
  path: '/v2/chat',
  body: { model: 'command-a-03-2025', messages: [{ role: 'user', content: 'hi' }], stream: true },
}

const planning: Asked = {
  ...v2,
  body: {
    ...v2.body,
    tools: [{ type: 'function', function: { name: 'get_weather' } }],
    thinking: { type: 'disabled' },
  },
}

const v1: Asked = { dialect: cohereV1, path: '/v1/chat', body: { message: 'hi', stream: true } }

const v1Tools: Asked = {
  ...v1,
  body: { ...v1.body, tools: [{ name: 'get_weather', description: 'Tells the weather' }] },
}

const replyOf = ({ dialect, path, body }: Asked) =>
  replyTo(accepted(dialect, jsonRequest({ path }, body)))

/** Ids are drawn from the seed; here only their form counts. */
const masked = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, 'UUID')
    .replace(/(get_weather_)[a-z0-9]{12}/g, '$1ID')

const streamed = (asked: Asked, events: readonly Event[]): string =>
  masked(looseText(bytesOf(encode(asked.dialect, events, replyOf(asked)))))

const whole = (asked: Asked, events: readonly Event[]): string =>
  masked(String(asked.dialect.whole(events, replyOf(asked)).body))

const citation = { start: 0, end: 2, text: 'He', sources: [{ type: 'document', id: 'doc:0' }] }

const said: readonly Event[] = [
  { type: 'start' },
  { type: 'text', text: 'He' },
  { type: 'text', text: 'llo' },
  { type: 'citation', citation },
  { type: 'finish', reason: 'length' },
  { type: 'usage', usage: { inputTokens: 12, outputTokens: 7, cachedTokens: 3 } },
]

const called: readonly Event[] = [
  { type: 'start' },
  { type: 'reasoning', text: 'I will look.' },
  { type: 'tool-start', index: 0, name: 'get_weather' },
  { type: 'tool-arguments', index: 0, text: '{"city":' },
  { type: 'tool-arguments', index: 0, text: '"Oslo"}' },
  { type: 'tool-end', index: 0 },
  { type: 'finish', reason: 'tool-calls' },
]

/** A frame of the older streams is one line; here each is its event and its data. */
const frames = (...pairs: readonly (readonly [event: string, data: string])[]): string =>
  pairs.map(([event, data]) => `event: ${event}\ndata: ${data}\n\n`).join('')

const start = [
  'message-start',
  '{"id":"UUID","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}',
] as const

describe('a stream of /v2/chat', () => {
  it('opens, grows and closes its content, with citations inside', () => {
    expect(streamed(v2, said)).toBe(
      `${frames(
        start,
        [
          'content-start',
          '{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}',
        ],
        [
          'content-delta',
          '{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"He"}}}}',
        ],
        [
          'content-delta',
          '{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"llo"}}}}',
        ],
        [
          'citation-start',
          `{"type":"citation-start","index":0,"delta":{"message":{"citations":${JSON.stringify(citation)}}}}`,
        ],
        ['citation-end', '{"type":"citation-end","index":0}'],
        ['content-end', '{"type":"content-end","index":0}'],
        [
          'message-end',
          '{"type":"message-end","delta":{"finish_reason":"MAX_TOKENS","usage":{"billed_units":{"input_tokens":12,"output_tokens":7},"tokens":{"input_tokens":12,"output_tokens":7},"cached_tokens":3}}}',
        ],
      )}data: [DONE]\n\n`,
    )
  })

  it('has thoughts as content before the text, each with its own index', () => {
    const events: Event[] = [
      { type: 'start' },
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hi' },
    ]
    expect(streamed(v2, events)).toContain(
      frames(
        [
          'content-start',
          '{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}',
        ],
        [
          'content-delta',
          '{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm"}}}}',
        ],
        ['content-end', '{"type":"content-end","index":0}'],
        [
          'content-start',
          '{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}',
        ],
      ),
    )
  })

  it('has the arguments of a call as they are made, and the plan before it', () => {
    expect(streamed(planning, called)).toBe(
      `${frames(
        start,
        [
          'tool-plan-delta',
          '{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will look."}}}',
        ],
        [
          'tool-call-start',
          '{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"get_weather_ID","type":"function","function":{"name":"get_weather","arguments":""}}}}}',
        ],
        [
          'tool-call-delta',
          '{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\\"city\\":"}}}}}',
        ],
        [
          'tool-call-delta',
          '{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"\\"Oslo\\"}"}}}}}',
        ],
        ['tool-call-end', '{"type":"tool-call-end","index":0}'],
        ['message-end', '{"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}}'],
      )}data: [DONE]\n\n`,
    )
  })

  it.each([
    ['no tools are offered', { thinking: { type: 'disabled' } }],
    ['the model may think', { tools: [{ function: { name: 'get_weather' } }] }],
  ])('has thoughts and no plan where %s', (_, given) => {
    const stream = streamed({ ...v2, body: { ...v2.body, ...given } }, called)
    expect(stream).toContain('"thinking":"I will look."')
    expect(stream).not.toContain('tool-plan-delta')
  })

  it('ends at an error, which the last event names', () => {
    const events: Event[] = [
      { type: 'start' },
      { type: 'text', text: 'He' },
      { type: 'error', error: { code: 'server-error', message: 'It broke' } },
    ]
    expect(streamed(v2, events).split('\n\n').slice(-2)).toEqual([
      'event: message-end\ndata: {"type":"message-end","delta":{"error":"It broke","finish_reason":"ERROR"}}',
      '',
    ])
  })
})

describe('an answer of /v2/chat in one piece', () => {
  it('has the text, its citations and the usage', () => {
    expect(whole(v2, said)).toBe(
      `{"id":"UUID","message":{"role":"assistant","content":[{"type":"text","text":"Hello"}],"citations":[${JSON.stringify(citation)}]},"finish_reason":"MAX_TOKENS","usage":{"billed_units":{"input_tokens":12,"output_tokens":7},"tokens":{"input_tokens":12,"output_tokens":7},"cached_tokens":3}}`,
    )
  })

  it('has the plan beside the calls, and no content where none was said', () => {
    expect(whole(planning, called)).toBe(
      '{"id":"UUID","message":{"role":"assistant","tool_plan":"I will look.","tool_calls":[{"id":"get_weather_ID","type":"function","function":{"name":"get_weather","arguments":"{\\"city\\":\\"Oslo\\"}"}}]},"finish_reason":"TOOL_CALL"}',
    )
  })
})

const response =
  '{"response_id":"UUID","text":"Hello","generation_id":"UUID","citations":[{"start":0}],"chat_history":[{"role":"USER","message":"hi"},{"role":"CHATBOT","message":"Hello"}],"finish_reason":"COMPLETE","meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":12,"output_tokens":7},"tokens":{"input_tokens":12,"output_tokens":7}}}'

const saidToV1: readonly Event[] = [
  { type: 'start' },
  { type: 'text', text: 'He' },
  { type: 'text', text: 'llo' },
  { type: 'citation', citation: { start: 0 } },
  { type: 'finish', reason: 'stop' },
  { type: 'usage', usage: { inputTokens: 12, outputTokens: 7 } },
]

describe('a stream of /v1/chat', () => {
  it('is a line for each delta, and the whole answer in the last', () => {
    expect(streamed(v1, saidToV1).split('\n')).toEqual([
      '{"is_finished":false,"event_type":"stream-start","generation_id":"UUID"}',
      '{"is_finished":false,"event_type":"text-generation","text":"He"}',
      '{"is_finished":false,"event_type":"text-generation","text":"llo"}',
      '{"is_finished":false,"event_type":"citation-generation","citations":[{"start":0}]}',
      `{"is_finished":true,"event_type":"stream-end","response":${response},"finish_reason":"COMPLETE"}`,
      '',
    ])
  })

  it('has calls in pieces and then whole, after the plan', () => {
    const lines = streamed(v1Tools, called).split('\n')
    expect(lines.slice(1, -2)).toEqual([
      '{"is_finished":false,"event_type":"tool-calls-chunk","text":"I will look."}',
      '{"is_finished":false,"event_type":"tool-calls-chunk","tool_call_delta":{"index":0,"name":"get_weather"}}',
      '{"is_finished":false,"event_type":"tool-calls-chunk","tool_call_delta":{"index":0,"parameters":"{\\"city\\":"}}',
      '{"is_finished":false,"event_type":"tool-calls-chunk","tool_call_delta":{"index":0,"parameters":"\\"Oslo\\"}"}}',
      '{"is_finished":false,"event_type":"tool-calls-generation","text":"I will look.","tool_calls":[{"name":"get_weather","parameters":{"city":"Oslo"}}]}',
    ])
    expect(JSON.parse(lines.at(-2) ?? '')).toMatchObject({
      finish_reason: 'COMPLETE',
      response: {
        text: 'I will look.',
        tool_calls: [{ name: 'get_weather', parameters: { city: 'Oslo' } }],
      },
    })
  })

  it('does not know thoughts', () => {
    expect(streamed(v1, called)).not.toContain('I will look.')
    expect(whole(v1, called)).not.toContain('I will look.')
  })

  it('ends at an error, with what was said before it', () => {
    const events: Event[] = [
      { type: 'start' },
      { type: 'text', text: 'He' },
      { type: 'error', error: { code: 'server-error', message: 'It broke' } },
    ]
    const last = JSON.parse(streamed(v1, events).trimEnd().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({
      is_finished: true,
      event_type: 'stream-end',
      finish_reason: 'ERROR',
      error: 'It broke',
      response: { text: 'He' },
    })
  })

  it('comes as lines of a stream', () => {
    const headers = cohereV1.streamHeaders(replyOf(v1))
    expect(header(headers, 'content-type')).toBe('application/stream+json')
  })
})

it('answers /v1/chat in one piece with what ends the stream', () => {
  expect(whole(v1, saidToV1)).toBe(response)
})

describe('the headers of an answer', () => {
  it('count the calls of a trial key', () => {
    const { headers } = cohere.whole(said, replyOf(v2))
    expect(header(headers, 'x-debug-trace-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(header(headers, 'x-endpoint-monthly-call-limit')).toBe('1000')
    expect(header(headers, 'x-trial-endpoint-call-limit')).toBe('20')
    expect(header(headers, 'x-trial-endpoint-call-remaining')).toMatch(/^1?[0-9]$/)
    expect(cohere.streamHeaders(replyOf(v2))).toEqual(
      expect.arrayContaining(headers.filter(([name]) => name.startsWith('x-'))),
    )
  })

  it('have no call left where there were too many', () => {
    const reply = cohere.error({ code: 'rate-limited' }, undefined, seededRandom('seed'))
    expect(reply.status).toBe(429)
    expect(header(reply.headers, 'x-trial-endpoint-call-remaining')).toBe('0')
  })
})

it.each([
  ['content-filter', 498],
  ['quota-exceeded', 402],
  ['timeout', 504],
  ['context-length', 400],
] as const)('says %s with status %i', (code, status) => {
  const reply = cohere.error({ code }, undefined, seededRandom('seed'))
  expect(reply.status).toBe(status)
  const tooMany = code === 'context-length' ? ',"error_type":"TOO_MANY_TOKENS"' : ''
  expect(masked(String(reply.body))).toMatch(
    new RegExp(`^\\{"id":"UUID","message":"[^"]+"${tooMany}\\}$`),
  )
})
