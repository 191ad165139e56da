/** A whole answer as a timeline: head, one write, a clean end. */
import { utf8 } from '../core/bytes.ts'
import { type HttpReply, header } from '../core/http.ts'
import type { Step } from '../core/timeline.ts'

/** No body has a length to tell there, or it would be another's (RFC 9110, section 8.6). */
const lengthless = new Set([204, 304])

/** All of it is due at one time, so that it leaves in one piece. */
export function* replySteps({ status, headers, body }: HttpReply, atMs = 0): Generator<Step> {
  const bytes = typeof body === 'string' ? utf8(body) : body
  const length: readonly [string, string] = ['content-length', `${bytes.length}`]
  const isToldOrNone = lengthless.has(status) || header(headers, 'content-length') !== undefined
  const counted = isToldOrNone ? headers : [...headers, length]
  yield { atMs, do: 'head', status, headers: counted }
  if (bytes.length > 0) yield { atMs, do: 'write', bytes }
  yield { atMs, do: 'end' }
}

/** Re-iterable, as a timeline must be. */
export const replyTimeline = (reply: HttpReply, atMs = 0): Iterable<Step> => {
  const steps = (): Iterator<Step> => replySteps(reply, atMs)
  return { [Symbol.iterator]: steps }
}
