import { describe, expect, it } from 'vitest'
import { isApiError } from '../../../src/core/dialect.ts'
import { anthropic } from '../../../src/dialects/anthropic/messages.ts'
import { seededRandom } from '../../../src/time/random.ts'
import { accepted } from '../wire.ts'
import { request } from './asked.ts'

const version = ['anthropic-version', '2023-06-01'] as const
const beta = [version, ['anthropic-beta', 'new-things-2027-01-01']] as const
const user = { role: 'user', content: 'hello' }
const saying = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] })
const use = (id: string) => ({ type: 'tool_use', id, name: 'get_weather', input: {} })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'Sunny' })
const tool = { name: 'get_weather', input_schema: { type: 'object', properties: {} } }
const thinking = { max_tokens: 2048, thinking: { type: 'enabled', budget_tokens: 1024 } }
const cached = { cache_control: { type: 'ephemeral' } }
const cachedText = { type: 'text', text: 'hi', ...cached }

/** Changes to a valid question, and the message of the 400 that they bring. */
const mistakes: Readonly<Record<string, readonly [object, string]>> = {
  'no model': [{ model: undefined }, 'model: Field required'],
  'an empty model': [{ model: '' }, 'model: String should have at least 1 character'],
  'a model that is a number': [{ model: 4 }, 'model: Input should be a valid string'],
  'no messages': [{ messages: undefined }, 'messages: Field required'],
  'messages in words': [{ messages: 'hello' }, 'messages: Input should be a valid list'],
  'no message at all': [{ messages: [] }, 'messages: at least one message is required'],
  'a message in words': [{ messages: ['hi'] }, 'messages.0: Input should be a valid dictionary'],
  'a message of nobody': [{ messages: [{ content: 'hi' }] }, 'messages.0.role: Field required'],
  'a message of a robot': [
    { messages: [{ ...user, role: 'robot' }] },
    "messages.0.role: Input should be 'user', 'assistant' or 'system'",
  ],
  'a message without content': [
    { messages: [{ role: 'user' }] },
    'messages.0.content: Field required',
  ],
  'content that is a number': [
    { messages: [{ role: 'user', content: 7 }] },
    'messages.0.content: Input should be a valid list',
  ],
  'a message with a name': [
    { messages: [{ ...user, name: 'Ada' }] },
    'messages.0.name: Extra inputs are not permitted',
  ],
  'no limit': [{ max_tokens: undefined }, 'max_tokens: Field required'],
  'half a token': [{ max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer'],
  'a negative limit': [
    { max_tokens: -1 },
    'max_tokens: Input should be greater than or equal to 0',
  ],
  'a stream in words': [{ stream: 'yes' }, 'stream: Input should be a valid boolean'],
  'too much warmth': [{ temperature: 1.5 }, 'temperature: range: 0..1'],
  'a field of OpenAI': [{ n: 2 }, 'n: Extra inputs are not permitted'],
  'a field of a beta that is not asked for': [
    { context_management: {} },
    'context_management: Extra inputs are not permitted',
  ],
  'a block without a type': [saying({ text: 'hi' }), 'messages.0.content.0.type: Field required'],
  'a text that is a number': [
    saying({ type: 'text', text: 1 }),
    'messages.0.content.0.text.text: Input should be a valid string',
  ],
  'a text without words': [
    saying({ type: 'text', text: '' }),
    'messages: text content blocks must be non-empty',
  ],
  'an image without a source': [
    saying({ type: 'image' }),
    'messages.0.content.0.image.source: Field required',
  ],
  'an image without data': [
    saying({ type: 'image', source: { type: 'base64', media_type: 'image/png' } }),
    'messages.0.content.0.image.source.base64.data: Field required',
  ],
  'no content': [
    { messages: [{ role: 'user', content: '' }, user] },
    'messages.0: all messages must have non-empty content except for the optional final assistant message',
  ],
  'a call by the user': [
    saying(use('t1')),
    'messages.0: `tool_use` blocks can only be in `assistant` messages',
  ],
  'input of a call in words': [
    { messages: [user, { role: 'assistant', content: [{ ...use('t1'), input: '{}' }] }] },
    'messages.1.content.0.tool_use.input: Input should be a valid dictionary',
  ],
  'a call that is not answered': [
    { messages: [user, { role: 'assistant', content: [use('t1'), use('t2')] }, user] },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1, t2. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  ],
  'an answer to no call': [
    saying(result('t9')),
    'messages.0: unexpected `tool_use_id` found in `tool_result` blocks: t9. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
  ],
  'a beginning that ends in a space': [
    { messages: [user, { role: 'assistant', content: 'The answer is ' }] },
    'messages: final assistant content cannot end with trailing whitespace',
  ],
  'a system that is a number': [{ system: 1 }, 'system: Input should be a valid list'],
  'a system of images': [
    { system: [{ type: 'image' }] },
    "system.0: Input tag 'image' found using 'type' does not match any of the expected tags: 'text'",
  ],
  'a tool without a name': [
    { tools: [{ input_schema: { type: 'object' } }] },
    'tools.0.custom.name: Field required',
  ],
  'a name with a space': [
    { tools: [{ ...tool, name: 'get weather' }] },
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  'a tool without a schema': [
    { tools: [{ name: 'a' }] },
    'tools.0.custom.input_schema: Field required',
  ],
  'a schema of no object': [
    { tools: [{ name: 'a', input_schema: { type: 'string' } }] },
    "tools.0.custom.input_schema.type: Input should be 'object'",
  ],
  'a tool in the form of OpenAI': [
    { tools: [{ type: 'function', function: tool }] },
    "tools.0: Input tag 'function' found using 'type' does not match any of the expected tags: 'custom'",
  ],
  'two tools of one name': [{ tools: [tool, tool] }, 'tools: Tool names must be unique.'],
  'a choice in words': [
    { tools: [tool], tool_choice: 'auto' },
    'tool_choice: Input should be a valid dictionary',
  ],
  'a choice that does not exist': [
    { tools: [tool], tool_choice: { type: 'required' } },
    "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'",
  ],
  'a choice without tools': [
    { tool_choice: { type: 'any' } },
    'tool_choice: tool_choice may only be specified while providing tools.',
  ],
  'a choice of another tool': [
    { tools: [tool], tool_choice: { type: 'tool', name: 'get_time' } },
    "tool_choice: Tool 'get_time' not found in provided tools",
  ],
  'little thinking': [
    { thinking: { type: 'enabled', budget_tokens: 1000 } },
    'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
  ],
  'more thinking than tokens': [
    { thinking: { type: 'enabled', budget_tokens: 1024 } },
    'max_tokens: `max_tokens` must be greater than `thinking.budget_tokens`.',
  ],
  'thinking that is warm': [
    { thinking: { type: 'adaptive' }, temperature: 0.5 },
    '`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.',
  ],
  'thinking before a forced call': [
    { ...thinking, tools: [tool], tool_choice: { type: 'any' } },
    'Thinking may not be enabled when tool_choice forces tool use.',
  ],
  'five marks of the cache': [
    { tools: [{ ...tool, ...cached }], ...saying(...Array.from({ length: 4 }, () => cachedText)) },
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  'an image of another type': [
    saying({ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: '' } }),
    "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
  ],
  'a stop sequence of spaces': [
    { stop_sequences: ['END', ' \n'] },
    'stop_sequences: each stop sequence must contain non-whitespace',
  ],
  'a stop sequence that is a number': [
    { stop_sequences: [1] },
    'stop_sequences.0: Input should be a valid string',
  ],
}

describe('A request to Anthropic', () => {
  it.each(Object.entries(mistakes))('is refused with %s', (_, [changes, message]) => {
    const http = request({ ...changes })
    const refused = anthropic.parseRequest(http)
    if (!isApiError(refused)) throw new Error('it was accepted')
    const { status, body } = anthropic.error(refused, http, seededRandom('seed'))
    expect(status).toBe(400)
    expect(JSON.parse(String(body))).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message },
      request_id: expect.stringMatching(/^req_011C\w{20}$/),
    })
  })

  it.each([
    [[], 'anthropic-version: header is required'],
    [
      [['anthropic-version', '2024-01-01']],
      'anthropic-version: "2024-01-01" is not a valid version',
    ],
  ] as const)('is refused with the headers %j', (headers, message) => {
    expect(anthropic.parseRequest(request({}, headers))).toMatchObject({ message })
  })

  it.each<readonly [string, object, string]>([
    ['warmth, be it the usual', { temperature: 1 }, 'temperature: Extra inputs are not permitted'],
    ['a choice of words', { top_k: 5 }, 'top_k: Extra inputs are not permitted'],
    [
      'a document of the assistant',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: [{ type: 'document', source: { type: 'url', url: 'x:y' } }],
          },
        ],
      },
      'messages.1.content.0: `document` blocks can only be in `user` messages',
    ],
    [
      'a citation of the user',
      saying({ type: 'text', text: 'See there', citations: [{ type: 'char_location' }] }),
      'messages.0.content.0: `citations` of text can only be in `assistant` messages',
    ],
    [
      'a citation in a result of a search',
      saying({
        type: 'search_result',
        source: 'x',
        title: 'y',
        content: [{ type: 'text', text: 'See', citations: [{ type: 'char_location' }] }],
      }),
      'messages.0.content.0: `citations` of text can only be in `assistant` messages',
    ],
  ])(
    'of the newest version is refused with %s, and of the one before it is not',
    (_, changes, message) => {
      const of = (date: string) =>
        anthropic.parseRequest(request({ ...changes }, [['anthropic-version', date]]))
      expect(of('2026-10-21')).toMatchObject({ code: 'invalid-request', message })
      expect(isApiError(of('2023-06-01'))).toBe(false)
    },
  )

  it.each([
    [
      [
        ['x-api-key', 'one'],
        ['authorization', 'Bearer two'],
      ],
      'one',
    ],
    [[['authorization', 'Bearer two']], 'two'],
    [[], undefined],
  ] as const)('with the headers %j has the key %s', (headers, key) => {
    expect(anthropic.key?.(request({}, headers))).toBe(key)
  })

  it.each<readonly [string, object]>([
    ['no more than it needs', {}],
    ['a limit of zero, which only warms a cache', { max_tokens: 0 }],
    ['two messages of the user in a row', { messages: [user, user] }],
    ['an assistant who begins', { messages: [{ role: 'assistant', content: 'Hi' }, user] }],
    ['the beginning of an answer', { messages: [user, { role: 'assistant', content: 'Once' }] }],
    ['a system among its messages', { messages: [user, { role: 'system', content: 'Be brief.' }] }],
    ['an image by its address', saying({ type: 'image', source: { type: 'url', url: 'x:y' } })],
    ['thinking that is as warm as usual', { ...thinking, temperature: 1 }],
    [
      'thinking and a choice among tools',
      { ...thinking, tools: [tool], tool_choice: { type: 'auto' } },
    ],
    ['four marks of the cache', saying(cachedText, cachedText, cachedText, cachedText)],
    ['a tool of the vendor', { tools: [{ type: 'web_search_20990101', name: 'web_search' }] }],
    [
      'what a server tool has done',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: [{ type: 'server_tool_use', id: 's1', name: 'web_search', input: {} }],
          },
        ],
      },
    ],
    [
      'results in two messages',
      {
        messages: [
          user,
          { role: 'assistant', content: [use('t1'), use('t2')] },
          { role: 'user', content: [result('t1')] },
          { role: 'user', content: [result('t2')] },
        ],
      },
    ],
  ])('is taken with %s', (_, changes) => {
    expect(isApiError(anthropic.parseRequest(request({ ...changes })))).toBe(false)
  })

  it('may have fields, blocks and tools that are not known where it asks for a beta', () => {
    const unknown = {
      context_management: {},
      tools: [{ type: 'toolbox' }],
      ...saying({ type: 'hologram' }, result('elsewhere')),
    }
    expect(isApiError(anthropic.parseRequest(request(unknown, beta)))).toBe(false)
    expect(isApiError(anthropic.parseRequest(request({ ...unknown, max_tokens: 'x' }, beta)))).toBe(
      true,
    )
  })

  it('is read into neutral messages', () => {
    const read = accepted(
      anthropic,
      request({
        system: [
          { type: 'text', text: 'Be brief.' },
          { type: 'text', text: 'Be kind.' },
        ],
        tools: [tool],
        stream: true,
        messages: [
          { role: 'user', content: 'Weather?' },
          { role: 'assistant', content: [{ type: 'text', text: 'Looking' }, use('t1'), use('t2')] },
          {
            role: 'user',
            content: [
              result('t1'),
              { ...result('t2'), content: [{ type: 'text', text: 'Rainy' }] },
            ],
          },
          { role: 'assistant', content: [use('t3')] },
          { role: 'user', content: [result('t3'), { type: 'text', text: 'And now?' }] },
        ],
      }),
    )
    expect(read).toMatchObject({
      model: 'claude-sonnet-4-6',
      system: 'Be brief.\n\nBe kind.',
      user: 'And now?',
      tools: ['get_weather'],
      stream: true,
      choices: 1,
    })
    expect(read.messages).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'system', text: 'Be kind.' },
      { role: 'user', text: 'Weather?' },
      { role: 'assistant', text: 'Looking' },
      { role: 'tool', text: 'Sunny' },
      { role: 'tool', text: 'Rainy' },
      { role: 'assistant', text: '' },
      { role: 'tool', text: 'Sunny' },
      { role: 'user', text: 'And now?' },
    ])
  })

  it.each([
    [[version], true],
    [[['x-api-key', 'none']], true],
    [[['authorization', 'Bearer none']], false],
  ] as const)('with the headers %j on a shared path is ours: %s', (headers, isOurs) => {
    expect(anthropic.recognizes?.(request({}, headers))).toBe(isOurs)
  })
})
