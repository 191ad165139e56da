/** What the hooks of each version send, and whom it is meant for. */
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { type Dialect, isApiError } from '../../../src/core/dialect.ts'
import { aiSdkData } from '../../../src/dialects/ai-sdk/data-stream.ts'
import { aiSdkText } from '../../../src/dialects/ai-sdk/text-stream.ts'
import { aiSdk } from '../../../src/dialects/ai-sdk/ui-message.ts'
import { accepted, httpRequest, jsonRequest } from '../wire.ts'

const path = '/api/chat'
const text = (said: string) => ({ type: 'text', text: said })
const ofParts = { id: 'u1', role: 'user', parts: [text('hello')] }
const ofContent = { role: 'user', content: 'hello' }
const ofBoth = { ...ofContent, parts: [text('hello')] }

const refusal = (dialect: Dialect, body: unknown) => {
  const refused = dialect.parseRequest(jsonRequest({ path }, body))
  if (!isApiError(refused)) throw new Error('it was accepted')
  return dialect.error(refused)
}

describe('a chat of the AI SDK', () => {
  it('is understood step by step, with what its tools gave back', () => {
    const messages = [
      { id: 's', role: 'system', parts: [text('Be brief.')] },
      ofParts,
      {
        id: 'a',
        role: 'assistant',
        parts: [
          { type: 'step-start' },
          text('Let me see.'),
          {
            type: 'tool-get_weather',
            toolCallId: 'c1',
            state: 'output-available',
            input: {},
            output: { sky: 'blue' },
          },
          { type: 'dynamic-tool', toolName: 'f', state: 'output-error', errorText: 'broken' },
          { type: 'step-start' },
          text('It is blue.'),
        ],
      },
      {
        ...ofParts,
        parts: [
          text('And'),
          { type: 'file', mediaType: 'text/plain', url: 'data:,' },
          text('tomorrow?'),
        ],
      },
    ]
    const body = { id: 'c1', messages, model: 'gpt-4o', tools: { get_weather: {} } }
    expect(accepted(aiSdk, jsonRequest({ path }, body))).toMatchObject({
      dialect: 'ai-sdk',
      model: 'gpt-4o',
      tools: ['get_weather'],
      system: 'Be brief.',
      user: 'And\ntomorrow?',
      dialogue: 'c1',
      stream: true,
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'hello' },
        { role: 'assistant', text: 'Let me see.' },
        { role: 'tool', text: '{"sky":"blue"}' },
        { role: 'tool', text: 'broken' },
        { role: 'assistant', text: 'It is blue.' },
        { role: 'user', text: 'And\ntomorrow?' },
      ],
    })
  })

  it('is understood in the form of version 4, with results in either of its places', () => {
    const called = { state: 'result', toolCallId: 'c1', toolName: 'f', args: {}, result: 'blue' }
    const messages = [
      ofContent,
      { role: 'assistant', content: 'Hm', toolInvocations: [called] },
      {
        role: 'assistant',
        content: 'Hm',
        parts: [{ type: 'tool-invocation', toolInvocation: called }],
      },
      ofBoth,
    ]
    const request = accepted(aiSdkData, jsonRequest({ path }, { id: 'c1', messages }))
    expect(request.messages.map(({ role, text: said }) => `${role}: ${said}`)).toEqual([
      'user: hello',
      'assistant: Hm',
      'tool: blue',
      'assistant: ',
      'tool: blue',
      'user: hello',
    ])
  })

  it.each([aiSdk, aiSdkData, aiSdkText])('may be a prompt alone, to $name', (dialect) => {
    const http = jsonRequest({ path: '/api/completion' }, { prompt: 'hello' })
    expect(accepted(dialect, http)).toMatchObject({ user: 'hello', dialogue: undefined })
    expect(isApiError(dialect.parseRequest(jsonRequest({ path: '/api/completion' }, {})))).toBe(
      true,
    )
  })

  it.each([
    ['an unknown role', { messages: [{ ...ofParts, role: 'robot' }] }, 'messages[0].role'],
    ['no parts', { messages: [{ id: 'u1', role: 'user' }] }, 'messages[0].parts'],
    [
      'a text part without a text',
      { messages: [{ ...ofParts, parts: [{ type: 'text' }] }] },
      'messages[0].parts[0].text',
    ],
    [
      'a part of no known type',
      { messages: [{ ...ofParts, parts: [{ type: 'zz' }] }] },
      'messages[0].parts[0].type',
    ],
    [
      'a file without its media type',
      { messages: [{ ...ofParts, parts: [{ type: 'file', url: 'data:,' }] }] },
      'messages[0].parts[0].mediaType',
    ],
    ['a last message without parts', { message: { role: 'user' } }, 'message.parts'],
  ])('is refused with 400 and the place of the mistake for %s', (_, body, place) => {
    const { status, body: said } = refusal(aiSdk, body)
    expect(status).toBe(400)
    expect(JSON.parse(String(said)).error).toContain(`Invalid ${place}: `)
  })
})

it.each([
  [aiSdk, ofParts],
  [aiSdkData, ofBoth],
  [aiSdkText, ofContent],
])('a chat may be its last message alone', (dialect, message) => {
  const http = jsonRequest({ path }, { id: 'c1', message })
  expect(accepted(dialect, http)).toMatchObject({
    user: 'hello',
    messages: [{ role: 'user', text: 'hello' }],
    dialogue: 'c1',
  })
})

it('a body that is no JSON is told so without the words of an engine', () => {
  const refused = aiSdk.parseRequest(httpRequest({ path }, utf8('{"id":')))
  expect(refused).toMatchObject({ message: 'The request body is not valid JSON.' })
})

describe('the path that the versions share', () => {
  const meantFor = (body: object, accept = '*/*'): string[] =>
    [aiSdk, aiSdkData, aiSdkText]
      .filter((dialect) =>
        dialect.recognizes?.({ ...jsonRequest({ path }, body), headers: [['accept', accept]] }),
      )
      .map(({ name }) => name)

  it.each([
    ['messages of parts', { messages: [ofParts] }, ['ai-sdk']],
    ['messages of parts and a model', { model: 'm', messages: [ofParts] }, ['ai-sdk']],
    ['messages of content', { messages: [ofContent] }, ['ai-sdk-data']],
    ['messages of both and a model', { model: 'm', messages: [ofBoth] }, ['ai-sdk-data']],
    [
      'messages of content, a model and a chat',
      { id: 'c1', model: 'm', messages: [ofContent] },
      ['ai-sdk-data'],
    ],
    ['messages of content and a model, as Ollama has', { model: 'm', messages: [ofContent] }, []],
    ['the last message alone, of parts', { id: 'c1', message: ofParts }, ['ai-sdk']],
    ['the last message alone, of both', { id: 'c1', message: ofBoth }, ['ai-sdk-data']],
    ['no messages', { messages: [] }, []],
    ['messages of another kind', { messages: ['hello'] }, []],
  ])('tells itself by %s', (_, body, names) => {
    expect(meantFor(body)).toEqual(names)
  })

  it.each([{ messages: [ofContent] }, { messages: [ofParts] }, { message: ofParts }])(
    'is meant for the text stream alone where text is accepted: %j',
    (body) => {
      expect(meantFor(body, 'text/plain')).toEqual(['ai-sdk-text'])
    },
  )
})
