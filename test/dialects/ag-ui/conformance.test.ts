import { agUi } from '../../../src/dialects/ag-ui/ag-ui.ts'
import { conformance } from '../conformance.ts'

const user = { id: 'm1', role: 'user', content: 'hello' }
const run = { threadId: 't1', runId: 'r1', messages: [user] }

conformance(agUi, {
  path: '/ag-ui',
  body: { ...run, tools: [], context: [], state: {}, forwardedProps: {} },
  reasoning: true,
  tools: true,
  usage: true,
  finishReasons: ['stop', 'tool-calls'],
  conversation: {
    ...run,
    messages: [
      { id: 'm0', role: 'system', content: 'Be brief.' },
      user,
      {
        id: 'm2',
        role: 'assistant',
        toolCalls: [
          { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
        ],
      },
      { id: 'm3', role: 'tool', toolCallId: 'c1', content: '21 degrees' },
    ],
    tools: [{ name: 'get_weather', description: 'Tells the weather.', parameters: {} }],
    context: [],
    state: {},
    forwardedProps: {},
  },
  refused: {
    'no thread': { ...run, threadId: undefined },
    'a thread that is a number': { ...run, threadId: 7 },
    'no run': { ...run, runId: undefined },
    'no messages': { ...run, messages: undefined },
    'messages that are a text': { ...run, messages: 'hello' },
    'a message without an id': { ...run, messages: [{ role: 'user', content: 'hello' }] },
    'an unknown role': { ...run, messages: [{ ...user, role: 'robot' }] },
    'a content that is a number': { ...run, messages: [{ ...user, content: 7 }] },
    'a part of no known type': { ...run, messages: [{ ...user, content: [{ type: 'smell' }] }] },
    'a result of no call': { ...run, messages: [{ ...user, role: 'tool' }] },
    'a tool without a description': { ...run, tools: [{ name: 'get_weather' }] },
    'a context that is a text': { ...run, context: 'the weather' },
    'props that are null': { ...run, forwardedProps: null },
  },
})
