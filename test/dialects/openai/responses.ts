/** Requests to openai-responses and events to answer them with, for its tests. */
import { looseText } from '../../../src/core/bytes.ts'
import type { Dialect, ReplyContext } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { openAiResponses } from '../../../src/dialects/openai/responses.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'

export const path = '/v1/responses'
export const user = { role: 'user', content: 'hello' }
export const ask = { model: 'gpt-4o', input: 'hello', stream: true }

export const replyFor = (changes: object = {}): ReplyContext =>
  replyTo(accepted(openAiResponses, jsonRequest({ path }, { ...ask, ...changes })))

export const streamed = (
  events: readonly Event[],
  changes: object = {},
  dialect: Dialect = openAiResponses,
): string => looseText(bytesOf(encode(dialect, events, replyFor(changes))))

export const start: Event = { type: 'start' }
export const text = (said: string): Event => ({ type: 'text', text: said })
export const finish = (reason = 'stop'): Event => ({ type: 'finish', reason })
export const usage: Event = { type: 'usage', usage: { inputTokens: 14, outputTokens: 9 } }

export const call = (index: number, name: string, ...pieces: string[]): Event[] => [
  { type: 'tool-start', index, id: `call_${index}`, name },
  ...pieces.map((piece): Event => ({ type: 'tool-arguments', index, text: piece })),
  { type: 'tool-end', index },
]
