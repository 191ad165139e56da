/** Koa's request as plain data, its body read up to a limit. */
import type { Context } from 'koa'
import { StuntdoubleError } from '../core/errors.ts'
import type { Headers, HttpRequest } from '../core/http.ts'

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

function pairs(rawHeaders: readonly string[]): Headers {
  const headers: [string, string][] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? ''])
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
