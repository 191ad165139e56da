/** AG-UI's streams to the byte, streams of other agents read back, and its requests. */
import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../../src/core/bytes.ts'
import { isApiError, type ReplyContext } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { agUi } from '../../../src/dialects/ag-ui/ag-ui.ts'
import { accepted, bytesOf, decode, encode, jsonRequest, replyTo } from '../wire.ts'

const path = '/ag-ui'
const user = { id: 'm1', role: 'user', content: 'hello' }
const run = { threadId: 't1', runId: 'r1', messages: [user] }

const replyFor = (): ReplyContext => replyTo(accepted(agUi, jsonRequest({ path }, run)))

/** The data of each frame. */
function chunks(events: readonly Event[]): string[] {
  const body = looseText(bytesOf(encode(agUi, events, replyFor())))
  return body.split('\n\n').flatMap((frame) => (frame === '' ? [] : [frame.slice(6)]))
}

/** Ids that are drawn, numbered in the order in which they come. */
function numbered(said: readonly string[]): string[] {
  const seen: string[] = []
  return said.map((one) =>
    one.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => {
      if (!seen.includes(id)) seen.push(id)
      return `#${seen.indexOf(id)}`
    }),
  )
}

const start: Event = { type: 'start' }
const think: Event = { type: 'reasoning', text: 'Hm' }
const hi: Event = { type: 'text', text: 'Hi' }
const usage: Event = {
  type: 'usage',
  usage: { inputTokens: 11, outputTokens: 80, cachedTokens: 5 },
}
const call: readonly Event[] = [
  { type: 'tool-start', index: 0, id: 'call_1', name: 'get_weather' },
  { type: 'tool-arguments', index: 0, text: '{"city":"Oslo"}' },
  { type: 'tool-end', index: 0 },
]

describe('a run of AG-UI', () => {
  it('opens and closes every message and call, and itself', () => {
    const said = chunks([
      start,
      think,
      hi,
      ...call,
      { type: 'finish', reason: 'tool-calls' },
      usage,
    ])
    expect(numbered(said)).toEqual([
      '{"type":"RUN_STARTED","threadId":"t1","runId":"r1"}',
      '{"type":"REASONING_START","messageId":"#0"}',
      '{"type":"REASONING_MESSAGE_START","messageId":"#0","role":"reasoning"}',
      '{"type":"REASONING_MESSAGE_CONTENT","messageId":"#0","delta":"Hm"}',
      '{"type":"REASONING_MESSAGE_END","messageId":"#0"}',
      '{"type":"REASONING_END","messageId":"#0"}',
      '{"type":"TEXT_MESSAGE_START","messageId":"#1","role":"assistant"}',
      '{"type":"TEXT_MESSAGE_CONTENT","messageId":"#1","delta":"Hi"}',
      '{"type":"TEXT_MESSAGE_END","messageId":"#1"}',
      '{"type":"TOOL_CALL_START","toolCallId":"call_1","toolCallName":"get_weather","parentMessageId":"#1"}',
      '{"type":"TOOL_CALL_ARGS","toolCallId":"call_1","delta":"{\\"city\\":\\"Oslo\\"}"}',
      '{"type":"TOOL_CALL_END","toolCallId":"call_1"}',
      '{"type":"RUN_FINISHED","threadId":"t1","runId":"r1","outcome":{"type":"success","pendingToolCallIds":["call_1"]},"usage":[{"inputTokens":11,"outputTokens":80,"totalTokens":91,"cachedInputTokens":5}]}',
    ])
  })

  it('has one message for calls that come without a text', () => {
    const second = call.map((event) => ({ ...event, index: 1 }))
    const parents = chunks([start, ...call, ...second]).flatMap(
      (said) => /"parentMessageId":"([^"]+)"/.exec(said)?.[1] ?? [],
    )
    expect(parents).toHaveLength(2)
    expect(new Set(parents).size).toBe(1)
  })

  it('ends with an error, and nothing after it', () => {
    const error = { code: 'rate-limited', message: 'Slow down' } as const
    expect(chunks([start, hi, { type: 'error', error }]).at(-1)).toBe(
      '{"type":"RUN_ERROR","message":"Slow down","code":"rate-limited"}',
    )
  })
})

describe('what an agent sends, read back', () => {
  const read = (...said: object[]): Event[] =>
    decode(agUi, utf8(said.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')))

  it('may use the shorthands', () => {
    const events = read(
      { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', delta: 'Hi' },
      { type: 'TOOL_CALL_CHUNK', toolCallId: 'a', toolCallName: 'f', delta: '{"x"' },
      { type: 'TOOL_CALL_CHUNK', delta: ':1}' },
      { type: 'TOOL_CALL_CHUNK', toolCallId: 'b', toolCallName: 'g' },
      { type: 'RUN_FINISHED', threadId: 't1', runId: 'r1' },
    )
    expect(events).toEqual([
      { type: 'text', text: 'Hi' },
      { type: 'tool-start', index: 0, id: 'a', name: 'f' },
      { type: 'tool-arguments', index: 0, text: '{"x"' },
      { type: 'tool-arguments', index: 0, text: ':1}' },
      { type: 'tool-end', index: 0 },
      { type: 'tool-start', index: 1, id: 'b', name: 'g' },
      { type: 'tool-end', index: 1 },
      { type: 'finish', reason: 'stop' },
    ])
  })

  it('adds up what its models counted', () => {
    const counted = [
      { model: 'a', inputTokens: 1, outputTokens: 2, reasoningTokens: 1 },
      { model: 'b', inputTokens: 10, outputTokens: 20 },
    ]
    expect(read({ type: 'RUN_FINISHED', threadId: 't1', runId: 'r1', usage: counted })).toEqual([
      { type: 'finish', reason: 'stop' },
      { type: 'usage', usage: { inputTokens: 11, outputTokens: 22, reasoningTokens: 1 } },
    ])
  })

  it('keeps the code of another agent, which is not ours to name', () => {
    const body = { type: 'RUN_ERROR', message: 'Oh', code: 'GRAPH_RECURSION', timestamp: 1 }
    expect(read(body)).toEqual([
      { type: 'error', error: { code: 'server-error', message: 'Oh', body } },
    ])
  })

  it.each([
    [{ type: 'STATE_SNAPSHOT', snapshot: {} }],
    [{ type: 'STEP_STARTED', stepName: 'plan' }],
    [{ type: 'TOOL_CALL_RESULT', messageId: 'm', toolCallId: 'a', content: 'x' }],
    [{ type: 'TOOL_CALL_END', toolCallId: 'never begun' }],
    [{ type: 7 }],
  ])('stays raw where it has no name here: %j', (said) => {
    expect(read(said)).toMatchObject([{ type: 'raw' }])
  })
})

describe('the input of a run', () => {
  it('is understood with what was said, and without what was thought or shown', () => {
    const messages = [
      { id: '1', role: 'developer', content: 'Be brief.' },
      { id: '2', role: 'system', content: 'Be kind.' },
      { id: '3', role: 'reasoning', content: 'Hm' },
      { id: '4', role: 'activity', activityType: 'PLAN', content: {} },
      {
        id: '5',
        role: 'assistant',
        toolCalls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { id: '6', role: 'tool', toolCallId: 'a', content: 'blue' },
      { id: '7', role: 'user', content: [{ type: 'text', text: 'hello' }] },
    ]
    const tools = [{ name: 'f', description: 'does it', parameters: {} }]
    expect(accepted(agUi, jsonRequest({ path }, { ...run, messages, tools }))).toMatchObject({
      system: 'Be brief.\n\nBe kind.',
      user: 'hello',
      tools: ['f'],
      dialogue: 't1',
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'system', text: 'Be kind.' },
        { role: 'assistant', text: '' },
        { role: 'tool', text: 'blue' },
        { role: 'user', text: 'hello' },
      ],
    })
  })

  it('is refused with 400 and the place of the mistake', () => {
    const http = jsonRequest({ path }, { ...run, messages: [{ ...user, content: 7 }] })
    const refused = agUi.parseRequest(http)
    if (!isApiError(refused)) throw new Error('it was accepted')
    const { status, body } = agUi.error(refused, http)
    expect([status, body]).toEqual([
      400,
      '{"error":"Invalid messages[0].content: A text or a list of parts is expected."}',
    ])
  })
})
