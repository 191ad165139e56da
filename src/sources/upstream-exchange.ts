/**
 * One exchange with the upstream, on a connection of its own, as a walk over live steps.
 *
 * Must never wait for the tape, hold more than a little of what the client is too slow to take, or
 * call an ending clean that was not.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import type { Headers, HttpRequest } from '../core/http.ts'
import type { HeadStep, LiveSteps, Sleeper, Step, WriteStep } from '../core/timeline.ts'
import { type RecordedEnding, roundMs } from '../recording/format.ts'
import type { Tape } from '../recording/store.ts'
import { InOrder, Turns } from '../time/turns.ts'
import type { Connect, Opening, Stop } from './upstream-connect.ts'
import { failureReply, timeouts } from './upstream-failure.ts'
import { responseHeaders, unsendable } from './upstream-headers.ts'
import { sendHttp1 } from './upstream-http1.ts'
import { sendHttp2 } from './upstream-http2.ts'
import { PlainTape } from './upstream-plain-tape.ts'
import type { Broken, Connection, Heard, OutgoingRequest, Transport } from './upstream-transport.ts'

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

/** What all exchanges with one upstream have in common. */
export interface Service {
  /** For messages. */
  readonly url: string
  readonly connect: Connect
  readonly deadlines: Deadlines
  readonly clock: Clock
  /** What is sent; throws where that cannot be done. */
  outgoing(request: HttpRequest, path: string): OutgoingRequest
  openTape(asked: AskedService, onOpen: () => void): Tape | undefined
  /** It is over, and its tape is closed. */
  onOver(exchange: Exchange): void
}

/** Opens a tape, given the absolute URL that is asked; `onOpen` is called once, and never within. */
export type OpenTape = (url: string, onOpen: () => void) => Tape

export interface AskedService {
  readonly request: HttpRequest
  /** At the service. */
  readonly path: string
  readonly arrivedMs: number
  readonly tape: OpenTape | undefined
  readonly onAsked: (() => void) | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * To begin an exchange takes most of a millisecond, in which no other stream goes on: half of it is the
 * tape, which has a turn of its own. Where 48 requests come at once, chunks of the streams in flight
 * are late by 7 to 12 ms (p99) instead of 70 to 185.
 */
const openings = new Turns()

/** Whose tape is open may ask its service, in the order of the requests. */
const connecting = new InOrder()

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown))

type Result = IteratorResult<Step, undefined>

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** For a tape that outlives the client's stream, `readOn` takes the rest of the steps. */
export class Exchange implements LiveSteps, Heard, Opening {
  /** Where its service keeps it. */
  slot: number | undefined
  readonly #service: Service
  readonly #asked: AskedService
  #tape: PlainTape | undefined
  /** A tape was asked for, whether or not there is one. */
  #isTaped = false
  /** Resolves when the tape is closed. */
  #taped: Promise<void> | undefined
  #stopOpening: Stop | undefined
  #transport: Transport | undefined
  #alarm: Alarm | undefined
  /** When the service last said something. */
  #heardMs = 0
  /** Of all that has arrived in one go. */
  #freshMs: number | undefined
  /** Arrived in one go, and not on tape yet. */
  readonly #fresh: (HeadStep | WriteStep)[] = []
  /** On tape, and not taken by the client yet. */
  readonly #queue: Step[] = []
  #queuedBytes = 0
  #isPaused = false
  /** The client waits for a step, in one of two ways. */
  #waiting: ((result: Result) => void) | undefined
  #sleeper: Sleeper | undefined
  #isOver = false
  #hasHead = false

  constructor(service: Service, asked: AskedService) {
    this.#service = service
    this.#asked = asked
  }

  /** Sends the request out, as soon as it has its turn. */
  begin(): void {
    const { signal, onAsked } = this.#asked
    onAsked?.()
    signal?.addEventListener('abort', this.#leave, { once: true })
    openings.run(this.#begin)
  }

  readonly #begin = (): void => {
    if (this.#asked.signal?.aborted) this.#leave()
    if (!this.#isOver) openings.goOn(this.#tapeIt)
  }

  readonly #tapeIt = (): void => {
    if (!this.#isOver) this.#openTape()
  }

  readonly #connectInTurn = (): void => openings.run(this.#connect)

  readonly #connect = (): void => {
    if (this.#isOver) return
    const { connect, deadlines } = this.#service
    const { connectMs } = deadlines
    this.#expect(connectMs, () => this.#fail(timeouts.connect(connectMs)))
    try {
      this.#stopOpening = connect(this)
    } catch (error) {
      this.#failWith(error)
    }
  }

  /** Whoever leaves before its turn has asked as well, and is on tape. */
  #openTape(): void {
    if (this.#isTaped) return
    this.#isTaped = true
    const onOpen = connecting.join(this.#connectInTurn)
    try {
      const tape = this.#service.openTape(this.#asked, onOpen)
      this.#tape = tape && new PlainTape(tape)
      if (!tape) onOpen()
    } catch (error) {
      this.#failWith(error)
      onOpen()
    }
  }

  onOpen(connection: Connection): void {
    const { headMs } = this.#service.deadlines
    this.#expectNothing()
    if (headMs !== undefined) this.#expect(headMs, () => this.#fail(timeouts.head(headMs)))
    const send = connection.protocol === 'http2' ? sendHttp2 : sendHttp1
    try {
      const { request, path } = this.#asked
      this.#transport = send(connection, this.#service.outgoing(request, path), this)
    } catch (error) {
      this.#failWith(error)
    }
  }

  onUnopened(error: Error): void {
    this.#fail(error)
  }

  #failWith(error: unknown): void {
    this.#fail(asError(error))
  }

  take(): Step | undefined {
    if (this.#fresh.length > 0) this.#keepFresh()
    const step = this.#queue.shift()
    if (step) this.#taken(step)
    return step
  }

  wake(sleeper: Sleeper): boolean {
    if (this.#isOver) return false
    this.#sleeper = sleeper
    return true
  }

  next(): Promise<Result> {
    this.#sleeper = undefined
    const step = this.take()
    if (step) return Promise.resolve({ done: false, value: step })
    if (this.#isOver) return this.#whenTaped()
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** The client has left: the upstream is left at once, too. Resolves when the tape is closed. */
  return(): Promise<Result> {
    this.#leave()
    return this.#whenTaped()
  }

  async #whenTaped(): Promise<Result> {
    await this.#taped
    return done
  }

  /** We stop, and neither side has left: tape and client have what has come, and no end of it. */
  async abandon(): Promise<void> {
    if (!this.#isOver) {
      this.#openTape()
      this.#keepFresh()
      if (!this.#isOver) this.#over(this.#tape?.abandon())
      this.#queue.push({ atMs: this.#now(), do: 'close' })
      this.#wake()
    }
    this.#tape?.cutShort()
    await this.#taped
  }

  #now(): number {
    return roundMs(this.#service.clock.now() - this.#asked.arrivedMs)
  }

  /** Only one thing is waited for at a time. */
  #expect(withinMs: number, late: () => void): void {
    this.#expectNothing()
    const { clock } = this.#service
    this.#alarm = clock.at(clock.now() + withinMs, late)
  }

  #expectNothing(): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
  }

  #expectChunk(): void {
    const { clock, deadlines } = this.#service
    if (deadlines.idleMs === undefined || this.#isPaused) return
    this.#heardMs = clock.now()
    this.#alarm ??= clock.at(this.#heardMs + deadlines.idleMs, this.#cutIfIdle)
  }

  /** One alarm for a whole answer and not one a chunk: it looks what has come since it was set. */
  readonly #cutIfIdle = (): void => {
    const { clock, deadlines } = this.#service
    const { idleMs = 0 } = deadlines
    const dueMs = this.#heardMs + idleMs
    if (clock.now() >= dueMs) this.#cut(timeouts.idle(idleMs))
    else this.#alarm = clock.at(dueMs, this.#cutIfIdle)
  }

  onHead(status: number, received: Headers): void {
    const wrong = unsendable(received)
    if (wrong) this.#fail(wrong)
    if (this.#isOver) return
    this.#hasHead = true
    this.#expectNothing()
    this.#expectChunk()
    const headers = responseHeaders(received)
    this.#freshMs ??= this.#now()
    this.#fresh.push({ atMs: this.#freshMs, do: 'head', status, headers })
  }

  onChunk(bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#queuedBytes += bytes.length
    this.#freshMs ??= this.#now()
    this.#fresh.push({ atMs: this.#freshMs, do: 'write', bytes })
    if (this.#queuedBytes > mostQueuedBytes && !this.#isPaused) {
      this.#isPaused = true
      this.#expectNothing()
      this.#transport?.pause()
    }
    this.#expectChunk()
  }

  onPause(): void {
    this.#keepFresh()
    this.#wake()
  }

  onEnd(how: Broken | 'end'): void {
    if (this.#isOver) return
    this.#keepFresh()
    const atMs = this.#now()
    this.#close(how, atMs)
    this.#queue.push({ atMs, do: how })
    this.#wake()
  }

  onFailure(error: Error): void {
    if (this.#hasHead) this.onEnd('close')
    else this.#fail(error)
  }

  /**
   * What has arrived in one go goes on tape in one write, and to the client behind it: a process that
   * is killed has then taped all that its client has. It costs microseconds, and a disk that takes
   * longer is not waited for.
   */
  #keepFresh(): void {
    const fresh = this.#fresh
    const [only] = fresh
    if (only === undefined) return
    this.#freshMs = undefined
    if (fresh.length === 1) this.#tape?.write(only)
    else this.#tape?.write(...fresh)
    for (const step of fresh) this.#queue.push(step)
    fresh.length = 0
  }

  /** The upstream has said nothing that is HTTP: the client gets an error of ours. */
  #fail(error: Error): void {
    if (this.#isOver) return
    this.#keepFresh()
    const { status, headers, body } = failureReply(this.#service.url, error)
    const atMs = this.#now()
    this.#over(this.#tape?.fail(error.message, atMs))
    this.#queue.push({ atMs, do: 'head', status, headers })
    if (typeof body !== 'string') this.#queue.push({ atMs, do: 'write', bytes: body })
    this.#queue.push({ atMs, do: 'end' })
    this.#wake()
  }

  /** We have waited long enough: the client is cut off, and the tape says that it was us. */
  #cut(error: Error): void {
    if (this.#isOver) return
    this.#keepFresh()
    const atMs = this.#now()
    this.#over(this.#tape?.fail(error.message, atMs))
    this.#queue.push({ atMs, do: 'close' })
    this.#wake()
  }

  readonly #leave = (): void => {
    if (this.#isOver) return
    this.#openTape()
    this.#keepFresh()
    if (!this.#isOver) this.#close('client-left', this.#now())
    this.#drop()
  }

  #close(ending: RecordedEnding, atMs: number): void {
    this.#over(this.#tape?.end(ending, atMs))
  }

  /** `taped` resolves when the tape is closed: only then is the exchange off the books. */
  #over(taped: Promise<void> = Promise.resolve()): void {
    this.#isOver = true
    this.#taped = taped
    taped.then(this.#settled, this.#settled)
    this.#asked.signal?.removeEventListener('abort', this.#leave)
    this.#expectNothing()
    if (this.#transport) this.#transport.destroy()
    else this.#stopOpening?.()
  }

  readonly #settled = (): void => this.#service.onOver(this)

  /** Nobody is there for what has not been taken. */
  #drop(): void {
    this.#queue.length = 0
    this.#sleeper?.onWake()
    this.#sleeper = undefined
    this.#waiting?.(done)
    this.#waiting = undefined
  }

  #wake(): void {
    const sleeper = this.#sleeper
    const waiting = this.#waiting
    this.#sleeper = undefined
    this.#waiting = undefined
    if (sleeper) sleeper.onWake()
    else if (waiting) {
      const step = this.take()
      if (step) waiting({ done: false, value: step })
      else this.#waiting = waiting
    }
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
