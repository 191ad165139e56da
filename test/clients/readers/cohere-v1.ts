/** The cohere-ai package as a reader of Cohere's chat of version 1. */
import { type Cohere, CohereClient } from 'cohere-ai'
import { cohereErrors } from './cohere-errors.ts'
import type { Asked, Heard, Reader } from './reader.ts'
import { tools } from './tools.ts'

export const cohereV1Reader: Reader = {
  dialect: 'cohere-v1',
  sdk: 'cohere-ai',
  ask,
  says: { calls: true, usage: true },
  // Calling a tool is no reason of its own.
  finishes: {
    stop: 'COMPLETE',
    length: 'MAX_TOKENS',
    'tool-calls': 'COMPLETE',
    'content-filter': 'ERROR_TOXIC',
  },
  errors: cohereErrors,
  // It is handed out as the last event, and a program has to look at its finish reason.
  errorInStream: 'success',
  // A clean end is taken for the whole answer; the stream is read until the connection ends.
  cut: (ending) => (ending === 'end' ? 'success' : /terminated/),
}

async function ask(baseUrl: string, asked: Asked): Promise<Heard> {
  const client = new CohereClient({ environment: baseUrl, token: 'none' })
  const question: Cohere.ChatRequest = {
    model: 'command-r-08-2024',
    message: asked.user,
    ...(asked.tools ? { tools: tools.map(asTool) } : {}),
  }
  const options = { maxRetries: 0, ...(asked.signal ? { abortSignal: asked.signal } : {}) }
  if (!asked.stream) return heard(await client.chat(question, options))
  let text = ''
  let end: Cohere.NonStreamedChatResponse | undefined
  for await (const event of await client.chatStream(question, options)) {
    if (event.eventType === 'text-generation') text += event.text
    if (event.eventType === 'stream-end') end = event.response
  }
  return { ...heard(end), text }
}

const asTool = ({ name, description, parameters }: (typeof tools)[number]): Cohere.Tool => ({
  name,
  description,
  parameterDefinitions: Object.fromEntries(
    parameters.required.map((parameter) => [parameter, { type: 'str', required: true }]),
  ),
})

function heard(answer: Cohere.NonStreamedChatResponse | undefined): Heard {
  const { tokens } = answer?.meta ?? {}
  return {
    text: answer?.text ?? '',
    reasoning: '',
    refusal: '',
    calls: (answer?.toolCalls ?? []).map(({ name, parameters }) => ({
      name,
      arguments: parameters,
    })),
    finish: answer?.finishReason,
    usage: tokens && { input: tokens.inputTokens ?? 0, output: tokens.outputTokens ?? 0 },
  }
}
