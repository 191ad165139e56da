/** What every chat request is asked about besides its messages, told from the messages. */
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'

type Dialogue = Pick<ChatRequest, 'messages' | 'system' | 'user'>

/** Messages in neutral roles, and what they make the system prompt and the user's last word. */
export function dialogueOf(messages: readonly ChatMessage[]): Dialogue {
  let system: string | undefined
  let user: string | undefined
  for (const { role, text } of messages) {
    if (role === 'system') system = system === undefined ? text : `${system}\n\n${text}`
    else if (role === 'user') user = text
  }
  return { messages, system, user }
}
