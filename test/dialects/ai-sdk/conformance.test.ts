import { aiSdkData } from '../../../src/dialects/ai-sdk/data-stream.ts'
import { aiSdkText } from '../../../src/dialects/ai-sdk/text-stream.ts'
import { aiSdk } from '../../../src/dialects/ai-sdk/ui-message.ts'
import { conformance } from '../conformance.ts'

const path = '/api/chat'
const parts = [{ type: 'text', text: 'hello' }]
const user = { id: 'u1', role: 'user', parts }
const earlier = { id: 'u1', role: 'user', content: 'hello' }

const refused = {
  'no messages': { id: 'c1' },
  'no message at all': { messages: [] },
  'messages that are a text': { messages: 'hello' },
  'a message that is a text': { messages: ['hello'] },
  'an id that is a number': { id: 7, messages: [{ ...user, content: 'hello' }] },
}

conformance(aiSdk, {
  path,
  body: { id: 'c1', messages: [user], trigger: 'submit-message' },
  reasoning: true,
  tools: true,
  messagesOnly: true,
  conversation: {
    id: 'c1',
    messages: [
      user,
      {
        id: 'a1',
        role: 'assistant',
        parts: [
          { type: 'step-start' },
          {
            type: 'tool-get_weather',
            toolCallId: 't1',
            state: 'output-available',
            input: {},
            output: '21 degrees',
          },
        ],
      },
    ],
  },
  citation: { sourceId: 's1', url: 'https://example.com/', title: 'An example' },
  finishReasons: ['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other'],
  terminator: '[DONE]',
  terminatorAfterError: true,
  refused: {
    ...refused,
    'an unknown role': { messages: [{ ...user, role: 'data' }] },
    'a message of the version before': { messages: [earlier] },
    'no part at all': { messages: [{ ...user, parts: [] }] },
    'a part without a type': { messages: [{ ...user, parts: [{ text: 'hello' }] }] },
    'a text part without a text': { messages: [{ ...user, parts: [{ type: 'text' }] }] },
  },
})

conformance(aiSdkData, {
  path,
  body: { id: 'c1', messages: [earlier] },
  reasoning: true,
  tools: true,
  usage: true,
  messagesOnly: true,
  conversation: {
    id: 'c1',
    messages: [
      earlier,
      {
        id: 'a1',
        role: 'assistant',
        content: '',
        toolInvocations: [
          {
            state: 'result',
            toolCallId: 't1',
            toolName: 'get_weather',
            args: {},
            result: '21 degrees',
          },
        ],
      },
    ],
  },
  citation: { sourceType: 'url', id: 's1', url: 'https://example.com/', title: 'An example' },
  finishReasons: ['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other', 'unknown'],
  refused: {
    ...refused,
    'an unknown role': { messages: [{ ...earlier, role: 'robot' }] },
    'a message of the version after': { messages: [user] },
  },
})

conformance(aiSdkText, {
  path,
  body: { id: 'c1', messages: [earlier] },
  finishReasons: ['stop'],
  textOnly: true,
  unknown: 'none',
  refused,
})
