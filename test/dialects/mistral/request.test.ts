/** What Mistral makes of a request: understood, or refused in the words of its checks. */
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { isApiError } from '../../../src/core/dialect.ts'
import { mistral } from '../../../src/dialects/mistral/mistral.ts'
import { accepted, httpRequest, jsonRequest } from '../wire.ts'

const path = '/v1/chat/completions'
const user = { role: 'user', content: 'hello' }
const asked = { role: 'user', text: 'hello' }
const ask = { model: 'mistral-large-latest', messages: [user] }

function refusal(body: unknown, at = path) {
  const http = jsonRequest({ path: at }, body)
  const refused = mistral.parseRequest(http)
  if (!isApiError(refused)) throw new Error('it was accepted')
  const { status, body: said } = mistral.error(refused, http)
  return { status, ...JSON.parse(String(said)) }
}

describe('a request to mistral', () => {
  it('is understood with its system prompt, its tools and its results', () => {
    const request = accepted(
      mistral,
      jsonRequest(
        { path },
        {
          ...ask,
          n: 2,
          messages: [
            { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
            user,
            {
              role: 'assistant',
              content: '',
              tool_calls: [{ id: 'gSIMJiOkT', function: { name: 'get_time', arguments: '{}' } }],
            },
            { role: 'tool', content: 'noon', tool_call_id: 'gSIMJiOkT', name: 'get_time' },
          ],
          tools: [
            { type: 'function', function: { name: 'get_time', parameters: {} } },
            { type: 'web_search' },
          ],
        },
      ),
    )
    expect(request).toMatchObject({
      model: 'mistral-large-latest',
      system: 'Be brief.',
      user: 'hello',
      messages: [
        { role: 'system' },
        asked,
        { role: 'assistant', text: '' },
        { role: 'tool', text: 'noon' },
      ],
      tools: ['get_time', 'web_search'],
      stream: false,
      choices: 2,
    })
  })

  it('may ask to fill in the middle', () => {
    const body = { model: 'codestral-latest', prompt: 'def f(', suffix: 'return 1', stream: true }
    const request = accepted(mistral, jsonRequest({ path: '/v1/fim/completions' }, body))
    expect(request).toMatchObject({ user: 'def f(', stream: true, choices: 1 })
    expect(refusal({ model: 'codestral-latest' }, '/v1/fim/completions')).toMatchObject({
      status: 422,
      message: { detail: [{ type: 'missing', loc: ['body', 'prompt'] }] },
    })
  })

  it.each([
    [
      'no messages',
      { model: 'm' },
      { type: 'missing', loc: ['body', 'messages'], msg: 'Field required', input: null },
    ],
    [
      'a field of another vendor',
      { ...ask, stream_options: {} },
      {
        type: 'extra_forbidden',
        loc: ['body', 'stream_options'],
        msg: 'Extra inputs are not permitted',
      },
    ],
    [
      'a temperature that is too high',
      { ...ask, temperature: 2 },
      {
        type: 'less_than_equal',
        loc: ['body', 'temperature'],
        msg: 'Input should be less than or equal to 1.5',
        input: 2,
        ctx: { le: 1.5 },
      },
    ],
    [
      'a limit below nothing',
      { ...ask, max_tokens: -1 },
      {
        type: 'greater_than_equal',
        loc: ['body', 'max_tokens'],
        msg: 'Input should be greater than or equal to 0',
        input: -1,
        ctx: { ge: 0 },
      },
    ],
    [
      'a model that is a number',
      { ...ask, model: 7 },
      {
        type: 'string_type',
        loc: ['body', 'model'],
        msg: 'Input should be a valid string',
        input: 7,
      },
    ],
    [
      'a stream that is a text',
      { ...ask, stream: 'yes' },
      {
        type: 'bool_type',
        loc: ['body', 'stream'],
        msg: 'Input should be a valid boolean',
        input: 'yes',
      },
    ],
    [
      'no share of the likely tokens at all',
      { ...ask, top_p: 0 },
      {
        type: 'greater_than',
        loc: ['body', 'top_p'],
        msg: 'Input should be greater than 0',
        input: 0,
        ctx: { gt: 0 },
      },
    ],
    [
      'a mode that it does not know',
      { ...ask, prompt_mode: 'x' },
      {
        type: 'enum',
        loc: ['body', 'prompt_mode'],
        msg: "Input should be 'reasoning'",
        input: 'x',
        ctx: { expected: "'reasoning'" },
      },
    ],
    [
      'a format that it does not know',
      { ...ask, response_format: { type: 'zz' } },
      {
        type: 'enum',
        loc: ['body', 'response_format', 'type'],
        msg: "Input should be 'text', 'json_object' or 'json_schema'",
        input: 'zz',
        ctx: { expected: "'text', 'json_object' or 'json_schema'" },
      },
    ],
    [
      'a choice of tools that names none',
      { ...ask, tool_choice: { a: 1 } },
      {
        type: 'missing',
        loc: ['body', 'tool_choice', 'function'],
        msg: 'Field required',
        input: null,
      },
    ],
  ])('is refused with 422 and a list for %s', (_, body, detail) => {
    expect(refusal(body)).toEqual({
      status: 422,
      object: 'error',
      message: { detail: [detail] },
      type: 'invalid_request_error',
      param: null,
      code: null,
      raw_status_code: 422,
    })
  })

  it.each([
    ['a word that is no choice of tools', { tool_choice: 'x' }, ['body', 'tool_choice']],
    ['a tool that is nothing', { tools: [{}] }, ['body', 'tools', 0, 'function']],
    [
      'a part of no known type',
      { messages: [{ role: 'user', content: [{ type: 'zz' }] }] },
      ['body', 'messages', 0, 'content', 0, 'type'],
    ],
  ])('is refused with 422 at the place of %s', (_, changes, loc) => {
    expect(refusal({ ...ask, ...changes })).toMatchObject({
      status: 422,
      message: { detail: [{ loc }] },
    })
  })

  it('may choose, format and think as the SDK has words for it', () => {
    const tools = [{ function: { name: 'f', parameters: {} } }]
    const format = { type: 'json_schema', json_schema: { name: 's', schema: {} } }
    for (const tool_choice of ['auto', 'none', 'any', 'required', { function: { name: 'f' } }]) {
      const body = { ...ask, tools, tool_choice, response_format: format, prompt_mode: 'reasoning' }
      expect(accepted(mistral, jsonRequest({ path }, body)).tools).toEqual(['f'])
    }
  })

  it.each([
    ['a result alone', [{ role: 'tool', content: 'noon', tool_call_id: 'gSIMJiOkT' }]],
    ['a result after no call', [user, { role: 'tool', content: 'noon' }]],
  ])('is refused with 400 for %s', (_, messages) => {
    expect(refusal({ ...ask, messages })).toMatchObject({
      status: 400,
      message: expect.stringContaining("Unexpected role 'tool'"),
      type: 'invalid_request_message_order',
      code: '3230',
    })
  })

  it.each([
    [
      'the assistant speaking last',
      [user, { role: 'assistant', content: 'Hi' }],
      { type: 'invalid_request_message_order', code: '3230' },
    ],
    [
      'an id of another vendor',
      [
        user,
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', function: { name: 'f', arguments: '' } }],
        },
        user,
      ],
      { type: 'invalid_function_call', code: '3280' },
    ],
  ])('is refused with 400 for %s', (_, messages, said) => {
    expect(refusal({ ...ask, messages })).toMatchObject({ status: 400, object: 'error', ...said })
  })

  it('is told that it is no JSON in the words of pydantic', () => {
    const http = httpRequest({ path }, utf8('{"model":'))
    expect(mistral.parseRequest(http)).toMatchObject({
      body: { message: { detail: [{ type: 'json_invalid', msg: 'JSON decode error' }] } },
    })
  })

  it('may let the assistant speak last, where that is a beginning to go on with', () => {
    const messages = [user, { role: 'assistant', content: 'Once', prefix: true }]
    expect(accepted(mistral, jsonRequest({ path }, { ...ask, messages })).user).toBe('hello')
  })
})

describe('the path that mistral shares', () => {
  const http = (name: string, value: string) => ({
    ...jsonRequest({ path }, ask),
    headers: [[name, value]] as const,
  })

  it.each([
    ['user-agent', 'mistral-client-typescript/2.7.0', true],
    ['User-Agent', 'mistral-client-python/1.9.10', true],
    ['host', 'api.mistral.ai', true],
    ['host', 'notmistral.ai', false],
    ['user-agent', 'OpenAI/JS 6.49.0', false],
  ])('is meant for it by %s: %s, or not: %s', (name, value, isMeant) => {
    expect(mistral.recognizes?.(http(name, value))).toBe(isMeant)
  })
})
