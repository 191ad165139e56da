/**
 * DeepSeek: reasoning beside a content of null, and the usage in the chunk that finishes.
 * Source: recorded streams and errors.
 */
import { callArguments, openAi } from '../openai.ts'
import type { ChatVariant } from '../variant.ts'
import {
  fingerprint,
  head,
  plainUsage,
  wholeCall,
  wholeChoice,
  wholeHead,
  wordsBy,
} from './parts.ts'

const invalid = 'invalid_request_error'
const { choice, deltas } = openAi.stream

const deepseekHead = { ...head, ...fingerprint, choices: '{{ choices }}', usage: '{{ usage }}' }

export const deepseek: ChatVariant = {
  name: 'deepseek',
  title: 'DeepSeek',
  bases: ['', '/v1'],
  offers: ['models'],
  marks: {
    host: /(?:^|\.)deepseek\.com$/,
    models: ['deepseek-chat', 'deepseek-reasoner', 'deepseek-v4-'],
  },
  models: ['deepseek-chat', 'deepseek-reasoner'],
  ids: {
    reply: '{{ uuid }}',
    call: 'call_00_{{ alnum 24 }}',
    fingerprint: 'fp_{{ hex 10 }}_prod0820_fp8_kvcache',
  },
  usageRule: 'finish',
  usage: {
    ...plainUsage,
    prompt_tokens_details: { cached_tokens: '{{ cached }}' },
    completion_tokens_details: '{{ reasoningDetails? }}',
    prompt_cache_hit_tokens: '{{ cached }}',
    prompt_cache_miss_tokens: '{{ uncached }}',
  },
  call: openAi.call,
  wholeCall: { index: '{{ index }}', ...wholeCall },
  stream: {
    chunk: { every: deepseekHead },
    choice,
    deltas: {
      open: { role: 'assistant', content: '' },
      openForReasoning: { role: 'assistant', content: null, reasoning_content: '' },
      text: deltas.text,
      reasoning: { content: null, reasoning_content: '{{ text }}' },
      call: deltas.call,
      callArguments,
      finish: { content: '' },
    },
    heartbeat: { comment: 'keep-alive', everyMs: 10_000 },
    terminator: '[DONE]',
    contentType: 'text/event-stream; charset=utf-8',
  },
  whole: {
    reply: { ...wholeHead, choices: '{{ choices }}', usage: '{{ usage? }}', ...fingerprint },
    choice: wholeChoice,
    message: {
      role: 'assistant',
      content: '{{ text }}',
      reasoning_content: '{{ reasoning? }}',
      tool_calls: '{{ calls? }}',
    },
  },
  errors: {
    body: openAi.errors.body,
    contentType: 'application/octet-stream',
    noModel: 'Model Not Exist',
    words: wordsBy((status) => ({ type: status < 500 ? invalid : 'server_error', code: invalid }), {
      unauthorized: { type: 'authentication_error', message: 'Authentication Fails' },
      'model-not-found': { status: 400, message: 'Model Not Exist' },
      'rate-limited': { type: 'rate_limit_error', message: 'Rate limit reached.' },
      'quota-exceeded': { status: 402, type: 'unknown_error', message: 'Insufficient Balance' },
      overloaded: {
        type: 'service_unavailable_error',
        code: 'service_unavailable_error',
        message: 'Service is too busy.',
      },
    }),
  },
  headers: [['x-ds-trace-id', '{{ hex 32 }}']],
}
