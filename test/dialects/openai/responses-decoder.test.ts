/** Streams as real services send them, read back; those of other ages and makers included. */
import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { openAiResponses } from '../../../src/dialects/openai/responses.ts'
import { decode } from '../wire.ts'

const sse = (...messages: readonly object[]): Uint8Array =>
  utf8(
    messages
      .map(
        (message) => `event: ${Reflect.get(message, 'type')}\ndata: ${JSON.stringify(message)}\n\n`,
      )
      .join(''),
  )

const read = (...messages: readonly object[]): Event[] => decode(openAiResponses, sse(...messages))

const created = { type: 'response.created', sequence_number: 0, response: { output: [] } }
const usage = { input_tokens: 5, output_tokens: 7, total_tokens: 12 }
const ended = (status: string, more: object = {}): object => ({
  type: `response.${status}`,
  response: { status, output: [], usage, ...more },
})
const added = (output_index: number, item: object): object => ({
  type: 'response.output_item.added',
  output_index,
  item,
})
const done = (output_index: number, item: object): object => ({
  type: 'response.output_item.done',
  output_index,
  item,
})

describe('a stream of the Responses API', () => {
  it('tells usage with its details, and why it ended', () => {
    const details = {
      ...usage,
      input_tokens_details: { cached_tokens: 3 },
      output_tokens_details: { reasoning_tokens: 2 },
    }
    expect(read(created, ended('completed', { usage: details }))).toEqual([
      { type: 'start' },
      {
        type: 'usage',
        usage: { inputTokens: 5, outputTokens: 7, cachedTokens: 3, reasoningTokens: 2 },
      },
      { type: 'finish', reason: 'stop' },
    ])
  })

  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
    ['a word of its own', 'a word of its own'],
  ])('that is not complete for %s finished by %s', (reason, finish) => {
    const events = read(ended('incomplete', { incomplete_details: { reason } }))
    expect(events.at(-1)).toEqual({ type: 'finish', reason: finish })
  })

  it('finishes by its calls where it made some', () => {
    const call = { type: 'function_call', name: 'look', call_id: 'call_1', arguments: '{}' }
    const events = read(
      added(0, { ...call, arguments: '' }),
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{}' },
      { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{}' },
      done(0, call),
      ended('completed', { output: [call] }),
    )
    expect(events).toEqual([
      { type: 'tool-start', index: 0, id: 'call_1', name: 'look' },
      { type: 'tool-arguments', index: 0, text: '{}' },
      { type: 'tool-end', index: 0 },
      { type: 'usage', usage: { inputTokens: 5, outputTokens: 7 } },
      { type: 'finish', reason: 'tool-calls' },
    ])
  })

  it('is read where calls come whole, or between each other', () => {
    const call = (n: number, text: string) => ({
      type: 'function_call',
      name: `f${n}`,
      call_id: `call_${n}`,
      arguments: text,
    })
    const events = read(
      added(0, call(0, '')),
      added(1, call(1, '')),
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '[1]' },
      { type: 'response.function_call_arguments.done', output_index: 0, arguments: '[0]' },
      done(1, call(1, '[1]')),
      done(0, call(0, '[0]')),
      done(2, call(2, '[2]')),
    )
    const spoken = events.flatMap((event) =>
      event.type === 'tool-arguments' ? [`${event.index} ${event.text}`] : [],
    )
    expect(spoken).toEqual(['1 [1]', '0 [0]', '2 [2]'])
    expect(events.filter(({ type }) => type === 'tool-end')).toHaveLength(3)
  })

  it('brings a text that comes without deltas, once', () => {
    const part = { output_index: 0, content_index: 0 }
    const whole = { type: 'response.output_text.done', ...part, text: 'Hello' }
    const delta = { type: 'response.output_text.delta', ...part, delta: 'Hello' }
    expect(read(whole)).toEqual([{ type: 'text', text: 'Hello' }])
    expect(read(delta, whole)).toEqual([{ type: 'text', text: 'Hello' }])
  })

  it('brings the thoughts of open models as well as summaries', () => {
    const part = { output_index: 0, content_index: 0 }
    expect(
      read(
        {
          type: 'response.content_part.added',
          ...part,
          part: { type: 'reasoning_text', text: '' },
        },
        { type: 'response.reasoning_text.delta', ...part, delta: 'Hm' },
        { type: 'response.reasoning_text.done', ...part, text: 'Hm' },
      ),
    ).toEqual([{ type: 'reasoning', text: 'Hm' }])
  })

  it.each([
    [
      'nested',
      {
        type: 'error',
        sequence_number: 2,
        error: {
          type: 'insufficient_quota',
          code: 'insufficient_quota',
          message: 'No.',
          param: null,
        },
      },
      { code: 'quota-exceeded', message: 'No.' },
    ],
    [
      'flat',
      { type: 'error', code: 'rate_limit_exceeded', message: 'No.', param: null },
      { code: 'rate-limited', message: 'No.' },
    ],
    [
      'with more than we say',
      { type: 'error', error: { type: 'server_error', code: null, message: 'No.', headers: {} } },
      {
        code: 'server-error',
        message: 'No.',
        body: { error: { type: 'server_error', code: null, message: 'No.', headers: {} } },
      },
    ],
  ])('says an error that is %s once, and no finish', (_, message, error) => {
    const failed = ended('failed', { error: { code: 'server_error', message: 'No.' } })
    expect(read(message, failed)).toEqual([{ type: 'error', error }])
  })

  it('says the error of a response that failed without one', () => {
    const failed = ended('failed', { error: { code: 'rate_limit_exceeded', message: 'No.' } })
    expect(read(failed)).toEqual([
      { type: 'error', error: { code: 'rate-limited', message: 'No.' } },
    ])
  })

  it('keeps what it cannot name, byte for byte', () => {
    const unknown = [
      added(0, { type: 'web_search_call', id: 'ws_1', status: 'in_progress' }),
      { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
      done(0, { type: 'web_search_call', id: 'ws_1', status: 'completed' }),
      { type: 'response.content_part.added', part: { type: 'hologram' } },
      { type: 'keepalive', sequence_number: 3 },
      { type: 'response.output_text.delta', delta: 7 },
      { type: 'response.completed' },
      { type: 'error' },
    ]
    const events = read(...unknown)
    expect(events.map(({ type }) => type)).toEqual(unknown.map(() => 'raw'))
    const bytes = events.flatMap((event) => (event.type === 'raw' ? [event.bytes] : []))
    expect(looseText(Buffer.concat(bytes))).toBe(looseText(sse(...unknown)))
  })

  it('is read with its data before its event, and with a terminator that is not its own', () => {
    const delta = '{"type":"response.output_text.delta","delta":"Hi"}'
    const body = `data: ${delta}\nevent: response.output_text.delta\n\ndata: [DONE]\n\n`
    const events = decode(openAiResponses, utf8(body))
    expect(events[0]).toEqual({ type: 'text', text: 'Hi' })
  })
})

describe('a response that was not streamed', () => {
  it('is read in the order of its items', () => {
    const whole = {
      object: 'response',
      status: 'completed',
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] },
        {
          type: 'message',
          content: [
            { type: 'output_text', text: 'Hi', annotations: [{ type: 'url_citation' }] },
            { type: 'refusal', refusal: 'No' },
          ],
        },
        { type: 'function_call', name: 'look', call_id: 'c', arguments: '{}' },
      ],
      usage,
    }
    expect(openAiResponses.decodeWhole(utf8(JSON.stringify(whole)))).toEqual([
      { type: 'start' },
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hi' },
      { type: 'citation', citation: { type: 'url_citation' } },
      { type: 'refusal', text: 'No' },
      { type: 'tool-start', index: 0, id: 'c', name: 'look' },
      { type: 'tool-arguments', index: 0, text: '{}' },
      { type: 'tool-end', index: 0 },
      { type: 'usage', usage: { inputTokens: 5, outputTokens: 7 } },
      { type: 'finish', reason: 'tool-calls' },
    ])
  })

  it.each([
    [
      'that failed',
      { status: 'failed', error: { code: 'server_error', message: 'No.' } },
      ['error'],
    ],
    ['that is still made', { status: 'in_progress', output: [] }, []],
  ])('%s has no finish', (_, response, types) => {
    const body = utf8(JSON.stringify({ object: 'response', ...response }))
    expect(openAiResponses.decodeWhole(body).map(({ type }) => type)).toEqual(types)
  })
})
