/** The errors that `fetch` gives where a connection breaks, as Node's own has them. */

/** Before the head has come. */
export const fetchFailed = (cause: Error): TypeError => new TypeError('fetch failed', { cause })

/** Within the body. */
export const terminated = (cause: Error): TypeError => new TypeError('terminated', { cause })

export const connectionReset = (): Error =>
  Object.assign(new Error('read ECONNRESET'), { errno: -104, code: 'ECONNRESET', syscall: 'read' })

export const otherSideClosed = (): Error =>
  named('SocketError', 'UND_ERR_SOCKET', 'other side closed')

export const lengthMismatch = (): Error =>
  named(
    'ResponseContentLengthMismatchError',
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'Response body length does not match content-length header',
  )

export const notHttp = (): Error =>
  named(
    'HTTPParserError',
    'HPE_INVALID_CHUNK_SIZE',
    'Response does not match the HTTP/1.1 protocol (Invalid character in chunk size)',
  )

function named(name: string, code: string, message: string): Error {
  const error = Object.assign(new Error(message), { code })
  error.name = name
  return error
}
