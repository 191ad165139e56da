import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Headers } from '../../../src/core/http.ts'
import { ollama } from '../../../src/dialects/ollama/ollama.ts'
import { answered } from '../answered.ts'
import { accepted, httpRequest, jsonRequest } from '../wire.ts'

const chat = { path: '/api/chat' }
const generate = { path: '/api/generate' }
const messages = [{ role: 'user', content: 'hi' }]

describe('a chat request', () => {
  it('is understood whole', () => {
    const body = {
      model: 'qwen3:8b',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'User', content: 'Weather?', images: ['aGk='] },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ function: { name: 'get_weather', arguments: { city: 'Oslo' } } }],
        },
        { role: 'tool', content: 'Rain', tool_name: 'get_weather' },
      ],
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: {} } }],
      think: 'high',
      format: { type: 'object' },
      options: { temperature: 0 },
      keep_alive: '5m',
    }
    expect(accepted(ollama, jsonRequest(chat, body))).toMatchObject({
      model: 'qwen3:8b',
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'Weather?' },
        { role: 'assistant', text: '' },
        { role: 'tool', text: 'Rain' },
      ],
      system: 'Be brief.',
      user: 'Weather?',
      tools: ['get_weather'],
      stream: true,
    })
  })

  it.each([
    [{}, true],
    [{ stream: null }, true],
    [{ stream: true }, true],
    [{ stream: false }, false],
  ])('streams unless it says no: %j', (given, stream) => {
    const request = accepted(ollama, jsonRequest(chat, { model: 'm', messages, ...given }))
    expect(request.stream).toBe(stream)
  })
})

it('understands a prompt and its system prompt as messages', () => {
  const body = { model: 'm', prompt: 'Weather?', system: 'Be brief.', context: [1, 2] }
  expect(accepted(ollama, jsonRequest(generate, body))).toMatchObject({
    messages: [
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'Weather?' },
    ],
    system: 'Be brief.',
    user: 'Weather?',
    stream: true,
  })
})

const json = (what: string, field: string): string => `json: cannot unmarshal ${what} into ${field}`

describe('a mistaken request', () => {
  it.each([
    [chat, { messages }, 400, 'model is required'],
    [chat, { model: ' ', messages }, 400, 'model is required'],
    [generate, { prompt: 'hi' }, 404, "model '' not found"],
    [chat, { model: 7 }, 400, json('number', 'Go struct field ChatRequest.model of type string')],
    [
      chat,
      { model: 'm', messages: 'hi' },
      400,
      json('string', 'Go struct field ChatRequest.messages of type []api.Message'),
    ],
    [
      chat,
      { model: 'm', messages: [{ role: 'user', content: [] }] },
      400,
      json('array', 'Go struct field ChatRequest.messages.content of type string'),
    ],
    [
      chat,
      {
        model: 'm',
        messages: [{ role: 'assistant', tool_calls: [{ function: { arguments: '{}' } }] }],
      },
      400,
      json(
        'string',
        'Go struct field ChatRequest.messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments',
      ),
    ],
    [
      chat,
      { model: 'm', stream: 'yes' },
      400,
      json('string', 'Go struct field ChatRequest.stream of type bool'),
    ],
    [
      generate,
      { model: 'm', prompt: {} },
      400,
      json('object', 'Go struct field GenerateRequest.prompt of type string'),
    ],
    [
      generate,
      { model: 'm', raw: true, system: 'Be brief.' },
      400,
      'raw mode does not support template, system, or context',
    ],
    [chat, { model: 'm', keep_alive: 'abc' }, 400, 'time: invalid duration "abc"'],
    [generate, { model: 'm', keep_alive: '5' }, 400, 'time: missing unit in duration "5"'],
    [chat, { model: 'm', keep_alive: '5x' }, 400, 'time: unknown unit "x" in duration "5x"'],
    [chat, { model: 'm', keep_alive: true }, 400, "Unsupported type: 'bool'"],
    [
      chat,
      { model: 'm', options: { temperature: 'hot' } },
      500,
      'option "temperature" must be of type float32',
    ],
    [
      generate,
      { model: 'm', options: { num_ctx: '4k' } },
      500,
      'option "num_ctx" must be of type integer',
    ],
    [
      chat,
      { model: 'm', options: { stop: [1] } },
      500,
      'option "stop" must be of an array of strings',
    ],
    [chat, { model: 'm', top_logprobs: 21 }, 400, 'top_logprobs must be between 0 and 20'],
    [chat, { model: 'm', think: 'hard' }, 400, /^invalid think value/],
    [
      chat,
      { model: 'm', messages: [{ role: 'user', images: ['no base64!'] }] },
      400,
      /^illegal base64 data/,
    ],
  ])('at %o with %j is refused with %i', (traits, body, status, sentence) => {
    const refused = ollama.parseRequest(jsonRequest(traits, body))
    if (!('code' in refused)) throw new Error('it was accepted')
    const reply = ollama.error(refused)
    expect(reply.status).toBe(status)
    expect(JSON.parse(String(reply.body))).toEqual({
      error: typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
    })
  })

  it('without a body is told that it has none', () => {
    const refused = ollama.parseRequest(httpRequest(chat, utf8('')))
    expect(refused).toMatchObject({ code: 'invalid-request', message: 'missing request body' })
  })
})

it.each([
  ['{"model":', 'unexpected EOF'],
  ['nope', "invalid character 'o' in literal null (expecting 'u')"],
  ['<html>', "invalid character '<' looking for beginning of value"],
  ["{'a'}", "invalid character '\\'' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
  ['{"a":[1 2]}', "invalid character '2' after array element"],
  ['{"a":"\n"}', "invalid character '\\n' in string literal"],
  ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
  ['{"a":1.}', "invalid character '}' after decimal point in numeric literal"],
  ['[{"a":[true,-1.5e3,"\\u00e9"]}]', json('array', 'Go value of type api.ChatRequest')],
])('a body that is no JSON object is refused as Go does: %j', (body, sentence) => {
  const refused = ollama.parseRequest(httpRequest(chat, utf8(body)))
  expect(refused).toMatchObject({ code: 'invalid-request', message: sentence })
})

it.each([
  { keep_alive: '1h30m' },
  { keep_alive: '-1.5s' },
  { keep_alive: '0' },
  { keep_alive: -1 },
  { keep_alive: null },
  { options: { num_ctx: 1.5, temperature: 1, stop: ['.'], use_mmap: null, unknown: 'x' } },
])('takes what the service takes: %j', (given) => {
  expect(accepted(ollama, jsonRequest(chat, { model: 'm', messages, ...given })).model).toBe('m')
})

it('names the model that a scenario says is not found', () => {
  const http = jsonRequest(chat, { model: 'm', messages })
  const { status, body } = ollama.error({ code: 'model-not-found' }, http)
  expect([status, body]).toEqual([404, `{"error":"model 'm' not found"}`])
})

it('lists a model without a tag as the latest', () => {
  const question = { method: 'GET', path: '/api/tags', models: ['llama3.2', 'qwen3:8b'] } as const
  expect(answered(ollama, question)).toMatchObject({
    models: [
      { name: 'llama3.2:latest', model: 'llama3.2:latest' },
      { name: 'qwen3:8b', model: 'qwen3:8b' },
    ],
  })
})

describe('the model of a request', () => {
  const check = (model: string) =>
    ollama.checkModel(accepted(ollama, jsonRequest(chat, { model, messages })), [
      'llama3.2:latest',
      'qwen3:8b',
    ])

  it.each(['llama3.2', 'llama3.2:latest', 'LLAMA3.2', 'qwen3:8b'])('exists as %s', (model) => {
    expect(check(model)).toBeUndefined()
  })

  it.each(['llama3.1', 'qwen3', 'llama3.2:1b'])('does not exist as %s', (model) => {
    expect(check(model)).toEqual({
      code: 'model-not-found',
      message: `model '${model}' not found`,
    })
  })
})

describe('a request to a path that an application has, too', () => {
  const recognized = (body: object, headers: Headers = []) =>
    ollama.recognizes?.(httpRequest(chat, utf8(JSON.stringify(body)), headers))

  it.each([
    'ollama-js/0.6.4 (x64 linux Node.js/v20)',
    'ollama-python/0.4.7 (arm64)',
    'ollama/0.13',
  ])('is known by its agent: %s', (agent) => {
    expect(recognized({}, [['user-agent', agent]])).toBe(true)
  })

  it.each([
    [{ model: 'm', messages }, true],
    [{ model: 'm', messages: [] }, true],
    [{ messages }, false],
    [{ id: 'chat-1', model: 'm', messages }, false],
    [{ model: 'm', messages: [{ id: 'm-1', role: 'user', content: 'hi' }] }, false],
    [{ model: 'm', messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }] }, false],
  ])('is known by its body: %j', (body, expected) => {
    expect(recognized(body)).toBe(expected)
  })
})
