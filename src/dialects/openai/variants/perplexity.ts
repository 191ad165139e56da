/**
 * Perplexity: all that was said so far beside each delta, its sources and the usage in every chunk,
 * lines that end in CRLF, and no terminator. Reasoning is part of the text there.
 * Source: recorded streams. It has no tools; calls are written as the others write them.
 */
import { callArguments, openAi } from '../openai.ts'
import type { ChatVariant } from '../variant.ts'
import { plainUsage, wholeCall, wordsBy } from './parts.ts'

const { deltas } = openAi.stream

const chunk = {
  id: '{{ id }}',
  model: '{{ model }}',
  created: '{{ created }}',
  usage: '{{ usage }}',
  citations: '{{ citations }}',
  search_results: '{{ sources }}',
}

export const perplexity: ChatVariant = {
  name: 'perplexity',
  title: 'Perplexity',
  bases: [''],
  offers: [],
  marks: { agent: /^Perplexity\//, host: /(?:^|\.)perplexity\.ai$/, models: ['sonar'] },
  models: ['sonar', 'sonar-pro', 'sonar-reasoning-pro'],
  ids: { ...openAi.ids, reply: '{{ uuid }}' },
  usageRule: 'every',
  usage: { ...plainUsage, search_context_size: 'low' },
  call: openAi.call,
  wholeCall,
  stream: {
    eol: '\r\n',
    chunk: {
      every: { ...chunk, object: 'chat.completion.chunk', choices: '{{ choices }}' },
      finish: { ...chunk, object: 'chat.completion.done', choices: '{{ choices }}' },
    },
    choice: {
      every: {
        index: '{{ index }}',
        finish_reason: '{{ finish }}',
        message: { role: 'assistant', content: '{{ said }}' },
        delta: '{{ delta }}',
      },
    },
    deltas: {
      text: { role: 'assistant', content: '{{ text }}' },
      reasoning: 'think-tags',
      call: deltas.call,
      callArguments,
      finish: { role: 'assistant', content: '' },
    },
  },
  whole: {
    reply: {
      ...chunk,
      usage: '{{ usage? }}',
      object: 'chat.completion',
      choices: '{{ choices }}',
    },
    choice: {
      index: '{{ index }}',
      finish_reason: '{{ finish }}',
      message: '{{ message }}',
      delta: { role: 'assistant', content: '' },
    },
    message: { role: 'assistant', content: '{{ text }}', tool_calls: '{{ calls? }}' },
  },
  errors: {
    body: { error: { message: '{{ message }}', type: '{{ type }}', code: '{{ status }}' } },
    noModel: "Invalid model '{{ model }}'.",
    words: wordsBy((status) => ({ type: status < 500 ? 'bad_request' : 'internal_error' }), {
      unauthorized: { type: 'unauthorized', message: 'Invalid API key.' },
      'model-not-found': { status: 400, type: 'invalid_model' },
      'rate-limited': { type: 'request_rate_limit_exceeded' },
      'quota-exceeded': { status: 401, type: 'insufficient_quota' },
    }),
  },
  headers: [['x-request-id', '{{ uuid }}']],
}
