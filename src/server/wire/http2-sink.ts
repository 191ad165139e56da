/**
 * Where bytes meet an HTTP/2 stream. One chunk is handed over at a time and becomes a DATA frame of
 * its own, unless it is larger than a frame may be or than the client allows at the moment: Node
 * joins what is written before it has sent what was written earlier.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { type Headers, type Http2Code, hopByHopHeaders, http2Number } from '../../core/http.ts'
import type { Burst, Sink, SinkUser } from '../../core/sink.ts'
import type { Ending, HeadStep } from '../../core/timeline.ts'
import { completeHead, type HeadOptions, hasNoBody } from './head.ts'
import { closeConnection } from './http2-connection.ts'

/** More than this waiting, and the player is asked to wait, too. */
const mostWaitingBytes = 64 * 1024

export class Http2Sink implements Sink {
  user: SinkUser | undefined

  /** Of the head that was sent, if any. */
  status: number | undefined

  readonly #stream: ServerHttp2Stream
  readonly #method: string | undefined
  readonly #options: HeadOptions
  /** Chunks, and the code of a GOAWAY where it stands between them. */
  readonly #waiting: (Uint8Array | Http2Code)[] = []
  #waitingBytes = 0
  /** The player was asked to wait. */
  #full = false
  /** What was handed over last is not on its way yet. */
  #sending = false
  /** Nobody knows yet whether the head is on its way. */
  #headWaits = false
  #bodiless = false
  #ending: Ending | undefined
  /** The reason that a reset gives. */
  #code: Http2Code | undefined
  /** The ending is being carried out; what the stream says from here on follows from that. */
  #leaving = false

  constructor(stream: ServerHttp2Stream, method: string | undefined, options: HeadOptions) {
    this.#stream = stream
    this.#method = method
    this.#options = options
    stream.on('finish', () => this.#over())
    stream.on('aborted', () => this.#over())
    stream.on('close', () => this.#over())
    // `close` follows and tells.
    stream.on('error', () => {})
    // Of a client that left while its answer was looked for, nothing follows any more.
    if (stream.closed) process.nextTick(() => this.#over())
  }

  send({ head, chunks, ending, code, goaway }: Burst): boolean {
    if (this.#isGone) return true
    if (head) this.#writeHead(head)
    if (!this.#bodiless) {
      for (const chunk of chunks) {
        this.#waiting.push(chunk)
        this.#waitingBytes += chunk.length
      }
    }
    if (goaway) this.#waiting.push(goaway)
    this.#ending = ending
    this.#code = code
    this.#advance()
    this.#full = this.#waitingBytes > mostWaitingBytes
    return !this.#full
  }

  get #isGone(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  #writeHead(step: HeadStep): void {
    const { status } = step
    const { headers } = completeHead(step, this.#options)
    this.#bodiless = hasNoBody(this.#method, status)
    this.#stream.respond({ ':status': status, ...fieldsOf(headers) }, { endStream: this.#bodiless })
    this.status = status
    this.#headWaits = !this.#bodiless
  }

  #hand(bytes: Uint8Array | ''): void {
    this.#sending = true
    this.#stream.write(bytes, this.#sent)
  }

  #sent = (error?: Error | null): void => {
    this.#sending = false
    this.#headWaits = false
    if (error) return
    this.#advance()
    if (!this.#full || this.#waitingBytes > 0) return
    this.#full = false
    this.user?.onDrain()
  }

  #advance(): void {
    if (this.#sending || this.#isGone) return
    const chunk = this.#waiting.shift()
    if (!chunk) {
      this.#leave()
      return
    }
    if (typeof chunk === 'string') {
      this.#goAway(chunk)
      return
    }
    this.#waitingBytes -= chunk.length
    if (this.#ending === 'end' && this.#waiting.length === 0) this.#stream.end(chunk)
    else this.#hand(chunk)
  }

  /** What came before must be on its way: a connection's own frames overtake those of a stream. */
  #goAway(code: Http2Code): void {
    if (this.#headWaits) {
      this.#waiting.unshift(code)
      this.#hand('')
      return
    }
    this.#sending = true
    setImmediate(() => {
      const { session } = this.#stream
      if (session && !session.destroyed) session.goaway(http2Number(code))
      setImmediate(this.#sent)
    })
  }

  #leave(): void {
    if (this.#ending === 'end') this.#stream.end()
    if (this.#ending !== 'reset' && this.#ending !== 'close') return
    // An ending that overtakes the head would swallow it. This writes nothing, and reports back
    // when its turn would have come.
    if (this.#headWaits) this.#hand('')
    else this.#leaveAbruptly(this.#ending)
  }

  #leaveAbruptly(ending: 'reset' | 'close'): void {
    const stream = this.#stream
    this.#leaving = true
    if (ending === 'close') this.#closeConnection()
    else if (stream.headersSent) this.#reset(http2Number(this.#code ?? 'INTERNAL_ERROR'))
    else stream.close(http2Number(this.#code ?? 'INTERNAL_ERROR'))
  }

  /**
   * `close` ends a stream cleanly before it resets it, and `destroy`, which does not, takes no code.
   * So the one is kept from ending anything, and the other then has nothing more to say.
   */
  #reset(code: number): void {
    const stream = this.#stream
    stream.end = () => stream
    stream.close(code)
    stream.destroy()
  }

  #closeConnection(): void {
    const { session } = this.#stream
    if (session) closeConnection(session, () => this.user?.onDone())
  }

  /** Node tells of a stream that is over in one to three ways, depending on who was faster. */
  #over(): void {
    const { writableEnded, rstCode } = this.#stream
    // Without a body the head was all, whatever the timeline would still do.
    const ended = this.#ending === 'end' || this.#bodiless
    if (this.#leaving || (ended && writableEnded && rstCode === constants.NGHTTP2_NO_ERROR)) {
      this.user?.onDone()
    } else if (this.#isGone) this.user?.onLeave()
  }
}

/** Names in lower case; where a name comes twice, all of its values. */
function fieldsOf(headers: Headers): OutgoingHttpHeaders {
  const fields: Record<string, string[]> = {}
  for (const [name, value] of headers) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    const lower = name.toLowerCase()
    if (hopByHopHeaders.has(lower)) continue
    const values = fields[lower]
    if (!values) fields[lower] = [value]
    else if (!values.includes(value)) values.push(value)
  }
  return fields
}
