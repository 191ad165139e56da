/**
 * OpenRouter: comments while a provider is slow, the role in every delta, and what it cost.
 * Source: recorded streams and errors. All is said to come from one provider.
 */
import { openAi } from '../openai.ts'
import type { ChatVariant } from '../variant.ts'
import { indexed, plainUsage, wholeCall, wordsBy } from './parts.ts'

const says = { role: 'assistant', content: '{{ text }}' }

const openRouterHead = {
  id: '{{ id }}',
  provider: 'OpenAI',
  model: '{{ model }}',
  object: 'chat.completion.chunk',
  created: '{{ created }}',
}

const openRouterEnding = {
  finish_reason: '{{ finish }}',
  native_finish_reason: '{{ finish }}',
  logprobs: '{{ logprobs }}',
}

const openRouterSilence = (finish: string | null) => ({
  index: 0,
  delta: { role: 'assistant', content: '' },
  finish_reason: finish,
  native_finish_reason: finish,
  logprobs: null,
})

export const openRouter: ChatVariant = {
  name: 'openrouter',
  title: 'OpenRouter',
  bases: ['/api/v1'],
  offers: ['models'],
  marks: { host: /(?:^|\.)openrouter\.ai$/ },
  models: ['openai/gpt-4o', 'anthropic/claude-sonnet-4.5', 'google/gemini-2.5-flash'],
  ids: { ...openAi.ids, reply: 'gen-{{ created }}-{{ alnum 20 }}' },
  usageRule: 'always',
  usage: {
    ...plainUsage,
    cost: '{{ cost }}',
    is_byok: false,
    prompt_tokens_details: { cached_tokens: '{{ cached }}', audio_tokens: 0 },
    cost_details: {
      upstream_inference_cost: null,
      upstream_inference_prompt_cost: '{{ inputCost }}',
      upstream_inference_completions_cost: '{{ outputCost }}',
    },
    completion_tokens_details: { reasoning_tokens: '{{ reasoning }}', image_tokens: 0 },
  },
  call: openAi.call,
  wholeCall: { index: '{{ index }}', ...wholeCall },
  stream: {
    prelude: ['OPENROUTER PROCESSING'],
    heartbeat: { comment: 'OPENROUTER PROCESSING', everyMs: 1_000 },
    chunk: { every: { ...openRouterHead, choices: '{{ choices }}' } },
    usageChunk: {
      ...openRouterHead,
      choices: [openRouterSilence(null)],
      usage: '{{ usage }}',
    },
    choice: { every: { ...indexed, ...openRouterEnding } },
    deltas: {
      open: { role: 'assistant', content: '' },
      text: says,
      reasoning: {
        role: 'assistant',
        content: '',
        reasoning: '{{ text }}',
        reasoning_details: [{ type: 'reasoning.text', text: '{{ text }}', index: 0, format: null }],
      },
      refusal: { role: 'assistant', content: '', refusal: '{{ text }}' },
      call: { role: 'assistant', content: null, tool_calls: ['{{ call }}'] },
      callArguments: {
        role: 'assistant',
        content: null,
        tool_calls: [
          { index: '{{ index }}', type: 'function', function: { arguments: '{{ text }}' } },
        ],
      },
      finish: { role: 'assistant', content: '' },
    },
    terminator: '[DONE]',
  },
  whole: {
    reply: {
      ...openRouterHead,
      object: 'chat.completion',
      choices: '{{ choices }}',
      usage: '{{ usage? }}',
    },
    choice: {
      logprobs: '{{ logprobs }}',
      finish_reason: '{{ finish }}',
      native_finish_reason: '{{ finish }}',
      index: '{{ index }}',
      message: '{{ message }}',
    },
    message: {
      role: 'assistant',
      content: '{{ text }}',
      refusal: '{{ refusal }}',
      reasoning: '{{ reasoning }}',
      tool_calls: '{{ calls? }}',
    },
  },
  errors: {
    body: { error: { message: '{{ message }}', code: '{{ status }}' } },
    noModel: 'No endpoints found for {{ model }}.',
    words: wordsBy(() => ({}), {
      unauthorized: { message: 'No auth credentials found' },
      'quota-exceeded': { status: 402, message: 'Insufficient credits.' },
      'bad-gateway': { message: 'Provider returned error' },
    }),
    inStream: {
      data: {
        id: '{{ id }}',
        provider: 'OpenAI',
        error: { code: '{{ status }}', message: '{{ message }}' },
        model: '{{ model }}',
        object: 'chat.completion.chunk',
        created: '{{ created }}',
        choices: [openRouterSilence('error')],
      },
      terminator: true,
    },
  },
  headers: [['access-control-allow-origin', '*']],
}
