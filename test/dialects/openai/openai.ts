/** Requests to openai-chat and events to answer them with, for its tests. */
import { looseText } from '../../../src/core/bytes.ts'
import type { ReplyContext } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { openAiChat } from '../../../src/dialects/openai/chat.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'

export const path = '/v1/chat/completions'
export const user = { role: 'user', content: 'hello' }
export const ask = { model: 'gpt-4o', messages: [user], stream: true }

export const replyFor = (changes: object = {}): ReplyContext =>
  replyTo(accepted(openAiChat, jsonRequest({ path }, { ...ask, ...changes })))

export const streamed = (events: readonly Event[], changes: object = {}): string =>
  looseText(bytesOf(encode(openAiChat, events, replyFor(changes))))

export const start: Event = { type: 'start' }
export const text = (said: string): Event => ({ type: 'text', text: said })
export const finish = (reason = 'stop'): Event => ({ type: 'finish', reason })
export const usage: Event = { type: 'usage', usage: { inputTokens: 14, outputTokens: 8 } }

export const call = (index: number, name: string, ...pieces: string[]): Event[] => [
  { type: 'tool-start', index, id: `call_${index}`, name },
  ...pieces.map((piece): Event => ({ type: 'tool-arguments', index, text: piece })),
  { type: 'tool-end', index },
]
