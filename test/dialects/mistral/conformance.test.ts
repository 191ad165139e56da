import { mistral } from '../../../src/dialects/mistral/mistral.ts'
import { conformance } from '../conformance.ts'

const user = { role: 'user', content: 'hello' }
const messages = [{ role: 'system', content: 'Be brief.' }, user]
const ask = { model: 'mistral-large-latest', messages }

conformance(mistral, {
  path: '/v1/chat/completions',
  body: { ...ask, stream: true },
  whole: { stream: false },
  reasoning: true,
  tools: true,
  usage: true,
  citation: { type: 'reference', reference_ids: [1, 2] },
  finishReasons: ['stop', 'length', 'model_length', 'error', 'tool-calls'],
  terminator: '[DONE]',
  conversation: {
    ...ask,
    messages: [
      ...messages,
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'a1b2c3d4e', function: { name: 'get_weather', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a1b2c3d4e', name: 'get_weather', content: '21 degrees' },
    ],
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: {} } }],
  },
  refusedStatuses: [422, 400],
  refused: {
    'no model': { messages },
    'a model that is a number': { ...ask, model: 7 },
    'no messages': { model: 'mistral-large-latest' },
    'no message at all': { ...ask, messages: [] },
    'messages that are a text': { ...ask, messages: 'hello' },
    'a message without a role': { ...ask, messages: [{ content: 'hello' }] },
    'an unknown role': { ...ask, messages: [{ role: 'robot', content: 'hello' }] },
    'a content that is a number': { ...ask, messages: [{ role: 'user', content: 7 }] },
    'the assistant speaking last': {
      ...ask,
      messages: [user, { role: 'assistant', content: 'Hi' }],
    },
    'a temperature in words': { ...ask, temperature: 'warm' },
    'too high a temperature': { ...ask, temperature: 2 },
    'a stream that is a text': { ...ask, stream: 'yes' },
    'a field of another vendor': { ...ask, stream_options: { include_usage: true } },
    'a field in a message that it does not know': {
      ...ask,
      messages: [{ ...user, refusal: null }],
    },
  },
})
