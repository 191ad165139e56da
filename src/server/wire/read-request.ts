/** A request that Node has read, as plain data, its body read up to a limit. */
import type { IncomingMessage } from 'node:http'
import { StuntdoubleError } from '../../core/errors.ts'
import { type Headers, type HttpRequest, header } from '../../core/http.ts'
import type { RequestReader } from './line.ts'

export function readRequest(req: IncomingMessage, maxBytes: number, reader: RequestReader): void {
  const parts: Buffer[] = []
  let length = 0
  let isOver = false
  const fail = (error: unknown): void => {
    if (!isOver) reader.onUnreadable(error)
    isOver = true
  }
  const tooLarge = (): void => {
    req.removeAllListeners('data').resume()
    fail(new StuntdoubleError('body-too-large', `The request body is over ${maxBytes} bytes`))
  }
  if (Number(req.headers['content-length']) > maxBytes) {
    tooLarge()
    return
  }
  req.on('data', (part: Buffer) => {
    length += part.length
    parts.push(part)
    if (length > maxBytes) tooLarge()
  })
  req.on('end', () => {
    if (isOver) return
    isOver = true
    const { method = 'GET', url = '/' } = req
    const body = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
    reader.onRequest(requestFrom({ method, url, headers: pairs(req.rawHeaders), body }))
  })
  req.on('error', fail)
  // Node tells of a client that leaves while sending by this event alone.
  req.on('aborted', () => fail(new StuntdoubleError('bad-request', 'The client left')))
}

/** Shared by all requests that have none; nobody changes a request. */
const noQuery = new URLSearchParams()
const noParams = {}

export function requestFrom({
  method,
  url,
  headers,
  body,
}: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>): HttpRequest {
  const queryAt = url.indexOf('?')
  const path = queryAt < 0 ? url : url.slice(0, queryAt)
  const query = queryAt < 0 ? noQuery : new URLSearchParams(url.slice(queryAt + 1))
  return { method, url, path, query, headers, params: noParams, body }
}

/**
 * HTTP/2 says method, path and authority as headers whose names begin with a colon, and may send
 * each cookie by itself; here, and at an upstream, they are as HTTP/1.1 has them.
 */
function pairs(rawHeaders: readonly string[]): Headers {
  const headers: [string, string][] = []
  let authority: string | undefined
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const value = rawHeaders[at + 1] ?? ''
    if (name === ':authority') authority = value
    const cookie = name === 'cookie' && headers.find(([known]) => known === name)
    if (cookie) cookie[1] += `; ${value}`
    else if (!name.startsWith(':')) headers.push([name, value])
  }
  if (authority !== undefined && header(headers, 'host') === undefined) {
    headers.unshift(['host', authority])
  }
  return headers
}
