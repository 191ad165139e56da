import { cohere } from '../../../src/dialects/cohere/cohere.ts'
import { cohereV1 } from '../../../src/dialects/cohere/v1.ts'
import { conformance } from '../conformance.ts'

const user = { role: 'user', content: 'hello' }

conformance(cohere, {
  path: '/v2/chat',
  body: {
    model: 'command-a-03-2025',
    messages: [{ role: 'system', content: 'Be brief.' }, user],
    stream: true,
  },
  whole: { stream: false },
  reasoning: true,
  tools: true,
  usage: true,
  citation: { start: 0, end: 2, text: 'He', sources: [{ type: 'document', id: 'doc:0' }] },
  finishReasons: ['stop', 'length', 'tool-calls', 'STOP_SEQUENCE', 'ERROR'],
  conversation: {
    model: 'command-a-03-2025',
    messages: [
      { role: 'system', content: 'Be brief.' },
      user,
      {
        role: 'assistant',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: '21 degrees' },
    ],
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: {} } }],
  },
  terminator: '[DONE]',
  refused: {
    'no messages': { model: 'm' },
    'no model': { messages: [user] },
    'no message at all': { model: 'm', messages: [] },
    'an unknown role': { model: 'm', messages: [{ role: 'robot', content: 'hello' }] },
    'a stream that is no boolean': { model: 'm', messages: [user], stream: 'yes' },
  },
})

conformance(cohereV1, {
  path: '/v1/chat',
  body: { message: 'hello', preamble: 'Be brief.', stream: true },
  whole: { stream: false },
  tools: true,
  callValues: true,
  callIds: false,
  usage: true,
  citation: { start: 0, end: 2, text: 'He', document_ids: ['doc_0'] },
  finishReasons: ['stop', 'length', 'content-filter'],
  conversation: {
    preamble: 'Be brief.',
    message: 'hello',
    tools: [{ name: 'get_weather', description: 'Tells the weather.' }],
    tool_results: [
      { call: { name: 'get_weather', parameters: {} }, outputs: [{ weather: '21 degrees' }] },
    ],
  },
  refused: {
    'no message': { model: 'm' },
    'an empty message': { message: '' },
    'a history with unknown roles': {
      message: 'hello',
      chat_history: [{ role: 'user', message: 'hi' }],
    },
  },
})
