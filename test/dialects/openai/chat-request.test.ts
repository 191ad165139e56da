import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { isApiError } from '../../../src/core/dialect.ts'
import { openAiChat } from '../../../src/dialects/openai/chat.ts'
import { accepted, httpRequest, jsonRequest } from '../wire.ts'
import { ask, path, replyFor, user } from './openai.ts'

const message = (changes: object): unknown => ({ ...ask, messages: [user, changes] })

describe('openai-chat and its requests', () => {
  const none = undefined
  it.each<[string, unknown, string | undefined, string | null, string]>([
    ['no model', { messages: [user] }, none, null, 'you must provide a model parameter'],
    [
      'a model that is a number',
      { ...ask, model: 7 },
      'model',
      'invalid_type',
      "Invalid type for 'model': expected a string, but got an integer instead.",
    ],
    [
      'no messages',
      { model: 'gpt-4o' },
      'messages',
      'missing_required_parameter',
      "Missing required parameter: 'messages'.",
    ],
    [
      'messages in words',
      { ...ask, messages: 'hi' },
      'messages',
      'invalid_type',
      "Invalid type for 'messages': expected an array of objects, but got a string instead.",
    ],
    [
      'an empty list',
      { ...ask, messages: [] },
      'messages',
      'empty_array',
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ],
    [
      'a message in words',
      { ...ask, messages: ['hi'] },
      'messages[0]',
      'invalid_type',
      "Invalid type for 'messages[0]': expected an object, but got a string instead.",
    ],
    [
      'no role',
      message({ content: 'x' }),
      'messages[1].role',
      'missing_required_parameter',
      "Missing required parameter: 'messages[1].role'.",
    ],
    [
      'an unknown role',
      message({ role: 'robot', content: 'x' }),
      'messages[1].role',
      'invalid_value',
      "Invalid value: 'robot'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
    ],
    [
      'a role that is a number',
      message({ role: 7, content: 'x' }),
      'messages[1].role',
      'invalid_type',
      "Invalid type for 'messages[1].role': expected one of 'system', 'assistant', 'user', 'function', 'tool', and 'developer', but got an integer instead.",
    ],
    [
      'no content',
      message({ role: 'user' }),
      'messages[1].content',
      'missing_required_parameter',
      "Missing required parameter: 'messages[1].content'.",
    ],
    [
      'a content of null',
      message({ role: 'system', content: null }),
      'messages[1].content',
      null,
      "Invalid value for 'content': expected a string, got null.",
    ],
    [
      'a content that is a number',
      message({ role: 'user', content: 7 }),
      'messages[1].content',
      'invalid_type',
      "Invalid type for 'messages[1].content': expected one of a string or array of objects, but got an integer instead.",
    ],
    [
      'a part in words',
      message({ role: 'user', content: ['x'] }),
      'messages[1].content[0]',
      'invalid_type',
      "Invalid type for 'messages[1].content[0]': expected an object, but got a string instead.",
    ],
    [
      'a part without a type',
      message({ role: 'user', content: [{ text: 'x' }] }),
      'messages[1].content[0].type',
      'missing_required_parameter',
      "Missing required parameter: 'messages[1].content[0].type'.",
    ],
    [
      'a text part of a number',
      message({ role: 'user', content: [{ type: 'text', text: 1.5 }] }),
      'messages[1].content[0].text',
      'invalid_type',
      "Invalid type for 'messages[1].content[0].text': expected a string, but got a decimal number instead.",
    ],
    [
      'an assistant that says nothing',
      message({ role: 'assistant', content: null }),
      'messages[1].content',
      null,
      "Invalid value for 'content': expected a string, got null.",
    ],
    [
      'calls in words',
      message({ role: 'assistant', tool_calls: 'x' }),
      'messages[1].tool_calls',
      'invalid_type',
      "Invalid type for 'messages[1].tool_calls': expected an array of objects, but got a string instead.",
    ],
    [
      'a stream in words',
      { ...ask, stream: 'yes' },
      'stream',
      'invalid_type',
      "Invalid type for 'stream': expected a boolean, but got a string instead.",
    ],
    [
      'options without a stream',
      { ...ask, stream: false, stream_options: {} },
      'stream_options',
      null,
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    ],
    [
      'options that are a list',
      { ...ask, stream_options: [7] },
      'stream_options',
      'invalid_type',
      "Invalid type for 'stream_options': expected an object, but got an array instead.",
    ],
    [
      'usage in words',
      { ...ask, stream_options: { include_usage: 'yes' } },
      'stream_options.include_usage',
      'invalid_type',
      "Invalid type for 'stream_options.include_usage': expected a boolean, but got a string instead.",
    ],
    [
      'no answer at all',
      { ...ask, n: 0 },
      'n',
      'integer_below_min_value',
      "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
    [
      'too many answers',
      { ...ask, n: 129 },
      'n',
      'integer_above_max_value',
      "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.",
    ],
    [
      'half an answer',
      { ...ask, n: 1.5 },
      'n',
      'invalid_type',
      "Invalid type for 'n': expected an integer, but got a decimal number instead.",
    ],
    [
      'tools that are an object',
      { ...ask, tools: {} },
      'tools',
      'invalid_type',
      "Invalid type for 'tools': expected an array of objects, but got an object instead.",
    ],
    [
      'a tool without a type',
      { ...ask, tools: [{}] },
      'tools[0].type',
      'missing_required_parameter',
      "Missing required parameter: 'tools[0].type'.",
    ],
    [
      'a tool without a name',
      { ...ask, tools: [{ type: 'function', function: {} }] },
      'tools[0].function.name',
      'missing_required_parameter',
      "Missing required parameter: 'tools[0].function.name'.",
    ],
    [
      'a temperature of 3',
      { ...ask, temperature: 3 },
      'temperature',
      'decimal_above_max_value',
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    ],
    [
      'a temperature in words',
      { ...ask, temperature: 'hot' },
      'temperature',
      'invalid_type',
      "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ],
    [
      'a top_p of 2.5',
      { ...ask, top_p: 2.5 },
      'top_p',
      'decimal_above_max_value',
      "Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 2.5 instead.",
    ],
    [
      'a top_p below nothing',
      { ...ask, top_p: -0.5 },
      'top_p',
      'decimal_below_min_value',
      "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
    ],
    [
      'no token at all',
      { ...ask, max_tokens: 0 },
      'max_tokens',
      'integer_below_min_value',
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
    [
      'log probabilities in words',
      { ...ask, logprobs: 'yes' },
      'logprobs',
      'invalid_type',
      "Invalid type for 'logprobs': expected a boolean, but got a string instead.",
    ],
    [
      'too many of them',
      { ...ask, top_logprobs: 21 },
      'top_logprobs',
      'integer_above_max_value',
      "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
    ],
    ['a list', [ask], none, null, 'The request body must be a JSON object, not an array.'],
    ['null', null, none, null, 'The request body must be a JSON object, not null.'],
  ])('refuses %s in the words of the vendor', (_, body, param, code, words) => {
    const refused = openAiChat.parseRequest(jsonRequest({ path }, body))
    if (!isApiError(refused)) throw new Error('it was accepted')
    expect(refused).toMatchObject({ code: 'invalid-request', message: words })
    expect(refused.param).toBe(param)
    const reply = openAiChat.error(refused)
    expect(reply.status).toBe(400)
    expect(JSON.parse(String(reply.body))).toEqual({
      error: { message: words, type: 'invalid_request_error', param: param ?? null, code },
    })
  })

  it.each([
    ['no body', '', 'has no body'],
    ['no JSON', 'hello', 'was not valid JSON'],
    ['half of it', '{"model":', 'was not valid JSON'],
  ])('refuses %s', (_, body, words) => {
    expect(openAiChat.parseRequest(httpRequest({ path }, utf8(body)))).toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining(words),
    })
  })

  it.each([
    ['fields that only steer a model', { ...ask, seed: 7, metadata: { a: 'b' } }],
    ['null where a field may be left out', { ...ask, n: null, tools: null, temperature: null }],
    ['an assistant that refused', message({ role: 'assistant', content: null, refusal: 'No' })],
    ['images', message({ role: 'user', content: [{ type: 'image_url', image_url: {} }] })],
  ])('takes %s', (_, body) => {
    expect(isApiError(openAiChat.parseRequest(jsonRequest({ path }, body)))).toBe(false)
  })

  it('tells rules what was asked', () => {
    const request = accepted(
      openAiChat,
      jsonRequest(
        { path },
        {
          model: 'o3',
          n: 2,
          messages: [
            { role: 'developer', content: 'Be brief.' },
            user,
            { role: 'assistant', content: 'Hi!' },
            {
              role: 'user',
              content: [
                { type: 'text', text: 'And' },
                { type: 'image_url', image_url: {} },
                { type: 'text', text: 'now?' },
              ],
            },
            { role: 'system', content: 'Be kind.' },
          ],
          tools: [
            { type: 'function', function: { name: 'look' } },
            { type: 'custom', custom: { name: 'listen' } },
          ],
        },
      ),
    )
    expect(request).toMatchObject({
      model: 'o3',
      stream: false,
      choices: 2,
      user: 'And\nnow?',
      system: 'Be brief.\n\nBe kind.',
      tools: ['look', 'listen'],
    })
    expect(request.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
      'system',
    ])
  })

  it('knows which models there are, where they are named', () => {
    const { request } = replyFor()
    expect(openAiChat.checkModel(request, ['gpt-4o'])).toBeUndefined()
    expect(openAiChat.checkModel(request, ['o3'])).toMatchObject({ code: 'model-not-found' })
  })
})
