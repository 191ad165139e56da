/** Clients that are put through a sweep: right ones, and one with the usual mistakes. */
import Anthropic from '@anthropic-ai/sdk'
import { createParser } from 'eventsource-parser'
import OpenAI from 'openai'
import type { SweptClient, SweptParser } from '../../src/index.ts'

const messages = [{ role: 'user' as const, content: 'Hello' }]

export const openai: SweptClient = async (fetch) => {
  const client = new OpenAI({ fetch, apiKey: 'none', maxRetries: 0, logLevel: 'off' })
  const stream = await client.chat.completions.create({ model: 'gpt-4o', stream: true, messages })
  let text = ''
  let isFinished = false
  for await (const { choices } of stream) {
    text += choices[0]?.delta.content ?? ''
    isFinished ||= typeof choices[0]?.finish_reason === 'string'
  }
  // The SDK takes a stream that ends too early for a whole one; its user must look.
  if (!isFinished) throw new Error('the stream ended without a finish reason')
  return text
}

export const anthropic: SweptClient = async (fetch) => {
  const client = new Anthropic({ fetch, apiKey: 'none', maxRetries: 0, logLevel: 'off' })
  const stream = client.messages.stream({ model: 'claude', max_tokens: 100, messages })
  return await stream.finalText()
}

export const eventsourceParser: SweptParser = (chunks, ending) => {
  let text = ''
  let isDone = false
  const parser = createParser({
    onEvent({ data }) {
      if (data === '[DONE]') isDone = true
      else if (!isDone) text += deltaOf(data)
    },
  })
  const decoder = new TextDecoder()
  for (const { bytes } of chunks) parser.feed(decoder.decode(bytes, { stream: true }))
  if (!isDone) throw new Error(`not whole: ${ending}`)
  return text
}

/** Takes each chunk for whole lines, and whatever came for all there is. */
export const naive: SweptParser = (chunks) => {
  let text = ''
  for (const { bytes } of chunks) {
    for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
      if (!line.startsWith('data: {')) continue
      try {
        text += deltaOf(line.slice('data: '.length))
      } catch {
        // As many do.
      }
    }
  }
  return text
}

function deltaOf(data: string): string {
  const { choices, error } = JSON.parse(data)
  if (error) throw new Error(error.message)
  return choices?.[0]?.delta?.content ?? ''
}
