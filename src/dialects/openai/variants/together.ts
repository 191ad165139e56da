/**
 * Together: the text beside its delta, a number for each token, and the usage in the chunk that
 * finishes. Source: recorded streams.
 */
import { openAi } from '../openai.ts'
import type { ChatVariant } from '../variant.ts'
import { ending, plainUsage, wholeCall, wordsBy } from './parts.ts'

const invalid = 'invalid_request_error'

const says = (token: string | number, more: object) => ({
  token_id: token,
  role: 'assistant',
  content: '',
  tool_calls: null,
  ...more,
})

const choice = { index: '{{ index }}', text: '{{ text }}', ...ending, seed: null }

export const together: ChatVariant = {
  name: 'together',
  title: 'Together',
  bases: ['/v1'],
  offers: ['models', 'embeddings'],
  marks: { agent: /^Together\//, host: /(?:^|\.)together\.(?:ai|xyz)$/ },
  models: ['meta-llama/Llama-3.3-70B-Instruct-Turbo', 'Qwen/Qwen3-235B-A22B-Instruct-2507'],
  ids: { ...openAi.ids, reply: '{{ alnum 7 }}-{{ alnum 6 }}-{{ hex 16 }}' },
  usageRule: 'finish',
  usage: { ...plainUsage, cached_tokens: '{{ cached }}' },
  stream: {
    chunk: {
      every: {
        id: '{{ id }}',
        object: 'chat.completion.chunk',
        created: '{{ created }}',
        choices: '{{ choices }}',
        model: '{{ model }}',
        usage: '{{ usage }}',
      },
    },
    choice: {
      every: { ...choice, delta: '{{ delta }}' },
      finish: { ...choice, seed: '{{ seed }}', delta: '{{ delta }}' },
    },
    deltas: {
      text: says('{{ token }}', { content: '{{ text }}' }),
      reasoning: says('{{ token }}', { reasoning: '{{ text }}' }),
      call: says(0, { tool_calls: ['{{ call }}'] }),
      callArguments: says(0, {
        tool_calls: [{ index: '{{ index }}', function: { arguments: '{{ text }}' } }],
      }),
      finish: says(128_009, {}),
    },
    terminator: '[DONE]',
    contentType: 'text/event-stream; charset=utf-8',
  },
  whole: {
    reply: {
      id: '{{ id }}',
      object: 'chat.completion',
      created: '{{ created }}',
      model: '{{ model }}',
      prompt: [],
      choices: '{{ choices }}',
      usage: '{{ usage? }}',
    },
    choice: {
      finish_reason: '{{ finish }}',
      seed: '{{ seed }}',
      logprobs: '{{ logprobs }}',
      index: '{{ index }}',
      message: '{{ message }}',
    },
    message: {
      role: 'assistant',
      content: '{{ text }}',
      tool_calls: '{{ callList }}',
      reasoning: '{{ reasoning? }}',
    },
  },
  call: openAi.call,
  wholeCall: { index: '{{ index }}', ...wholeCall },
  errors: {
    body: openAi.errors.body,
    noModel: 'Unable to access model {{ model }}.',
    words: wordsBy((status) => ({ type: status < 500 ? invalid : 'server_error', code: null }), {
      unauthorized: { code: 'invalid_api_key', message: 'Invalid API key provided.' },
      'model-not-found': { code: 'model_not_available' },
      'rate-limited': { type: 'rate_limit', code: 'rate_limit_exceeded' },
      'quota-exceeded': { status: 402, type: 'credit_limit', code: 'credit_limit_exceeded' },
      'context-length': { code: 'context_length_exceeded' },
    }),
  },
  headers: [['x-request-id', '{{ alnum 7 }}-{{ alnum 6 }}']],
}
