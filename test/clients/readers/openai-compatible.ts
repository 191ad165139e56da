/** The openai SDK as a reader of the services that are compatible with it, each at its own path. */
import OpenAI from 'openai'
import { askChat, openAiChatReader } from './openai-chat.ts'
import type { Reader } from './reader.ts'

interface Service {
  readonly dialect: string
  readonly path: string
  readonly says?: Reader['says']
  readonly errors?: Reader['errors']
}

const says = { reasoning: true, calls: true, usage: true }
const payment = { name: 'APIError', status: 402 }
const mistake = { name: 'BadRequestError', status: 400 }

const services: readonly Service[] = [
  {
    dialect: 'deepseek',
    path: '/deepseek/v1',
    errors: { 'model-not-found': mistake, 'quota-exceeded': payment },
  },
  {
    dialect: 'openrouter',
    path: '/api/v1',
    says: { ...says, refusal: true },
    errors: { 'quota-exceeded': payment },
  },
  { dialect: 'xai', path: '/xai/v1', says: { ...says, refusal: true } },
  { dialect: 'together', path: '/together/v1', errors: { 'quota-exceeded': payment } },
  { dialect: 'vllm', path: '/vllm/v1' },
  {
    dialect: 'perplexity',
    path: '/perplexity',
    // Thoughts are part of the text there.
    says: { usage: true },
    errors: {
      'model-not-found': mistake,
      'quota-exceeded': { name: 'AuthenticationError', status: 401 },
    },
  },
  { dialect: 'ollama-openai', path: '/ollama-openai/v1' },
]

export const compatibleReaders: readonly Reader[] = services.map((service) => ({
  ...openAiChatReader,
  dialect: service.dialect,
  ask(baseUrl, asked) {
    const baseURL = baseUrl + service.path
    return askChat(new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 }), asked)
  },
  says: service.says ?? says,
  errors: { ...openAiChatReader.errors, ...service.errors },
}))
