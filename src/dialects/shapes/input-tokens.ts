/** How many tokens a dialogue has, for formats that say so before, or without, an answer. */
import type { ChatMessage } from '../../core/chat-request.ts'
import { countTokens } from '../grain.ts'

/** Asked for several times for one reply, of the same messages. */
const counted = new WeakMap<readonly ChatMessage[], number>()

/**
 * The same figure as a script's usage has: three tokens a message stand for the borders between
 * messages, as OpenAI's cookbook counts.
 */
export function inputTokens(messages: readonly ChatMessage[]): number {
  const known = counted.get(messages)
  if (known !== undefined) return known
  const count = messages.reduce((sum, { text }) => sum + countTokens(text) + 3, 3)
  counted.set(messages, count)
  return count
}
