/**
 * An HTTP/2 client on a bare socket, which sees the frames as they stand on the wire: where one
 * DATA frame ends and the next begins, and whether a stream was ended, reset, or lost with its
 * connection. It reads no header but `:status`, and that only where it stands in the static table.
 */
import { connect, type Socket } from 'node:net'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** RFC 9113, section 6. */
const types = [
  ...['DATA', 'HEADERS', 'PRIORITY', 'RST_STREAM', 'SETTINGS', 'PUSH_PROMISE'],
  ...['PING', 'GOAWAY', 'WINDOW_UPDATE', 'CONTINUATION'],
] as const

type FrameType = (typeof types)[number] | 'UNKNOWN'

const endStream = 1
const endHeaders = 4
const ack = 1
const largestWindow = 2 ** 31 - 1
const firstWindow = 65_535

/** RFC 7541, appendix A. */
const statuses: Readonly<Record<number, number>> = {
  136: 200,
  137: 204,
  138: 206,
  139: 304,
  140: 400,
  141: 404,
  142: 500,
}

interface H2Frame {
  readonly type: FrameType
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export interface H2Request {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Left out, there is none; text and bytes go as they are, all else as JSON. */
  readonly body?: unknown
  /** The body goes on: END_STREAM is not sent. */
  readonly unfinished?: boolean
}

export interface H2Reply {
  /** 0 without a head, -1 for one that this client cannot read. */
  readonly status: number
  /** What each DATA frame carried; empty ones are left out. */
  readonly chunks: readonly Buffer[]
  readonly body: string
  /** `end` is END_STREAM, `lost` the end of the connection before it, `open` silence. */
  readonly ending: 'end' | 'lost' | 'open' | `reset ${number}`
}

interface Received {
  status: number
  chunks: Buffer[]
  bytes: number
  ending: H2Reply['ending']
}

export interface H2Options {
  /** How many bytes a stream may send before it is told to go on. */
  readonly window?: number
}

export class H2Client {
  readonly frames: H2Frame[] = []
  /** How the connection stands. */
  end: 'open' | 'fin' | 'rst' = 'open'
  readonly #socket: Socket
  readonly #received = new Map<number, Received>()
  #nextStream = 1
  #rest: Buffer = Buffer.alloc(0)
  #onNews: () => void = () => {}

  /** Resolves when the connection is there and the preface on its way. */
  static open(port: number, options: H2Options = {}): Promise<H2Client> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      socket.setNoDelay(true)
      socket.once('error', reject)
      socket.once('connect', () => resolve(new H2Client(socket, options)))
    })
  }

  constructor(socket: Socket, { window = largestWindow }: H2Options) {
    this.#socket = socket
    socket.removeAllListeners('error')
    socket.on('data', (data: Buffer) => this.#read(data))
    // A FIN leaves the other direction open, while after a RST the kernel refuses to write. Frames
    // of a type that nobody knows are to be ignored.
    socket.on('end', () => {
      const probe = frame('UNKNOWN', 0, 0, Buffer.alloc(0))
      socket.write(probe, (error) => this.#ended(error ? 'rst' : 'fin'))
    })
    socket.on('error', () => this.#ended('rst'))
    const windowSetting = Buffer.alloc(6)
    windowSetting.writeUInt16BE(4, 0)
    windowSetting.writeUInt32BE(window, 2)
    this.send(Buffer.from(preface, 'latin1'))
    this.send(frame('SETTINGS', 0, 0, windowSetting))
    this.allow(0, largestWindow - firstWindow)
  }

  /** Bytes as they are. */
  send(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** Lets a stream, or with 0 the connection, send so many bytes more. */
  allow(stream: number, bytes: number): void {
    this.send(frame('WINDOW_UPDATE', 0, stream, uint32(bytes)))
  }

  /** @returns the number of the stream */
  request({ method = 'POST', path, headers, body, unfinished }: H2Request): number {
    const stream = this.#nextStream
    this.#nextStream += 2
    const content = body === undefined ? undefined : bytesOf(body)
    const fields = {
      ':method': method,
      ':scheme': 'http',
      ':authority': 'localhost',
      ':path': path,
      ...(content ? { 'content-type': 'application/json' } : {}),
      ...headers,
    }
    const block = Buffer.concat(Object.entries(fields).map(([name, value]) => field(name, value)))
    const last = unfinished ? 0 : endStream
    const head = frame('HEADERS', endHeaders | (content ? 0 : last), stream, block)
    this.send(content ? Buffer.concat([head, frame('DATA', last, stream, content)]) : head)
    return stream
  }

  /** Gives a stream up: RST_STREAM with CANCEL. */
  cancel(stream: number): void {
    this.send(frame('RST_STREAM', 0, stream, uint32(8)))
  }

  /** Nothing is read any more, until `resume`. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Half the connection is closed, as by a client that has asked all that it wanted. */
  sayNoMore(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** What has come of a stream so far. */
  reply(stream: number): H2Reply {
    const { status, chunks, ending } = this.#of(stream)
    const lost = ending === 'open' && this.end !== 'open'
    return {
      status,
      chunks,
      ending: lost ? 'lost' : ending,
      get body() {
        return Buffer.concat(chunks).toString('utf8')
      },
    }
  }

  /** How many bytes of a stream's body have come so far. */
  bytesOf(stream: number): number {
    return this.#of(stream).bytes
  }

  /** Of the first GOAWAY, its error code. */
  get goaway(): number | undefined {
    return this.frames.find(({ type }) => type === 'GOAWAY')?.payload.readUInt32BE(4)
  }

  /** Resolves as soon as a condition holds that depends on frames or the connection's end. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (condition()) resolve()
      }
      const before = this.#onNews
      this.#onNews = () => {
        before()
        look()
      }
      look()
    })
  }

  /** Resolves with the reply when its stream is over. */
  async over(stream: number): Promise<H2Reply> {
    await this.until(() => this.reply(stream).ending !== 'open')
    return this.reply(stream)
  }

  /**
   * Resolves when nothing has come for a while after the first DATA or HEADERS frame. Counted in
   * several ticks: where the event loop itself was held up, one late tick is no silence.
   */
  silence(ms: number, ticks = 4): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined
      const listen = (left: number): void => {
        clearTimeout(timer)
        timer = setTimeout(() => (left === 0 ? resolve() : listen(left - 1)), ms / ticks)
      }
      void this.until(() => {
        if (this.frames.some(({ stream }) => stream > 0) || this.end !== 'open') listen(ticks)
        return false
      })
    })
  }

  #of(stream: number): Received {
    const known = this.#received.get(stream)
    if (known) return known
    const fresh: Received = { status: 0, chunks: [], bytes: 0, ending: 'open' }
    this.#received.set(stream, fresh)
    return fresh
  }

  #note({ type, flags, stream, payload }: H2Frame): void {
    const received = this.#of(stream)
    if (type === 'RST_STREAM') received.ending = `reset ${payload.readUInt32BE(0)}`
    if (type !== 'HEADERS' && type !== 'DATA') return
    if (type === 'HEADERS') received.status ||= statuses[payload[0] ?? 0] ?? -1
    if (type === 'DATA' && payload.length > 0) received.chunks.push(payload)
    if (type === 'DATA') received.bytes += payload.length
    if ((flags & endStream) > 0 && received.ending === 'open') received.ending = 'end'
  }

  #ended(how: 'fin' | 'rst'): void {
    this.end = how
    this.#onNews()
  }

  #read(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data])
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < 9 + length) return
      const read: H2Frame = {
        type: types[this.#rest[3] ?? 255] ?? 'UNKNOWN',
        flags: this.#rest[4] ?? 0,
        stream: this.#rest.readUInt32BE(5),
        payload: this.#rest.subarray(9, 9 + length),
      }
      this.#rest = this.#rest.subarray(9 + length)
      this.frames.push(read)
      this.#note(read)
      this.#acknowledge(read)
      this.#onNews()
    }
  }

  #acknowledge({ type, flags, payload }: H2Frame): void {
    if (flags & ack || (type !== 'SETTINGS' && type !== 'PING')) return
    this.send(frame(type, ack, 0, type === 'PING' ? payload : Buffer.alloc(0)))
  }
}

/** One request on a connection of its own, until its stream is over and nothing follows. */
export async function h2Request(
  port: number,
  request: H2Request,
  silenceMs = 150,
): Promise<H2Reply & Pick<H2Client, 'end' | 'goaway'>> {
  const client = await H2Client.open(port)
  const stream = client.request(request)
  const silent = client.silence(silenceMs)
  await Promise.race([silent, client.over(stream)])
  // What follows at once, such as a second ending, belongs to what is seen.
  await client.silence(4)
  client.destroy()
  const { end, goaway } = client
  return { ...client.reply(stream), end, goaway }
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A frame of any type, for those who want to send a wrong one. */
export function frame(type: FrameType, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type === 'UNKNOWN' ? 0xfa : types.indexOf(type)
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A header as a literal that is not indexed, with a new name (RFC 7541, section 6.2.2). */
function field(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), literal(name), literal(value)])
}

/** Length and text, not compressed; lengths of 127 and more go on in further bytes. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const length: number[] = [Math.min(bytes.length, 127)]
  for (let rest = bytes.length - 127; rest >= 0; rest = rest >= 128 ? rest >> 7 : -1) {
    length.push(rest >= 128 ? (rest & 127) | 128 : rest)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}
