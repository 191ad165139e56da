import { gemini, vertex } from '../../../src/dialects/google/google.ts'
import { conformance, type Traits } from '../conformance.ts'

const user = { role: 'user', parts: [{ text: 'hello' }] }
const generation = (generationConfig: unknown) => ({ contents: [user], generationConfig })

const traits: Traits = {
  path: '/v1beta/models/gemini-3-flash-preview:streamGenerateContent',
  query: 'alt=sse',
  params: { model: 'gemini-3-flash-preview' },
  body: { systemInstruction: { parts: [{ text: 'Be brief.' }] }, contents: [user] },
  whole: {},
  wholeAt: { path: '/v1beta/models/gemini-3-flash-preview:generateContent', query: '' },
  reasoning: true,
  tools: true,
  callValues: true,
  usage: true,
  citation: { startIndex: 0, endIndex: 5, uri: 'https://example.com/' },
  finishReasons: ['stop', 'length', 'RECITATION', 'MALFORMED_FUNCTION_CALL'],
  conversation: {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [
      user,
      { role: 'model', parts: [{ functionCall: { name: 'get_weather', args: {} } }] },
      {
        role: 'user',
        parts: [{ functionResponse: { name: 'get_weather', response: { output: '21 degrees' } } }],
      },
    ],
    tools: [{ functionDeclarations: [{ name: 'get_weather' }] }],
  },
  refused: {
    'no contents': {},
    'contents that are text': { contents: 'hello' },
    'an unknown name': { contents: [user], messages: [] },
    'a content of another vendor': { contents: [{ role: 'user', content: 'hello' }] },
    'a part of another vendor': { contents: [{ parts: [{ type: 'text', text: 'hello' }] }] },
    'a role of another vendor': { contents: [{ ...user, role: 'assistant' }] },
    'a content without parts': { contents: [{ role: 'user' }] },
    'a part without data': { contents: [{ parts: [{ thought: true }] }] },
    'a text that is a number': { contents: [{ parts: [{ text: 7 }] }] },
    'two system instructions': { contents: [user], systemInstruction: [user] },
    'a temperature in words': generation({ temperature: 'warm' }),
    'a temperature that is too high': generation({ temperature: 3 }),
    'no token at all': generation({ maxOutputTokens: 0 }),
    'half a token': generation({ maxOutputTokens: 1.5 }),
    'too many candidates': generation({ candidateCount: 9 }),
    'an unknown setting': generation({ max_tokens: 5 }),
    'a function without a name': { contents: [user], tools: [{ functionDeclarations: [{}] }] },
  },
}

/** With server-sent events, and as an array. */
conformance(gemini, traits)
conformance(gemini, { ...traits, query: '' })

const onVertex: Traits = {
  ...traits,
  path: '/v1/projects/p/locations/l/publishers/google/models/gemini-3.8-flash:streamGenerateContent',
  params: { project: 'p', location: 'l', model: 'gemini-3.8-flash' },
  wholeAt: {
    path: '/v1/projects/p/locations/l/publishers/google/models/gemini-3.8-flash:generateContent',
  },
}

conformance(vertex, onVertex)
conformance(vertex, { ...onVertex, query: 'alt=json' })
