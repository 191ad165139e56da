/**
 * vLLM: names of Python's exceptions, and nulls for what was not asked for.
 * Source: recorded streams.
 */
import { callArguments, openAi } from '../openai.ts'
import type { ChatVariant, ErrorWords } from '../variant.ts'
import { ending, head, indexed, wholeCall, wholeChoice, wholeHead, wordsBy } from './parts.ts'

const { deltas } = openAi.stream

const vllmHead = { ...head, choices: '{{ choices }}' }

const vllmTypes: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  422: 'UnprocessableEntityError',
  429: 'RateLimitError',
  501: 'NotImplementedError',
  503: 'ServiceUnavailableError',
}

const vllmWords = (status: number): ErrorWords => ({
  type: vllmTypes[status] ?? (status < 500 ? 'BadRequestError' : 'InternalServerError'),
  code: status,
})

export const vllm: ChatVariant = {
  name: 'vllm',
  title: 'vLLM',
  bases: ['/v1'],
  offers: ['models', 'embeddings'],
  models: ['Qwen/Qwen3-32B'],
  ids: {
    reply: 'chatcmpl-{{ hex 16 }}',
    call: 'chatcmpl-tool-{{ hex 16 }}',
    fingerprint: '',
  },
  usageRule: 'option',
  usage: {
    prompt_tokens: '{{ input }}',
    total_tokens: '{{ total }}',
    completion_tokens: '{{ output }}',
    prompt_tokens_details: '{{ cachedDetails? }}',
  },
  call: {
    id: '{{ id }}',
    type: 'function',
    index: '{{ index }}',
    function: { name: '{{ name }}' },
  },
  wholeCall,
  stream: {
    chunk: { every: vllmHead, open: { ...vllmHead, prompt_token_ids: null } },
    usageChunk: { ...head, choices: [], usage: '{{ usage }}' },
    choice: {
      every: { ...indexed, ...ending, token_ids: null },
      open: { ...indexed, ...ending },
      finish: { ...indexed, ...ending, stop_reason: null, token_ids: null },
    },
    deltas: {
      open: { role: 'assistant', content: '' },
      text: deltas.text,
      reasoning: { reasoning: '{{ text }}' },
      call: deltas.call,
      callArguments,
      finish: { content: '' },
    },
    terminator: '[DONE]',
    contentType: 'text/event-stream; charset=utf-8',
  },
  whole: {
    reply: {
      ...wholeHead,
      choices: '{{ choices }}',
      service_tier: null,
      system_fingerprint: null,
      usage: '{{ usage? }}',
      prompt_logprobs: null,
      prompt_token_ids: null,
      kv_transfer_params: null,
    },
    choice: { ...wholeChoice, stop_reason: null, token_ids: null },
    message: {
      role: 'assistant',
      content: '{{ content }}',
      refusal: null,
      annotations: null,
      audio: null,
      function_call: null,
      tool_calls: '{{ callList }}',
      reasoning: '{{ reasoning }}',
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
    noModel: 'The model `{{ model }}` does not exist.',
    words: wordsBy(vllmWords, {
      unauthorized: { message: 'Unauthorized', body: { error: '{{ message }}' } },
      'not-found': { message: 'Not Found', body: { detail: '{{ message }}' } },
      'method-not-allowed': { message: 'Method Not Allowed', body: { detail: '{{ message }}' } },
    }),
    inStream: { terminator: true },
  },
  headers: [['x-request-id', '{{ hex 32 }}']],
}
