/**
 * Clients that come back to a broken stream with the id of the last frame they have, as server-sent
 * events have it. Source: WHATWG HTML, section 9.2 (the `Last-Event-ID` header, and 204 for a client
 * that is to stop asking).
 */
import type { Dialect } from '../../core/dialect.ts'
import type { Framing } from '../../core/frame.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import { alphanumeric } from '../../core/random.ts'
import { type Soon, soon } from '../../core/soon.ts'
import { isLive, type Timeline } from '../../core/timeline.ts'
import { sse } from '../../framing/index.ts'
import { checkAuth } from '../../scenario/auth.ts'
import type { Resuming } from '../../scenario/scenario.ts'
import type { ReplaySource } from '../../sources/recording.ts'
import { replyTimeline } from '../../sources/reply.ts'
import {
  continueAfter,
  framesBefore,
  type PlaceAfter,
  withLabels,
} from '../../sources/resume-frames.ts'
import { seededRandom } from '../../time/random.ts'
import { type Answer, type Asked, answered, type Resumes, simulated } from './answered.ts'
import { apiKey } from './api-key.ts'
import type { KeptStream } from './kept-streams.ts'
import { keptElsewhere } from './memory.ts'
import { plainDialect } from './plain.ts'
import { collectionOf } from './replays.ts'

/** Recordings are gone on with by the ids that they hold, without anybody asking for it. */
export const asTaped: Resuming = {
  ids: 'own',
  retryMs: undefined,
  keepMs: 300_000,
  mostFrames: undefined,
  unheard: 'goes-on',
  unknown: 'anew',
  faults: 'once',
}

/** The header that says which frame a client has last; an empty one says nothing. */
const lastEventId = ({ headers }: HttpRequest): string | undefined => {
  const id = header(headers, 'last-event-id')
  // Browsers send it as UTF-8, and header values are read as Latin-1.
  return id === undefined || id === '' ? undefined : Buffer.from(id, 'latin1').toString('utf8')
}

/** The rest of a stream that is kept; undefined where the request is one like any other. */
export function resumedAnswer(asked: Asked): Soon<Answer | undefined> {
  const { question, context } = asked
  const after = lastEventId(question.http)
  if (after === undefined) return undefined
  const found = context.kept.streams.find(question, after)
  if (!found) return undefined
  const { kept, place } = found
  const refused = refusedKey(kept, asked)
  if (refused) return refused
  return soon(isOnAnotherTape(kept, place, asked), (isOnAnother) => {
    if (isOnAnother) return undefined
    if (!place) return unknownId(kept.resuming, after, asked)
    if (isOver(kept, place)) return nothingLeft(kept, after, asked)
    return restOf(kept, { after, place }, asked)
  })
}

/** A stream is shown to those only who may ask for it. */
function refusedKey({ answer }: KeptStream, asked: Asked): Answer | undefined {
  const { dialect, reply } = answer
  const { http } = asked.question
  const key = dialect?.key ? dialect.key(http) : apiKey(http)
  const request = { model: reply?.request.model, dialect: dialect?.name ?? plainDialect.name }
  for (const { auth } of asked.context.stage.scenarios) {
    const error = auth && checkAuth(auth, request, key)
    if (error) return simulated(asked, error, 'access-check')
  }
  return undefined
}

/**
 * What the service said to a client that came back stands on a tape of its own: the one of this very
 * request, or the next, where the first was cut off after that id.
 */
function isOnAnotherTape(
  kept: KeptStream,
  place: PlaceAfter | undefined,
  asked: Asked,
): Soon<boolean> {
  if (kept.resuming !== asTaped) return false
  const { http } = asked.question
  const source = tapesOf(kept, asked)
  const found = source?.forReturning(http)
  if (found?.isExact || !place) return found?.isExact === true
  // Where the client left, no more is known; silence is all that can be played after it.
  if (place.left === 0 && place.ending === 'hang') {
    if (!source || !found || found.takes.length === 0) return false
    const { session } = kept.answer
    const sequence = source.sequence({ takes: found.takes, after: 'error' })
    return asked.context.states.hasUnplayed({ session, ...sequence })
  }
  return isOver(kept, place) && place.ending !== 'end'
}

function tapesOf({ answer }: KeptStream, { context }: Asked): ReplaySource | undefined {
  const { stage } = context
  const reply = answer.ruleHit?.rule.reply
  return reply?.kind === 'replay' ? stage.replays.get(collectionOf(reply)) : stage.replay?.source
}

const isOver = ({ elapsedMs }: KeptStream, { left, ending, endMs }: PlaceAfter): boolean =>
  left === 0 && ending !== 'hang' && endMs <= elapsedMs

/** An EventSource asks again after every end, until it is told not to. */
function nothingLeft({ answer, exchange }: KeptStream, after: string, asked: Asked): Answer {
  const { rule, seed, randomName, session } = answer
  const timeline = replyTimeline({ status: 204, headers: [], body: '' })
  const resumes: Resumes = {
    exchange,
    after,
    hasIds: true,
    faults: 'once',
    header: undefined,
    before: () => [],
  }
  return answered(asked, { timeline, rule, seed, randomName, session, resumes })
}

function restOf(
  kept: KeptStream,
  { after, place }: { readonly after: string; readonly place: PlaceAfter },
  { question }: Asked,
): Answer {
  const { answer, framing, elapsedMs, exchange, resuming } = kept
  const { timeline } = answer
  const { byte } = place
  const isBefore = (_: unknown, endByte: number): boolean => endByte <= byte
  return {
    ...answer,
    timeline: continueAfter({ timeline, framing, byte, elapsedMs }),
    session: question.session ?? answer.session,
    keepers: [kept],
    resumes: {
      exchange,
      after,
      faults: resuming.faults,
      header: header(kept.http.headers, 'x-stuntdouble-fault'),
      hasIds: true,
      before: (count) => framesBefore(timeline, framing, { isBefore, count }),
    },
  }
}

/** What the service says of an id that it does not know; undefined where it begins anew. */
function unknownId({ unknown }: Resuming, id: string, asked: Asked): Answer | undefined {
  if (unknown === 'anew') return undefined
  const hint = asked.context.kept.hasOthers ? keptElsewhere : []
  if (unknown === 204) {
    const timeline = replyTimeline({ status: 204, headers: hint, body: '' })
    return answered(asked, { timeline, rule: 'resume-check' })
  }
  const { dialect = plainDialect, http } = asked.place
  const code = unknown === 404 ? 'not-found' : 'invalid-request'
  const reply = dialect.error({ code, message: `Nothing is known of the event ${id}.` }, http)
  return answered(asked, {
    timeline: replyTimeline({ ...reply, status: unknown, headers: [...reply.headers, ...hint] }),
    rule: 'resume-check',
  })
}

/** An answer that can be come back to, where it is a stream of server-sent events. */
export function keptForReconnecting(
  answer: Answer,
  resuming: Resuming | undefined,
  asked: Asked,
): Answer {
  const { timeline } = answer
  if (!resuming || isLive(timeline) || answer.ours) return answer
  // Whether a tape is a stream of events is looked at when somebody comes back to it.
  if (resuming !== asTaped && !isEventStream(timeline)) return answer
  const { question, context } = asked
  const after = lastEventId(question.http)
  const refused = after === undefined ? undefined : unknownId(resuming, after, asked)
  if (refused) return refused
  const framing = eventsOf(answer.dialect)
  const labelled = withLabels(timeline, framing, {
    retryMs: resuming.retryMs,
    ids: idsOf(resuming, answer.randomName),
  })
  const told = { ...answer, timeline: labelled }
  const kept = context.kept.streams.keep(told, resuming, { question, framing })
  return { ...told, keepers: [...(answer.keepers ?? []), kept] }
}

function isEventStream(timeline: Timeline): boolean {
  for (const step of timeline) {
    if (step.do !== 'head') return false
    const type = header(step.headers, 'content-type') ?? ''
    return step.status === 200 && /^text\/event-stream\b/i.test(type.trim())
  }
  return false
}

const eventsOf = (dialect: Dialect | undefined): Framing => {
  const framings = dialect ? [dialect.framing, ...(dialect.otherFramings ?? [])] : []
  return framings.find(({ name }) => name === 'sse') ?? sse()
}

const idLength = 16

function idsOf({ ids }: Resuming, randomName: string): (() => () => string) | undefined {
  if (ids === 'own') return undefined
  return () => {
    let count = 0
    const random = seededRandom(`${randomName}/ids`)
    return () => (ids === 'counter' ? `${++count}` : alphanumeric(random, idLength))
  }
}
