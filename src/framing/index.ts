/** The framings, and which of them a body of a given content type is read with. */
import type { Framing } from '../core/frame.ts'
import { awsEventStream } from './aws-event-stream.ts'
import { json } from './json.ts'
import { jsonArray, jsonArrayMarks } from './json-array.ts'
import { ndjson } from './ndjson.ts'
import { sse } from './sse.ts'
import { text } from './text.ts'

export type { SseStyle } from './sse.ts'
export { awsEventStream, json, jsonArray, jsonArrayMarks, ndjson, sse, text }

/** The framing of a stream that no dialect explains. */
export function framingFor(contentType: string | undefined): Framing {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'text/event-stream') return sse()
  if (/ndjson|jsonl|json-seq|stream\+json/.test(type)) return ndjson()
  if (type === 'application/vnd.amazon.eventstream') return awsEventStream()
  if (type === 'application/json') return json()
  return text()
}
