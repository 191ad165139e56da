/**
 * One exchange with the upstream, on a connection of its own, as a walk over live steps.
 *
 * Must never wait for the tape, hold more than a little of what the client is too slow to take, or
 * call an ending clean that was not.
 */
import type { Socket } from 'node:net'
import { type buildConnector, Client, type Dispatcher } from 'undici'
import { utf8 } from '../core/bytes.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Headers, HttpRequest } from '../core/http.ts'
import { isEnding, type Step } from '../core/timeline.ts'
import { type RecordedEnding, roundMs } from '../recording/format.ts'
import type { Tape } from '../recording/store.ts'
import { requestHeaders, responseHeaders } from './upstream-headers.ts'

/** More than this, not yet taken by the client, and the upstream is asked to wait. */
const mostQueuedBytes = 256 * 1024
const enoughQueuedBytes = mostQueuedBytes / 2

/** Larger than Node's own limit, so that what a service may send can also be taped. */
const maxHeaderBytes = 64 * 1024

export interface ExchangeOptions {
  readonly request: HttpRequest
  readonly origin: string
  /** Origin-form: the path and query to ask for. */
  readonly path: string
  /** The upstream, for messages. */
  readonly url: string
  readonly connector: buildConnector.connector
  readonly clock: Clock
  readonly arrivedMs: number
  readonly openTape: () => Tape | undefined
  readonly signal: AbortSignal | undefined
  readonly onOver: () => void
}

type Broken = 'close' | 'reset'

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

const isResetCode = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE')

export class Exchange implements AsyncIterator<Step, undefined> {
  readonly #options: ExchangeOptions
  readonly #client: Client
  #tape: Tape | undefined
  /** Resolves when the tape is closed. */
  #taped: Promise<void> = Promise.resolve()
  #controller: Dispatcher.DispatchController | undefined
  readonly #queue: Step[] = []
  #queuedBytes = 0
  #waiting: ((result: IteratorResult<Step, undefined>) => void) | undefined
  #isOver = false
  #isConnected = false
  #hasHead = false
  /** The body says itself where it ends, so that an end of the connection before that is a break. */
  #isDelimited = false
  /** How the connection was left by the far end, as soon as it was. */
  #left: Promise<Broken> | undefined

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#client = new Client(options.origin, {
      connect: (target, callback) => this.#connect(target, callback),
      pipelining: 1,
      // A stall is taped as it is, however long.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: maxHeaderBytes,
    })
  }

  /** Sends the request out. */
  begin(): void {
    const { request, path, signal } = this.#options
    this.#tape = this.#options.openTape()
    if (signal?.aborted) {
      this.#leave()
      return
    }
    signal?.addEventListener('abort', this.#leave, { once: true })
    this.#client.dispatch(
      {
        path,
        method: request.method,
        headers: requestHeaders(request.headers),
        body: request.body.length > 0 ? Buffer.from(request.body) : null,
      },
      {
        onRequestStart: (controller) => {
          this.#controller = controller
        },
        onResponseStart: (controller, status) => this.#onHead(status, controller.rawHeaders),
        onResponseData: (controller, chunk) => this.#onChunk(controller, chunk),
        onResponseEnd: () => this.#onEnd(),
        onResponseError: (_, error) => this.#onError(error),
      },
    )
  }

  next(): Promise<IteratorResult<Step, undefined>> {
    const step = this.#queue.shift()
    if (step) {
      this.#taken(step)
      return Promise.resolve({ done: false, value: step })
    }
    if (this.#isOver) return this.#taped.then(() => done)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** The client has left: the upstream is left at once, too. Resolves when the tape is closed. */
  return(): Promise<IteratorResult<Step, undefined>> {
    this.#leave()
    return this.#taped.then(() => done)
  }

  /** We stop, and neither side has left: what is on tape ends where it stands. */
  abandon(): Promise<void> {
    if (!this.#isOver) {
      this.#over(this.#tape?.abandon())
      this.#queue.length = 0
      this.#waiting?.(done)
    }
    return this.#taped
  }

  #now(): number {
    return roundMs(this.#options.clock.now() - this.#options.arrivedMs)
  }

  #connect(target: buildConnector.Options, callback: buildConnector.Callback): void {
    this.#options.connector(target, (error, socket) => {
      if (error || !socket) {
        callback(error ?? new Error('no connection'), null)
        return
      }
      this.#isConnected = true
      this.#watch(socket)
      callback(null, socket)
    })
  }

  /**
   * Tells a FIN from a RST before undici hears of either. A RST that arrives together with data
   * reaches us as a plain end of file, since libuv reads the hang-up and not the error behind it;
   * but the kernel remembers, and refuses the next write. After a FIN that write goes through.
   */
  #watch(socket: Socket): void {
    socket.on('end', () => {
      this.#left ??= new Promise((resolve) => {
        socket.write('\r\n', (error) => resolve(isResetCode(error) ? 'reset' : 'close'))
      })
    })
    socket.on('error', (error) => {
      // Without a system call it is no word of the far end, but of the parser.
      if ('syscall' in error) this.#left ??= Promise.resolve(isResetCode(error) ? 'reset' : 'close')
    })
  }

  #onHead(status: number, raw: Dispatcher.DispatchController['rawHeaders']): void {
    if (status < 200) return
    const received = headersOf(raw)
    this.#hasHead = true
    this.#isDelimited = received.some(([name, value]) =>
      /^content-length$/i.test(name)
        ? true
        : /^transfer-encoding$/i.test(name) && /chunked/i.test(value),
    )
    const step = {
      atMs: this.#now(),
      do: 'head',
      status,
      headers: responseHeaders(received),
    } as const
    this.#give(step)
    this.#tape?.write(step)
  }

  #onChunk(controller: Dispatcher.DispatchController, bytes: Uint8Array): void {
    const step = { atMs: this.#now(), do: 'write', bytes } as const
    this.#queuedBytes += bytes.length
    // The client first: what the tape costs is not added to the stream.
    this.#give(step)
    this.#tape?.write(step)
    if (this.#queuedBytes > mostQueuedBytes) controller.pause()
  }

  /** undici says that the answer is whole; where only the connection's end says so, look closer. */
  #onEnd(): void {
    const left = this.#left
    if (!left) this.#finish('end')
    else left.then((how) => this.#finish(this.#isDelimited || how === 'reset' ? how : 'end'))
  }

  #onError(error: Error): void {
    if (this.#isOver) return
    const left = this.#left
    if (left && this.#isConnected) left.then((how) => this.#finish(how))
    else if (this.#hasHead) this.#finish('close')
    else this.#fail(error)
  }

  #finish(ending: Broken | 'end'): void {
    if (this.#isOver) return
    const atMs = this.#now()
    this.#close(ending, atMs)
    this.#give({ atMs, do: ending })
  }

  /** The upstream was not reached, or did not speak HTTP: the client gets an error of ours. */
  #fail(error: Error): void {
    const message = `stuntdouble got no answer from ${this.#options.url}: ${messageOf(error)}`
    const body = utf8(JSON.stringify({ error: { code: 'upstream-failed', message } }))
    const atMs = this.#now()
    this.#over(this.#tape?.fail(messageOf(error), atMs))
    this.#give({ atMs, do: 'head', status: 502, headers: failureHeaders(body) })
    this.#give({ atMs, do: 'write', bytes: body })
    this.#give({ atMs, do: 'end' })
  }

  readonly #leave = (): void => {
    if (this.#isOver) return
    this.#close('client-left', this.#now())
    this.#queue.length = 0
    this.#waiting?.(done)
  }

  #close(ending: RecordedEnding, atMs: number): void {
    this.#over(this.#tape?.end(ending, atMs))
  }

  /** `taped` resolves when the tape is closed: only then is the exchange off the books. */
  #over(taped: Promise<void> = Promise.resolve()): void {
    this.#isOver = true
    this.#taped = taped
    taped.then(this.#options.onOver, this.#options.onOver)
    this.#options.signal?.removeEventListener('abort', this.#leave)
    this.#client.destroy().catch(() => undefined) // Nothing is left to lose.
  }

  #give(step: Step): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (!waiting) {
      this.#queue.push(step)
      return
    }
    this.#taken(step)
    waiting({ done: false, value: step })
  }

  #taken(step: Step): void {
    if (step.do !== 'write' || isEnding(step)) return
    this.#queuedBytes -= step.bytes.length
    if (this.#controller?.paused && this.#queuedBytes <= enoughQueuedBytes)
      this.#controller.resume()
  }
}

function headersOf(raw: Dispatcher.DispatchController['rawHeaders']): Headers {
  if (!Array.isArray(raw)) return []
  const texts = raw.map((part: Buffer | string) =>
    typeof part === 'string' ? part : part.toString('latin1'),
  )
  const headers: [string, string][] = []
  for (let i = 0; i + 1 < texts.length; i += 2) headers.push([texts[i] ?? '', texts[i + 1] ?? ''])
  return headers
}

const failureHeaders = (body: Uint8Array): Headers => [
  ['content-type', 'application/json'],
  ['content-length', String(body.length)],
  ['x-stuntdouble-error', 'upstream-failed'],
]
