/** Koa's request as plain data, its body read up to a limit. */
import type { Context } from 'koa'
import { StuntdoubleError } from '../../core/errors.ts'
import { type Headers, type HttpRequest, header } from '../../core/http.ts'

export async function readRequest(ctx: Context, maxBytes: number): Promise<HttpRequest> {
  const body = await readBody(ctx, maxBytes)
  const { method = 'GET', url = '/' } = ctx.req
  const queryAt = url.indexOf('?')
  return {
    method,
    url,
    path: queryAt < 0 ? url : url.slice(0, queryAt),
    query: new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1)),
    headers: pairs(ctx.req.rawHeaders),
    params: {},
    body,
  }
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

function readBody({ req }: Context, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let length = 0
    const tooLarge = (): void => {
      req.removeAllListeners('data').resume()
      const limit = `${maxBytes} bytes`
      reject(new StuntdoubleError('body-too-large', `The request body is over ${limit}`))
    }
    if (Number(req.headers['content-length']) > maxBytes) return tooLarge()
    req.on('data', (part: Buffer) => {
      length += part.length
      parts.push(part)
      if (length > maxBytes) tooLarge()
    })
    req.on('end', () => resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)))
    req.on('error', reject)
    // Node tells of a client that leaves while sending by this event alone.
    req.on('aborted', () => reject(new StuntdoubleError('bad-request', 'The client left')))
  })
}
