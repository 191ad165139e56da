/**
 * One exchange with the upstream, on a connection of its own, as a walk over live steps.
 *
 * Must never wait for the tape, hold more than a little of what the client is too slow to take, or
 * call an ending clean that was not.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import type { Headers } from '../core/http.ts'
import type { HeadStep, LiveSteps, Step, WriteStep } from '../core/timeline.ts'
import { type RecordedEnding, roundMs } from '../recording/format.ts'
import type { Tape } from '../recording/store.ts'
import { Turns } from '../time/turns.ts'
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

/**
 * To open a tape and a connection takes a millisecond or two, in which no other stream goes on. Where
 * 48 requests come at once, chunks of the streams in flight are late by 7 to 12 ms (p99) instead of
 * 70 to 185.
 */
const openings = new Turns()

type Result = IteratorResult<Step, undefined>

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** For a tape that outlives the client's stream, `readOn` takes the rest of the steps. */
export class Exchange implements LiveSteps {
  readonly #options: ExchangeOptions
  readonly #opening = new AbortController()
  #tape: Tape | undefined
  /** A tape was asked for, whether or not there is one. */
  #isTaped = false
  /** Resolves when the tape is closed. */
  #taped: Promise<void> = Promise.resolve()
  #transport: Transport | undefined
  #alarm: Alarm | undefined
  /** When the service last said something. */
  #heardMs = 0
  /** Arrived in this turn of the event loop, and not on tape yet. */
  #fresh: (HeadStep | WriteStep)[] = []
  /** On tape, and not taken by the client yet. */
  readonly #queue: Step[] = []
  #queuedBytes = 0
  #isPaused = false
  #waiting: ((result: Result) => void) | undefined
  #isOver = false
  #hasHead = false

  constructor(options: ExchangeOptions) {
    this.#options = options
  }

  /** Sends the request out, as soon as it has its turn. */
  begin(): void {
    const { signal } = this.#options
    signal?.addEventListener('abort', this.#leave, { once: true })
    openings.run(() => {
      if (signal?.aborted) this.#leave()
      if (!this.#isOver) this.#begin().catch(this.#failWith)
    })
  }

  async #begin(): Promise<void> {
    this.#openTape()
    await this.#ask()
  }

  /** Whoever leaves before its turn has asked as well, and is on tape. */
  #openTape(): void {
    if (this.#isTaped) return
    this.#isTaped = true
    const tape = this.#options.openTape()
    this.#tape = tape && plainTape(tape)
  }

  readonly #failWith = (error: unknown): void => {
    this.#fail(error instanceof Error ? error : new Error(String(error)))
  }

  take(): Step | undefined {
    this.#settle()
    const step = this.#queue.shift()
    if (step) this.#taken(step)
    return step
  }

  next(): Promise<Result> {
    const step = this.take()
    if (step) return Promise.resolve({ done: false, value: step })
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
      this.#openTape()
      this.#settle()
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
    this.#expectNothing()
    const { clock } = this.#options
    if (withinMs !== undefined) this.#alarm = clock.at(clock.now() + withinMs, late)
  }

  #expectNothing(): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
  }

  #expectChunk(): void {
    const { clock, deadlines } = this.#options
    if (deadlines.idleMs === undefined || this.#isPaused) return
    this.#heardMs = clock.now()
    this.#alarm ??= clock.at(this.#heardMs + deadlines.idleMs, this.#cutIfIdle)
  }

  /** One alarm for a whole answer and not one a chunk: it looks what has come since it was set. */
  readonly #cutIfIdle = (): void => {
    const { clock, deadlines } = this.#options
    const { idleMs = 0 } = deadlines
    const dueMs = this.#heardMs + idleMs
    if (clock.now() >= dueMs) this.#cut(timeouts.idle(idleMs))
    else this.#alarm = clock.at(dueMs, this.#cutIfIdle)
  }

  #onHead(status: number, received: Headers): void {
    this.#hasHead = true
    this.#expectNothing()
    this.#expectChunk()
    const headers = responseHeaders(received)
    this.#arrived({ atMs: this.#now(), do: 'head', status, headers })
  }

  #onChunk(bytes: Uint8Array): void {
    this.#queuedBytes += bytes.length
    this.#arrived({ atMs: this.#now(), do: 'write', bytes })
    if (this.#queuedBytes > mostQueuedBytes && !this.#isPaused) {
      this.#isPaused = true
      this.#expectNothing()
      this.#transport?.pause()
    }
    this.#expectChunk()
  }

  /**
   * On tape first: a process that is killed has then taped all that its client has. It costs
   * microseconds, and a disk that takes longer is not waited for.
   */
  #arrived(step: HeadStep | WriteStep): void {
    if (this.#waiting && this.#fresh.length === 0) {
      this.#tape?.write(step)
      this.#give(step)
    } else if (this.#fresh.push(step) === 1) queueMicrotask(this.#settle)
  }

  /** What else has arrived in the same turn goes on tape in one write, and to the client behind it. */
  readonly #settle = (): void => {
    const fresh = this.#fresh
    if (fresh.length === 0) return
    this.#fresh = []
    this.#tape?.write(...fresh)
    for (const step of fresh) this.#give(step)
  }

  #finish(ending: Broken | 'end'): void {
    if (this.#isOver) return
    this.#settle()
    const atMs = this.#now()
    this.#close(ending, atMs)
    this.#give({ atMs, do: ending })
  }

  /** The upstream has said nothing that is HTTP: the client gets an error of ours. */
  #fail(error: Error): void {
    if (this.#isOver) return
    this.#settle()
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
    this.#settle()
    const atMs = this.#now()
    this.#over(this.#tape?.fail(error.message, atMs))
    this.#give({ atMs, do: 'close' })
  }

  readonly #leave = (): void => {
    if (this.#isOver) return
    this.#openTape()
    this.#settle()
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
    this.#expectNothing()
    // Nobody listens any more once it is open, and an error with its stack would be made for it.
    if (this.#transport) this.#transport.destroy()
    else this.#opening.abort()
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
