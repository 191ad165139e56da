/**
 * xAI: no chunk that only opens, and reasoning counted beside the completion.
 * Source: recorded streams.
 */
import { openAi } from '../openai.ts'
import type { ChatVariant } from '../variant.ts'
import { fingerprint, head, indexed, wholeHead, wordsBy } from './parts.ts'

const xaiHead = { ...head, choices: '{{ choices }}' }
const xaiSays = (field: string) => ({ [field]: '{{ text }}', role: '{{ role? }}' })

/** The words of gRPC, in which the service thinks. */
const xaiCodes: Readonly<Record<number, string>> = {
  401: 'The request does not have valid authentication credentials',
  403: 'The caller does not have permission to execute the specified operation',
  404: 'Some requested entity was not found',
  429: 'Some resource has been exhausted',
  500: 'Internal error',
  503: 'The service is currently unavailable',
}

export const xai: ChatVariant = {
  name: 'xai',
  title: 'xAI',
  bases: ['/v1'],
  offers: ['models'],
  marks: { host: /(?:^|\.)x\.ai$/, models: ['grok-'] },
  models: ['grok-4', 'grok-3-mini'],
  ids: { ...openAi.ids, reply: '{{ uuid }}', call: 'call_{{ digits 8 }}' },
  usageRule: 'option',
  usage: {
    prompt_tokens: '{{ input }}',
    completion_tokens: '{{ spoken }}',
    total_tokens: '{{ total }}',
    prompt_tokens_details: {
      text_tokens: '{{ input }}',
      audio_tokens: 0,
      image_tokens: 0,
      cached_tokens: '{{ cached }}',
    },
    completion_tokens_details: {
      reasoning_tokens: '{{ reasoning }}',
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    num_sources_used: 0,
  },
  call: {
    id: '{{ id }}',
    function: { name: '{{ name }}', arguments: '{{ arguments }}' },
    index: '{{ index }}',
    type: 'function',
  },
  wholeCall: {
    id: '{{ id }}',
    function: { name: '{{ name }}', arguments: '{{ arguments }}' },
    type: 'function',
  },
  stream: {
    chunk: { every: { ...xaiHead, ...fingerprint } },
    usageChunk: { ...head, choices: [], usage: '{{ usage }}', ...fingerprint },
    choice: { every: { ...indexed, finish_reason: '{{ finish? }}' } },
    deltas: {
      text: xaiSays('content'),
      reasoning: xaiSays('reasoning_content'),
      refusal: xaiSays('refusal'),
      call: { tool_calls: ['{{ call }}'], role: '{{ role? }}' },
      finish: {},
    },
    terminator: '[DONE]',
  },
  whole: {
    reply: { ...wholeHead, choices: '{{ choices }}', usage: '{{ usage? }}', ...fingerprint },
    choice: { index: '{{ index }}', message: '{{ message }}', finish_reason: '{{ finish }}' },
    message: {
      role: 'assistant',
      content: '{{ text }}',
      reasoning_content: '{{ reasoning? }}',
      tool_calls: '{{ calls? }}',
      refusal: '{{ refusal }}',
    },
  },
  errors: {
    body: { code: '{{ code }}', error: '{{ message }}' },
    noModel: 'The model {{ model }} does not exist or your team does not have access to it.',
    words: wordsBy((status) => ({
      code: xaiCodes[status] ?? 'Client specified an invalid argument',
    })),
  },
  headers: [['x-request-id', '{{ uuid }}']],
  rateLimits: { requests: 480, tokens: 2_000_000 },
}
