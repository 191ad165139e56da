import { bedrockConverse } from '../../../src/dialects/bedrock/converse.ts'
import { bedrockInvoke } from '../../../src/dialects/bedrock/invoke.ts'
import { conformance } from '../conformance.ts'

const user = { role: 'user', content: [{ text: 'hello' }] }

const called = {
  system: [{ text: 'Be brief.' }],
  messages: [
    user,
    {
      role: 'assistant',
      content: [{ toolUse: { toolUseId: 't1', name: 'get_weather', input: {} } }],
    },
    {
      role: 'user',
      content: [{ toolResult: { toolUseId: 't1', content: [{ text: '21 degrees' }] } }],
    },
  ],
  toolConfig: { tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: {} } } }] },
}

conformance(bedrockConverse, {
  path: '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse-stream',
  params: { modelId: 'anthropic.claude-3-haiku-20240307-v1:0' },
  body: { system: [{ text: 'Be brief.' }], messages: [user], inferenceConfig: { maxTokens: 9 } },
  whole: {},
  wholeAt: { path: '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse' },
  usage: true,
  callValues: true,
  reasoning: true,
  tools: true,
  conversation: called,
  finishReasons: ['stop', 'length', 'tool-calls', 'content-filter'],
  refused: {
    'no messages': {},
    'messages that are no list': { messages: 'hello' },
    'no message at all': { messages: [] },
    'an unknown role': { messages: [{ role: 'robot', content: [{ text: 'hello' }] }] },
    'a content that is a string': { messages: [{ role: 'user', content: 'hello' }] },
    'a block of no known kind': { messages: [{ role: 'user', content: [{ word: 'hello' }] }] },
    'a blank text': { messages: [{ role: 'user', content: [{ text: ' ' }] }] },
    'a first message of the assistant': { messages: [{ ...user, role: 'assistant' }] },
    'two messages of the user in turn': { messages: [user, user] },
    'half a token': { messages: [user], inferenceConfig: { maxTokens: 1.5 } },
  },
})

const invoke = (modelId: string) => ({
  path: `/model/${encodeURIComponent(modelId)}/invoke-with-response-stream`,
  params: { modelId },
  whole: {},
  wholeAt: { path: `/model/${encodeURIComponent(modelId)}/invoke` },
  usage: true,
  callValues: true,
})

const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9 }

conformance(bedrockInvoke, {
  ...invoke('anthropic.claude-3-haiku-20240307-v1:0'),
  body: { ...claude, messages: [{ role: 'user', content: 'hello' }] },
  reasoning: true,
  tools: true,
  conversation: {
    ...claude,
    system: 'Be brief.',
    messages: [
      { role: 'user', content: 'hello' },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 't1', name: 'get_weather', input: {} }],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 't1', content: '21 degrees' }],
      },
    ],
    tools: [{ name: 'get_weather', input_schema: { type: 'object' } }],
  },
  finishReasons: ['stop', 'length', 'tool-calls', 'content-filter'],
  refused: {
    'no version': { max_tokens: 9, messages: [{ role: 'user', content: 'hello' }] },
    'no messages': claude,
    'no limit of tokens': {
      anthropic_version: 'bedrock-2023-05-31',
      messages: [{ role: 'user', content: 'hello' }],
    },
    'a model in the body': {
      ...claude,
      model: 'claude',
      messages: [{ role: 'user', content: 'hello' }],
    },
    'an unknown role': { ...claude, messages: [{ role: 'robot', content: 'hello' }] },
  },
})

conformance(bedrockInvoke, {
  ...invoke('us.amazon.nova-lite-v1:0'),
  body: { schemaVersion: 'messages-v1', messages: [user] },
  reasoning: true,
  tools: true,
  conversation: { schemaVersion: 'messages-v1', ...called },
  finishReasons: ['stop', 'length', 'tool-calls', 'content-filter'],
  refused: { 'no messages': {}, 'a content that is a string': { messages: [{ content: 'hi' }] } },
})

conformance(bedrockInvoke, {
  ...invoke('amazon.titan-text-express-v1'),
  body: { inputText: 'hello', textGenerationConfig: { maxTokenCount: 9 } },
  finishReasons: ['stop', 'length', 'content-filter'],
  refused: {
    'no text': {},
    'a text that is a number': { inputText: 7 },
    'a temperature in words': { inputText: 'hi', textGenerationConfig: { temperature: 'warm' } },
  },
})
