/** The openai SDK as a reader of the completions that came before chat. */
import OpenAI from 'openai'
import { openAiChatReader } from './openai-chat.ts'
import type { Asked, Heard, Reader } from './reader.ts'

type Completion = OpenAI.Completion

export const openAiCompletionsReader: Reader = {
  ...openAiChatReader,
  dialect: 'openai-completions',
  ask(baseUrl, asked) {
    const client = new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: 'none', maxRetries: 0 })
    return askCompletion(client, asked)
  },
  says: { usage: true },
  finishes: { stop: 'stop', length: 'length', 'content-filter': 'content_filter' },
}

export async function askCompletion(client: OpenAI, asked: Asked): Promise<Heard> {
  const question = { model: 'gpt-3.5-turbo-instruct', prompt: asked.user }
  const options = asked.signal ? { signal: asked.signal } : {}
  if (!asked.stream) return heard([await client.completions.create(question, options)])
  const streaming = { ...question, stream: true as const, stream_options: { include_usage: true } }
  const parts: Completion[] = []
  for await (const part of await client.completions.create(streaming, options)) parts.push(part)
  return heard(parts)
}

function heard(parts: readonly Completion[]): Heard {
  const choices = parts.flatMap((part) => part.choices)
  const usage = parts.findLast((part) => part.usage)?.usage
  return {
    text: choices.map(({ text }) => text).join(''),
    reasoning: '',
    refusal: '',
    calls: [],
    finish: choices.findLast(({ finish_reason }) => finish_reason)?.finish_reason,
    usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
  }
}
