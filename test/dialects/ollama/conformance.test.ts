import { ollama } from '../../../src/dialects/ollama/ollama.ts'
import { conformance, type Traits } from '../conformance.ts'

const user = { role: 'user', content: 'hello' }

const refused: Readonly<Record<string, unknown>> = {
  'a stream that is no boolean': { model: 'm', stream: 'yes' },
  'a model that is a number': { model: 7 },
  'no model': {},
}

const chat: Traits = {
  path: '/api/chat',
  body: { model: 'llama3.2', messages: [{ role: 'system', content: 'Be brief.' }, user] },
  whole: { stream: false },
  reasoning: true,
  tools: true,
  callValues: true,
  usage: true,
  finishReasons: ['stop', 'length'],
  conversation: {
    model: 'llama3.2',
    messages: [
      { role: 'system', content: 'Be brief.' },
      user,
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ function: { name: 'get_weather', arguments: {} } }],
      },
      { role: 'tool', tool_name: 'get_weather', content: '21 degrees' },
    ],
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: {} } }],
  },
  refused: {
    ...refused,
    'messages that are no list': { model: 'm', messages: 'hello' },
    'a content that is a list': { model: 'm', messages: [{ role: 'user', content: ['hello'] }] },
  },
}

conformance(ollama, chat)

conformance(ollama, {
  ...chat,
  path: '/api/generate',
  conversation: 'none',
  body: { model: 'llama3.2', prompt: 'hello', system: 'Be brief.' },
  // A model without a name is one that is not found.
  refusedStatuses: [400, 404],
  refused: { ...refused, 'a prompt that is a list': { model: 'm', prompt: ['hello'] } },
})
