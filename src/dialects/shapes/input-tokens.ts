/** How many tokens a dialogue has, for formats that say so before, or without, an answer. */
import type { ChatMessage } from '../../core/chat-request.ts'
import { countTokens } from '../grain.ts'

/**
 * The same figure as a script's usage has: three tokens a message stand for the borders between
 * messages, as OpenAI's cookbook counts.
 */
export const inputTokens = (messages: readonly ChatMessage[]): number =>
  messages.reduce((sum, { text }) => sum + countTokens(text) + 3, 3)
