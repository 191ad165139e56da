import type { Dialect } from '../../../src/core/dialect.ts'
import { azureResponses } from '../../../src/dialects/openai/azure-responses.ts'
import { openAiChat } from '../../../src/dialects/openai/chat.ts'
import { azureCompletions, openAiCompletions } from '../../../src/dialects/openai/completions.ts'
import { compatibleDialects } from '../../../src/dialects/openai/variants.ts'
import { conformance } from '../conformance.ts'
import type { Traits } from '../traits.ts'

const user = { role: 'user', content: 'hello' }
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: {} } }]
const called = {
  id: 'call_1',
  type: 'function',
  function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
}

const chat: Traits = {
  path: '/v1/chat/completions',
  body: { model: 'm', messages: [user], stream: true, stream_options: { include_usage: true } },
  whole: { stream: false, stream_options: null },
  reasoning: true,
  tools: true,
  usage: true,
  finishReasons: ['stop', 'length', 'tool-calls', 'content-filter'],
  terminator: '[DONE]',
  conversation: {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      user,
      { role: 'assistant', content: null, tool_calls: [called] },
      { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' },
    ],
    tools,
  },
  refused: {
    'no model': { messages: [user] },
    'no messages': { model: 'm' },
    'no message at all': { model: 'm', messages: [] },
    'an unknown role': { model: 'm', messages: [{ role: 'robot', content: 'hello' }] },
    'a content that is a number': { model: 'm', messages: [{ ...user, content: 7 }] },
    'options without a stream': { model: 'm', messages: [user], stream_options: {} },
  },
}

const { 'no model': _, ...refusedWithDeployment } = chat.refused

/** What each can say differently from the others. */
const traits: Readonly<Record<string, Partial<Traits>>> = {
  'azure-openai': {
    path: '/openai/deployments/d/chat/completions',
    params: { deployment: 'd' },
    query: 'api-version=2024-10-21',
    headers: [['api-key', 'none']],
    refusal: true,
    refused: refusedWithDeployment,
  },
  groq: { path: '/openai/v1/chat/completions' },
  deepseek: { path: '/chat/completions', errorContentType: /^application\/octet-stream/ },
  openrouter: {
    path: '/api/v1/chat/completions',
    refusal: true,
    terminatorAfterError: true,
  },
  xai: { refusal: true },
  vllm: { terminatorAfterError: true },
  perplexity: {
    path: '/chat/completions',
    reasoning: false,
    citation: 'https://example.com/source',
  },
}

/** An optional trait cannot be taken back by undefined. */
function traitsOf({ name }: Dialect): Traits {
  const all = { ...chat, ...traits[name] }
  const { terminator: _none, ...endless } = all
  return name === 'perplexity' ? endless : all
}

conformance(openAiChat, { ...chat, refusal: true })
for (const dialect of compatibleDialects) conformance(dialect, traitsOf(dialect))

const completions: Traits = {
  path: '/v1/completions',
  body: { model: 'm', prompt: 'hello', stream: true, stream_options: { include_usage: true } },
  whole: { stream: false, stream_options: null },
  usage: true,
  finishReasons: ['stop', 'length', 'content-filter'],
  terminator: '[DONE]',
  conversation: 'none',
  refused: {
    'no model': { prompt: 'hello' },
    'a prompt that is an object': { model: 'm', prompt: {} },
    'no prompt among none': { model: 'm', prompt: [] },
    'half an answer': { model: 'm', prompt: 'hello', n: 0.5 },
  },
}

conformance(azureResponses, {
  path: '/openai/v1/responses',
  body: { model: 'm', input: [user], stream: true },
  whole: { stream: false },
  reasoning: true,
  refusal: true,
  tools: true,
  usage: true,
  // A response is completed whether it says or calls something.
  finishReasons: ['length', 'content-filter'],
  conversation: {
    model: 'm',
    instructions: 'Be brief.',
    input: [
      user,
      { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '21 degrees' },
    ],
    tools: [{ type: 'function', name: 'get_weather', parameters: {} }],
  },
  refused: { 'no model': { input: 'hello' }, 'no input': { model: 'm' } },
})

conformance(openAiCompletions, completions)
conformance(azureCompletions, completions)
