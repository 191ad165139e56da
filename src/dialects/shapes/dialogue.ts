/** What every chat request is asked about besides its messages, told from the messages. */
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'

type Dialogue = Pick<ChatRequest, 'messages' | 'system' | 'user'>

/** Messages in neutral roles, and what they make the system prompt and the user's last word. */
export function dialogueOf(messages: readonly ChatMessage[]): Dialogue {
  const prompts = messages.filter(({ role }) => role === 'system').map(({ text }) => text)
  return {
    messages,
    system: prompts.length === 0 ? undefined : prompts.join('\n\n'),
    user: messages.findLast(({ role }) => role === 'user')?.text,
  }
}
