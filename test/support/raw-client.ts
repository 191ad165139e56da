/**
 * A client on a bare socket, which sees what HTTP libraries hide: chunk borders, and whether a
 * connection ended by FIN or by RST. Node reports a reset that arrives together with data as a
 * plain end of file, so at the end this client writes once: after a FIN that succeeds, after a RST
 * the kernel refuses it.
 */
import { connect } from 'node:net'

export interface RawReply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** The HTTP chunks as they were framed; one where the body was not chunked. */
  readonly chunks: readonly Buffer[]
  readonly body: string
  /** What came after the head, as it stood on the wire, a character a byte. */
  readonly wire: string
  /** How the connection stood after the last byte: `open` is silence or keep-alive. */
  readonly socket: 'open' | 'fin' | 'rst'
  /** The last chunk came. */
  readonly complete: boolean
}

export interface RawRequest {
  readonly port: number
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
  /** How long silence after the first byte is listened to before the connection counts as open. */
  readonly silenceMs?: number
  readonly httpVersion?: string
}

export function rawRequest(request: RawRequest): Promise<RawReply> {
  return rawExchange(request.port, requestBytes(request), request.silenceMs)
}

export function requestBytes({
  method = 'POST',
  path,
  headers,
  body,
  httpVersion,
}: Omit<RawRequest, 'port'> & Partial<RawRequest>): string {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const fields = {
    host: 'localhost',
    'content-type': 'application/json',
    'content-length': `${Buffer.byteLength(text)}`,
    ...headers,
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${path} HTTP/${httpVersion ?? '1.1'}\r\n${lines.join('\r\n')}\r\n\r\n${text}`
}

const silenceTicks = 4

/** Sends bytes as they are, and reads until the reply is whole, the connection ends, or silence. */
export function rawExchange(port: number, sent: string, silenceMs = 150): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let received = Buffer.alloc(0)
    let timer: NodeJS.Timeout | undefined
    const finish = (how: RawReply['socket']): void => {
      clearTimeout(timer)
      socket.removeAllListeners('close')
      socket.destroy()
      resolve(parseReply(received, how))
    }
    // Begins with the first byte, since a busy machine may take its time over the first request.
    // Counted in several ticks: where the event loop itself was held up, one late tick is no silence.
    const listenToSilence = (ticks = silenceTicks): void => {
      clearTimeout(timer)
      const whole = isWhole(received)
      const tickMs = whole ? 1 : silenceMs / silenceTicks
      timer = setTimeout(() => (ticks === 0 ? finish('open') : listenToSilence(ticks - 1)), tickMs)
    }
    socket.setNoDelay(true)
    socket.on('connect', () => socket.write(sent))
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data])
      listenToSilence()
    })
    socket.on('end', () => socket.write('\r\n', (error) => finish(error ? 'rst' : 'fin')))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish('rst')
      else reject(error)
    })
  })
}

/** Whether nothing more is to come, so that no silence need be waited for. */
function isWhole(received: Buffer): boolean {
  if (received.subarray(-5).toString('latin1') === '0\r\n\r\n') return true
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(received.subarray(0, headEnd).toString('latin1'))
  return length !== null && received.length - headEnd - 4 >= Number(length[1])
}

function parseReply(received: Buffer, socket: RawReply['socket']): RawReply {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) {
    const nothing = { status: 0, headers: {}, chunks: [], body: '', wire: '' }
    return { ...nothing, socket, complete: false }
  }
  const [statusLine = '', ...lines] = received.subarray(0, headEnd).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const rest = received.subarray(headEnd + 4)
  const isChunked = headers['transfer-encoding'] === 'chunked'
  const { chunks, complete } = isChunked ? readChunks(rest) : readWhole(rest, headers)
  const body = Buffer.concat(chunks).toString('utf8')
  const status = Number(statusLine.split(' ')[1])
  return { status, headers, chunks, body, wire: rest.toString('latin1'), socket, complete }
}

function readWhole(rest: Buffer, headers: Record<string, string>) {
  const length = headers['content-length']
  return {
    chunks: rest.length > 0 ? [rest] : [],
    complete: length === undefined ? false : rest.length >= Number(length),
  }
}

function readChunks(rest: Buffer): { chunks: Buffer[]; complete: boolean } {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return { chunks, complete: false }
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString('latin1'), 16)
    if (size === 0) return { chunks, complete: true }
    // No size at all, as a fault may say.
    if (Number.isNaN(size)) return { chunks, complete: false }
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
