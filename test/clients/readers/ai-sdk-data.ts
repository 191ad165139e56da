/** The client half of the AI SDK's version 4 as a reader of its data stream. */
import { callChatApi, type UIMessage } from '@ai-sdk/ui-utils'
import { appErrors } from './app-errors.ts'
import type { Asked, Heard, Reader } from './reader.ts'

export const aiSdkDataReader: Reader = {
  dialect: 'ai-sdk-data',
  sdk: '@ai-sdk/ui-utils',
  ask: (baseUrl, asked) => askChatApi(`${baseUrl}/api/chat`, 'data', asked),
  says: { reasoning: true, calls: true, usage: true, whole: false },
  finishes: {
    stop: 'stop',
    length: 'length',
    'tool-calls': 'tool-calls',
    'content-filter': 'content-filter',
  },
  errors: appErrors('Error', false),
  errorInStream: /It broke/,
  cut: (ending) => (ending === 'end' ? 'success' : /terminated/),
}

/** As `useChat` of that version asks. */
export async function askChatApi(
  api: string,
  streamProtocol: 'data' | 'text',
  { user, signal }: Asked,
): Promise<Heard> {
  const parts: UIMessage['parts'] = [{ type: 'text', text: user }]
  let message: UIMessage | undefined
  let finish: string | undefined
  let usage: Heard['usage']
  const controller = new AbortController()
  signal?.addEventListener('abort', () => controller.abort())
  await callChatApi({
    api,
    streamProtocol,
    body: { id: 'chat-1', messages: [{ role: 'user', content: user, parts }] },
    credentials: undefined,
    headers: undefined,
    abortController: () => controller,
    restoreMessagesOnFailure: () => undefined,
    onResponse: undefined,
    onToolCall: undefined,
    fetch: undefined,
    onUpdate: (update) => {
      message = update.message
    },
    onFinish: (_message, { finishReason, usage: counted }) => {
      finish = finishReason
      usage = { input: counted.promptTokens, output: counted.completionTokens }
    },
    generateId: () => 'a1',
    lastMessage: undefined,
  })
  return { ...heard(message), finish, usage }
}

function heard(message: UIMessage | undefined): Omit<Heard, 'finish' | 'usage'> {
  const parts = message?.parts ?? []
  return {
    text: message?.content ?? '',
    reasoning: parts.map((part) => (part.type === 'reasoning' ? part.reasoning : '')).join(''),
    refusal: '',
    calls: parts.flatMap((part) =>
      part.type === 'tool-invocation'
        ? [{ name: part.toolInvocation.toolName, arguments: part.toolInvocation.args }]
        : [],
    ),
  }
}
