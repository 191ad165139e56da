/**
 * OpenAI's own Chat Completions, of which all others are variants. Pairs of type and code as recorded
 * or as the SDK reads them; the messages are our own words where the vendor's were not recorded.
 * Source: the API reference of OpenAI, recorded streams, and the openai SDK for Node 6.49.
 */
import type { ApiErrorCode } from '../../core/api-error.ts'
import type { ChatVariant, ErrorWords } from './variant.ts'

const invalid = 'invalid_request_error'
const failed = 'server_error'

export const openAiErrorWords = {
  'invalid-request': { type: invalid, code: 'invalid_value', message: 'The request is invalid.' },
  'context-length': {
    type: invalid,
    code: 'context_length_exceeded',
    message: 'The messages are longer than the context of this model.',
  },
  'content-filter': {
    type: invalid,
    code: 'content_policy_violation',
    message: 'The request was refused by the safety system.',
  },
  unauthorized: { type: invalid, code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  forbidden: {
    type: invalid,
    code: 'forbidden',
    message: 'This key has no access to the requested resource.',
  },
  'not-found': { type: invalid, code: 'not_found', message: 'The resource was not found.' },
  'model-not-found': {
    type: invalid,
    code: 'model_not_found',
    message: 'The model does not exist or you do not have access to it.',
  },
  'method-not-allowed': {
    type: invalid,
    code: 'method_not_supported',
    message: 'This method is not allowed here.',
  },
  timeout: { type: failed, code: null, message: 'The request timed out.' },
  conflict: { type: invalid, code: 'conflict', message: 'The resource was changed meanwhile.' },
  'too-large': { type: invalid, code: null, message: 'The request is too large.' },
  unprocessable: { type: invalid, code: null, message: 'The request could not be processed.' },
  'rate-limited': {
    type: 'requests',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for requests.',
    retryAfterMs: 1000,
  },
  'quota-exceeded': {
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'You exceeded your current quota.',
  },
  'server-error': {
    type: failed,
    code: null,
    message: 'The server had an error while processing your request.',
  },
  'bad-gateway': { type: failed, code: null, message: 'Bad gateway.' },
  unavailable: { type: failed, code: null, message: 'The service is unavailable for the moment.' },
  overloaded: {
    type: failed,
    code: null,
    message: 'The engine is currently overloaded, please try again later.',
  },
} as const satisfies Readonly<Record<ApiErrorCode, ErrorWords>>

const head = {
  id: '{{ id }}',
  object: 'chat.completion.chunk',
  created: '{{ created }}',
  model: '{{ model }}',
  service_tier: 'default',
  system_fingerprint: '{{ fingerprint }}',
}

export const callArguments = {
  tool_calls: [{ index: '{{ index }}', function: { arguments: '{{ text }}' } }],
}

export const openAi: ChatVariant = {
  name: 'openai-chat',
  title: 'OpenAI Chat Completions',
  bases: ['/v1'],
  ownFields: [],
  offers: ['models', 'embeddings', 'moderations'],
  environment: ['OPENAI_BASE_URL={{ base }}/v1', 'OPENAI_API_KEY=none'],
  models: ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini', 'o3', 'o4-mini'],
  ids: {
    reply: 'chatcmpl-{{ alnum 29 }}',
    call: 'call_{{ alnum 24 }}',
    fingerprint: 'fp_{{ hex 10 }}',
  },
  usageRule: 'option',
  usage: {
    prompt_tokens: '{{ input }}',
    completion_tokens: '{{ output }}',
    total_tokens: '{{ total }}',
    prompt_tokens_details: { cached_tokens: '{{ cached }}', audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: '{{ reasoning }}',
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  call: {
    index: '{{ index }}',
    id: '{{ id }}',
    type: 'function',
    function: { name: '{{ name }}', arguments: '' },
  },
  wholeCall: {
    id: '{{ id }}',
    type: 'function',
    function: { name: '{{ name }}', arguments: '{{ arguments }}' },
  },
  stream: {
    chunk: {
      every: {
        ...head,
        choices: '{{ choices }}',
        usage: '{{ usage? }}',
        obfuscation: '{{ obfuscation? }}',
      },
    },
    usageChunk: {
      ...head,
      choices: [],
      usage: '{{ usage }}',
      obfuscation: '{{ obfuscation? }}',
    },
    choice: {
      every: {
        index: '{{ index }}',
        delta: '{{ delta }}',
        logprobs: '{{ logprobs }}',
        finish_reason: '{{ finish }}',
      },
    },
    deltas: {
      open: { role: 'assistant', content: '', refusal: null },
      openWithCall: {
        role: 'assistant',
        content: null,
        tool_calls: ['{{ call }}'],
        refusal: null,
      },
      text: { content: '{{ text }}' },
      // The service itself keeps its thoughts; compatible ones say them so.
      reasoning: { reasoning_content: '{{ text }}' },
      refusal: { refusal: '{{ text }}' },
      call: { tool_calls: ['{{ call }}'] },
      callArguments,
      finish: {},
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
      choices: '{{ choices }}',
      usage: '{{ usage? }}',
      service_tier: 'default',
      system_fingerprint: '{{ fingerprint }}',
    },
    choice: {
      index: '{{ index }}',
      message: '{{ message }}',
      logprobs: '{{ logprobs }}',
      finish_reason: '{{ finish }}',
    },
    message: {
      role: 'assistant',
      content: '{{ content }}',
      reasoning_content: '{{ reasoning? }}',
      tool_calls: '{{ calls? }}',
      refusal: '{{ refusal }}',
      annotations: [],
    },
  },
  errors: {
    body: {
      error: {
        message: '{{ message }}',
        type: '{{ type }}',
        param: '{{ param }}',
        code: '{{ code }}',
      },
    },
    words: openAiErrorWords,
    noModel: "The model '{{ model }}' does not exist or you do not have access to it.",
    indent: 2,
  },
  headers: [
    ['openai-organization', 'org-{{ alnum 24 }}'],
    ['openai-version', '2020-10-01'],
    ['x-request-id', 'req_{{ hex 32 }}'],
    ['openai-processing-ms', '{{ int 70 855 }}'],
  ],
  rateLimits: { requests: 10_000, tokens: 2_000_000, resets: 'duration' },
  keptHeaders: ['openai-project'],
}
