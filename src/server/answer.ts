/**
 * Finds the answer to a request: the sources of the stage are asked in their order, and the first
 * that has one gives a timeline. Knows nothing of sockets.
 */
import type { ApiError } from '../core/api-error.ts'
import type { ChatRequest } from '../core/chat-request.ts'
import { type Dialect, isApiError, type ReplyContext } from '../core/dialect.ts'
import { type HttpReply, type HttpRequest, header } from '../core/http.ts'
import type { Timeline } from '../core/timeline.ts'
import { version } from '../core/version.ts'
import { createTape, openRecording } from '../recording/store.ts'
import { checkAuth } from '../scenario/auth.ts'
import { isMiss, type Match, match } from '../scenario/match.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { renderReply } from '../scenario/template.ts'
import { paceTimeline } from '../sources/recording.ts'
import { replyTimeline } from '../sources/reply.ts'
import { stoppable } from '../sources/resume.ts'
import { type Script, scriptTimeline } from '../sources/script.ts'
import { seededRandom } from '../time/random.ts'
import { answerRoute } from './answer-route.ts'
import {
  type Answer,
  type AnswerContext,
  answered,
  defaultSeed,
  defaultSession,
  type Place,
  type Question,
  simulated,
} from './answered.ts'
import { apiKey } from './api-key.ts'
import { explainMiss } from './explain-miss.ts'
import type { KeptFrom, KeptReplies } from './memory.ts'
import { noRoute } from './no-route.ts'
import { plainDialect, plainRequest } from './plain.ts'
import type { Stage } from './stage.ts'

export function findAnswer(question: Question, context: AnswerContext): Answer {
  const { stage } = context
  const target = stage.routes.find(question.http)
  const place: Place =
    target && 'route' in target
      ? { ...target, http: { ...question.http, params: target.params } }
      : { http: question.http, ...(target ? { dialect: target.dialect, allow: target.allow } : {}) }
  return (
    fromScenarios(place, question, context) ??
    fromRecordings(place, question, stage) ??
    fromUpstream(place, question, context) ??
    noRoute(place, question, stage)
  )
}

function fromScenarios(
  place: Place,
  question: Question,
  context: AnswerContext,
): Answer | undefined {
  const { stage, states, kept } = context
  if (stage.scenarios.length === 0) return undefined
  const { dialect, route, http } = place
  const isChat = dialect !== undefined && route !== undefined && !route.answer
  const parsed = isChat
    ? dialect.parseRequest(http, kept.of(dialect, question.session))
    : plainRequest(http, dialect)
  const goesOn = stage.replay !== undefined || stage.relay !== undefined
  if (isApiError(parsed)) {
    return goesOn ? undefined : simulated(place, question, parsed, 'request-check')
  }
  const session = question.session ?? parsed.dialogue ?? defaultSession
  const refused = refusal(parsed, place, stage.scenarios)
  if (refused && !goesOn) return simulated(place, question, refused, 'access-check')
  const found = match(stage.scenarios, parsed, session, states, { onlyWithPath: !isChat })
  if (!isMiss(found)) return fromRule(found, parsed, place, question, context)
  if (isChat) return goesOn ? undefined : missed(explainMiss(found), place, question)
  return answerRoute(place, question, context, goesOn)
}

/** Keys are asked for only where a scenario says so; models also where the API itself lists them. */
function refusal(
  request: ChatRequest,
  { dialect, route }: Place,
  scenarios: readonly Scenario[],
): ApiError | undefined {
  if (!dialect || !route) return undefined
  const key = dialect.key ? dialect.key(request.http) : apiKey(request.http)
  for (const { auth } of scenarios) {
    const refused = auth && checkAuth(auth, request, key)
    if (refused) return refused
  }
  if (route.answer) return undefined
  const models = scenarios.find((scenario) => scenario.models)?.models ?? dialect.models
  return models && dialect.checkModel(request, models)
}

function fromRule(
  found: Match,
  request: ChatRequest,
  place: Place,
  question: Question,
  { stage, clock, kept }: AnswerContext,
): Answer {
  const { scenario, rule, session, hit } = found
  const seed = stage.seed ?? scenario.seed
  const randomName = [seed, scenario.name, session, rule.name, hit].join('/')
  const dialect = place.dialect ?? plainDialect
  const context: ReplyContext = {
    request,
    random: seededRandom(randomName),
    createdMs: scenario.now === 'real' ? clock.wallTime() : scenario.now,
    models: scenario.models,
  }
  const told = { session, rule: `${scenario.name}/${rule.name}`, seed, randomName }
  const timeline = ruleTimeline(found, {
    dialect,
    reply: context,
    seed,
    tell: (script) =>
      keepAndTell(script, kept, {
        ...told,
        arrivedMs: question.arrivedMs,
        named: question.session,
      }),
  })
  return answered(place, question, {
    ...told,
    timeline,
    dialect,
    reply: context,
    faults: rule.faults,
  })
}

/** A script in its dialect's words, kept where the service would keep it. */
function keepAndTell(script: Script, replies: KeptReplies, from: KeptFrom): Timeline {
  const timeline = scriptTimeline(script)
  const kept = replies.keep(script, from)
  if (!kept) return timeline
  const { dialect, reply } = script
  const receipt = reply.request.stream ? undefined : dialect.receipt?.(reply)
  return receipt ? replyTimeline(receipt) : stoppable(timeline, () => kept.cancelled)
}

interface Playing {
  readonly dialect: Dialect
  readonly reply: ReplyContext
  readonly seed: number
  /** Plays a script; from its beginning to its end unless given. */
  readonly tell?: (script: Script) => Timeline
}

/** What a rule does for a request that it fits. */
export function ruleTimeline(
  found: Match,
  { dialect, reply: context, seed, tell = scriptTimeline }: Playing,
): Timeline {
  const { scenario, rule } = found
  const pacing = rule.pacing ?? scenario.pacing
  const reply = renderReply(rule.reply, {
    ...found,
    request: context.request,
    seed,
    random: context.random,
  })
  switch (reply.kind) {
    case 'script':
      return tell({ steps: reply.steps, dialect, pacing, reply: context })
    case 'error':
      return replyTimeline(dialect.error(reply.error, context.request.http, context.random))
    case 'http':
      return replyTimeline(reply)
    case 'recording': {
      const recording = openRecording(reply.file)
      return paceTimeline(recording.timeline(), reply.pacing ?? 'recorded', context.random)
    }
  }
}

function missed(why: string, place: Place, question: Question): Answer {
  const dialect = place.dialect ?? plainDialect
  const reply = dialect.error({ code: 'not-found', message: why }, place.http)
  return answered(place, question, {
    timeline: replyTimeline(loud(reply)),
    rule: 'miss',
    ours: { code: 'miss', why },
  })
}

/** An error of ours in the dialect's shape is a 404 whatever the dialect makes of errors. */
const loud = (reply: HttpReply): HttpReply => ({ ...reply, status: 404 })

function fromRecordings(place: Place, question: Question, stage: Stage): Answer | undefined {
  if (!stage.replay) return undefined
  const { source, pace } = stage.replay
  const session = question.session ?? defaultSession
  const found = source.answer(question.http, session)
  if ('miss' in found) {
    if (stage.relay) return undefined
    return missed(`stuntdouble: ${found.miss}`, place, question)
  }
  const { recording } = found
  const seed = stage.seed ?? defaultSeed
  const randomName = [seed, recording.file, session].join('/')
  return answered(place, question, {
    timeline: paceTimeline(recording.timeline(), pace, seededRandom(randomName)),
    dialect: stage.dialects.find(({ name }) => name === recording.dialect) ?? place.dialect,
    rule: `recording/${recording.file}`,
    seed,
    randomName,
  })
}

function fromUpstream(
  place: Place,
  question: Question,
  { stage, clock, log }: AnswerContext,
): Answer | undefined {
  if (!stage.relay) return undefined
  const { upstream, folder, note } = stage.relay
  const { http } = place
  // Below a base path the client leaves out a part of what the service calls its path.
  const full = new URL(upstream.url).pathname.replace(/\/$/, '') + http.path
  const dialect = place.dialect ?? stage.routes.find(http, full)?.dialect
  const timeline = upstream.relay(http, {
    arrivedMs: question.arrivedMs,
    tape: (url) =>
      createTape(folder, {
        by: `stuntdouble ${version}`,
        arrivedMs: clock.wallTime() - (clock.now() - question.arrivedMs),
        dialect: dialect?.name,
        note,
        request: http,
        url,
        keep: dialect?.headers,
        onFailure: (error) => log.error({ folder }, `this exchange is not taped: ${error.message}`),
      }),
  })
  const seed = stage.seed ?? defaultSeed
  return answered(place, question, {
    timeline,
    dialect,
    rule: 'upstream',
    seed,
    randomName: `${seed}/upstream`,
  })
}

/** The session that the client names for itself. */
export const sessionOf = (http: HttpRequest): string | undefined =>
  header(http.headers, 'x-stuntdouble-session')
