import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { gemini } from '../../../src/dialects/google/google.ts'
import { jsonArray } from '../../../src/framing/index.ts'
import { decode } from '../wire.ts'

const read = (...messages: readonly unknown[]): Event[] =>
  decode(gemini, utf8(messages.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join('')))

const said = (...parts: readonly unknown[]) => ({ content: { parts, role: 'model' }, index: 0 })

const counts = { promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 99 }

describe('what Gemini streams', () => {
  it('is read: thoughts, text, a call, the usage of the last chunk', () => {
    expect(
      read(
        {
          candidates: [said({ text: '**Plan**', thought: true })],
          usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
          modelVersion: 'gemini-3-pro-preview',
        },
        { candidates: [said({ text: 'I look.' })], usageMetadata: counts },
        {
          candidates: [
            said({
              functionCall: { name: 'weather', args: { city: 'Oslo' }, id: 'call_1' },
              thoughtSignature: 'AAAA',
            }),
          ],
        },
        {
          candidates: [{ ...said({ text: '', thoughtSignature: 'AAAA' }), finishReason: 'STOP' }],
          usageMetadata: { ...counts, thoughtsTokenCount: 85, cachedContentTokenCount: 4 },
        },
      ),
    ).toEqual([
      { type: 'start' },
      { type: 'reasoning', text: '**Plan**' },
      { type: 'text', text: 'I look.' },
      { type: 'tool-start', index: 0, name: 'weather', id: 'call_1' },
      { type: 'tool-arguments', index: 0, text: '{"city":"Oslo"}' },
      { type: 'tool-end', index: 0 },
      { type: 'finish', reason: 'stop' },
      {
        type: 'usage',
        usage: { inputTokens: 9, outputTokens: 90, reasoningTokens: 85, cachedTokens: 4 },
      },
    ])
  })

  it('may stop without a finish, and its usage is told all the same', () => {
    expect(read({ candidates: [said({ text: 'Hi' })], usageMetadata: counts })).toEqual([
      { type: 'start' },
      { type: 'text', text: 'Hi' },
      { type: 'usage', usage: { inputTokens: 9, outputTokens: 5 } },
    ])
  })

  it('counts the calls of a message, and keeps candidates apart', () => {
    const call = (name: string) => ({ functionCall: { name, args: {} } })
    const second = { ...said(call('c')), index: 1 }
    expect(read({ candidates: [said(call('a'), call('b')), second] }).slice(1)).toEqual([
      { type: 'tool-start', index: 0, name: 'a' },
      { type: 'tool-end', index: 0 },
      { type: 'tool-start', index: 1, name: 'b' },
      { type: 'tool-end', index: 1 },
      { type: 'tool-start', index: 0, name: 'c', choice: 1 },
      { type: 'tool-end', index: 0, choice: 1 },
    ])
  })

  it.each<readonly [string, unknown, readonly Event[]]>([
    [
      'a blocked prompt',
      { promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: 'No.' } },
      [
        { type: 'refusal', text: 'No.' },
        { type: 'finish', reason: 'content-filter' },
      ],
    ],
    [
      'an answer that is broken off for safety',
      { candidates: [{ finishReason: 'SAFETY', finishMessage: 'No.', index: 0 }] },
      [
        { type: 'refusal', text: 'No.' },
        { type: 'finish', reason: 'content-filter' },
      ],
    ],
    [
      'a call that the model got wrong',
      { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'Malformed.' }] },
      [{ type: 'finish', reason: 'MALFORMED_FUNCTION_CALL' }],
    ],
    [
      'what a search found',
      { candidates: [{ ...said({ text: 'Hi' }), groundingMetadata: { webSearchQueries: ['a'] } }] },
      [
        { type: 'text', text: 'Hi' },
        { type: 'citation', citation: { webSearchQueries: ['a'] } },
      ],
    ],
    [
      'citations, in the words of Vertex AI',
      { candidates: [{ ...said(), citationMetadata: { citations: [{ uri: 'u' }] } }] },
      [{ type: 'citation', citation: { uri: 'u' } }],
    ],
  ])('is read where it is %s', (_, message, events) => {
    expect(read(message)).toEqual([{ type: 'start' }, ...events])
  })

  it.each([
    ['code that the model runs', { candidates: [said({ executableCode: { code: '1' } })] }],
    [
      'a call in pieces',
      { candidates: [said({ functionCall: { name: 'a', willContinue: true } })] },
    ],
    ['something else', { models: [] }],
    ['an error of another vendor', { error: { type: 'server_error', message: 'No.' } }],
  ])('stays raw where it is %s', (_, message) => {
    expect(read(message)).toMatchObject([{ type: 'raw' }])
  })

  const bare =
    '{\n  "error": {\n    "code": 503,\n    "message": "High demand",\n    "status": "UNAVAILABLE"\n  }\n}'

  it.each([
    ['as an event', `data: ${JSON.stringify(JSON.parse(bare))}\r\n\r\n`],
    ['bare', `${bare}\n`],
    ['bare, with a blank line', `${bare}\r\n\r\n`],
  ])('may break off by an error: %s', (_, form) => {
    const hello = 'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}\r\n\r\n'
    expect(decode(gemini, utf8(hello + form), [11]).slice(2)).toEqual([
      { type: 'error', error: { code: 'unavailable', message: 'High demand' } },
    ])
  })

  it.each([
    [400, 'INVALID_ARGUMENT', [{ reason: 'API_KEY_INVALID' }], 'unauthorized'],
    [400, 'INVALID_ARGUMENT', [], 'invalid-request'],
    [403, 'PERMISSION_DENIED', [], 'forbidden'],
    [429, 'RESOURCE_EXHAUSTED', [{ retryDelay: '48.5s' }], 'rate-limited'],
    [429, 'RESOURCE_EXHAUSTED', [{ quotaId: 'PerDay' }], 'quota-exceeded'],
    [499, 'CANCELLED', [], 'invalid-request'],
    [504, 'DEADLINE_EXCEEDED', [], 'timeout'],
    [599, 'UNKNOWN', [], 'server-error'],
  ])('has errors by status and details: %i %s %j', (code, status, details, expected) => {
    const body = { error: { code, message: 'No.', status, details } }
    const [event] = gemini.decodeWhole(utf8(JSON.stringify([body])))
    expect(event).toMatchObject({ type: 'error', error: { code: expected, body } })
    if (event?.type === 'error' && expected === 'rate-limited') {
      expect(event.error.retryAfterMs).toBe(48_500)
    }
  })
})

describe('an array of Gemini', () => {
  const body = utf8(
    '[{"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}\n,\r\n{"candidates": [{"finishReason": "STOP"}]}\n]\n',
  )
  const expected = [
    { type: 'start' },
    { type: 'text', text: 'Hi' },
    { type: 'finish', reason: 'stop' },
  ]

  it('is read element by element, and its end says nothing', () => {
    expect(decode(gemini, body, [5], jsonArray())).toEqual(expected)
  })

  it('is read where it was kept as one body', () => {
    expect(gemini.decodeWhole(body)).toEqual(expected)
  })

  it('keeps its brackets where nothing in it is known', () => {
    const kept = decode(gemini, utf8('[{"a":1}]'), [4], jsonArray())
    expect(kept.map(({ type }) => type)).toEqual(['raw', 'raw'])
  })
})
