/** The usual question of the tests, on a bare socket and by fetch. */
import { type RawReply, rawRequest } from './raw-client.ts'

export const chatPath = '/v1/chat/completions'

export const chatBody = (content: string, more: object = {}): object => ({
  model: 'gpt-4o',
  stream: true,
  messages: [{ role: 'user', content }],
  ...more,
})

export const askRaw = (
  double: { readonly port: number },
  content: string,
  headers: Record<string, string> = {},
): Promise<RawReply> =>
  rawRequest({ port: double.port, path: chatPath, headers, body: chatBody(content) })

export const ask = (
  double: { url(path: string): string },
  content: string,
  init: { headers?: Record<string, string>; more?: object; signal?: AbortSignal } = {},
): Promise<Response> =>
  fetch(double.url(chatPath), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...init.headers },
    body: JSON.stringify(chatBody(content, init.more)),
    ...(init.signal ? { signal: init.signal } : {}),
  })

/** The text of a Chat Completions stream, put together by hand. */
export function textOf(body: string): string {
  return body
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice(6)).choices?.[0]?.delta?.content ?? '')
    .join('')
}
