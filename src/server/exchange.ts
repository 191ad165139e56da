/**
 * One request from its arrival to the last thing that happens on its connection: question, answer,
 * faults, player, sink, journal. Every played request takes this road and no other.
 */
import type { ReplyContext } from '../core/dialect.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { type Headers, type HttpRequest, header } from '../core/http.ts'
import type { Random } from '../core/random.ts'
import { type Soon, soon } from '../core/soon.ts'
import {
  bodyLength,
  type HeadStep,
  isLive,
  type LiveTimeline,
  type Timeline,
} from '../core/timeline.ts'
import { checkLive, withFaults, withFaultsLive } from '../faults/apply.ts'
import type { FaultSpec, Reached, StreamLanguage } from '../faults/fault.ts'
import { checkWire, mayChangeLength, type Wire } from '../faults/wire.ts'
import type { Outcome } from '../time/play.ts'
import { seededRandom } from '../time/random.ts'
import { answerError } from './answer-error.ts'
import { findAnswer, sessionOf } from './answers/answer.ts'
import type { Answer, Question } from './answers/answered.ts'
import { plainRequest } from './answers/plain.ts'
import { type AskedFaults, faultsFor, requestFaults } from './faults/asked-faults.ts'
import { resumedFrom } from './faults/resumed-faults.ts'
import type { Arrival, ExchangeRecord, JournalRecord } from './journal.ts'
import { languageAfter, listenFinite, listenLive } from './language.ts'
import { type Pass, passLimits } from './limits/pass.ts'
import { isRefusedByCapacity } from './limits/refused-by-capacity.ts'
import { type Log, silentLog } from './log.ts'
import { maskedText } from './masking.ts'
import { ourError } from './our-error.ts'
import type { ServerState } from './server-state.ts'
import type { Stream, StreamSource } from './streams/stream.ts'
import { readStreamPlace, type StreamPlace } from './streams/streams-place.ts'
import type { ConnectionUse } from './wire/connections.ts'
import { corsHeaders } from './wire/cors.ts'
import type { Line, RequestReader } from './wire/line.ts'

export function serveExchange(line: Line, server: ServerState): void {
  if (isRefusedByCapacity(line, server)) return
  line.read(server.maxBodyBytes, new Arriving(line, server))
}

/** A request that is being read. Gives back its place where it cannot be answered. */
class Arriving implements RequestReader {
  readonly #line: Line
  readonly #server: ServerState
  readonly #wallMs: number
  readonly #arrivedMs: number
  readonly #connection: ConnectionUse

  constructor(line: Line, server: ServerState) {
    const { clock } = server
    this.#line = line
    this.#server = server
    this.#arrivedMs = clock.now()
    this.#wallMs = clock.wallTime()
    this.#connection = line.use()
  }

  onRequest(http: HttpRequest): void {
    const line = this.#line
    const server = this.#server
    const arrivedMs = this.#arrivedMs
    const question: Question = { http, arrivedMs, session: sessionOf(http) }
    const arrival: Arrival = {
      wallMs: this.#wallMs,
      arrivedMs,
      requestedMs: server.clock.now() - arrivedMs,
      connection: this.#connection,
    }
    try {
      const going = soon(passLimits(line, question, server), (pass) =>
        admit({ line, question, pass, arrival }, server),
      )
      if (going instanceof Promise) going.catch((error) => this.onUnreadable(error))
    } catch (error) {
      this.onUnreadable(error)
    }
  }

  onUnreadable(error: unknown): void {
    this.#server.capacity.leave()
    answerError(this.#line, error, this.#server)
  }
}

interface AtTheDoor {
  readonly line: Line
  readonly question: Question
  readonly pass: Pass
  readonly arrival: Arrival
}

function admit(door: AtTheDoor, server: ServerState): Soon<void> {
  const { pass } = door
  try {
    const going = pass.left ? noteLeft(door, server) : answer(door, server)
    if (!(going instanceof Promise)) return going
    return going.catch((error) => {
      pass.leave()
      throw error
    })
  } catch (error) {
    pass.leave()
    throw error
  }
}

/** Awaits only what is not here yet, which is nothing where scenarios alone are asked. */
function answer(door: AtTheDoor, server: ServerState): Soon<void> {
  const { pass } = door
  const { queuedMs } = pass
  const { http, arrivedMs } = door.question
  const own = requestFaults(http)
  const question =
    queuedMs === 0 ? door.question : { ...door.question, arrivedMs: arrivedMs + queuedMs }
  return soon(pass.refusal ?? findAnswer(question, server), (found) => {
    const answer = pass.told(found)
    return soon(faultsFor(answer, { http, own }, server), (asked) => {
      const { line, arrival } = door
      new Exchange({ line, question, pass, arrival, answer, asked }, server).play()
    })
  })
}

interface Answered extends AtTheDoor {
  readonly answer: Answer
  readonly asked: AskedFaults
}

/** An exchange from the moment at which all is known that it takes to play it. */
class Exchange implements StreamSource {
  readonly connection: ConnectionUse
  readonly record: ExchangeRecord
  readonly lengthMayChange: boolean
  readonly pauseAt: StreamPlace | undefined
  readonly #line: Line
  readonly #server: ServerState
  readonly #question: Question
  readonly #pass: Pass
  readonly #answer: Answer
  readonly #asked: AskedFaults
  readonly #readyMs: number
  /** Set once it has begun. */
  #stream: Stream | undefined
  #outcome: Outcome | undefined

  constructor(given: Answered, server: ServerState) {
    const { line, question, pass, arrival, answer, asked } = given
    const { http } = question
    this.#line = line
    this.#server = server
    this.#question = question
    this.#pass = pass
    this.#answer = answer
    this.#asked = asked
    this.#readyMs = arrival.arrivedMs + arrival.requestedMs
    this.connection = arrival.connection
    const askedPause = pauseAskedBy(http)
    if (asked.specs.length > 0 || isLive(answer.timeline))
      refuseImpossible(answer, asked, line.wire)
    this.record = server.journal.open(http, answer, arrival)
    if (pass.queuedMs > 0) this.record.queuedMs = pass.queuedMs
    this.lengthMayChange = mayChangeLength(asked.specs)
    this.pauseAt = askedPause ?? pauseOfFirst(answer, server)
  }

  play(): void {
    const server = this.#server
    const answer = this.#answer
    const { record } = this
    const { http, arrivedMs } = this.#question
    server.onExchange?.({ http, arrivedMs, answer, record })
    const stream = server.streams.open(this)
    const timeline = this.#broken(stream)
    const sink = this.#line.openSink({
      extraHeaders: ourHeaders(answer, http),
      lengthMayChange: this.lengthMayChange,
      isLast: server.isLast,
    })
    if (answer.ours) server.counters.misses += 1
    if (answer.relayed) answer.relayed.notedIn = record
    stream.play(timeline, sink, {
      clock: server.clock,
      startedMs: arrivedMs,
      readyMs: this.#readyMs,
      lag: server.lag.of(answer.dialect?.name),
    })
    if (answer.keepers) for (const keeper of answer.keepers) keeper.opened(record.id)
    stream.tellBegin()
    this.#stream = stream
    if (this.#outcome) this.over(this.#outcome)
  }

  language(head: HeadStep): StreamLanguage {
    return languageAfter(head, this.#answer.dialect, this.#reading())
  }

  over(outcome: Outcome): void {
    const stream = this.#stream
    if (!stream) {
      this.#outcome = outcome
      return
    }
    try {
      this.#conclude(outcome, stream)
    } catch (error) {
      answerError(this.#line, error, this.#server)
    } finally {
      this.#pass.leave(outcome)
      this.#server.capacity.leave()
    }
  }

  #conclude(outcome: Outcome, stream: Stream): void {
    const server = this.#server
    const answer = this.#answer
    const { record } = this
    if (answer.keepers) for (const keeper of answer.keepers) keeper.over()
    if (outcome.ended === 'failed') this.#giveUp(outcome, stream)
    if (outcome.ended === 'stopped') this.#line.breakOff()
    stream.conclude(outcome)
    const unreached = answer.relayed?.tape?.why
    if (unreached !== undefined) record.error = `${record.upstream} gave no answer: ${unreached}`
    server.streams.close(stream)
    conclude({ record, outcome, http: this.#question.http }, server)
  }

  /** A source that fails before the head gets an error of ours; after it, only a cut is honest. */
  #giveUp(outcome: Outcome, stream: Stream): void {
    if (stream.hasHead) {
      this.#line.breakOff()
      return
    }
    const reply = ourError(outcome.error)
    const headers = [...reply.headers, ...ourHeaders(this.#answer, this.#question.http)]
    this.#line.answer({ ...reply, headers })
  }

  #broken(stream: Stream): Timeline | LiveTimeline {
    const { timeline, dialect, randomName } = this.#answer
    const { specs, seed } = this.#asked
    if (specs.length === 0) return timeline
    const { clock } = this.#server
    const seeded = (own: number | string): Random => seededRandom(`${own}/faults`)
    const random = seeded(seed ?? randomName)
    const reading = this.#reading()
    const onAct = (kind: string, reached: Reached, index = 0): void =>
      this.#noteFault(stream, { kind, reached, index })
    if (!isLive(timeline)) {
      const heard = listenFinite(timeline, dialect, reading)
      const length = (): number => bodyLength(heard.timeline)
      const resumed = resumedFrom(this.#answer)
      const language = { stream: heard.language, random, seeded, bodyLength: length }
      return withFaults(heard.timeline, specs, { ...language, onAct, resumed })
    }
    const heard = listenLive(timeline, dialect, reading)
    const context = { stream: heard.language, random, seeded, bodyLength: undefined, onAct }
    const startedMs = this.#question.arrivedMs
    return withFaultsLive(heard.timeline, specs, { ...context, startedMs }, clock)
  }

  #noteFault(stream: Stream, { kind, reached, index }: FaultActed): void {
    if (stream.isLookedThrough) return
    const { specs } = this.#asked
    this.#server.counters.faults += 1
    const from = this.#asked.acted(index)
    this.record.faults.push({ kind, ...reached, ...frameOf(specs[index]), ...from })
    stream.tellFault()
  }

  /** For writing single frames into a stream that no scenario made. */
  #reading(): ReplyContext {
    const { reply, dialect, randomName } = this.#answer
    if (reply) return reply
    return {
      request: plainRequest(this.#question.http, dialect),
      random: seededRandom(`${randomName}/injected`),
      createdMs: 0,
      models: undefined,
    }
  }
}

interface FaultActed {
  readonly kind: string
  readonly reached: Reached
  /** Of the fault, among those that were asked for. */
  readonly index: number
}

/** A client that left while it waited for a place was answered by nothing. */
function noteLeft({ question, pass, arrival }: AtTheDoor, server: ServerState): void {
  const { http } = question
  const { queuedMs, refusal } = pass
  const outcome: Outcome = {
    ...{ ended: 'client-left', bytes: 0, chunks: 0, pausedMs: 0, maxLagMs: 0 },
    durationMs: queuedMs,
  }
  if (refusal) {
    const record = server.journal.open(http, refusal, arrival)
    record.queuedMs = queuedMs
    record.leftMs = queuedMs
    record.leftBy = arrival.connection.leftBy()
    conclude({ record, outcome, http }, server)
  }
  pass.leave(outcome)
  server.capacity.leave()
}

interface Concluded {
  readonly record: ExchangeRecord
  readonly outcome: Outcome
  readonly http: HttpRequest
}

function conclude({ record, outcome, http }: Concluded, server: ServerState): void {
  const { counters, log } = server
  const { ended, bytes, chunks, durationMs, maxLagMs, error } = outcome
  record.ended = ended
  record.bytes = bytes
  record.chunks = chunks
  record.durationMs = durationMs
  record.maxLagMs = maxLagMs
  if (error !== undefined) record.error = messageOf(error)
  if (record.error !== undefined) {
    record.error = maskedText(record.error, http, server.stage.settings.everywhere)
  }
  counters.countEnd(outcome)
  server.news.tell('ended', record)
  if (log !== silentLog) logEnd(record, outcome, log)
  record.conclude()
}

function logEnd(record: JournalRecord, outcome: Outcome, log: Log): void {
  const { ended, bytes, chunks, durationMs } = outcome
  const { method, rule, status, upstream, tape } = record
  const late = outcome.late ? { lateMs: Math.round(outcome.late.maxMs) } : {}
  const fields = { status, ended, rule, ms: Math.round(durationMs), bytes, chunks, ...late }
  const live = { ...(upstream ? { upstream } : {}), ...(tape ? { tape: tape.path } : {}) }
  const line = `${method} ${record.path} ${status ?? '-'} ${ended} ${rule}`
  if (ended === 'failed') log.error({ ...fields, ...live, error: record.error }, line)
  else if (record.error !== undefined) log.warn({ ...fields, ...live, why: record.error }, line)
  else log.info({ ...fields, ...live }, line)
}

function pauseAskedBy(http: HttpRequest): StreamPlace | undefined {
  const asked = header(http.headers, 'x-stuntdouble-pause')
  return asked === undefined ? undefined : readStreamPlace(asked, 'x-stuntdouble-pause')
}

/** Who comes back to a stream that is paused gets what it has said, and is paused there as well. */
function pauseOfFirst({ resumes }: Answer, { streams }: ServerState): StreamPlace | undefined {
  if (resumes?.exchange === undefined || resumes.after !== undefined) return undefined
  const first = streams.get(resumes.exchange)
  const frame = first?.state === 'paused' ? first.frames : undefined
  return frame === undefined ? undefined : { frame }
}

/**
 * Some places cannot be found in a stream whose length nobody knows yet, and some faults are about
 * what only one protocol has.
 */
function refuseImpossible({ timeline }: Answer, { specs }: AskedFaults, wire: Wire): void {
  const problem = (isLive(timeline) ? checkLive(specs) : undefined) ?? checkWire(specs, wire)
  if (problem) throw new StuntdoubleError('not-possible', problem)
}

/** Where the fault's place is told in frames. */
function frameOf(spec: FaultSpec | undefined): { readonly frame?: number } {
  const options: unknown = spec?.options
  if (typeof options !== 'object' || options === null || !('at' in options)) return {}
  const { at } = options
  if (typeof at !== 'object' || at === null || !('frame' in at)) return {}
  return typeof at.frame === 'number' ? { frame: at.frame } : {}
}

const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** Header values are Latin-1 on the wire, while names of rules are any text. */
const headerValue = (text: string): string =>
  isPlain(text) ? text : text.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent)

function ourHeaders({ rule, seed, ours }: Answer, http: HttpRequest): Headers {
  const headers: (readonly [string, string])[] = [
    ['x-stuntdouble-seed', `${seed}`],
    ['x-stuntdouble-rule', headerValue(rule)],
  ]
  if (ours) headers.push(['x-stuntdouble-error', ours.code])
  const origin = header(http.headers, 'origin')
  return origin === undefined ? headers : [...headers, ...corsHeaders(origin)]
}
