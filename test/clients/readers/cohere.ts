/** The cohere-ai package as a reader of Cohere's chat of version 2. */
import { type Cohere, CohereClientV2 } from 'cohere-ai'
import { cohereErrors } from './cohere-errors.ts'
import type { Asked, Heard, HeardCall, Reader } from './reader.ts'
import { tools } from './tools.ts'

export const cohereReader: Reader = {
  dialect: 'cohere',
  sdk: 'cohere-ai',
  ask,
  says: { reasoning: true, calls: true, usage: true },
  finishes: {
    stop: 'COMPLETE',
    length: 'MAX_TOKENS',
    'tool-calls': 'TOOL_CALL',
    'content-filter': 'ERROR',
  },
  errors: cohereErrors,
  // It is handed out as the last event, and a program has to look at its finish reason.
  errorInStream: 'success',
  // A clean end is taken for the whole answer, and nothing is read after `[DONE]`.
  cut: (ending, frame, frames) => (ending === 'end' || frame === frames ? 'success' : /terminated/),
}

async function ask(baseUrl: string, asked: Asked): Promise<Heard> {
  const client = new CohereClientV2({ environment: baseUrl, token: 'none' })
  const question: Cohere.V2ChatRequest = {
    model: 'command-a-03-2025',
    messages: [{ role: 'user', content: asked.user }],
    ...(asked.tools ? { tools: tools.map(asFunction) } : {}),
  }
  const options = { maxRetries: 0, ...(asked.signal ? { abortSignal: asked.signal } : {}) }
  if (!asked.stream) return heardWhole(await client.chat(question, options))
  return heardStream(await client.chatStream(question, options))
}

const asFunction = ({ name, description, parameters }: (typeof tools)[number]): Cohere.ToolV2 => ({
  type: 'function',
  function: { name, description, parameters: { ...parameters } },
})

function heardWhole({ message, finishReason, usage }: Cohere.V2ChatResponse): Heard {
  const content = message.content ?? []
  const calls = message.toolCalls ?? []
  return {
    text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    reasoning: content.map((part) => (part.type === 'thinking' ? part.thinking : '')).join(''),
    refusal: '',
    calls: calls.map((call) => heardCall(call.function?.name, call.function?.arguments)),
    finish: finishReason,
    usage: heardUsage(usage),
  }
}

async function heardStream(events: AsyncIterable<Cohere.V2ChatStreamResponse>): Promise<Heard> {
  let [text, reasoning] = ['', '']
  let end: Cohere.ChatMessageEndEventDelta | undefined
  const calls: { name: string | undefined; json: string }[] = []
  for await (const event of events) {
    if (event.type === 'content-delta') {
      text += event.delta?.message?.content?.text ?? ''
      reasoning += event.delta?.message?.content?.thinking ?? ''
    } else if (event.type === 'tool-call-start') {
      const called = event.delta?.message?.toolCalls?.function
      calls.push({ name: called?.name, json: called?.arguments ?? '' })
    } else if (event.type === 'tool-call-delta') {
      const call = calls[event.index ?? 0]
      if (call) call.json += event.delta?.message?.toolCalls?.function?.arguments ?? ''
    } else if (event.type === 'message-end') end = event.delta
  }
  return {
    text,
    reasoning,
    refusal: '',
    calls: calls.map(({ name, json }) => heardCall(name, json)),
    finish: end?.finishReason,
    usage: heardUsage(end?.usage),
  }
}

const heardCall = (name = '', json = ''): HeardCall => ({ name, arguments: JSON.parse(json) })

const heardUsage = (usage: Cohere.Usage | undefined): Heard['usage'] =>
  usage && { input: usage.tokens?.inputTokens ?? 0, output: usage.tokens?.outputTokens ?? 0 }
