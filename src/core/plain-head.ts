/**
 * The head of an HTTP/1.1 message as its lines. Reads only what every reader of HTTP takes for the
 * same; all else is undefined, for a lenient parser to decide.
 */
import type { Headers } from './http.ts'

const mostLines = 100

/**
 * RFC 9110, section 5.6.2, but with no white space other than one before the value and some within,
 * which are all that every client agrees on. Must never try a line in more ways than it is long.
 */
const field = /^([!#$%&'*+.^_`|~\w-]+): ?((?:[!-~\u0080-\u00ff][ -~\u0080-\u00ff]*)?)$/

interface PlainHead {
  /** The request line or the status line, unread. */
  readonly first: string
  readonly headers: Headers
}

/** @param text Latin-1, without the empty line at its end */
export function readPlainHead(text: string): PlainHead | undefined {
  const lines = text.split('\r\n')
  if (lines.length > mostLines) return undefined
  const headers: [string, string][] = []
  for (let at = 1; at < lines.length; at++) {
    const found = field.exec(lines[at] ?? '')
    if (!found) return undefined
    const [, name = '', value = ''] = found
    if (value.endsWith(' ')) return undefined
    headers.push([name, value])
  }
  return { first: lines[0] ?? '', headers }
}
