/**
 * One exchange with the upstream, on a connection of its own, as a walk over live steps.
 *
 * Must never wait for the tape, hold more than a little of what the client is too slow to take, or
 * call an ending clean that was not.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import type { Headers } from '../core/http.ts'
import type { LiveSteps, Step } from '../core/timeline.ts'
import { type RecordedEnding, roundMs } from '../recording/format.ts'
import type { Tape } from '../recording/store.ts'
import type { Connect } from './upstream-connect.ts'
import { failureReply, timeouts } from './upstream-failure.ts'
import { responseHeaders } from './upstream-headers.ts'
import { sendHttp1 } from './upstream-http1.ts'
import { sendHttp2 } from './upstream-http2.ts'
import { plainTape } from './upstream-plain-tape.ts'
import type { Broken, OutgoingRequest, Transport } from './upstream-transport.ts'

/** More than this, not yet taken by the client, and the upstream is asked to wait. */
const mostQueuedBytes = 256 * 1024
const enoughQueuedBytes = mostQueuedBytes / 2

interface Deadlines {
  readonly connectMs: number
  /** From the connection to the status line; for ever unless given. */
  readonly headMs: number | undefined
  /** From one chunk to the next; for ever unless given. */
  readonly idleMs: number | undefined
}

export interface ExchangeOptions {
  /** What is sent; throws where that cannot be done. */
  readonly outgoing: () => OutgoingRequest
  /** The upstream, for messages. */
  readonly url: string
  readonly connect: Connect
  readonly deadlines: Deadlines
  readonly clock: Clock
  readonly arrivedMs: number
  readonly openTape: () => Tape | undefined
  readonly signal: AbortSignal | undefined
  readonly onOver: () => void
}

type Result = IteratorResult<Step, undefined>

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** For a tape that outlives the client's stream, `readOn` takes the rest of the steps. */
export class Exchange implements LiveSteps {
  readonly #options: ExchangeOptions
  readonly #opening = new AbortController()
  #tape: Tape | undefined
  /** Resolves when the tape is closed. */
  #taped: Promise<void> = Promise.resolve()
  #transport: Transport | undefined
  #alarm: Alarm | undefined
  readonly #queue: Step[] = []
  #queuedBytes = 0
  #isPaused = false
  #waiting: ((result: Result) => void) | undefined
  #isOver = false
  #hasHead = false

  constructor(options: ExchangeOptions) {
    this.#options = options
  }

  /** Sends the request out. */
  begin(): void {
    const { signal } = this.#options
    const tape = this.#options.openTape()
    this.#tape = tape && plainTape(tape)
    if (signal?.aborted) {
      this.#leave()
      return
    }
    signal?.addEventListener('abort', this.#leave, { once: true })
    this.#ask().catch((error: unknown) => {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    })
  }

  next(): Promise<Result> {
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
  return(): Promise<Result> {
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

  async #ask(): Promise<void> {
    const { connect, deadlines } = this.#options
    const asked = this.#options.outgoing()
    this.#expect(deadlines.connectMs, () => {
      this.#opening.abort(timeouts.connect(deadlines.connectMs))
    })
    const connection = await connect(this.#opening.signal)
    if (this.#isOver) {
      connection.socket.destroy()
      return
    }
    const { headMs } = deadlines
    this.#expect(headMs, () => this.#fail(timeouts.head(headMs ?? 0)))
    const send = connection.protocol === 'http2' ? sendHttp2 : sendHttp1
    this.#transport = send(connection, asked, {
      onHead: (status, headers) => this.#onHead(status, headers),
      onChunk: (bytes) => this.#onChunk(bytes),
      onEnd: (how) => this.#finish(how),
      onFailure: (error) => (this.#hasHead ? this.#finish('close') : this.#fail(error)),
    })
  }

  /** Only one thing is waited for at a time. */
  #expect(withinMs: number | undefined, late: () => void): void {
    this.#alarm?.cancel()
    const { clock } = this.#options
    this.#alarm = withinMs === undefined ? undefined : clock.at(clock.now() + withinMs, late)
  }

  #expectChunk(): void {
    const { idleMs } = this.#options.deadlines
    this.#expect(this.#isPaused ? undefined : idleMs, () => this.#cut(timeouts.idle(idleMs ?? 0)))
  }

  #onHead(status: number, received: Headers): void {
    this.#hasHead = true
    this.#expectChunk()
    const headers = responseHeaders(received)
    const step = { atMs: this.#now(), do: 'head', status, headers } as const
    this.#tape?.write(step)
    this.#give(step)
  }

  #onChunk(bytes: Uint8Array): void {
    const step = { atMs: this.#now(), do: 'write', bytes } as const
    this.#queuedBytes += bytes.length
    // On tape first: a process that is killed has then taped all that its client has. It costs
    // microseconds, and a disk that takes longer is not waited for.
    this.#tape?.write(step)
    this.#give(step)
    if (this.#queuedBytes > mostQueuedBytes && !this.#isPaused) {
      this.#isPaused = true
      this.#transport?.pause()
    }
    this.#expectChunk()
  }

  #finish(ending: Broken | 'end'): void {
    if (this.#isOver) return
    const atMs = this.#now()
    this.#close(ending, atMs)
    this.#give({ atMs, do: ending })
  }

  /** The upstream has said nothing that is HTTP: the client gets an error of ours. */
  #fail(error: Error): void {
    if (this.#isOver) return
    const { status, headers, body } = failureReply(this.#options.url, error)
    const atMs = this.#now()
    this.#over(this.#tape?.fail(error.message, atMs))
    this.#give({ atMs, do: 'head', status, headers })
    if (typeof body !== 'string') this.#give({ atMs, do: 'write', bytes: body })
    this.#give({ atMs, do: 'end' })
  }

  /** We have waited long enough: the client is cut off, and the tape says that it was us. */
  #cut(error: Error): void {
    if (this.#isOver) return
    const atMs = this.#now()
    this.#over(this.#tape?.fail(error.message, atMs))
    this.#give({ atMs, do: 'close' })
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
    this.#alarm?.cancel()
    this.#opening.abort()
    this.#transport?.destroy()
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
    if (step.do !== 'write') return
    this.#queuedBytes = Math.max(0, this.#queuedBytes - step.bytes.length)
    if (this.#isPaused && this.#queuedBytes <= enoughQueuedBytes) this.#resume()
  }

  #resume(): void {
    this.#isPaused = false
    this.#transport?.resume()
    if (!this.#isOver) this.#expectChunk()
  }
}
