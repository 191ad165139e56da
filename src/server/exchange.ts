/**
 * One request from its arrival to the last thing that happens on its connection: question, answer,
 * faults, player, sink, journal. Every played request takes this road and no other.
 */
import type { Context } from 'koa'
import type { ReplyContext } from '../core/dialect.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { type Headers, type HttpRequest, header } from '../core/http.ts'
import { bodyLength, isLive, type LiveTimeline, type Timeline } from '../core/timeline.ts'
import { checkLive, withFaults, withFaultsLive } from '../faults/apply.ts'
import type { FaultSpec, Reached } from '../faults/fault.ts'
import { parseFaultHeader } from '../faults/header.ts'
import { type Outcome, play } from '../time/play.ts'
import { seededRandom } from '../time/random.ts'
import { findAnswer, sessionOf } from './answer.ts'
import type { Answer, Question } from './answered.ts'
import { breakOff, openSink } from './connection.ts'
import { corsHeaders } from './cors.ts'
import type { JournalRecord } from './journal.ts'
import { listenFinite, listenLive } from './language.ts'
import { maskedText } from './masking.ts'
import { ourError } from './our-error.ts'
import { plainRequest } from './plain.ts'
import { readRequest } from './read-request.ts'
import type { ServerState } from './server-state.ts'

export async function serveExchange(ctx: Context, server: ServerState): Promise<void> {
  const arrivedMs = server.clock.now()
  const http = await readRequest(ctx, server.maxBodyBytes)
  const question: Question = { http, arrivedMs, session: sessionOf(http) }
  const asked = askedFaults(http)
  const { stage, states, kept, tapes, clock, log } = server
  const answer = findAnswer(question, { stage, states, kept, tapes, clock, log })
  const specs = [...answer.faults, ...(stage.faults ?? []), ...asked.specs]
  refuseImpossible(answer, specs)
  const record = server.journal.open(http, answer, new Date(clock.wallTime()).toISOString())
  const broken = breakTimeline({ answer, specs, seed: asked.seed, question, record }, server)
  const sink = openSink(ctx, {
    extraHeaders: [...ourHeaders(answer), ...corsHeaders(ctx.req.headers)],
    lengthMayChange: specs.some(({ kind }) => lengthChanging.has(kind)),
    isLast: () => server.draining,
  })
  if (answer.ours) server.counters.misses += 1
  // A server that drains waits for words, not for silence.
  const onHang = (): void => {
    if (server.draining) playback.stop()
  }
  const playback = play(broken, sink, { clock, startedMs: arrivedMs, onHang })
  server.open.add(playback)
  // A live service has been asked by now, and its tape is open.
  if (answer.relayed?.tape?.path) record.tape = answer.relayed.tape
  const outcome = await playback.done
  server.open.delete(playback)
  if (outcome.ended === 'failed') giveUp(ctx, { answer, outcome, begun: playback.begun })
  if (outcome.ended === 'stopped') breakOff(ctx)
  record.status = sink.status
  const unreached = answer.relayed?.tape?.why
  if (unreached !== undefined) record.error = `${record.upstream} gave no answer: ${unreached}`
  conclude({ record, outcome, http }, server)
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
  Object.assign(record, { ended, bytes, chunks, durationMs, maxLagMs })
  if (error !== undefined) record.error = messageOf(error)
  if (record.error !== undefined) {
    record.error = maskedText(record.error, http, server.stage.settings.everywhere)
  }
  counters.countEnd(outcome)
  const { method, rule, status, upstream, tape } = record
  const fields = { status, ended, rule, ms: Math.round(durationMs), bytes, chunks }
  const live = { ...(upstream ? { upstream } : {}), ...(tape ? { tape: tape.path } : {}) }
  const line = `${method} ${record.path} ${status ?? '-'} ${ended} ${rule}`
  if (ended === 'failed') log.error({ ...fields, ...live, error: record.error }, line)
  else if (record.error !== undefined) log.warn({ ...fields, ...live, why: record.error }, line)
  else log.info({ ...fields, ...live }, line)
}

/** A clean end before the declared length would leave the client waiting for the rest. */
const lengthChanging = new Set(['duplicate', 'drop', 'inject', 'end'])

function askedFaults(http: HttpRequest): { specs: readonly FaultSpec[]; seed?: number } {
  const asked = header(http.headers, 'x-stuntdouble-fault')
  if (asked === undefined) return { specs: [] }
  const parsed = parseFaultHeader(asked)
  if ('problem' in parsed) {
    throw new StuntdoubleError('bad-request', `x-stuntdouble-fault: ${parsed.problem}`)
  }
  return parsed
}

/** Some places cannot be found in a stream whose length nobody knows yet. */
function refuseImpossible({ timeline }: Answer, specs: readonly FaultSpec[]): void {
  const problem = isLive(timeline) ? checkLive(specs) : undefined
  if (problem) throw new StuntdoubleError('not-possible', problem)
}

interface Breaking {
  readonly answer: Answer
  readonly specs: readonly FaultSpec[]
  /** What the request asks chance to be drawn from. */
  readonly seed: number | undefined
  readonly question: Question
  readonly record: JournalRecord
}

function breakTimeline(
  { answer, specs, seed, question, record }: Breaking,
  { clock, counters }: ServerState,
): Timeline | LiveTimeline {
  const { timeline, dialect, randomName } = answer
  if (specs.length === 0) return timeline
  const random = seededRandom(`${seed ?? randomName}/faults`)
  const reading = readingContext(answer, question)
  const onAct = (kind: string, reached: Reached): void => {
    counters.faults += 1
    record.faults.push({ kind, ...reached })
  }
  if (!isLive(timeline)) {
    const heard = listenFinite(timeline, dialect, reading)
    const length = (): number => bodyLength(heard.timeline)
    const context = { stream: heard.language, random, bodyLength: length, onAct }
    return withFaults(heard.timeline, specs, context)
  }
  const heard = listenLive(timeline, dialect, reading)
  const context = { stream: heard.language, random, bodyLength: undefined, onAct }
  return withFaultsLive(heard.timeline, specs, { ...context, startedMs: question.arrivedMs }, clock)
}

/** For writing single frames into a stream that no scenario made. */
const readingContext = (answer: Answer, { http }: Question): ReplyContext =>
  answer.reply ?? {
    request: plainRequest(http, answer.dialect),
    random: seededRandom(`${answer.randomName}/injected`),
    createdMs: 0,
    models: undefined,
  }

/** Header values are Latin-1 on the wire, while names of rules are any text. */
const headerValue = (text: string): string =>
  text.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent)

function ourHeaders({ rule, seed, ours }: Answer): Headers {
  const headers: [string, string][] = [
    ['x-stuntdouble-seed', `${seed}`],
    ['x-stuntdouble-rule', headerValue(rule)],
  ]
  if (ours) headers.push(['x-stuntdouble-error', ours.code])
  return headers
}
