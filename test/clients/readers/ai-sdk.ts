/** The ai package as a reader of its UI message stream, with the transport that `useChat` has. */
import { DefaultChatTransport, isToolUIPart, readUIMessageStream, type UIMessage } from 'ai'
import { appErrors } from './app-errors.ts'
import type { Asked, Heard, Reader } from './reader.ts'

export const aiSdkReader: Reader = {
  dialect: 'ai-sdk',
  sdk: 'ai',
  ask,
  says: { reasoning: true, calls: true, whole: false },
  finishes: {
    stop: 'stop',
    length: 'length',
    'tool-calls': 'tool-calls',
    'content-filter': 'content-filter',
  },
  // The client throws what the route answered, as text.
  errors: appErrors('Error', false),
  errorInStream: /It broke/,
  cut: (ending) => (ending === 'end' ? 'success' : /terminated/),
}

async function ask(baseUrl: string, asked: Asked): Promise<Heard> {
  const transport = new DefaultChatTransport({ api: `${baseUrl}/api/chat` })
  const stream = await transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'chat-1',
    messageId: undefined,
    messages: [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: asked.user }] }],
    abortSignal: asked.signal,
  })
  let finish: string | undefined
  const noted = stream.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        if (chunk.type === 'finish') finish = chunk.finishReason
        controller.enqueue(chunk)
      },
    }),
  )
  let message: UIMessage | undefined
  for await (const state of readUIMessageStream({ stream: noted, terminateOnError: true })) {
    message = state
  }
  return heard(message?.parts ?? [], finish)
}

function heard(parts: UIMessage['parts'], finish: string | undefined): Heard {
  const said = (kind: 'text' | 'reasoning'): string =>
    parts.map((part) => (part.type === kind ? part.text : '')).join('')
  return {
    text: said('text'),
    reasoning: said('reasoning'),
    refusal: '',
    calls: parts.filter(isToolUIPart).map((part) => ({
      name: part.type === 'dynamic-tool' ? part.toolName : part.type.replace(/^tool-/, ''),
      arguments: part.input,
    })),
    finish,
    usage: undefined,
  }
}
