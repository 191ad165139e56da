/** HTTP messages as plain data, so that dialects and scenarios never touch a socket. */

/** Name and value pairs in the order of the wire; a name may come twice. */
export type Headers = readonly (readonly [name: string, value: string])[]

export interface HttpRequest {
  readonly method: string
  /** Path and query as received, e.g. `/v1/chat/completions?x=1`. */
  readonly url: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  /** Parameters of the matched route, e.g. `{ app: 'demo' }` for `/api/v1/:app`. */
  readonly params: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A whole answer: what is sent when nothing streams. */
export interface HttpReply {
  readonly status: number
  readonly headers: Headers
  readonly body: string | Uint8Array
}

/** The first header of that name, whatever its case. */
export function header(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [key, value] of headers) {
    // Most names are told apart by their length, and most that are equal are written alike.
    if (key.length !== wanted.length) continue
    if (key === wanted || key.toLowerCase() === wanted) return value
  }
  return undefined
}

export function jsonReply(status: number, value: unknown, headers: Headers = []): HttpReply {
  return {
    status,
    headers: [['content-type', 'application/json'], ...headers],
    body: JSON.stringify(value),
  }
}

/** Statuses whose replies have no body by definition (RFC 9110, section 6.4.1). */
export const bodilessStatuses: ReadonlySet<number> = new Set([204, 205, 304])

/** Headers of one connection only, in lower case; HTTP/2 has none such (RFC 9113, section 8.2.2). */
export const hopByHopHeaders: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'],
  ...['http2-settings', 'te'],
])

/** The error codes of HTTP/2 in the order of their numbers (RFC 9113, section 7). */
export const http2Codes = [
  ...(['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR'] as const),
  ...(['SETTINGS_TIMEOUT', 'STREAM_CLOSED', 'FRAME_SIZE_ERROR', 'REFUSED_STREAM'] as const),
  ...(['CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'] as const),
  ...(['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'] as const),
] as const

export type Http2Code = (typeof http2Codes)[number]

export const http2Number = (code: Http2Code): number => http2Codes.indexOf(code)
