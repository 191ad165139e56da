import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { isApiError } from '../../../src/core/dialect.ts'
import { openAiResponses } from '../../../src/dialects/openai/responses.ts'
import { accepted, httpRequest, jsonRequest } from '../wire.ts'
import { ask, path, user } from './responses.ts'

const item = (changes: object): object => ({ ...ask, input: [user, changes] })
const tool = (changes: object): object => ({ ...ask, tools: [changes] })
const call = { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' }
const output = { type: 'function_call_output', call_id: 'c', output: 'seen' }

describe('openai-responses and its requests', () => {
  it.each<[string, object, string | null, string | null, string]>([
    ['no model', { input: 'hi' }, 'model', 'missing_required_parameter', 'Missing required'],
    [
      'a model that is a number',
      { ...ask, model: 7 },
      'model',
      'invalid_type',
      'expected a string',
    ],
    ['no input', { model: 'm' }, 'input', 'missing_required_parameter', "parameter: 'input'"],
    [
      'an input that is a number',
      { ...ask, input: 7 },
      'input',
      'invalid_type',
      'one of a string or array',
    ],
    ['an item in words', item(Object('hi')), 'input[1]', 'invalid_type', 'expected an object'],
    ['an unknown item', item({ type: 'x' }), 'input[1].type', 'invalid_value', "'x'. Supported"],
    ['no role', item({ content: 'x' }), 'input[1].role', 'missing_required_parameter', 'role'],
    [
      'an unknown role',
      item({ ...user, role: 'robot' }),
      'input[1].role',
      'invalid_value',
      'robot',
    ],
    ['no content', item({ role: 'user' }), 'input[1].content', 'missing_required_parameter', ''],
    [
      'a part of Chat Completions',
      item({ role: 'user', content: [{ type: 'text', text: 'hi' }] }),
      'input[1].content[0].type',
      'invalid_value',
      "'text'. Supported values are: 'input_text'",
    ],
    [
      'an input that the assistant said',
      item({ role: 'assistant', content: [{ type: 'input_text', text: 'hi' }] }),
      'input[1].content[0]',
      'invalid_value',
      "'input_text'. Supported values are: 'output_text' and 'refusal'",
    ],
    [
      'an output that the user said',
      item({ role: 'user', content: [{ type: 'output_text', text: 'hi' }] }),
      'input[1].content[0]',
      'invalid_value',
      "'output_text'. Supported",
    ],
    [
      'a call without a name',
      item({ ...call, name: undefined }),
      'input[1].name',
      'missing_required_parameter',
      '',
    ],
    [
      'an output that is a number',
      item({ ...output, output: 7 }),
      'input[1].output',
      'invalid_type',
      '',
    ],
    [
      'a call without an output',
      item(call),
      'input',
      null,
      'No tool output found for function call c',
    ],
    [
      'an output without a call',
      item(output),
      'input',
      null,
      'function call output with call_id c',
    ],
    [
      'an output before its call',
      { ...ask, input: [output, call] },
      'input',
      null,
      'No tool call found',
    ],
    [
      'a tool of Chat Completions',
      tool({ type: 'function', function: { name: 'look' } }),
      'tools[0].name',
      'missing_required_parameter',
      '',
    ],
    ['an unknown tool', tool({ type: 'magic' }), 'tools[0].type', 'invalid_value', "'magic'"],
    ['messages', { ...ask, messages: [] }, 'messages', 'unsupported_parameter', "'input'"],
    [
      'an old limit',
      { ...ask, max_tokens: 9 },
      'max_tokens',
      'unsupported_parameter',
      "'max_output_tokens'",
    ],
    ['a field of its own', { ...ask, mood: 'good' }, 'mood', 'unknown_parameter', "'mood'"],
    [
      'a temperature in words',
      { ...ask, temperature: 'warm' },
      'temperature',
      'invalid_type',
      'a decimal',
    ],
    [
      'too much warmth',
      { ...ask, temperature: 2.5 },
      'temperature',
      'decimal_above_max_value',
      '<= 2',
    ],
    [
      'too few tokens',
      { ...ask, max_output_tokens: 1 },
      'max_output_tokens',
      'integer_below_min_value',
      '>= 16',
    ],
    [
      'half a token',
      { ...ask, max_output_tokens: 16.5 },
      'max_output_tokens',
      'invalid_type',
      'an integer',
    ],
    ['a stream in words', { ...ask, stream: 'yes' }, 'stream', 'invalid_type', 'a boolean'],
    [
      'options of a stream without one',
      { ...ask, stream: false, stream_options: {} },
      'stream_options',
      'invalid_value',
      'stream',
    ],
    [
      'background work that is not stored',
      { ...ask, background: true, store: false },
      'background',
      'invalid_value',
      'store',
    ],
    [
      'two histories',
      { ...ask, conversation: 'conv_1', previous_response_id: 'resp_1' },
      'previous_response_id',
      'mutually_exclusive_parameters',
      'conversation',
    ],
    [
      'an unknown effort',
      { ...ask, reasoning: { effort: 'huge' } },
      'reasoning.effort',
      'invalid_value',
      "'huge'",
    ],
    [
      'a format without a name',
      { ...ask, text: { format: { type: 'json_schema', schema: {} } } },
      'text.format.name',
      'missing_required_parameter',
      '',
    ],
    [
      'a format without a schema',
      { ...ask, text: { format: { type: 'json_schema', name: 'x' } } },
      'text.format.schema',
      'missing_required_parameter',
      '',
    ],
    ['what cannot be included', { ...ask, include: ['nope'] }, 'include[0]', 'invalid_value', ''],
    ['an include in words', { ...ask, include: 'x' }, 'include', 'invalid_type', 'of strings'],
    [
      'the choice of a tool that there is not',
      { ...ask, tool_choice: { type: 'function', name: 'look' } },
      'tool_choice',
      null,
      "'look' not found in 'tools'",
    ],
    [
      'a tool required of none',
      { ...ask, tool_choice: 'required' },
      'tool_choice',
      null,
      "must be specified with 'tools'",
    ],
    ['an unknown choice', { ...ask, tool_choice: 'any' }, 'tool_choice', 'invalid_value', "'any'"],
    [
      'an unknown field of a message',
      item({ ...user, mood: 'good' }),
      'input[1].mood',
      'unknown_parameter',
      '',
    ],
    [
      'a response that nobody knows',
      { ...ask, previous_response_id: 'resp_1' },
      'previous_response_id',
      'previous_response_not_found',
      "'resp_1' not found",
    ],
  ])('are refused with %s', (_, body, param, code, words) => {
    const refused = openAiResponses.parseRequest(jsonRequest({ path }, body))
    if (!isApiError(refused)) throw new Error('it was accepted')
    const reply = openAiResponses.error(refused)
    expect(reply.status).toBe(400)
    const { error } = JSON.parse(String(reply.body))
    expect(error).toMatchObject({ type: 'invalid_request_error', param, code })
    expect(error.message).toContain(words)
  })

  it('are refused with 404 where they refer to an item that nobody keeps', () => {
    const body = item({ type: 'item_reference', id: 'rs_1' })
    const refused = openAiResponses.parseRequest(jsonRequest({ path }, body))
    if (!isApiError(refused)) throw new Error('it was accepted')
    expect(openAiResponses.error(refused).status).toBe(404)
  })

  it('are refused where they are no JSON', () => {
    const refused = openAiResponses.parseRequest(httpRequest({ path }, utf8('hello')))
    expect(refused).toMatchObject({ code: 'invalid-request' })
  })

  it.each<[string, object, object]>([
    [
      'a string',
      { input: 'hello' },
      { user: 'hello', messages: [{ role: 'user', text: 'hello' }] },
    ],
    [
      'instructions, which come first',
      { instructions: 'Be brief.', input: [{ role: 'developer', content: 'And kind.' }, user] },
      {
        system: 'Be brief.\n\nAnd kind.',
        messages: [
          { role: 'system', text: 'Be brief.' },
          { role: 'system', text: 'And kind.' },
          { role: 'user', text: 'hello' },
        ],
      },
    ],
    [
      'a turn of text, thought and calls, which is one message',
      {
        input: [
          user,
          { type: 'reasoning', id: 'rs_1', summary: [] },
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Wait.' }] },
          call,
          { ...call, call_id: 'd' },
          output,
          { ...output, call_id: 'd', output: [{ type: 'input_text', text: 'heard' }] },
        ],
      },
      {
        messages: [
          { role: 'user', text: 'hello' },
          { role: 'assistant', text: 'Wait.' },
          { role: 'tool', text: 'seen' },
          { role: 'tool', text: 'heard' },
        ],
      },
    ],
    [
      'parts, whose texts are joined',
      {
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'What is' },
              { type: 'input_image', image_url: 'data:,' },
              { type: 'input_text', text: 'this?' },
            ],
          },
        ],
      },
      { user: 'What is\nthis?' },
    ],
    [
      'tools of all kinds, of which some have names',
      {
        tools: [
          { type: 'function', name: 'look' },
          { type: 'web_search' },
          { type: 'custom', name: 'run' },
        ],
      },
      { tools: ['look', 'run'] },
    ],
    ['a conversation', { conversation: { id: 'conv_1' } }, { dialogue: 'conv_1' }],
    [
      'what only a prompt names',
      { model: undefined, prompt: { id: 'pmpt_1' } },
      { model: undefined },
    ],
  ])('are understood with %s', (_, changes, expected) => {
    const request = accepted(openAiResponses, jsonRequest({ path }, { ...ask, ...changes }))
    expect(request).toMatchObject(expected)
  })
})
