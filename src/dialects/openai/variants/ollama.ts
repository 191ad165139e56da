/**
 * Ollama below `/v1`. Its errors inside a stream are bare JSON lines there, which no reader of
 * server-sent events hears: here they are frames. Source: the source of Ollama.
 */
import { openAi } from '../openai.ts'
import type { ChatVariant } from '../variant.ts'
import { fingerprint, head, indexed, plainUsage, wholeHead, wordsBy } from './parts.ts'

const ollamaType = (status: number): string => {
  if (status === 400) return 'invalid_request_error'
  return status === 404 ? 'not_found_error' : 'api_error'
}

const ollamaHead = { ...head, ...fingerprint, choices: '{{ choices }}' }

export const ollamaChat: ChatVariant = {
  name: 'ollama-openai',
  title: 'Ollama, as OpenAI',
  bases: ['/v1'],
  offers: ['models', 'embeddings'],
  marks: { host: /:11434$/ },
  models: ['llama3.2', 'gemma3:1b', 'qwen3:8b'],
  ids: { reply: 'chatcmpl-{{ int 0 998 }}', call: 'call_{{ base32 8 }}', fingerprint: 'fp_ollama' },
  usageRule: 'option',
  usage: plainUsage,
  call: {
    id: '{{ id }}',
    index: '{{ index }}',
    type: 'function',
    function: { name: '{{ name }}', arguments: '{{ arguments }}' },
  },
  wholeCall: {
    id: '{{ id }}',
    index: '{{ index }}',
    type: 'function',
    function: { name: '{{ name }}', arguments: '{{ arguments }}' },
  },
  stream: {
    chunk: { every: ollamaHead },
    usageChunk: { ...ollamaHead, choices: [], usage: '{{ usage }}' },
    choice: { every: { ...indexed, finish_reason: '{{ finish }}' } },
    deltas: {
      text: { role: 'assistant', content: '{{ text }}' },
      reasoning: { role: 'assistant', content: '', reasoning: '{{ text }}' },
      call: { role: 'assistant', content: '', tool_calls: ['{{ call }}'] },
      finish: { role: 'assistant', content: '' },
    },
    terminator: '[DONE]',
  },
  whole: {
    reply: { ...wholeHead, ...fingerprint, choices: '{{ choices }}', usage: '{{ usage? }}' },
    choice: { index: '{{ index }}', message: '{{ message }}', finish_reason: '{{ finish }}' },
    message: {
      role: 'assistant',
      content: '{{ text }}',
      reasoning: '{{ reasoning? }}',
      tool_calls: '{{ calls? }}',
    },
  },
  errors: {
    body: openAi.errors.body,
    noModel: "model '{{ model }}' not found",
    words: wordsBy((status) => ({ type: ollamaType(status), code: null })),
  },
  headers: [],
}
