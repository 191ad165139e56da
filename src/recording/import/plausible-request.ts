/**
 * A request that could have had an answer, for sources that keep answers only. It streams, names a
 * model and says one thing. Pure; its host does not exist, so that nobody takes it for a fact.
 */
import { utf8 } from '../../core/bytes.ts'
import type { Dialect } from '../../core/dialect.ts'
import type { Asked } from './imported.ts'

export interface Said {
  readonly user: string
  readonly system?: string | undefined
  readonly model?: string | undefined
  readonly stream: boolean
}

const unknownHost = 'https://unknown.invalid'
const usualModel = 'gpt-4o'

export function plausibleRequest(dialect: Dialect | undefined, said: Said): Asked {
  const form = forms.find(({ dialects }) => dialect && dialects.test(dialect.name)) ?? usual
  const model = said.model ?? form.model ?? usualModel
  const path = dialect ? pathOf(dialect, model, said.stream) : '/'
  const query = /:streamGenerateContent$/.test(path) ? '?alt=sse' : ''
  return {
    method: 'POST',
    url: `${unknownHost}${path}${query}`,
    headers: [['content-type', 'application/json'], ...(form.headers?.(model) ?? [])],
    body: utf8(JSON.stringify(form.body({ ...said, model }))),
  }
}

const streams = /stream/i

/** The first route of the dialect for chat, or for the kind of answer that is wanted. */
function pathOf({ routes }: Dialect, model: string, stream: boolean): string {
  const chats = routes.filter(({ method, answer }) => method === 'POST' && !answer)
  const tells = chats.some(({ path }) => streams.test(path))
  const route = tells ? chats.find(({ path }) => streams.test(path) === stream) : chats[0]
  return (route?.path ?? '/').replaceAll(/:(\w+)(?=[/:]|$)/g, (whole, name: string) =>
    /^(?:model|modelId|deployment)$/.test(name) ? encodeURIComponent(model) : parameter(whole),
  )
}

/** A colon that begins no parameter stands before a verb, as in `:streamGenerateContent`. */
const parameter = (whole: string): string =>
  /^:[a-z]+[A-Z]/.test(whole) ? whole : ({ ':location': 'us-central1' }[whole] ?? whole.slice(1))

interface Form {
  readonly dialects: RegExp
  readonly model?: string
  headers?(model: string): [string, string][]
  body(said: Said & { readonly model: string }): object
}

const messages = ({ system, user }: Said): object[] => [
  ...(system === undefined ? [] : [{ role: 'system', content: system }]),
  { role: 'user', content: user },
]

const withSystem = <T>(system: string | undefined, key: string, value: (text: string) => T) =>
  system === undefined ? {} : { [key]: value(system) }

const usual: Form = {
  dialects: /^/,
  body: (said) => ({ model: said.model, messages: messages(said), stream: said.stream }),
}

const claude = (said: Said): object => ({
  max_tokens: 1024,
  ...withSystem(said.system, 'system', (text) => text),
  messages: [{ role: 'user', content: said.user }],
})

const forms: readonly Form[] = [
  {
    dialects: /responses/,
    body: ({ model, user, system, stream }) => ({
      model,
      ...withSystem(system, 'instructions', (text) => text),
      input: user,
      stream,
    }),
  },
  {
    dialects: /-completions$/,
    model: 'gpt-3.5-turbo-instruct',
    body: ({ model, user, stream }) => ({ model, prompt: user, stream }),
  },
  {
    dialects: /^anthropic$/,
    model: 'claude-sonnet-4-5',
    headers: () => [['anthropic-version', '2023-06-01']],
    body: (said) => ({ model: said.model, ...claude(said), stream: said.stream }),
  },
  {
    dialects: /^(?:gemini|vertex)$/,
    model: 'gemini-2.5-flash',
    body: ({ user, system }) => ({
      ...withSystem(system, 'systemInstruction', (text) => ({ parts: [{ text }] })),
      contents: [{ role: 'user', parts: [{ text: user }] }],
    }),
  },
  {
    dialects: /^bedrock-converse$/,
    model: 'anthropic.claude-3-sonnet-20240229-v1:0',
    body: ({ user, system }) => ({
      ...withSystem(system, 'system', (text) => [{ text }]),
      messages: [{ role: 'user', content: [{ text: user }] }],
    }),
  },
  {
    dialects: /^bedrock-invoke$/,
    model: 'anthropic.claude-3-sonnet-20240229-v1:0',
    body: (said) => ({ anthropic_version: 'bedrock-2023-05-31', ...claude(said) }),
  },
  {
    dialects: /^cohere-v1$/,
    model: 'command-r',
    body: ({ model, user, system, stream }) => ({
      model,
      message: user,
      ...withSystem(system, 'preamble', (text) => text),
      stream,
    }),
  },
  { ...usual, dialects: /^cohere$/, model: 'command-r' },
  { ...usual, dialects: /^mistral$/, model: 'mistral-small-latest' },
  { ...usual, dialects: /^ollama$/, model: 'llama3.2' },
  {
    dialects: /^ai-sdk/,
    body: ({ user }) => ({
      id: 'chat',
      messages: [{ id: 'm1', role: 'user', content: user, parts: [{ type: 'text', text: user }] }],
      trigger: 'submit-message',
    }),
  },
  {
    dialects: /^ag-ui$/,
    body: ({ user }) => ({
      threadId: 'thread',
      runId: 'run',
      state: {},
      messages: [{ id: 'm1', role: 'user', content: user }],
      tools: [],
      context: [],
      forwardedProps: {},
    }),
  },
  {
    dialects: /^vanus$/,
    model: 'gpt-3.5-turbo',
    headers: (model) => [
      ['x-vanusai-model', model],
      ['x-vanusai-sessionid', 'session'],
    ],
    body: ({ user, stream }) => ({ prompt: user, stream }),
  },
]
