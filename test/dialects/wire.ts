/** A request to a dialect and the bytes of its answer, both ways, without a server. */
import { joinBytes, utf8 } from '../../src/core/bytes.ts'
import type { ChatRequest } from '../../src/core/chat-request.ts'
import { type Dialect, isApiError, type ReplyContext } from '../../src/core/dialect.ts'
import type { Event } from '../../src/core/event.ts'
import type { Frame, Framing } from '../../src/core/frame.ts'
import type { Headers, HttpRequest } from '../../src/core/http.ts'
import { through } from '../../src/core/push.ts'
import { seededRandom } from '../../src/time/random.ts'

/** Where requests go, and the headers that each of them has. */
export interface Addressed {
  readonly path: string
  /** Without the question mark. */
  readonly query?: string
  readonly params?: Readonly<Record<string, string>>
  readonly headers?: Headers
}

export function httpRequest(
  traits: Addressed,
  body: Uint8Array,
  headers: Headers = [],
): HttpRequest {
  const { path, query = '', params = {} } = traits
  return {
    method: 'POST',
    url: query === '' ? path : `${path}?${query}`,
    path,
    query: new URLSearchParams(query),
    headers: [...headers, ['content-type', 'application/json'], ...(traits.headers ?? [])],
    params,
    body,
  }
}

export const jsonRequest = (traits: Addressed, body: unknown): HttpRequest =>
  httpRequest(traits, utf8(JSON.stringify(body)))

export function accepted(dialect: Dialect, http: HttpRequest): ChatRequest {
  const request = dialect.parseRequest(http)
  if (isApiError(request)) throw new Error(`refused: ${request.message}`)
  return request
}

export const replyTo = (request: ChatRequest, seed = 'seed'): ReplyContext => ({
  request,
  random: seededRandom(seed),
  createdMs: 1_700_000_000_000,
  models: undefined,
})

export function encode(dialect: Dialect, events: readonly Event[], reply: ReplyContext): Frame[] {
  const encoder = dialect.encoder(reply)
  const frames = events.flatMap((event, i) => encoder.push(event, i * 20))
  return [...frames, ...encoder.end(events.length * 20)]
}

export const bytesOf = (frames: readonly Frame[]): Uint8Array =>
  joinBytes(frames.map(({ bytes }) => bytes))

/** Events of a body whose bytes arrive cut into chunks of these lengths, over and over. */
export function decode(
  dialect: Dialect,
  body: Uint8Array,
  lengths: readonly number[] = [body.length],
  framing: Framing = dialect.framing,
): Event[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, i = 0; at < body.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length] ?? 1)
    chunks.push(body.subarray(at, at + length))
    at += length
  }
  return [...through(through(chunks, framing.decoder()), dialect.decoder())]
}

/**
 * Events as far as a wire format keeps them: without starts and ends of calls, which many formats
 * imply, and with pieces of the same text joined.
 */
export function essence(events: readonly Event[]): Event[] {
  const kept: Event[] = []
  for (const event of events) {
    if (event.type === 'start' || event.type === 'tool-end' || event.type === 'usage') continue
    const last = kept.at(-1)
    const joined = last && join(last, event)
    if (joined) kept[kept.length - 1] = joined
    else if (!('text' in event) || event.text !== '') kept.push(event)
  }
  return kept
}

function join(last: Event, event: Event): Event | undefined {
  if (!('text' in last) || !('text' in event) || last.type !== event.type) return undefined
  if (last.type === 'comment' || event.type === 'comment') return undefined
  const sameCall = 'index' in last && 'index' in event ? last.index === event.index : true
  return sameCall ? { ...last, text: last.text + event.text } : undefined
}
