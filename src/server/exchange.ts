/**
 * One request from its arrival to the last thing that happens on its connection: question, answer,
 * faults, player, sink, journal. Every played request takes this road and no other.
 */
import type { Context } from 'koa'
import type { ReplyContext } from '../core/dialect.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { type Headers, type HttpRequest, header } from '../core/http.ts'
import type { Random } from '../core/random.ts'
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
import { findAnswer, sessionOf } from './answers/answer.ts'
import type { Answer, Question } from './answers/answered.ts'
import { plainRequest } from './answers/plain.ts'
import { type AskedFaults, faultsFor, requestFaults } from './faults/asked-faults.ts'
import { resumedFrom } from './faults/resumed-faults.ts'
import type { Arrival, JournalRecord } from './journal.ts'
import { languageAfter, listenFinite, listenLive } from './language.ts'
import { type Pass, passLimits } from './limits/pass.ts'
import { refusedByCapacity } from './limits/refused-by-capacity.ts'
import { type Log, silentLog } from './log.ts'
import { maskedText } from './masking.ts'
import { ourError } from './our-error.ts'
import type { ServerState } from './server-state.ts'
import type { Stream } from './streams/stream.ts'
import { readStreamPlace, type StreamPlace } from './streams/streams-place.ts'
import { breakOff, openSink, wireOf } from './wire/connection.ts'
import { corsHeaders } from './wire/cors.ts'
import { readRequest } from './wire/read-request.ts'

export async function serveExchange(ctx: Context, server: ServerState): Promise<void> {
  const refused = refusedByCapacity(ctx, server)
  if (refused) return refused
  try {
    await serveTaken(ctx, server)
  } finally {
    server.capacity.leave()
  }
}

/** Awaits only what is not here yet: one promise for the body, one for the end of the playback. */
async function serveTaken(ctx: Context, server: ServerState): Promise<void> {
  const arrivedMs = server.clock.now()
  const connection = server.connections.use(ctx)
  const wallMs = server.clock.wallTime()
  const http = await readRequest(ctx, server.maxBodyBytes)
  const question: Question = { http, arrivedMs, session: sessionOf(http) }
  const arrival = { wallMs, arrivedMs, requestedMs: server.clock.now() - arrivedMs, connection }
  const passing = passLimits(ctx, question, server)
  const pass = passing instanceof Promise ? await passing : passing
  let outcome: Outcome | undefined
  try {
    const { queuedMs } = pass
    const admitted = queuedMs === 0 ? question : { ...question, arrivedMs: arrivedMs + queuedMs }
    outcome = pass.left
      ? noteLeft({ question, pass, arrival }, server)
      : await serveAdmitted(ctx, { question: admitted, pass, arrival }, server)
  } finally {
    pass.leave(outcome)
  }
}

interface AtTheDoor {
  readonly question: Question
  readonly pass: Pass
  readonly arrival: Arrival
}

async function serveAdmitted(
  ctx: Context,
  { question, pass, arrival }: AtTheDoor,
  server: ServerState,
): Promise<Outcome> {
  const { http, arrivedMs } = question
  const askedPause = pauseAskedBy(http)
  const own = requestFaults(http)
  const { stage, states, kept, tapes, clock, log } = server
  const finding = pass.refusal ?? findAnswer(question, { stage, states, kept, tapes, clock, log })
  const found = finding instanceof Promise ? await finding : finding
  const answer = pass.told(found)
  const asking = faultsFor(answer, { http, own }, server)
  const asked = asking instanceof Promise ? await asking : asking
  const { specs } = asked
  refuseImpossible(answer, specs, wireOf(ctx))
  const record = server.journal.open(http, answer, arrival)
  if (pass.queuedMs > 0) record.queuedMs = pass.queuedMs
  server.onExchange?.({ http, arrivedMs, answer, record })
  const lengthMayChange = mayChangeLength(specs)
  // Functions stand by themselves here: in the literals below, V8 would keep them, and with them the
  // whole exchange, until a full collection.
  const language = (head: HeadStep): StreamLanguage =>
    languageAfter(head, answer.dialect, readingContext(answer, question))
  const isLast = (): boolean => server.draining
  const stream = server.streams.open({
    record,
    connection: arrival.connection,
    language,
    lengthMayChange,
    pauseAt: askedPause ?? pauseOfFirst(answer, server),
  })
  const broken = breakTimeline({ answer, asked, question, record, stream }, server)
  const sink = openSink(ctx, {
    extraHeaders: [...ourHeaders(answer), ...corsHeaders(ctx.req.headers)],
    lengthMayChange,
    isLast,
  })
  if (answer.ours) server.counters.misses += 1
  // A server that drains waits for words, not for silence.
  const onHang = (): void => {
    if (server.draining) playback.stop()
  }
  const readyMs = arrival.arrivedMs + arrival.requestedMs
  const lag = server.lag.of(answer.dialect?.name)
  const playback = stream.play(broken, sink, { clock, startedMs: arrivedMs, onHang, readyMs, lag })
  for (const keeper of answer.keepers ?? []) keeper.opened(record.id)
  // A live service has been asked by now, and its tape is open.
  if (answer.relayed?.tape?.path) record.tape = answer.relayed.tape
  stream.tellBegin()
  const outcome = await playback.done
  for (const keeper of answer.keepers ?? []) keeper.over()
  if (outcome.ended === 'failed') giveUp(ctx, { answer, outcome, begun: playback.begun })
  if (outcome.ended === 'stopped') breakOff(ctx)
  stream.conclude(outcome)
  const unreached = answer.relayed?.tape?.why
  if (unreached !== undefined) record.error = `${record.upstream} gave no answer: ${unreached}`
  server.streams.close(stream)
  conclude({ record, outcome, http }, server)
  return outcome
}

/** A client that left while it waited for a place was answered by nothing. */
function noteLeft({ question, pass, arrival }: AtTheDoor, server: ServerState): Outcome {
  const { http } = question
  const { queuedMs, refusal } = pass
  const outcome: Outcome = {
    ...{ ended: 'client-left', bytes: 0, chunks: 0, pausedMs: 0, maxLagMs: 0 },
    durationMs: queuedMs,
  }
  if (!refusal) return outcome
  const record = server.journal.open(http, refusal, arrival)
  record.queuedMs = queuedMs
  record.leftMs = queuedMs
  record.leftBy = arrival.connection.leftBy()
  conclude({ record, outcome, http }, server)
  return outcome
}

interface GivenUp {
  readonly answer: Answer
  readonly outcome: Outcome
  readonly begun: boolean
}

/** A source that fails before the head gets an error of ours; after it, only a cut is honest. */
function giveUp(ctx: Context, { answer, outcome, begun }: GivenUp): void {
  if (begun) {
    breakOff(ctx)
    return
  }
  const { status, headers, body } = ourError(outcome.error)
  const all = [...headers, ...ourHeaders(answer), ...corsHeaders(ctx.req.headers)]
  ctx.res.writeHead(status, all.flat())
  ctx.res.end(body)
}

interface Concluded {
  readonly record: JournalRecord
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
function refuseImpossible({ timeline }: Answer, specs: readonly FaultSpec[], wire: Wire): void {
  const problem = (isLive(timeline) ? checkLive(specs) : undefined) ?? checkWire(specs, wire)
  if (problem) throw new StuntdoubleError('not-possible', problem)
}

interface Breaking {
  readonly answer: Answer
  readonly asked: AskedFaults
  readonly question: Question
  readonly record: JournalRecord
  readonly stream: Stream
}

function breakTimeline(
  { answer, asked, question, record, stream }: Breaking,
  { clock, counters }: ServerState,
): Timeline | LiveTimeline {
  const { timeline, dialect, randomName } = answer
  const { specs, seed } = asked
  if (specs.length === 0) return timeline
  const seeded = (own: number | string): Random => seededRandom(`${own}/faults`)
  const random = seeded(seed ?? randomName)
  const reading = readingContext(answer, question)
  const onAct = (kind: string, reached: Reached, index = 0): void => {
    if (stream.isLookedThrough) return
    counters.faults += 1
    record.faults.push({ kind, ...reached, ...frameOf(specs[index]), ...asked.acted(index) })
    stream.tellFault()
  }
  if (!isLive(timeline)) {
    const heard = listenFinite(timeline, dialect, reading)
    const length = (): number => bodyLength(heard.timeline)
    const resumed = resumedFrom(answer)
    const language = { stream: heard.language, random, seeded, bodyLength: length }
    const context = { ...language, onAct, resumed }
    return withFaults(heard.timeline, specs, context)
  }
  const heard = listenLive(timeline, dialect, reading)
  const context = { stream: heard.language, random, seeded, bodyLength: undefined, onAct }
  return withFaultsLive(heard.timeline, specs, { ...context, startedMs: question.arrivedMs }, clock)
}

/** Where the fault's place is told in frames. */
function frameOf(spec: FaultSpec | undefined): { readonly frame?: number } {
  const options: unknown = spec?.options
  if (typeof options !== 'object' || options === null || !('at' in options)) return {}
  const { at } = options
  if (typeof at !== 'object' || at === null || !('frame' in at)) return {}
  return typeof at.frame === 'number' ? { frame: at.frame } : {}
}

/** For writing single frames into a stream that no scenario made. */
const readingContext = (answer: Answer, { http }: Question): ReplyContext =>
  answer.reply ?? {
    request: plainRequest(http, answer.dialect),
    random: seededRandom(`${answer.randomName}/injected`),
    createdMs: 0,
    models: undefined,
  }

const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** Header values are Latin-1 on the wire, while names of rules are any text. */
const headerValue = (text: string): string =>
  isPlain(text) ? text : text.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent)

function ourHeaders({ rule, seed, ours }: Answer): Headers {
  const headers: [string, string][] = [
    ['x-stuntdouble-seed', `${seed}`],
    ['x-stuntdouble-rule', headerValue(rule)],
  ]
  if (ours) headers.push(['x-stuntdouble-error', ours.code])
  return headers
}
