/** Requests for tests, with as much filled in as a test cares for. */
import type { ChatMessage, ChatRequest } from '../../src/core/chat-request.ts'
import type { Headers } from '../../src/core/http.ts'

export interface Asked {
  readonly dialect?: string
  readonly method?: string
  readonly url?: string
  readonly headers?: Headers
  readonly params?: Record<string, string>
  readonly body?: unknown
  readonly model?: string
  readonly user?: string
  readonly system?: string
  readonly messages?: readonly ChatMessage[]
  readonly tools?: readonly string[]
  readonly stream?: boolean
  readonly dialogue?: string
}

export function ask(asked: Asked = {}): ChatRequest {
  const url = asked.url ?? '/v1/chat/completions'
  const { pathname, searchParams } = new URL(url, 'http://double')
  const user = asked.user
  return {
    dialect: asked.dialect ?? 'openai-chat',
    http: {
      method: asked.method ?? 'POST',
      url,
      path: pathname,
      query: searchParams,
      headers: asked.headers ?? [],
      params: asked.params ?? {},
      body: new Uint8Array(0),
    },
    body: asked.body,
    model: asked.model,
    messages: asked.messages ?? (user === undefined ? [] : [{ role: 'user', text: user }]),
    system: asked.system,
    user,
    tools: asked.tools ?? [],
    stream: asked.stream ?? true,
    dialogue: asked.dialogue,
    choices: 1,
  }
}
