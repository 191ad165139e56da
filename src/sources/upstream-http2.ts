/**
 * One request over HTTP/2, on a connection that nobody else uses. Node does the protocol; what the
 * body was and how it ended is heard on the frames themselves, as they are read.
 */
import { type ClientHttp2Stream, connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import { bodilessStatuses, type Headers, header } from '../core/http.ts'
import { FrameEar } from './upstream-frames.ts'
import { watchLeaving } from './upstream-leaving.ts'
import { tapped } from './upstream-tap.ts'
import type { Broken, Connection, Heard, OutgoingRequest, Transport } from './upstream-transport.ts'

/** What the frames have said of how it ends, the first word of them. */
type LastWord = 'end' | Broken | undefined

export function sendHttp2(connection: Connection, asked: OutgoingRequest, heard: Heard): Transport {
  const { socket } = connection
  const leaving = watchLeaving(socket)
  let lastWord: LastWord
  let hasHead = false
  let isOver = false
  let failure: Error | undefined
  /** Frames are heard before Node has told of the head. */
  const waiting: Uint8Array[] = []
  let bodyBytes = 0
  /** What its head says of that. */
  let toldBytes: number | undefined

  const ear = new FrameEar({
    onData: (bytes) => {
      if (isOver || lastWord) return
      bodyBytes += bytes.length
      if (hasHead) heard.onChunk(bytes)
      else waiting.push(bytes)
    },
    onEndStream: () => {
      lastWord ??= 'end'
      if (hasHead) settle()
    },
    onReset: () => {
      lastWord ??= 'reset'
      if (hasHead) settle()
    },
    // Without an error what was begun is still finished.
    onGoAway: (code) => {
      if (code !== constants.NGHTTP2_NO_ERROR) lastWord ??= 'close'
    },
  })
  const over = (tell: () => void): void => {
    if (isOver) return
    isOver = true
    tell()
  }
  const settle = (): void => {
    if (isOver) return
    const { how } = leaving
    // Such an answer is malformed (RFC 9113, section 8.1.1), and its client would reset it.
    if (lastWord === 'end' && bodyBytes !== (toldBytes ?? bodyBytes)) lastWord = 'reset'
    if (lastWord) over(() => heard.onEnd(lastWord ?? 'close'))
    else if (how) how.then((left) => over(() => heard.onEnd(left)))
    else if (hasHead) over(() => heard.onEnd('close'))
    else over(() => heard.onFailure(failure ?? new Error('the connection was closed')))
  }

  const hear = (bytes: Uint8Array): void => {
    ear.push(bytes)
    if (hasHead && !isOver) heard.onPause()
  }
  const session = connect(asked.origin, {
    createConnection: () => tapped(connection, { hear }),
    settings: { enablePush: false },
  })
  const noteFailure = (error: Error): void => {
    failure ??= error
  }
  session.on('error', noteFailure)
  const stream = session.request(fieldsOf(asked), { endStream: asked.body.length === 0 })
  stream.on('error', noteFailure)
  onResponse(stream, (status, headers) => {
    if (isOver || hasHead) return
    hasHead = true
    toldBytes = bodyLength(asked.method, status, headers)
    heard.onHead(status, headers)
    for (const bytes of waiting.splice(0)) heard.onChunk(bytes)
    if (lastWord) settle()
    else heard.onPause()
  })
  // A stream that is over is not told of a head any more than it was already.
  stream.on('close', settle)
  stream.resume()
  if (asked.body.length > 0) stream.end(asked.body)
  return {
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    destroy: () => {
      over(() => undefined)
      session.destroy()
      socket.on('error', () => undefined) // Nothing is left to lose.
      socket.destroy()
    },
  }
}

/** Undefined where nothing is said of it, or it is that of a body that is spared. */
function bodyLength(method: string, status: number, headers: Headers): number | undefined {
  if (method === 'HEAD' || bodilessStatuses.has(status)) return undefined
  const told = header(headers, 'content-length')
  return told === undefined ? undefined : Number(told)
}

/** Node's types do not know of the third parameter, which is documented since version 10. */
function onResponse(
  stream: ClientHttp2Stream,
  tell: (status: number, headers: Headers) => void,
): void {
  stream.on('response', (fields, _flags, ...more: unknown[]) => {
    const [raw] = more
    const headers = Array.isArray(raw) ? pairs(raw) : []
    tell(fields[':status'] ?? 0, headers)
  })
}

function pairs(raw: readonly unknown[]): Headers {
  const headers: [string, string][] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = String(raw[i])
    if (!name.startsWith(':')) headers.push([name, String(raw[i + 1])])
  }
  return headers
}

/** Names in lower case; where a name comes twice, all of its values. */
function fieldsOf({ method, origin, path, headers, body }: OutgoingRequest): OutgoingHttpHeaders {
  const { protocol, host } = new URL(origin)
  const fields: Record<string, string | string[]> = {
    ':method': method,
    ':scheme': protocol.slice(0, -1),
    ':authority': host,
    ':path': path,
  }
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    const before = fields[lower]
    fields[lower] = before === undefined ? value : [before, value].flat()
  }
  return body.length > 0 ? { ...fields, 'content-length': String(body.length) } : fields
}
