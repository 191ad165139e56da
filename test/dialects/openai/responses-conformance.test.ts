import { openAiResponses, openAiResponsesFlat } from '../../../src/dialects/openai/responses.ts'
import { conformance, type Traits } from '../conformance.ts'
import { ask, path, user } from './responses.ts'

const traits: Traits = {
  path,
  body: ask,
  whole: { stream: false },
  reasoning: true,
  refusal: true,
  tools: true,
  usage: true,
  citation: { type: 'url_citation', url: 'https://example.com', start_index: 0, end_index: 5 },
  conversation: {
    model: 'gpt-4o',
    instructions: 'Be brief.',
    input: [
      { role: 'user', content: 'hello' },
      { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '21 degrees' },
    ],
    tools: [{ type: 'function', name: 'get_weather', parameters: {} }],
  },
  // A response is completed whether it says or calls something; see the tests of the decoder.
  finishReasons: ['length', 'content-filter', 'max_tool_calls'],
  refused: {
    'no model': { input: 'hello' },
    'no input': { model: 'gpt-4o' },
    'an input that is a number': { ...ask, input: 7 },
    'an item of no known type': { ...ask, input: [{ type: 'thought' }] },
    'a message without a role': { ...ask, input: [{ content: 'hello' }] },
    'a message without content': { ...ask, input: [{ role: 'user' }] },
    'a part of no known type': { ...ask, input: [{ ...user, content: [{ type: 'text' }] }] },
    'a field that there is not': { ...ask, messages: [user] },
  },
}

conformance(openAiResponses, traits)
conformance(openAiResponsesFlat, traits)
