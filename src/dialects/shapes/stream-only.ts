/** For formats that have no answer in one piece: what was to be streamed, sent all at once. */
import { joinBytes } from '../../core/bytes.ts'
import type { Encoder } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Headers, HttpReply } from '../../core/http.ts'

export function streamAtOnce(
  events: Iterable<Event>,
  encoder: Encoder,
  headers: Headers,
): HttpReply {
  const frames = [...[...events].flatMap((event) => encoder.push(event)), ...encoder.end()]
  return { status: 200, headers, body: joinBytes(frames.map(({ bytes }) => bytes)) }
}
