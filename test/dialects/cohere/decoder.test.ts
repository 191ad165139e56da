import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { cohere } from '../../../src/dialects/cohere/cohere.ts'
import { cohereV1 } from '../../../src/dialects/cohere/v1.ts'
import { decode } from '../wire.ts'

interface Typed {
  readonly type: string
  readonly [field: string]: unknown
}

const readV2 = (...messages: readonly Typed[]) =>
  decode(
    cohere,
    utf8(
      messages
        .map((message) => `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`)
        .join(''),
    ),
  )

const inMessage = (message: object) => ({ delta: { message } })

describe('a stream of version 2', () => {
  it('becomes its events', () => {
    const called = { id: 'c', type: 'function', function: { name: 'get_time', arguments: '' } }
    const events = readV2(
      { type: 'message-start', ...inMessage({ role: 'assistant' }) },
      { type: 'tool-plan-delta', ...inMessage({ tool_plan: 'I will look.' }) },
      { type: 'tool-call-start', index: 0, ...inMessage({ tool_calls: called }) },
      {
        type: 'tool-call-delta',
        index: 0,
        ...inMessage({ tool_calls: { function: { arguments: '{}' } } }),
      },
      { type: 'tool-call-end', index: 0 },
      { type: 'content-start', index: 0, ...inMessage({ content: { type: 'text', text: '' } }) },
      { type: 'content-delta', index: 0, ...inMessage({ content: { text: 'Noon' } }) },
      { type: 'citation-start', index: 0, ...inMessage({ citations: { start: 0, end: 4 } }) },
      { type: 'citation-end', index: 0 },
      { type: 'content-end', index: 0 },
      {
        type: 'message-end',
        delta: {
          finish_reason: 'STOP_SEQUENCE',
          usage: {
            billed_units: { input_tokens: 12, output_tokens: 36 },
            tokens: { input_tokens: 212, output_tokens: 36 },
            cached_tokens: 208,
          },
        },
      },
    )
    expect(events).toEqual([
      { type: 'start' },
      { type: 'reasoning', text: 'I will look.' },
      { type: 'tool-start', index: 0, name: 'get_time', id: 'c' },
      { type: 'tool-arguments', index: 0, text: '{}' },
      { type: 'tool-end', index: 0 },
      { type: 'text', text: 'Noon' },
      { type: 'citation', citation: { start: 0, end: 4 } },
      { type: 'finish', reason: 'STOP_SEQUENCE' },
      { type: 'usage', usage: { inputTokens: 212, outputTokens: 36, cachedTokens: 208 } },
    ])
  })

  it('reads what is billed where nothing else is told', () => {
    const usage = { billed_units: { input_tokens: 12, output_tokens: 36 } }
    expect(readV2({ type: 'message-end', delta: { finish_reason: 'COMPLETE', usage } })).toEqual([
      { type: 'finish', reason: 'stop' },
      { type: 'usage', usage: { inputTokens: 12, outputTokens: 36 } },
    ])
  })

  it('keeps events that it does not know', () => {
    const bytes = utf8('event: debug\ndata: {"type":"debug","prompt":"<|START|>"}\n\n')
    expect(decode(cohere, bytes)).toEqual([{ type: 'raw', bytes }])
  })

  it('reads an error body as what it is', () => {
    const body = { message: 'invalid api token', id: '1f' }
    expect(cohere.decodeWhole(utf8(JSON.stringify(body)))).toEqual([
      { type: 'error', error: { code: 'unauthorized', message: 'invalid api token', body } },
    ])
  })

  it('reads the plan of an answer in one piece before its calls', () => {
    const call = { id: 'c', type: 'function', function: { name: 'get_time', arguments: '{}' } }
    const message = { role: 'assistant', tool_plan: 'I will look.', tool_calls: [call] }
    const answer = { id: '1f', message, finish_reason: 'TOOL_CALL' }
    expect(cohere.decodeWhole(utf8(JSON.stringify(answer)))).toEqual([
      { type: 'start' },
      { type: 'reasoning', text: 'I will look.' },
      { type: 'tool-start', index: 0, name: 'get_time', id: 'c' },
      { type: 'tool-arguments', index: 0, text: '{}' },
      { type: 'tool-end', index: 0 },
      { type: 'finish', reason: 'tool-calls' },
    ])
  })
})

const readV1 = (...messages: readonly object[]) =>
  decode(cohereV1, utf8(messages.map((message) => `${JSON.stringify(message)}\n`).join('')))

const event = (type: string, rest: object) => ({ is_finished: false, event_type: type, ...rest })

describe('a stream of version 1', () => {
  it('becomes its events, and each call ends once', () => {
    const calls = { tool_calls: [{ name: 'get_time', parameters: { zone: 'UTC' } }] }
    const events = readV1(
      event('stream-start', { generation_id: '3f' }),
      event('tool-calls-chunk', { text: 'I will look.' }),
      event('tool-calls-chunk', { tool_call_delta: { index: 0, name: 'get_time' } }),
      event('tool-calls-chunk', { tool_call_delta: { index: 0, parameters: '{"zone": "UTC"}' } }),
      event('tool-calls-generation', { text: 'I will look.', ...calls }),
      event('text-generation', { text: 'Noon' }),
      event('citation-generation', { citations: [{ start: 0 }, { start: 2 }] }),
      {
        is_finished: true,
        event_type: 'stream-end',
        finish_reason: 'ERROR_TOXIC',
        response: { text: 'Noon', meta: { billed_units: { input_tokens: 9, output_tokens: 20 } } },
      },
    )
    expect(events).toEqual([
      { type: 'start' },
      { type: 'reasoning', text: 'I will look.' },
      { type: 'tool-start', index: 0, name: 'get_time' },
      { type: 'tool-arguments', index: 0, text: '{"zone": "UTC"}' },
      { type: 'tool-end', index: 0 },
      { type: 'text', text: 'Noon' },
      { type: 'citation', citation: { start: 0 } },
      { type: 'citation', citation: { start: 2 } },
      { type: 'finish', reason: 'content-filter' },
      { type: 'usage', usage: { inputTokens: 9, outputTokens: 20 } },
    ])
  })

  it('has calls that only came whole', () => {
    const calls = { tool_calls: [{ name: 'get_time', parameters: { zone: 'UTC' } }] }
    expect(readV1(event('tool-calls-generation', calls))).toEqual([
      { type: 'tool-start', index: 0, name: 'get_time' },
      { type: 'tool-arguments', index: 0, text: '{"zone":"UTC"}' },
      { type: 'tool-end', index: 0 },
    ])
  })

  it('keeps searches, which have no neutral word', () => {
    const bytes = utf8(
      '{"is_finished":false,"event_type":"search-queries-generation","search_queries":[]}\n',
    )
    expect(decode(cohereV1, bytes)).toEqual([{ type: 'raw', bytes }])
  })
})
