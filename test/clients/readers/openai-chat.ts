/** The openai SDK as a reader of Chat Completions. */
import OpenAI from 'openai'
import type { Asked, Heard, HeardCall, Reader } from './reader.ts'
import { tools } from './tools.ts'

type Completion = OpenAI.ChatCompletion
type Chunk = OpenAI.ChatCompletionChunk

export const openAiChatReader: Reader = {
  dialect: 'openai-chat',
  sdk: 'openai',
  ask(baseUrl, asked) {
    const client = new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: 'none', maxRetries: 0 })
    return askChat(client, asked)
  },
  says: { reasoning: true, refusal: true, calls: true, usage: true },
  finishes: {
    stop: 'stop',
    length: 'length',
    'tool-calls': 'tool_calls',
    'content-filter': 'content_filter',
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
    timeout: { name: 'APIError', status: 408 },
    conflict: { name: 'ConflictError', status: 409 },
    'too-large': { name: 'APIError', status: 413 },
    unprocessable: { name: 'UnprocessableEntityError', status: 422 },
    'rate-limited': { name: 'RateLimitError', status: 429 },
    'quota-exceeded': { name: 'RateLimitError', status: 429 },
    'server-error': { name: 'InternalServerError', status: 500 },
    'bad-gateway': { name: 'InternalServerError', status: 502 },
    unavailable: { name: 'InternalServerError', status: 503 },
    overloaded: { name: 'InternalServerError', status: 503 },
  },
  errorInStream: /It broke/,
  // A clean end is taken for the whole answer, wherever it comes.
  cut: (ending) => (ending === 'end' ? 'success' : /terminated/),
}

/** One question to any API of this form; `model` is of no consequence. */
export async function askChat(client: OpenAI, asked: Asked): Promise<Heard> {
  const question = {
    model: 'gpt-4o',
    messages: [{ role: 'user' as const, content: asked.user }],
    ...(asked.tools ? { tools: tools.map(asFunction) } : {}),
  }
  const options = asked.signal ? { signal: asked.signal } : {}
  if (!asked.stream) {
    return heardWhole(await client.chat.completions.create(question, options))
  }
  const streaming = { ...question, stream: true as const, stream_options: { include_usage: true } }
  return heardStream(await client.chat.completions.create(streaming, options))
}

const asFunction = ({ name, parameters }: (typeof tools)[number]) => ({
  type: 'function' as const,
  function: { name, parameters },
})

function heardWhole({ choices, usage }: Completion): Heard {
  const [choice] = choices
  return {
    text: choice?.message.content ?? '',
    reasoning: reasoningOf(choice?.message),
    refusal: choice?.message.refusal ?? '',
    calls: (choice?.message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function' ? [heardCall(call.function.name, call.function.arguments)] : [],
    ),
    finish: choice?.finish_reason,
    usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
  }
}

async function heardStream(chunks: AsyncIterable<Chunk>): Promise<Heard> {
  let [text, reasoning, refusal] = ['', '', '']
  let finish: string | undefined
  let usage: Heard['usage']
  const calls: { name: string; json: string }[] = []
  for await (const chunk of chunks) {
    const [choice] = chunk.choices
    text += choice?.delta.content ?? ''
    reasoning += reasoningOf(choice?.delta)
    refusal += choice?.delta.refusal ?? ''
    for (const { index, function: part } of choice?.delta.tool_calls ?? []) {
      const { name, json } = calls[index] ?? { name: '', json: '' }
      calls[index] = { name: name + (part?.name ?? ''), json: json + (part?.arguments ?? '') }
    }
    finish = choice?.finish_reason ?? finish
    if (chunk.usage) {
      usage = { input: chunk.usage.prompt_tokens, output: chunk.usage.completion_tokens }
    }
  }
  const heard = calls.map(({ name, json }) => heardCall(name, json))
  return { text, reasoning, refusal, calls: heard, finish, usage }
}

const heardCall = (name: string, json: string): HeardCall => ({ name, arguments: JSON.parse(json) })

/** The SDK has no type for it, and hands it out all the same; services differ in the name. */
function reasoningOf(said: object | undefined): string {
  for (const name of ['reasoning_content', 'reasoning']) {
    const text: unknown = said && Reflect.get(said, name)
    if (typeof text === 'string') return text
  }
  return ''
}
