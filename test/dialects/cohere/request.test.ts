import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { cohere } from '../../../src/dialects/cohere/cohere.ts'
import { cohereV1 } from '../../../src/dialects/cohere/v1.ts'
import { answered } from '../answered.ts'
import { accepted, httpRequest, jsonRequest } from '../wire.ts'

const v2 = { path: '/v2/chat' }
const v1 = { path: '/v1/chat' }
const messages = [{ role: 'user', content: 'hi' }]

it('understands a dialogue of version 2 with tools', () => {
  const body = {
    model: 'command-a-03-2025',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Weather?' }, { type: 'image_url' }] },
      {
        role: 'assistant',
        tool_plan: 'I will look.',
        tool_calls: [
          { id: 'c', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
        ],
      },
      {
        role: 'tool',
        tool_call_id: 'c',
        content: [
          { type: 'document', document: { data: { sky: 'grey' } } },
          { type: 'document', document: { data: 'rain' } },
          { type: 'text', text: 'wind' },
        ],
      },
    ],
    tools: [{ type: 'function', function: { name: 'get_weather' } }],
    temperature: 0.3,
  }
  expect(accepted(cohere, jsonRequest(v2, body))).toMatchObject({
    model: 'command-a-03-2025',
    messages: [
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'Weather?' },
      { role: 'assistant', text: '' },
      { role: 'tool', text: '{"sky":"grey"}\nrain\nwind' },
    ],
    system: 'Be brief.',
    user: 'Weather?',
    tools: ['get_weather'],
    stream: false,
  })
})

it('understands a dialogue of version 1 with results of tools', () => {
  const body = {
    message: '',
    preamble: 'Be brief.',
    conversation_id: 'talk-1',
    chat_history: [
      { role: 'SYSTEM', message: 'Be kind.' },
      { role: 'USER', message: 'Weather?' },
      { role: 'CHATBOT', message: 'I will look.' },
    ],
    tools: [{ name: 'get_weather', description: 'Tells the weather' }],
    tool_results: [
      { call: { name: 'get_weather', parameters: {} }, outputs: [{ sky: 'grey' }] },
      { call: { name: 'get_weather', parameters: {} } },
    ],
    stream: true,
  }
  expect(accepted(cohereV1, jsonRequest(v1, body))).toMatchObject({
    model: undefined,
    messages: [
      { role: 'system', text: 'Be brief.' },
      { role: 'system', text: 'Be kind.' },
      { role: 'user', text: 'Weather?' },
      { role: 'assistant', text: 'I will look.' },
      { role: 'tool', text: '[{"sky":"grey"}]\n[]' },
    ],
    system: 'Be brief.\n\nBe kind.',
    user: 'Weather?',
    tools: ['get_weather'],
    dialogue: 'talk-1',
    stream: true,
  })
})

describe('a mistaken request of version 2', () => {
  it.each([
    [{ messages }, 'invalid request: model is required'],
    [{ model: 'm' }, 'invalid request: messages is required'],
    [{ model: '', messages }, 'invalid request: model must not be empty'],
    [{ model: 'm', messages: [] }, 'invalid request: messages must hold at least one message'],
    [
      { model: 7, messages },
      'invalid type: parameter model is a number but should be of type string.',
    ],
    [
      { model: 'm', messages: 'hi' },
      'invalid type: parameter messages is a string but should be of type list of messages.',
    ],
    [
      { model: 'm', messages: [{ role: 'USER', content: 'hi' }] },
      /^invalid type: parameter messages\[0\]\.role is a string but must be one of "user", /,
    ],
    [
      { model: 'm', messages: [{ role: 'user', content: 7 }] },
      'invalid type: parameter messages[0].content is a number but should be of type string or list of content objects.',
    ],
    [
      { model: 'm', messages: [{ role: 'tool', content: 'rain' }] },
      'invalid request: messages[0].tool_call_id is required',
    ],
    [
      { model: 'm', messages, tools: [{ type: 'function', function: {} }] },
      'invalid request: tools[0].function.name is required',
    ],
    [
      { model: 'm', messages, temperature: 3 },
      'invalid request: temperature must be between 0 and 2',
    ],
    [{ model: 'm', messages, k: 501 }, 'invalid request: k must be between 0 and 500'],
    [
      { model: 'm', messages, safety_mode: 'x' },
      'invalid request: safety_mode must be one of "CONTEXTUAL", "STRICT", "OFF"',
    ],
    [
      { model: 'm', messages, tool_choice: 'auto' },
      'invalid request: tool_choice must be one of "REQUIRED", "NONE"',
    ],
    [
      { model: 'm', messages, tool_choice: 'REQUIRED' },
      'invalid request: tool_choice REQUIRED needs tools',
    ],
    [
      { model: 'm', messages, citation_options: { mode: 'x' } },
      /^invalid request: citation_options\.mode must be one of "ENABLED", /,
    ],
    [
      { model: 'm', messages, stream: 'yes' },
      'invalid type: parameter stream is a string but should be of type boolean.',
    ],
  ])('%j is told what is wrong', (body, sentence) => {
    const refused = cohere.parseRequest(jsonRequest(v2, body))
    if (!('code' in refused)) throw new Error('it was accepted')
    expect(refused.message).toEqual(
      typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
    )
    expect(cohere.error(refused).status).toBe(400)
  })
})

describe('a mistaken request of version 1', () => {
  it.each([
    [{}, 'invalid request: message is required'],
    [
      { message: '' },
      'invalid request: message must be at least 1 token long or tool results must be specified.',
    ],
    [
      { message: ['hi'] },
      'invalid type: parameter message is an array but should be of type string.',
    ],
    [
      { message: 'hi', tools: [{ name: 'get_weather' }] },
      'invalid request: tools[0].description is required',
    ],
    [
      { message: 'hi', chat_history: [{ role: 'user', message: 'hi' }] },
      'invalid request: chat_history[0].role must be one of "USER", "CHATBOT", "SYSTEM", "TOOL"',
    ],
  ])('%j is told what is wrong', (body, sentence) => {
    const refused = cohereV1.parseRequest(jsonRequest(v1, body))
    expect(refused).toMatchObject({ code: 'invalid-request', message: sentence })
  })
})

it.each([
  [{}, 'invalid request: input_type is required'],
  [{ input_type: 'x' }, /^invalid request: input_type must be one of "search_document", /],
])('refuses to embed with %j', (given, sentence) => {
  const body = { model: 'embed-v4.0', texts: ['hi'], ...given }
  expect(answered(cohere, { path: '/v2/embed', body })).toMatchObject({
    code: 'invalid-request',
    message: typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
  })
})

it('says that a body is no JSON without the words of an engine', () => {
  expect(cohere.parseRequest(httpRequest(v2, utf8('{')))).toMatchObject({
    message: 'The request body is not valid JSON.',
  })
})

it('names the model that a scenario says is not found', () => {
  const http = jsonRequest(v2, { model: 'm', messages })
  expect(String(cohere.error({ code: 'model-not-found' }, http).body)).toContain(
    "model 'm' not found",
  )
})

it('lists models a page at a time', () => {
  const models = ['command-a', 'command-b', 'command-c']
  const page = (query: string) =>
    answered(cohere, { method: 'GET', path: '/v1/models', query, models })
  expect(page('page_size=2')).toMatchObject({
    models: [{ name: 'command-a' }, { name: 'command-b' }],
    next_page_token: '2',
  })
  const last = page('page_size=2&page_token=2')
  expect(last).toMatchObject({ models: [{ name: 'command-c' }] })
  expect(last).not.toHaveProperty('next_page_token')
  expect(page('page_size=0')).toMatchObject({ code: 'invalid-request' })
})

it('knows a model that does not exist, and takes none for any', () => {
  const asks = (body: object) =>
    cohereV1.checkModel(accepted(cohereV1, jsonRequest(v1, body)), ['command-r-08-2024'])
  expect(asks({ message: 'hi' })).toBeUndefined()
  expect(asks({ message: 'hi', model: 'command-r-08-2024' })).toBeUndefined()
  expect(asks({ message: 'hi', model: 'command-z' })).toMatchObject({
    code: 'model-not-found',
    message: expect.stringContaining("model 'command-z' not found"),
  })
})

it.each([
  ['x-fern-sdk-name', 'cohere-ai', true],
  ['user-agent', 'cohere/5.20.1', true],
  ['user-agent', 'OpenAI/JS 6.49.0', false],
])('recognizes its SDKs where it shares a path: %s: %s', (name, value, expected) => {
  expect(cohere.recognizes?.(httpRequest(v2, utf8(''), [[name, value]]))).toBe(expected)
})
