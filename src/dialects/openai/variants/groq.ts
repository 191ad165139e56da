/**
 * Groq: whole calls, times in the usage, and errors inside a stream as events of their own.
 * Source: recorded streams; the groq-sdk 1.6.
 */
import { openAi } from '../openai.ts'
import type { ChatVariant } from '../variant.ts'
import { fingerprint, head, wholeCall, wholeChoice, wholeHead, wordsBy } from './parts.ts'

const invalid = 'invalid_request_error'
const { choice, deltas } = openAi.stream

const groqHead = { ...head, ...fingerprint, choices: '{{ choices }}' }

export const groq: ChatVariant = {
  name: 'groq',
  title: 'Groq',
  bases: ['/openai/v1'],
  offers: ['models'],
  environment: ['GROQ_BASE_URL={{ base }}', 'GROQ_API_KEY=none'],
  marks: { agent: /^Groq\//, host: /(?:^|\.)groq\.com$/ },
  models: ['llama-3.3-70b-versatile', 'llama-3.1-8b-instant', 'openai/gpt-oss-120b'],
  ids: {
    reply: 'chatcmpl-{{ uuid }}',
    call: '{{ base32 9 }}',
    request: 'req_01{{ base32 24 }}',
    fingerprint: 'fp_{{ hex 10 }}',
  },
  usageRule: 'finish',
  usage: {
    queue_time: '{{ queueSeconds }}',
    prompt_tokens: '{{ input }}',
    prompt_time: '{{ inputSeconds }}',
    completion_tokens: '{{ output }}',
    completion_time: '{{ outputSeconds }}',
    total_tokens: '{{ total }}',
    total_time: '{{ seconds }}',
    completion_tokens_details: '{{ reasoningDetails? }}',
  },
  call: { ...wholeCall, index: '{{ index }}' },
  wholeCall,
  stream: {
    chunk: {
      every: groqHead,
      open: { ...groqHead, x_groq: { id: '{{ requestId }}', seed: '{{ seed }}' } },
      finish: {
        ...groqHead,
        x_groq: { id: '{{ requestId }}', usage: '{{ usage? }}' },
        usage: '{{ askedUsage? }}',
      },
    },
    choice,
    deltas: {
      open: { role: 'assistant', content: '' },
      openForCall: { role: 'assistant', content: null },
      text: deltas.text,
      reasoning: { reasoning: '{{ text }}' },
      call: deltas.call,
      finish: {},
    },
    terminator: '[DONE]',
  },
  whole: {
    reply: {
      ...wholeHead,
      choices: '{{ choices }}',
      usage: '{{ usage? }}',
      usage_breakdown: null,
      ...fingerprint,
      x_groq: { id: '{{ requestId }}', seed: '{{ seed }}' },
      service_tier: 'on_demand',
    },
    choice: wholeChoice,
    message: {
      role: 'assistant',
      content: '{{ content? }}',
      reasoning: '{{ reasoning? }}',
      tool_calls: '{{ calls? }}',
    },
  },
  errors: {
    body: {
      error: {
        message: '{{ message }}',
        type: '{{ type }}',
        param: '{{ param? }}',
        code: '{{ code? }}',
      },
    },
    noModel: 'The model `{{ model }}` does not exist or you do not have access to it.',
    words: wordsBy((status) => ({ type: status < 500 ? invalid : 'internal_server_error' }), {
      'context-length': { code: 'context_length_exceeded' },
      unauthorized: { code: 'invalid_api_key', message: 'Invalid API Key' },
      'not-found': { code: 'unknown_url', message: 'Unknown request URL.' },
      'model-not-found': { code: 'model_not_found' },
      'too-large': { type: 'tokens', code: 'rate_limit_exceeded' },
      'rate-limited': { type: 'tokens', code: 'rate_limit_exceeded', retryAfterMs: 1000 },
      'quota-exceeded': { type: 'requests', code: 'rate_limit_exceeded' },
      'server-error': { message: 'Internal Server Error' },
      unavailable: { message: 'Service Unavailable' },
    }),
    inStream: {
      event: 'error',
      data: {
        error: {
          message: '{{ message }}',
          type: '{{ type }}',
          code: '{{ code? }}',
          status_code: '{{ status }}',
        },
      },
    },
  },
  headers: [
    ['vary', 'Origin'],
    ['x-groq-region', 'me-central-1'],
    ['x-request-id', '{{ requestId }}'],
  ],
  rateLimits: { requests: 14_400, requestsPerMs: 86_400_000, tokens: 6_000, resets: 'duration' },
}
