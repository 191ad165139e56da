/**
 * Reads the head of an HTTP/1.1 request, where it is of the plainest form: what nearly every client of
 * a chat API sends. All else is for Node's parser: what is rare, what is wrong, what asks for more
 * than an answer. Must never take what that would refuse, or read it otherwise.
 */

import { type Headers, header } from '../../core/http.ts'
import { readPlainHead } from '../../core/plain-head.ts'
import { controlPrefix } from '../control/prefix.ts'

export interface RequestHead {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly bodyBytes: number
  /** The client closes the connection after this request. */
  readonly isLast: boolean
}

/** What stands between the head and the body. */
export const headEnd = '\r\n\r\n'

const requestLine = /^(GET|POST|PUT|PATCH|DELETE) (\/[!-"$-~]*) HTTP\/1\.1$/

/** Something beyond a question with its answer is asked for, or a body of unknown length is sent. */
const notPlain: ReadonlySet<string> = new Set([
  ...['transfer-encoding', 'upgrade', 'expect', 'trailer', 'te', 'http2-settings'],
  ...['proxy-connection', 'keep-alive'],
])

/** Heads that were read before: those of one client differ in little but the length of the body. */
const known = new Map<string, RequestHead>()

/** More than a client has; with their lengths, 1 MB at most. */
const mostKnown = 300
const mostKnownBytes = 2 * 1024

/** Undefined where Node is to read it. */
export function readHead(text: string): RequestHead | undefined {
  const before = known.get(text)
  if (before) return before
  const head = readAnew(text)
  if (!head || text.length > mostKnownBytes) return head
  if (known.size >= mostKnown) known.clear()
  known.set(text, head)
  return head
}

function readAnew(text: string): RequestHead | undefined {
  const head = readPlainHead(text)
  const [line, method = '', url = ''] = requestLine.exec(head?.first ?? '') ?? []
  if (!head || line === undefined || url.startsWith(controlPrefix)) return undefined
  return plainHead({ method, url, headers: head.headers })
}

function plainHead(head: Pick<RequestHead, 'method' | 'url' | 'headers'>): RequestHead | undefined {
  let hosts = 0
  let lengths = 0
  let connections = 0
  let cookies = 0
  for (const [written] of head.headers) {
    const name = written.toLowerCase()
    if (notPlain.has(name)) return undefined
    if (name === 'host') hosts += 1
    else if (name === 'content-length') lengths += 1
    else if (name === 'connection') connections += 1
    else if (name === 'cookie') cookies += 1
  }
  if (hosts !== 1 || lengths > 1 || connections > 1 || cookies > 1) return undefined
  const length = header(head.headers, 'content-length') ?? '0'
  const connection = header(head.headers, 'connection')?.toLowerCase() ?? 'keep-alive'
  if (!/^\d{1,9}$/.test(length)) return undefined
  if (connection !== 'keep-alive' && connection !== 'close') return undefined
  return { ...head, bodyBytes: Number(length), isLast: connection === 'close' }
}
