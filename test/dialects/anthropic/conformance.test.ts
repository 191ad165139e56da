import { anthropic } from '../../../src/dialects/anthropic/messages.ts'
import { conformance } from '../conformance.ts'

const user = { role: 'user', content: 'hello' }
const body = { model: 'claude-sonnet-4-6', max_tokens: 1024, messages: [user], stream: true }

conformance(anthropic, {
  path: '/v1/messages',
  headers: [['anthropic-version', '2023-06-01']],
  body,
  whole: { stream: false },
  reasoning: true,
  tools: true,
  callValues: true,
  usage: true,
  citation: { type: 'char_location', cited_text: 'sky', document_index: 0 },
  conversation: {
    ...body,
    system: 'Be brief.',
    messages: [
      user,
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '21 degrees' }],
      },
    ],
    tools: [{ name: 'get_weather', input_schema: { type: 'object' } }],
  },
  finishReasons: ['stop', 'length', 'tool-calls', 'content-filter', 'pause_turn', 'stop_sequence'],
  refused: {
    'no model': { ...body, model: undefined },
    'no messages': { ...body, messages: undefined },
    'messages that are no list': { ...body, messages: 'hello' },
    'no message at all': { ...body, messages: [] },
    'a message that is no object': { ...body, messages: ['hello'] },
    'no limit': { ...body, max_tokens: undefined },
    'a stream that is no boolean': { ...body, stream: 'yes' },
  },
})
