import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { isApiError } from '../../../src/core/dialect.ts'
import { openAiChat } from '../../../src/dialects/openai/chat.ts'
import { accepted, httpRequest, jsonRequest } from '../wire.ts'
import { ask, path, replyFor, user } from './openai.ts'

const message = (changes: object): unknown => ({ ...ask, messages: [user, changes] })

describe('openai-chat and its requests', () => {
  const none = undefined
  it.each<[string, unknown, string | undefined, string]>([
    ['no model', { messages: [user] }, 'model', 'You must provide a model parameter'],
    [
      'a model that is a number',
      { ...ask, model: 7 },
      'model',
      'You must provide a model parameter',
    ],
    ['no messages', { model: 'gpt-4o' }, 'messages', 'expected array, received undefined'],
    [
      'messages in words',
      { ...ask, messages: 'hi' },
      'messages',
      'expected array, received string',
    ],
    ['an empty list', { ...ask, messages: [] }, 'messages', 'at least one message'],
    ['a message in words', { ...ask, messages: ['hi'] }, 'messages[0]', 'expected object'],
    ['no role', message({ content: 'x' }), 'messages[1].role', 'Invalid value: none. Supported'],
    [
      'an unknown role',
      message({ role: 'robot', content: 'x' }),
      'messages[1].role',
      '"robot". Supported values are: \'developer\'',
    ],
    [
      'a role that is a number',
      message({ role: 7, content: 'x' }),
      'messages[1].role',
      'Invalid value: 7',
    ],
    [
      'no content',
      message({ role: 'user' }),
      'messages[1].content',
      'a string or an array, got null',
    ],
    [
      'a content of null',
      message({ role: 'system', content: null }),
      'messages[1].content',
      'got null',
    ],
    [
      'a content that is a number',
      message({ role: 'user', content: 7 }),
      'messages[1].content',
      'a string or an array of objects',
    ],
    [
      'a part in words',
      message({ role: 'user', content: ['x'] }),
      'messages[1].content',
      'each with a type',
    ],
    [
      'a part without a type',
      message({ role: 'user', content: [{ text: 'x' }] }),
      'messages[1].content',
      'each with a type',
    ],
    [
      'a text part of a number',
      message({ role: 'user', content: [{ type: 'text', text: 7 }] }),
      'messages[1].content',
      'each with a type',
    ],
    [
      'an assistant that says nothing',
      message({ role: 'assistant' }),
      'messages[1].content',
      'got null',
    ],
    [
      'calls in words',
      message({ role: 'assistant', tool_calls: 'x' }),
      'messages[1].tool_calls',
      'expected array',
    ],
    ['a stream in words', { ...ask, stream: 'yes' }, 'stream', 'expected boolean, received string'],
    [
      'options without a stream',
      { ...ask, stream: false, stream_options: {} },
      'stream_options',
      "only allowed when 'stream' is enabled",
    ],
    [
      'options that are a number',
      { ...ask, stream_options: 7 },
      'stream_options',
      'expected object',
    ],
    [
      'usage in words',
      { ...ask, stream_options: { include_usage: 'yes' } },
      'stream_options.include_usage',
      'expected boolean',
    ],
    ['no answer at all', { ...ask, n: 0 }, 'n', '>=1'],
    ['too many answers', { ...ask, n: 129 }, 'n', '<=128'],
    ['half an answer', { ...ask, n: 1.5 }, 'n', 'expected int'],
    ['tools that are an object', { ...ask, tools: {} }, 'tools', 'expected array'],
    ['a tool without a type', { ...ask, tools: [{}] }, 'tools[0].type', 'expected string'],
    [
      'a tool without a name',
      { ...ask, tools: [{ type: 'function', function: {} }] },
      'tools[0].function.name',
      'expected string',
    ],
    ['a temperature of 3', { ...ask, temperature: 3 }, 'temperature', '<=2'],
    ['a temperature in words', { ...ask, temperature: 'hot' }, 'temperature', 'expected number'],
    ['a top_p of 2', { ...ask, top_p: 2 }, 'top_p', '<=1'],
    ['no token at all', { ...ask, max_tokens: 0 }, 'max_tokens', '>=1'],
    [
      'half a token',
      { ...ask, max_completion_tokens: 1.5 },
      'max_completion_tokens',
      'expected int',
    ],
    ['log probabilities in words', { ...ask, logprobs: 'yes' }, 'logprobs', 'expected boolean'],
    ['too many of them', { ...ask, top_logprobs: 21 }, 'top_logprobs', '<=20'],
    ['a list', [ask], none, 'must be a JSON object, not an array'],
    ['null', null, none, 'must be a JSON object, not null'],
  ])('refuses %s', (_, body, param, words) => {
    const http = jsonRequest({ path }, body)
    const refused = openAiChat.parseRequest(http)
    if (!isApiError(refused)) throw new Error('it was accepted')
    expect(refused).toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining(words),
    })
    expect(refused.param).toBe(param)
    const reply = openAiChat.error(refused)
    expect(reply.status).toBe(400)
    expect(JSON.parse(String(reply.body))).toEqual({
      error: {
        message: refused.message,
        type: 'invalid_request_error',
        param: param ?? null,
        code: 'invalid_value',
      },
    })
  })

  it.each([
    ['no body', '', 'has no body'],
    ['no JSON', 'hello', 'is not valid JSON'],
    ['half of it', '{"model":', 'is not valid JSON'],
  ])('refuses %s', (_, body, words) => {
    expect(openAiChat.parseRequest(httpRequest({ path }, utf8(body)))).toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining(words),
    })
  })

  it.each([
    ['fields that it does not know', { ...ask, seed: 7, metadata: { a: 'b' } }],
    ['null where a field may be left out', { ...ask, n: null, tools: null, temperature: null }],
    ['an assistant that only called a tool', message({ role: 'assistant', tool_calls: [{}] })],
    ['an assistant that refused', message({ role: 'assistant', content: null, refusal: 'No' })],
    ['the answer of a tool', message({ role: 'tool', tool_call_id: 'x', content: '7' })],
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
      'developer',
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
