/** ai, the UI message stream that `useChat` reads, by its own transport. */
import { DefaultChatTransport, readUIMessageStream } from 'ai'

const transport = new DefaultChatTransport({ api: `${process.env.STUNTDOUBLE_URL}/api/chat` })
const stream = await transport.sendMessages({
  trigger: 'submit-message',
  chatId: 'chat-1',
  messageId: undefined,
  messages: [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'hello' }] }],
})
let message
for await (const state of readUIMessageStream({ stream, terminateOnError: true })) message = state
const parts = message?.parts ?? []
process.stdout.write(parts.map((part) => (part.type === 'text' ? part.text : '')).join(''))
