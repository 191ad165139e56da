/** How many tokens a dialogue has, for formats that say so before, or without, an answer. */
import type { ChatMessage } from '../../core/chat-request.ts'
import { countTokens } from '../grain.ts'

/** Asked for several times for one reply, of the same messages. */
let lastMessages: readonly ChatMessage[] | undefined
let lastCount = 0

/**
 * The same figure as a script's usage has: three tokens a message stand for the borders between
 * messages, as OpenAI's cookbook counts.
 */
export function inputTokens(messages: readonly ChatMessage[]): number {
  if (messages === lastMessages) return lastCount
  let count = 3
  for (const { text } of messages) count += countTokens(text) + 3
  lastMessages = messages
  lastCount = count
  return count
}
