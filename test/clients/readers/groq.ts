/** Groq's own SDK as a reader of Groq. */
import Groq from 'groq-sdk'
import { openAiChatReader } from './openai-chat.ts'
import type { Asked, Heard, HeardCall, Reader } from './reader.ts'
import { tools } from './tools.ts'

export const groqReader: Reader = {
  ...openAiChatReader,
  dialect: 'groq',
  sdk: 'groq-sdk',
  ask: (baseURL, asked) => ask(new Groq({ baseURL, apiKey: 'none', maxRetries: 0 }), asked),
  says: { reasoning: true, calls: true, usage: true },
}

async function ask(client: Groq, asked: Asked): Promise<Heard> {
  const question = {
    model: 'llama-3.3-70b-versatile',
    messages: [{ role: 'user' as const, content: asked.user }],
    ...(asked.tools ? { tools: tools.map(asFunction) } : {}),
  }
  const options = asked.signal ? { signal: asked.signal } : {}
  if (asked.stream) {
    return heardStream(await client.chat.completions.create({ ...question, stream: true }, options))
  }
  const { choices, usage } = await client.chat.completions.create(question, options)
  const [choice] = choices
  return {
    text: choice?.message.content ?? '',
    reasoning: choice?.message.reasoning ?? '',
    refusal: '',
    calls: (choice?.message.tool_calls ?? []).map(({ function: call }) => heardCall(call)),
    finish: choice?.finish_reason,
    usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
  }
}

const asFunction = ({ name, parameters }: (typeof tools)[number]) => ({
  type: 'function' as const,
  function: { name, parameters: { ...parameters } },
})

async function heardStream(chunks: AsyncIterable<Groq.Chat.ChatCompletionChunk>): Promise<Heard> {
  let [text, reasoning] = ['', '']
  let finish: string | undefined
  let usage: Heard['usage']
  const calls: HeardCall[] = []
  for await (const { choices, x_groq } of chunks) {
    const [choice] = choices
    text += choice?.delta.content ?? ''
    reasoning += choice?.delta.reasoning ?? ''
    // Groq sends every call whole.
    for (const { function: call } of choice?.delta.tool_calls ?? []) calls.push(heardCall(call))
    finish = choice?.finish_reason ?? finish
    const told = x_groq?.usage
    if (told) usage = { input: told.prompt_tokens, output: told.completion_tokens }
  }
  return { text, reasoning, refusal: '', calls, finish, usage }
}

const heardCall = (call: { name?: string; arguments?: string } | undefined): HeardCall => ({
  name: call?.name ?? '',
  arguments: JSON.parse(call?.arguments ?? ''),
})
