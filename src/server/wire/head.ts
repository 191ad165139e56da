/** The head of a played answer, as far as it is the same over HTTP/1.1 and HTTP/2. Pure. */
import { bodilessStatuses, type Headers, header } from '../../core/http.ts'
import type { HeadStep } from '../../core/timeline.ts'

export interface HeadOptions {
  /** Added to the head, where it does not bring its own of that name. */
  readonly extraHeaders: Headers
  /** Faults may add or take bytes: a declared length would be a lie. */
  readonly lengthMayChange: boolean
}

export interface Head {
  readonly headers: Headers
  /** The answer has a date of its own, or is to lack one. */
  readonly isDated: boolean
}

export function completeHead(step: HeadStep, options: HeadOptions): Head {
  const given = withLength(step, options)
  const has = (name: string): boolean =>
    step.without?.includes(name) === true || header(given, name) !== undefined
  const extra = options.extraHeaders.filter(([name]) => !has(name))
  return { headers: given.concat(extra), isDated: has('date') }
}

function withLength(
  { headers, declaredBytes, status }: HeadStep,
  { lengthMayChange }: HeadOptions,
): Headers {
  // Of all answers without a body, this one has to say so (RFC 9112, section 6.3).
  if (status === 205) return [...withoutLength(headers), ['content-length', '0']]
  if (declaredBytes === undefined) return lengthMayChange ? withoutLength(headers) : headers
  return [...withoutLength(headers), ['content-length', `${declaredBytes}`]]
}

const withoutLength = (headers: Headers): Headers =>
  headers.filter(([name]) => name.toLowerCase() !== 'content-length')

/** HTTP/1.0 knows no chunks: there, the body ends with the connection, and is plain, too. */
export function framingFor(
  method: string,
  status: number,
  isPlain: boolean,
): 'chunked' | 'plain' | 'none' {
  if (hasNoBody(method, status)) return 'none'
  return isPlain ? 'plain' : 'chunked'
}

export const hasNoBody = (method: string | undefined, status: number): boolean =>
  method === 'HEAD' || bodilessStatuses.has(status)
