/** Bytes that are not HTTP never reach Koa; Node hands the bare socket here. */
import type { Socket } from 'node:net'

/** Node's code for a request that did not come in time. */
export const timedOut = 'ERR_HTTP_REQUEST_TIMEOUT'

const refusals: Readonly<Record<string, readonly [status: number, text: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  [timedOut]: [408, 'Request Timeout'],
}

export function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, text] = refusals[error.code ?? ''] ?? [400, 'Bad Request']
  const message = `stuntdouble: this is not a valid HTTP request: ${error.message}`
  const body = JSON.stringify({
    error: { message, type: 'stuntdouble_error', code: 'bad-request' },
  })
  const head = [
    `HTTP/1.1 ${status} ${text}`,
    'content-type: application/json',
    'x-stuntdouble-error: bad-request',
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
