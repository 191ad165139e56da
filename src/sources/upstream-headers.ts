/** Which headers pass a relay, and which belong to one connection only. Pure. */
import type { Headers } from '../core/http.ts'

/** RFC 9110, section 7.6.1, and what older software sends. */
const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
])

/** What the relay says itself: where it goes, how long the body is, and that it is not compressed. */
const ownWords = new Set(['host', 'content-length', 'accept-encoding', 'expect'])

function named(headers: Headers): Set<string> {
  const values = headers.filter(([name]) => name.toLowerCase() === 'connection')
  return new Set(values.flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/)))
}

function passing(headers: Headers): Headers {
  const listed = named(headers)
  return headers.filter(([name]) => {
    const lower = name.toLowerCase()
    return !hopByHop.has(lower) && !listed.has(lower)
  })
}

/** What the upstream is sent besides its host and the body's length. */
export function requestHeaders(headers: Headers): Headers {
  const passed = passing(headers).filter(([name]) => {
    const lower = name.toLowerCase()
    return !ownWords.has(lower) && !lower.startsWith('x-stuntdouble-')
  })
  // Compressed chunks have no times of their own.
  return [...passed, ['accept-encoding', 'identity']]
}

/**
 * What the client is sent, in the order and the letters of the upstream; not what another
 * stuntdouble says of itself.
 */
export const responseHeaders = (headers: Headers): Headers =>
  passing(headers).filter(([name]) => !/^x-stuntdouble-/i.test(name))

/** RFC 9110, section 5.5. */
const sendableValue = /^[\t -~\u0080-\u00ff]*$/

/** What is wrong with headers that a lenient parser has read, and that cannot be sent on. */
export function unsendable(headers: Headers): Error | undefined {
  const [name] = headers.find(([, value]) => !sendableValue.test(value)) ?? []
  if (name === undefined) return undefined
  return new Error(`its header ${name} has a character that none may have`)
}
