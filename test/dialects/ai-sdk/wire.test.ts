/** The AI SDK's streams to the byte, and streams of real applications read back. */
import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../../src/core/bytes.ts'
import type { Dialect, Memory, ReplyContext } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { aiSdkData } from '../../../src/dialects/ai-sdk/data-stream.ts'
import { aiSdkText } from '../../../src/dialects/ai-sdk/text-stream.ts'
import { aiSdk } from '../../../src/dialects/ai-sdk/ui-message.ts'
import { seededRandom } from '../../../src/time/random.ts'
import { accepted, bytesOf, decode, encode, httpRequest, jsonRequest, replyTo } from '../wire.ts'

const path = '/api/chat'
const parts = [{ type: 'text', text: 'hello' }]
const message = { id: 'u1', role: 'user', parts }

const replyFor = (dialect: Dialect): ReplyContext => {
  const asked = dialect === aiSdk ? message : { ...message, content: 'hello' }
  return replyTo(accepted(dialect, jsonRequest({ path }, { id: 'c1', messages: [asked] })))
}

const written = (dialect: Dialect, events: readonly Event[]): string =>
  looseText(bytesOf(encode(dialect, events, replyFor(dialect))))

const start: Event = { type: 'start' }
const think: Event = { type: 'reasoning', text: 'Hm' }
const hi: Event = { type: 'text', text: 'Hi "you"' }
const stop: Event = { type: 'finish', reason: 'stop' }
const usage: Event = { type: 'usage', usage: { inputTokens: 11, outputTokens: 80 } }
const call = (...pieces: string[]): Event[] => [
  { type: 'tool-start', index: 0, id: 'call_1', name: 'get_weather' },
  ...pieces.map((text): Event => ({ type: 'tool-arguments', index: 0, text })),
  { type: 'tool-end', index: 0 },
]
const source: Event = { type: 'citation', citation: { url: 'https://example.com/', id: 's1' } }

/** The data of each frame. */
const chunks = (body: string): string[] => body.split('\n\n').map((frame) => frame.slice(6))

describe('a UI message stream', () => {
  it('opens and closes every part, and its step, and ends with [DONE]', () => {
    const events = [start, think, hi, source, ...call('{"city":', '"Oslo"}'), stop, usage]
    const [first, ...rest] = chunks(written(aiSdk, events))
    expect(first).toMatch(/^\{"type":"start","messageId":"[A-Za-z0-9]{16}"\}$/)
    expect(rest).toEqual([
      '{"type":"start-step"}',
      '{"type":"reasoning-start","id":"0"}',
      '{"type":"reasoning-delta","id":"0","delta":"Hm"}',
      '{"type":"reasoning-end","id":"0"}',
      '{"type":"text-start","id":"1"}',
      '{"type":"text-delta","id":"1","delta":"Hi \\"you\\""}',
      '{"type":"source-url","sourceId":"s1","url":"https://example.com/"}',
      '{"type":"text-end","id":"1"}',
      '{"type":"tool-input-start","toolCallId":"call_1","toolName":"get_weather"}',
      '{"type":"tool-input-delta","toolCallId":"call_1","inputTextDelta":"{\\"city\\":"}',
      '{"type":"tool-input-delta","toolCallId":"call_1","inputTextDelta":"\\"Oslo\\"}"}',
      '{"type":"tool-input-available","toolCallId":"call_1","toolName":"get_weather","input":{"city":"Oslo"}}',
      '{"type":"finish-step"}',
      '{"type":"finish","finishReason":"stop"}',
      '[DONE]',
      '',
    ])
  })

  it('says of an input that is no JSON that it is in error', () => {
    expect(written(aiSdk, [start, ...call('{"city"')])).toContain(
      '{"type":"tool-input-error","toolCallId":"call_1","toolName":"get_weather","input":"{\\"city\\"","errorText":"Invalid input for tool get_weather: it is no JSON."}',
    )
  })

  it('takes a reason that no client knows for another one', () => {
    const body = written(aiSdk, [start, hi, { type: 'finish', reason: 'model_length' }])
    expect(body).toContain('{"type":"finish","finishReason":"other"}')
  })

  it('says an error in one chunk, and [DONE] after it', () => {
    const error = { code: 'overloaded', message: 'Busy' } as const
    expect(chunks(written(aiSdk, [start, hi, { type: 'error', error }])).slice(-3)).toEqual([
      '{"type":"error","errorText":"Busy"}',
      '[DONE]',
      '',
    ])
  })

  it('has exactly the headers that the SDK sets', () => {
    expect(aiSdk.streamHeaders(replyFor(aiSdk))).toEqual([
      ['content-type', 'text/event-stream'],
      ['cache-control', 'no-cache'],
      ['connection', 'keep-alive'],
      ['x-vercel-ai-ui-message-stream', 'v1'],
      ['x-accel-buffering', 'no'],
    ])
  })

  const read = (...said: object[]): Event[] =>
    decode(aiSdk, utf8(said.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')))

  it('may bring a call whole, as the tools of a server do, whose results stay raw', () => {
    const call = { toolCallId: 'call_1', toolName: 'search' }
    const output = { type: 'tool-output-available', toolCallId: 'call_1', output: [1] }
    const events = read(
      { type: 'start' },
      { type: 'tool-input-available', ...call, input: { q: 'x' } },
      output,
      { type: 'data-weather', id: 'd1', data: { sky: 'blue' } },
      { type: 'finish' },
    )
    expect(events).toEqual([
      { type: 'start' },
      { type: 'tool-start', index: 0, id: 'call_1', name: 'search' },
      { type: 'tool-arguments', index: 0, text: '{"q":"x"}' },
      { type: 'tool-end', index: 0 },
      { type: 'raw', bytes: expect.anything() },
      { type: 'raw', bytes: expect.anything() },
      { type: 'finish', reason: 'stop' },
    ])
  })
})

describe('a data stream', () => {
  it('is lines of a code and JSON, the usage at their end', () => {
    const events = [start, think, hi, source, ...call('{"city":', '"Oslo"}'), stop, usage]
    const [first, ...rest] = written(aiSdkData, events).split('\n')
    expect(first).toMatch(/^f:\{"messageId":"msg-[A-Za-z0-9]{24}"\}$/)
    expect(rest).toEqual([
      'g:"Hm"',
      '0:"Hi \\"you\\""',
      'h:{"sourceType":"url","id":"s1","url":"https://example.com/"}',
      'b:{"toolCallId":"call_1","toolName":"get_weather"}',
      'c:{"toolCallId":"call_1","argsTextDelta":"{\\"city\\":"}',
      'c:{"toolCallId":"call_1","argsTextDelta":"\\"Oslo\\"}"}',
      '9:{"toolCallId":"call_1","toolName":"get_weather","args":{"city":"Oslo"}}',
      'e:{"finishReason":"stop","usage":{"promptTokens":11,"completionTokens":80},"isContinued":false}',
      'd:{"finishReason":"stop","usage":{"promptTokens":11,"completionTokens":80}}',
      '',
    ])
  })

  it('ends with an error where there is one', () => {
    const error = { code: 'overloaded', message: 'Busy' } as const
    const lines = written(aiSdkData, [start, hi, { type: 'error', error }]).split('\n')
    expect(lines.slice(-2)).toEqual(['3:"Busy"', ''])
  })

  it('may bring a call whole and the counts of no one, and keeps what it cannot name', () => {
    const lines = [
      '2:[{"own":1}]',
      '9:{"toolCallId":"c1","toolName":"search","args":{"q":"x"}}',
      'a:{"toolCallId":"c1","result":"y"}',
      'd:{"finishReason":"tool-calls","usage":{"promptTokens":null,"completionTokens":null}}',
    ]
    expect(decode(aiSdkData, utf8(lines.map((line) => `${line}\n`).join('')))).toEqual([
      { type: 'raw', bytes: expect.anything() },
      { type: 'tool-start', index: 0, id: 'c1', name: 'search' },
      { type: 'tool-arguments', index: 0, text: '{"q":"x"}' },
      { type: 'tool-end', index: 0 },
      { type: 'raw', bytes: expect.anything() },
      { type: 'finish', reason: 'tool-calls' },
    ])
  })
})

describe('a text stream', () => {
  it('is the text and nothing else, and ends where an error comes', () => {
    const error = { code: 'overloaded' } as const
    const events: Event[] = [start, think, hi, ...call('{}'), { type: 'error', error }, hi, stop]
    expect(written(aiSdkText, events)).toBe('Hi "you"')
  })
})

it('does not keep a connection that its client wants closed', () => {
  const http = { ...replyFor(aiSdk).request.http, headers: [['Connection', 'close']] as const }
  const reply = { ...replyFor(aiSdk), request: { ...replyFor(aiSdk).request, http } }
  expect(aiSdk.streamHeaders(reply).map(([name]) => name)).not.toContain('connection')
})

describe('the routes that come back to an answer', () => {
  const memory = (inFlight: boolean): Memory => ({
    recall: () => ({ reply: replyFor(aiSdk), events: [], inFlight, cancelled: false }),
    forget: () => false,
    cancel: () => undefined,
  })
  const ask = (dialect: Dialect, inFlight: boolean, asked: Parameters<typeof httpRequest>[0]) =>
    dialect.routes
      .find(({ method }) => method === 'GET')
      ?.answer?.(httpRequest(asked, utf8('')), {
        memory: memory(inFlight),
        random: seededRandom('seed'),
        createdMs: 0,
        models: undefined,
      })

  it('are told by the id of the chat, under which the answer is kept', () => {
    expect(aiSdk.keepAs?.(replyFor(aiSdk))).toBe('c1')
    const named = { path: '/api/chat/c1/stream', params: { id: 'c1' } }
    expect(ask(aiSdk, true, named)).toEqual({ resume: 'c1' })
    expect(ask(aiSdkData, true, { path, query: 'chatId=c1' })).toEqual({ resume: 'c1' })
  })

  it('are refused without the id of a chat', () => {
    expect(ask(aiSdkData, true, { path })).toMatchObject({ code: 'invalid-request' })
  })

  it('have nothing where no answer is being given: 204, or an empty stream before version 5', () => {
    const named = { path: '/api/chat/c1/stream', params: { id: 'c1' } }
    expect(ask(aiSdk, false, named)).toMatchObject({ status: 204, body: '' })
    expect(ask(aiSdkData, false, { path, query: 'chatId=c1' })).toMatchObject({
      status: 200,
      body: '',
    })
  })
})
