import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { isApiError } from '../../../src/core/dialect.ts'
import { chatDialect, openAiChat } from '../../../src/dialects/openai/chat.ts'
import { azure } from '../../../src/dialects/openai/variants/azure.ts'
import { vllm } from '../../../src/dialects/openai/variants/vllm.ts'
import { httpRequest, jsonRequest } from '../wire.ts'
import { ask, path, user } from './openai.ts'

const messages = (...more: readonly object[]): object => ({ messages: [user, ...more] })
const part = (changes: object): object => messages({ role: 'user', content: [changes] })
const format = (response_format: unknown): object => ({ response_format })
const tools = [{ type: 'function', function: { name: 'look' } }]
const tool = (changes: object): object => ({ tools: [{ type: 'function', ...changes }] })
const call = { id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }
const asked = { role: 'assistant', content: null, tool_calls: [call] }
const answer = { role: 'tool', tool_call_id: 'c', content: 'seen' }

const missing = 'missing_required_parameter'
const type = 'invalid_type'
const value = 'invalid_value'

const mistakes: readonly [string, object, string | null, string | null, string][] = [
  ['a seed in words', { seed: 'x' }, 'seed', type, 'an integer'],
  ['a user that is a number', { user: 5 }, 'user', type, 'a string'],
  ['metadata in words', { metadata: 'x' }, 'metadata', type, 'an object'],
  ['biases in a list', { logit_bias: [1] }, 'logit_bias', type, 'an object, but got an array'],
  [
    'too much of a penalty',
    { frequency_penalty: 9 },
    'frequency_penalty',
    'decimal_above_max_value',
    '<= 2',
  ],
  [
    'too little of one',
    { presence_penalty: -9 },
    'presence_penalty',
    'decimal_below_min_value',
    '>= -2',
  ],
  ['a stop that is a number', { stop: 5 }, 'stop', type, 'a string or array of strings'],
  [
    'five stops',
    { stop: ['a', 'b', 'c', 'd', 'e'] },
    'stop',
    'array_above_max_length',
    'maximum length 4',
  ],
  ['an unknown effort', { reasoning_effort: 'max!' }, 'reasoning_effort', value, "'max!'"],
  ['a model without a name', { model: '' }, null, null, 'you must provide a model parameter'],
  ['a format in words', format('json'), 'response_format', type, 'an object'],
  ['an unknown format', format({ type: 'bogus' }), 'response_format.type', value, "'bogus'"],
  [
    'a format without a schema',
    format({ type: 'json_schema' }),
    'response_format.json_schema',
    missing,
    '',
  ],
  [
    'a schema without a name',
    format({ type: 'json_schema', json_schema: {} }),
    'response_format.json_schema.name',
    missing,
    '',
  ],
  ['an empty list of tools', { tools: [] }, 'tools', 'empty_array', 'minimum length 1'],
  ['an unknown tool', tool({ type: 'x' }), 'tools[0].type', value, "'function' and 'custom'."],
  ['a tool that is no function', tool({}), 'tools[0].function', missing, ''],
  [
    'a tool with a name of two words',
    tool({ function: { name: 'bad name!' } }),
    'tools[0].function.name',
    value,
    "pattern '^[a-zA-Z0-9_-]+$'.",
  ],
  [
    'a tool with a long name',
    tool({ function: { name: 'x'.repeat(65) } }),
    'tools[0].function.name',
    'string_above_max_length',
    'a string with length 65',
  ],
  [
    'a choice of no tools',
    { tool_choice: 'auto' },
    'tool_choice',
    null,
    "only allowed when 'tools' are specified",
  ],
  ['parallel calls of none', { parallel_tool_calls: true }, 'parallel_tool_calls', null, 'only'],
  ['an unknown choice', { tools, tool_choice: 'bogus' }, 'tool_choice', value, "'auto', and"],
  ['a choice of a number', { tools, tool_choice: 7 }, 'tool_choice', type, 'one of'],
  ['a choice without a type', { tools, tool_choice: {} }, 'tool_choice.type', missing, ''],
  [
    'a choice without a name',
    { tools, tool_choice: { type: 'function' } },
    'tool_choice.function',
    missing,
    '',
  ],
  [
    'a choice that was not offered',
    { tools, tool_choice: { type: 'function', function: { name: 'run' } } },
    'tool_choice',
    null,
    "'run' not found",
  ],
  ['alternatives of nothing', { top_logprobs: 2 }, 'top_logprobs', null, "'logprobs' is enabled"],
  ['an unknown part', part({ type: 'bogus' }), 'messages[1].content[0].type', value, "'file'."],
  ['a text part of nothing', part({ type: 'text' }), 'messages[1].content[0].text', missing, ''],
  [
    'no call in a list of calls',
    messages({ ...asked, tool_calls: [] }),
    'messages[1].tool_calls',
    'empty_array',
    '',
  ],
  [
    'a call without an id',
    messages({ ...asked, tool_calls: [{ ...call, id: undefined }] }),
    'messages[1].tool_calls[0].id',
    missing,
    '',
  ],
  [
    'an answer to nothing',
    messages(asked, { ...answer, tool_call_id: undefined }),
    'messages[2].tool_call_id',
    missing,
    '',
  ],
  [
    'an answer that nobody asked for',
    messages(answer),
    'messages.[1].role',
    null,
    "must be a response to a preceeding message with 'tool_calls'.",
  ],
  [
    'an answer to another call',
    messages(asked, answer, { ...answer, tool_call_id: 'd' }),
    'messages.[3].tool_call_id',
    null,
    "'tool_call_id' of 'd' not found",
  ],
  [
    'a call that nothing answers',
    messages(asked, user, answer),
    'messages',
    null,
    'did not have response messages: c',
  ],
  ['a call at the end', messages(asked), 'messages', null, 'response messages: c'],
  [
    'a field that it does not know',
    { bogus_field: 1 },
    null,
    null,
    'Unrecognized request argument supplied: bogus_field',
  ],
]

describe('openai-chat, as strict as the vendor', () => {
  it.each(mistakes)('refuses %s', (_, changes, param, code, words) => {
    const refused = openAiChat.parseRequest(jsonRequest({ path }, { ...ask, ...changes }))
    if (!isApiError(refused)) throw new Error('it was accepted')
    const { error } = JSON.parse(String(openAiChat.error(refused).body))
    expect(error).toMatchObject({ type: 'invalid_request_error', param, code })
    expect(error.message).toContain(words)
  })

  it('says of all that is no JSON the same', () => {
    expect(openAiChat.parseRequest(httpRequest({ path }, utf8('{"model":')))).toMatchObject({
      message: expect.stringMatching(/^We could not parse the JSON body of your request\. /),
    })
  })

  it.each([
    ['a second round', messages(asked, answer, user)],
    ['a choice of none', { tool_choice: 'none' }],
    ['a choice of one', { tools, tool_choice: { type: 'function', function: { name: 'look' } } }],
    ['several of them', { tools, tool_choice: { type: 'allowed_tools', allowed_tools: {} } }],
    ['a schema', format({ type: 'json_schema', json_schema: { name: 'x', schema: {} } })],
    ['all that steers', { seed: 7, stop: ['.'], reasoning_effort: 'low', logit_bias: { 5: -1.5 } }],
  ])('takes %s', (_, changes) => {
    const request = openAiChat.parseRequest(jsonRequest({ path }, { ...ask, ...changes }))
    expect(request).toMatchObject({ model: 'gpt-4o' })
  })

  it.each([
    ['azure-openai', azure, { data_sources: [] }, { bogus_field: 1 }],
    ['a compatible service', vllm, { bogus_field: 1, tools: [] }, { messages: [] }],
  ])('knows what %s takes besides', (_, variant, taken, refused) => {
    const { parseRequest } = chatDialect(variant)
    const parse = (changes: object) =>
      isApiError(parseRequest(jsonRequest({ path }, { ...ask, ...changes })))
    expect([parse(taken), parse(refused)]).toEqual([false, true])
  })
})
