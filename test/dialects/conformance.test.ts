import { conformance, type Traits } from './conformance.ts'
import { dialectOf, shippedDialect } from './shipped.ts'

const user = { role: 'user', content: 'hello' }
const messages = [{ role: 'system', content: 'Be brief.' }, user]

const refusedMessages: Readonly<Record<string, unknown>> = {
  'no messages': {},
  'messages that are no list': { messages: 'hello' },
  'no message at all': { messages: [] },
  'a message that is no object': { messages: ['hello'] },
  'a message without a role': { messages: [{ content: 'hello' }] },
  'an unknown role': { messages: [{ role: 'robot', content: 'hello' }] },
  'a content that is a number': { messages: [user, { role: 'user', content: 7 }] },
}

conformance(shippedDialect('chatapi'), {
  path: '/chatapi',
  body: { messages },
  finishReasons: ['stop'],
  terminator: '[DONE]',
  refused: {
    ...refusedMessages,
    'a message without content': { messages: [{ role: 'user' }] },
    'a name that is no string': { messages: [{ ...user, name: 7 }] },
  },
})

const kernel2: Traits = {
  path: '/api/kernel2/chat',
  body: { messages, metadata: { enable_l0_retrieval: true, role_id: 'r-1' }, stream: true },
  whole: { stream: false },
  finishReasons: ['stop', 'length', 'content-filter'],
  terminator: '[DONE]',
  refused: {
    ...refusedMessages,
    'a stream that is no boolean': { messages, stream: 'yes' },
    'a temperature in words': { messages, temperature: 'warm' },
    'no token at all': { messages, max_tokens: 0 },
    'half a token': { messages, max_tokens: 1.5 },
    'metadata that are a list': { messages, metadata: [] },
    'a retrieval that is no boolean': { messages, metadata: { enable_l0_retrieval: 1 } },
    'a role id that is no string': { messages, metadata: { role_id: 7 } },
  },
}

conformance(shippedDialect('kernel2'), kernel2)
conformance(shippedDialect('kernel2-actual'), { ...kernel2, terminatorAfterError: true })

conformance(shippedDialect('vanus'), {
  path: '/api/v1/demo',
  params: { app: 'demo' },
  headers: [
    ['x-vanusai-model', 'gpt-4'],
    ['x-vanusai-sessionid', '2f1e'],
  ],
  body: { prompt: 'hello', stream: true },
  whole: { stream: false },
  finishReasons: ['stop'],
  refused: {
    'no prompt': { stream: true },
    'a prompt that is no string': { prompt: ['hello'] },
    'a stream that is no boolean': { prompt: 'hello', stream: 'true' },
    'a search that is no boolean': { prompt: 'hello', no_search: 0 },
  },
})

/** A format that uses all that a description can say, in NDJSON and with words of its own. */
const everything = dialectOf(`
name: everything
routes: [{ path: /talk }]
values: { id: 'talk-{{ uuid }}', toolId: 'use_{{ digits 8 }}' }
request:
  body:
    history: { type: array, required: true, is: messages, items: { who: { type: string, is: role }, says: { type: string, is: content } } }
    live: { type: boolean, default: true, is: stream }
  roles: { human: user, bot: assistant }
stream:
  framing: ndjson
  grain: word
  frames:
    start: { data: { kind: begin, id: '{{ id }}', at: '{{ created }}' } }
    text: { data: { kind: say, text: '{{ text }}' } }
    reasoning: { data: { kind: think, text: '{{ text }}' } }
    refusal: { data: { kind: refuse, text: '{{ text }}' } }
    toolStart: { data: { kind: use, call: { id: '{{ toolId }}', n: '{{ index }}', tool: '{{ name }}' } } }
    toolArguments: { data: { kind: input, n: '{{ index }}', json: '{{ arguments }}' } }
    toolEnd: { data: { kind: used, n: '{{ index }}' } }
    finish:
      - { data: { kind: cost, in: '{{ inputTokens }}', out: '{{ outputTokens }}', note: '{{ totalTokens }} in all' } }
      - { data: { kind: done, why: '{{ finish }}' } }
    error: { data: { kind: fault, why: '{{ message }}', code: '{{ code }}' } }
finishReasons: { stop: end, length: too_long }
whole:
  json:
    thought: '{{ reasoning }}'
    text: '{{ text }}'
    refusal: '{{ refusal }}'
    used: '{{ toolCalls }}'
    why: '{{ finish }}'
  toolCall: { id: '{{ toolId }}', tool: '{{ name }}', json: '{{ arguments }}' }
errors: { body: { fault: '{{ message }}', code: '{{ code }}' } }
`)

conformance(everything, {
  path: '/talk',
  body: { history: [{ who: 'human', says: 'hello' }] },
  whole: { live: false },
  reasoning: true,
  refusal: true,
  tools: true,
  finishReasons: ['stop', 'length', 'tool-calls', 'content-filter', 'a word of its own'],
  refused: { 'no history': {}, 'a mouth that says a number': { history: [{ says: 7 }] } },
})
