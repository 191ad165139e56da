/** Requests to both doors of Google's, and streams of events as text. */
import type { Dialect, ReplyContext } from '../../../src/core/dialect.ts'
import type { Event, Usage } from '../../../src/core/event.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'

export interface Asked {
  readonly model?: string
  readonly method?: string
  readonly query?: string
  readonly version?: string
  /** Fields beside the contents. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** What the scenario tells, known ahead. */
  readonly usage?: Usage
}

export const contents = [{ role: 'user', parts: [{ text: 'hello' }] }]

export function request(body: unknown, asked: Asked = {}) {
  const { model = 'gemini-2.5-flash', method = 'streamGenerateContent' } = asked
  const { query = 'alt=sse', version = 'v1beta' } = asked
  const path = `/${version}/models/${model}:${method}`
  return jsonRequest({ path, query, params: { model } }, body)
}

export const reply = (dialect: Dialect, asked: Asked = {}): ReplyContext => ({
  ...replyTo(accepted(dialect, request({ contents, ...asked.fields }, asked))),
  ...(asked.usage ? { usage: asked.usage } : {}),
})

export const streamed = (dialect: Dialect, events: readonly Event[], asked: Asked = {}): string =>
  Buffer.from(bytesOf(encode(dialect, events, reply(dialect, asked)))).toString()

export const whole = (dialect: Dialect, events: readonly Event[], asked: Asked = {}): string =>
  String(dialect.whole(events, reply(dialect, { ...asked, method: 'generateContent' })).body)
