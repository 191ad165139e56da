/** How many tokens a dialogue has, for formats that say so before, or without, an answer. */
import type { ChatMessage } from '../../core/chat-request.ts'
import { countTokens } from '../grain.ts'

/** A client sends one system prompt with all that it asks. */
const kept = new Map<string, number>()
const mostKept = 200
const longestKept = 2000

function countKept(text: string): number {
  const known = kept.get(text)
  if (known !== undefined) return known
  const count = countTokens(text)
  if (text.length > longestKept) return count
  if (kept.size >= mostKept) kept.clear()
  kept.set(text, count)
  return count
}

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
  for (const { role, text } of messages) {
    count += (role === 'system' ? countKept(text) : countTokens(text)) + 3
  }
  lastMessages = messages
  lastCount = count
  return count
}
