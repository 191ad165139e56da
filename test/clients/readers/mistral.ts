/** Mistral's SDK as a reader of its chat completions. */
import { Mistral } from '@mistralai/mistralai'
import type {
  ChatCompletionResponse,
  CompletionEvent,
  ContentChunk,
  ToolCall,
} from '@mistralai/mistralai/models/components'
import type { Asked, Heard, Reader } from './reader.ts'
import { tools } from './tools.ts'

const failed = (status: number) => ({ name: 'SDKError', status })

export const mistralReader: Reader = {
  dialect: 'mistral',
  sdk: '@mistralai/mistralai',
  ask,
  says: { reasoning: true, calls: true, usage: true },
  finishes: {
    stop: 'stop',
    length: 'length',
    'tool-calls': 'tool_calls',
    model_length: 'model_length',
    error: 'error',
  },
  errors: {
    'invalid-request': failed(400),
    'context-length': failed(400),
    'content-filter': failed(400),
    unauthorized: failed(401),
    forbidden: failed(403),
    'not-found': failed(404),
    'model-not-found': failed(400),
    'method-not-allowed': failed(405),
    timeout: failed(408),
    conflict: failed(409),
    'too-large': failed(413),
    unprocessable: { name: 'HTTPValidationError', status: 422 },
    'rate-limited': failed(429),
    'quota-exceeded': failed(429),
    'server-error': failed(500),
    'bad-gateway': failed(502),
    unavailable: failed(503),
    overloaded: failed(429),
  },
  // The SDK has no type for an error inside a stream, and finds that it is no chunk.
  errorInStream: /ZodError/,
  // It leaves at `[DONE]`, and so never learns how the connection ends after it.
  cut: (ending, frame, frames) => (ending === 'end' || frame === frames ? 'success' : /terminated/),
}

async function ask(baseUrl: string, asked: Asked): Promise<Heard> {
  const client = new Mistral({ serverURL: baseUrl, apiKey: 'none' })
  const question = {
    model: 'mistral-large-latest',
    messages: [{ role: 'user' as const, content: asked.user }],
    ...(asked.tools ? { tools: tools.map(asFunction) } : {}),
  }
  const options = asked.signal ? { fetchOptions: { signal: asked.signal } } : {}
  if (!asked.stream) return heardWhole(await client.chat.complete(question, options))
  return heardStream(await client.chat.stream(question, options))
}

const asFunction = ({ name, description, parameters }: (typeof tools)[number]) => ({
  type: 'function' as const,
  function: { name, description, parameters: { ...parameters } },
})

function heardWhole({ choices, usage }: ChatCompletionResponse): Heard {
  const [choice] = choices
  return {
    ...contentOf(choice?.message?.content),
    refusal: '',
    calls: (choice?.message?.toolCalls ?? []).map(heardCall),
    finish: choice?.finishReason,
    usage: { input: usage.promptTokens ?? 0, output: usage.completionTokens ?? 0 },
  }
}

async function heardStream(events: AsyncIterable<CompletionEvent>): Promise<Heard> {
  let [text, reasoning] = ['', '']
  let finish: string | undefined
  let usage: Heard['usage']
  const calls: ToolCall[] = []
  for await (const { data } of events) {
    const [choice] = data.choices
    const said = contentOf(choice?.delta.content)
    text += said.text
    reasoning += said.reasoning
    calls.push(...(choice?.delta.toolCalls ?? []))
    finish = choice?.finishReason ?? finish
    if (data.usage) {
      const { promptTokens: input = 0, completionTokens: output = 0 } = data.usage
      usage = { input, output }
    }
  }
  return { text, reasoning, refusal: '', calls: calls.map(heardCall), finish, usage }
}

/** A string, or a list of parts of which some are thoughts. */
function contentOf(
  content: string | readonly ContentChunk[] | null | undefined,
): Pick<Heard, 'text' | 'reasoning'> {
  if (typeof content === 'string') return { text: content, reasoning: '' }
  let [text, reasoning] = ['', '']
  for (const part of content ?? []) {
    if (part.type === 'text') text += part.text
    if (part.type === 'thinking') {
      reasoning += part.thinking.map((one) => ('text' in one ? one.text : '')).join('')
    }
  }
  return { text, reasoning }
}

const heardCall = ({ function: { name, arguments: said } }: ToolCall) => ({
  name,
  arguments: typeof said === 'string' ? JSON.parse(said || '{}') : said,
})
