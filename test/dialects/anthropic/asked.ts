/** A question to the Messages API, and what its answer looks like on the wire. */
import { looseText } from '../../../src/core/bytes.ts'
import type { ReplyContext } from '../../../src/core/dialect.ts'
import type { Event, Usage } from '../../../src/core/event.ts'
import type { Headers, HttpRequest } from '../../../src/core/http.ts'
import { anthropic } from '../../../src/dialects/anthropic/messages.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'

type Body = Readonly<Record<string, unknown>>

const version = [['anthropic-version', '2023-06-01']] as const

export const question: Body = {
  model: 'claude-sonnet-4-6',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'hello' }],
}

/** The question, changed; a field that becomes undefined is left out. */
export const request = (changes: Body = {}, headers: Headers = version): HttpRequest =>
  jsonRequest({ path: '/v1/messages', headers }, { ...question, ...changes })

export const asked = (changes: Body = {}): ReplyContext =>
  replyTo(accepted(anthropic, request(changes)))

export const written = (events: readonly Event[], changes: Body = {}, usage?: Usage): string => {
  const reply = { ...asked({ stream: true, ...changes }), ...(usage ? { usage } : {}) }
  return looseText(bytesOf(encode(anthropic, events, reply)))
}

/** Spaces before the last brace come from the seed and mean nothing. */
export const unpadded = (stream: string): string => stream.replaceAll(/ *\}\n/g, '}\n')

/** Each frame in one line: its event and its data. */
export const lines = (stream: string): string[] =>
  unpadded(stream)
    .trim()
    .split('\n\n')
    .map((frame) => frame.replace(/^event: (\S+)\ndata: /, '$1 '))

export const wholeAnswer = (events: readonly Event[], changes: Body = {}): unknown =>
  JSON.parse(String(anthropic.whole(events, asked(changes)).body))
