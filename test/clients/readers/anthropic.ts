/** Anthropic's SDK as a reader of Messages; streams are heard by its helper. */
import Anthropic from '@anthropic-ai/sdk'
import type { Asked, Heard, Reader } from './reader.ts'
import { tools } from './tools.ts'

export const anthropicReader: Reader = {
  dialect: 'anthropic',
  sdk: '@anthropic-ai/sdk',
  ask,
  says: { reasoning: true, refusal: true, calls: true, usage: true },
  finishes: {
    stop: 'end_turn',
    length: 'max_tokens',
    'tool-calls': 'tool_use',
    'content-filter': 'refusal',
  },
  errors: {
    'invalid-request': { name: 'BadRequestError', status: 400 },
    'context-length': { name: 'BadRequestError', status: 400 },
    'content-filter': { name: 'BadRequestError', status: 400 },
    unauthorized: { name: 'AuthenticationError', status: 401 },
    forbidden: { name: 'PermissionDeniedError', status: 403 },
    'not-found': { name: 'NotFoundError', status: 404 },
    'model-not-found': { name: 'NotFoundError', status: 404 },
    'method-not-allowed': { name: 'APIError', status: 405 },
    timeout: { name: 'GatewayTimeoutError', status: 504 },
    conflict: { name: 'ConflictError', status: 409 },
    'too-large': { name: 'ContentTooLargeError', status: 413 },
    unprocessable: { name: 'UnprocessableEntityError', status: 422 },
    'rate-limited': { name: 'RateLimitError', status: 429 },
    'quota-exceeded': { name: 'PaymentRequiredError', status: 402 },
    'server-error': { name: 'InternalServerError', status: 500 },
    'bad-gateway': { name: 'InternalServerError', status: 502 },
    unavailable: { name: 'ServiceUnavailableError', status: 503 },
    overloaded: { name: 'OverloadedError', status: 529 },
  },
  errorInStream: /APIError.*It broke/,
  cut(ending, frame, frames) {
    if (ending !== 'end') return /terminated/
    if (frame === frames) return 'success'
    return frame === 0 ? /without sending any chunks/ : /without producing a Message/
  },
}

async function ask(baseURL: string, asked: Asked): Promise<Heard> {
  const client = new Anthropic({ baseURL, apiKey: 'none', maxRetries: 0 })
  const question = {
    model: 'claude-sonnet-4-6',
    max_tokens: 1024,
    messages: [{ role: 'user' as const, content: asked.user }],
    ...(asked.tools ? { tools: tools.map(asTool) } : {}),
  }
  const options = asked.signal ? { signal: asked.signal } : {}
  return heard(
    asked.stream
      ? await client.messages.stream(question, options).finalMessage()
      : await client.messages.create(question, options),
  )
}

const asTool = ({ name, description, parameters }: (typeof tools)[number]) => ({
  name,
  description,
  input_schema: { ...parameters },
})

const heard = ({ content, stop_reason, stop_details, usage }: Anthropic.Message): Heard => ({
  text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
  reasoning: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
  refusal: stop_details?.explanation ?? '',
  calls: content.flatMap((block) =>
    block.type === 'tool_use' ? [{ name: block.name, arguments: block.input }] : [],
  ),
  finish: stop_reason ?? undefined,
  usage: { input: usage.input_tokens, output: usage.output_tokens },
})
