/**
 * The AI SDK's own chat, as `useChat` has it below its hook, in the versions that read each of its
 * streams.
 */
import { callChatApi, callCompletionApi } from '@ai-sdk/ui-utils'
import {
  AbstractChat,
  type ChatInit,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithToolCalls,
  TextStreamChatTransport,
  type UIMessage,
} from 'ai'
import * as v5 from 'ai-v5'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'

const data = 'data: {"type":"data-weather","id":"d1","data":{"sky":"blue"}}\n\n'
const unknown = 'data: {"type":"telepathy"}\n\n'

const rules = [
  {
    when: { user: 'everything' },
    reply: [
      { reasoning: 'Hm.' },
      { text: 'Grüße, 漢字 🙂.' },
      { citation: { url: 'https://example.com/', title: 'An example' } },
      { raw: data },
      { tool: { name: 'get_weather', arguments: { city: 'Oslo' } } },
      { finish: 'length' },
    ],
  },
  { when: { user: 'weather', messages: 1 }, reply: { tool: { name: 'get_weather' } } },
  { when: { user: 'weather' }, reply: 'It says {{ messages.last.text }}.' },
  { when: { user: 'bad input' }, reply: { tool: { name: 'get_weather', arguments: '{"city"' } } },
  { when: { user: 'telepathy' }, reply: [{ text: 'Hi' }, { raw: unknown }] },
  { when: { user: 'quota' }, reply: { error: { code: 'rate-limited', message: 'Slow down' } } },
  { when: { user: 'page' }, reply: { error: { code: 'bad-gateway', body: '<h1>Oh</h1>' } } },
  { when: { user: 'slow' }, reply: [{ text: ['one '] }, { wait: '800ms' }, { text: ['two'] }] },
  { when: { user: 'completion' }, reply: 'Completed.' },
]

let double: Double
beforeAll(async () => {
  double = await start({ scenarios: [{ name: 'chat', rules }] })
})
afterAll(() => double.close())

/** What React keeps for the hook. */
class State<Message> {
  status: 'submitted' | 'streaming' | 'ready' | 'error' = 'ready'
  error: Error | undefined
  messages: Message[] = []
  pushMessage = (message: Message): void => {
    this.messages = [...this.messages, message]
  }
  popMessage = (): void => {
    this.messages = this.messages.slice(0, -1)
  }
  replaceMessage = (index: number, message: Message): void => {
    this.messages = this.messages.with(index, structuredClone(message))
  }
  snapshot = <T>(thing: T): T => structuredClone(thing)
}

class Chat extends AbstractChat<UIMessage> {
  constructor(init: ChatInit<UIMessage> = {}) {
    const transport = new DefaultChatTransport({ api: double.url('/api/chat') })
    super({ transport, ...init, state: new State<UIMessage>() })
  }
}

class Chat5 extends v5.AbstractChat<v5.UIMessage> {
  constructor() {
    const transport = new v5.DefaultChatTransport({ api: double.url('/api/chat') })
    super({ transport, state: new State<v5.UIMessage>() })
  }
}

const parts = ({ messages }: { readonly messages: readonly { readonly parts: object[] }[] }) =>
  messages.at(-1)?.parts

describe.each([
  ['6', () => new Chat()],
  ['5', () => new Chat5()],
])('a chat of version %s', (_version, newChat) => {
  it('has every part of the answer', async () => {
    const chat = newChat()
    await chat.sendMessage({ text: 'everything' })
    expect([chat.status, chat.error]).toEqual(['ready', undefined])
    expect(chat.messages[1]).toMatchObject({
      id: expect.stringMatching(/^[A-Za-z0-9]{16}$/),
      role: 'assistant',
    })
    expect(parts(chat)).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'Hm.', state: 'done' },
      { type: 'text', text: 'Grüße, 漢字 🙂.', state: 'done' },
      { type: 'source-url', url: 'https://example.com/', title: 'An example' },
      { type: 'data-weather', data: { sky: 'blue' } },
      { type: 'tool-get_weather', state: 'input-available', input: { city: 'Oslo' } },
    ])
  })

  it('shows what the route answers instead of a stream', async () => {
    const chat = newChat()
    await chat.sendMessage({ text: 'quota' })
    expect([chat.status, chat.error?.message]).toEqual(['error', '{"error":"Slow down"}'])
    await chat.sendMessage({ text: 'page' })
    expect(chat.error?.message).toBe('<h1>Oh</h1>')
  })

  it('has a call whose input is no JSON as one in error', async () => {
    const chat = newChat()
    await chat.sendMessage({ text: 'bad input' })
    expect(parts(chat)).toMatchObject([
      { type: 'step-start' },
      { type: 'tool-get_weather', state: 'output-error', rawInput: '{"city"' },
    ])
  })

  it('gives up at a part that it does not know', async () => {
    const chat = newChat()
    await chat.sendMessage({ text: 'telepathy' })
    expect(chat.status).toBe('error')
    expect(chat.error?.message).toContain('Type validation failed')
  })
})

describe('a chat of the AI SDK', () => {
  it('knows why its answer ended', async () => {
    const reasons: unknown[] = []
    const chat = new Chat({ onFinish: ({ finishReason }) => reasons.push(finishReason) })
    await chat.sendMessage({ text: 'everything' })
    expect(reasons).toEqual(['length'])
  })

  it('calls a tool, sends its output by itself, and reads the second answer', async () => {
    const chat: Chat = new Chat({
      id: 'with tools',
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onToolCall: ({ toolCall: { toolCallId } }) => {
        void chat.addToolOutput({ tool: 'get_weather', toolCallId, output: { sky: 'blue' } })
      },
    })
    await chat.sendMessage({ text: 'weather' })
    const last = () => parts(chat)?.at(-1)
    await expect.poll(last).toMatchObject({ type: 'text', text: 'It says {"sky":"blue"}.' })
  })

  it('resumes an answer that is still being given, from its beginning', async () => {
    const asked = new Chat({ id: 'resumed' })
    const sent = asked.sendMessage({ text: 'slow' })
    await expect.poll(() => JSON.stringify(parts(asked))).toContain('one ')
    // Another page of the same chat, which has seen nothing yet.
    const again = new Chat({ id: 'resumed' })
    await again.resumeStream()
    await sent
    expect(again.status).toBe('ready')
    expect(again.messages).toEqual([asked.messages[1]])
    expect(parts(again)).toMatchObject([{ type: 'step-start' }, { text: 'one two', state: 'done' }])
  })

  it('has nothing to resume once the answer is given, nor where there never was one', async () => {
    const chat = new Chat({ id: 'given' })
    await chat.sendMessage({ text: 'completion' })
    await chat.resumeStream()
    expect([chat.status, chat.messages.length]).toEqual(['ready', 2])
    const other = new Chat({ id: 'never' })
    await other.resumeStream()
    expect([other.status, other.messages]).toEqual(['ready', []])
  })

  it('reads plain text, where its transport asks for it by path', async () => {
    const api = double.url('/ai-sdk-text/api/chat')
    const chat = new Chat({ transport: new TextStreamChatTransport({ api }) })
    await chat.sendMessage({ text: 'completion' })
    expect(parts(chat)?.at(-1)).toMatchObject({ type: 'text', text: 'Completed.' })
  })
})

describe('the client of version 4', () => {
  const asked = (id: string, requestType: 'generate' | 'resume', update: (text: string) => void) =>
    callChatApi({
      api: double.url('/api/chat'),
      streamProtocol: 'data',
      requestType,
      body: { id, messages: [{ role: 'user', content: 'slow' }] },
      credentials: undefined,
      headers: undefined,
      abortController: undefined,
      restoreMessagesOnFailure: () => undefined,
      onResponse: undefined,
      onUpdate: ({ message }) => update(message.content),
      onFinish: undefined,
      onToolCall: undefined,
      generateId: () => 'a1',
      fetch: undefined,
      lastMessage: undefined,
    })

  it('resumes, and takes an empty stream where there is nothing to resume', async () => {
    let [first, again] = ['', '']
    const sent = asked('v4', 'generate', (text) => {
      first = text
    })
    await expect.poll(() => first).toBe('one ')
    await asked('v4', 'resume', (text) => {
      again = text
    })
    await sent
    expect([first, again]).toEqual(['one two', 'one two'])
    let nothing = ''
    await asked('v4', 'resume', (text) => {
      nothing = text
    })
    expect(nothing).toBe('')
  })

  it.each(['data', 'text'] as const)('completes a prompt as %s', async (streamProtocol) => {
    const completed = await callCompletionApi({
      api: double.url(`/ai-sdk-${streamProtocol}/api/completion`),
      prompt: 'completion',
      streamProtocol,
      credentials: undefined,
      headers: undefined,
      body: {},
      setCompletion: () => undefined,
      setLoading: () => undefined,
      setError: () => undefined,
      setAbortController: () => undefined,
      onResponse: undefined,
      onFinish: undefined,
      onError: undefined,
      onData: undefined,
      fetch: undefined,
    })
    expect(completed).toBe('Completed.')
  })
})
