/** Whether a request bears the marks of a service. Cheap: headers first, and the body is not parsed. */
import { looseText } from '../../core/bytes.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import type { Marks } from './variant.ts'

export function recognize(marks: Marks, http: HttpRequest): boolean {
  const { host, agent, headers = [], query = [], models = [] } = marks
  const fits = (mark: RegExp | undefined, text: string | undefined): boolean =>
    mark !== undefined && text !== undefined && mark.test(text)
  return (
    fits(agent, header(http.headers, 'user-agent')) ||
    fits(host, header(http.headers, 'host')) ||
    headers.some((name) => header(http.headers, name) !== undefined) ||
    query.some((name) => http.query.has(name)) ||
    models.some((model) => asksFor(model, http.body))
  )
}

const mostBefore = 16

/** The first string that begins so must be the value of `model`. */
function asksFor(model: string, body: Uint8Array): boolean {
  const at = Buffer.from(body.buffer, body.byteOffset, body.length).indexOf(`"${model}`)
  if (at < 0) return false
  return /"model"\s*:\s*$/.test(looseText(body.subarray(Math.max(0, at - mostBefore), at)))
}
