/**
 * Finds the answer to a request: the sources of the stage are asked in their order, and the first
 * that has one gives a timeline. Knows nothing of sockets.
 */
import type { ApiError } from '../core/api-error.ts'
import type { ChatRequest } from '../core/chat-request.ts'
import type { Clock } from '../core/clock.ts'
import { type Dialect, isApiError, type ReplyContext, type Route } from '../core/dialect.ts'
import { type Headers, type HttpReply, type HttpRequest, header } from '../core/http.ts'
import type { LiveTimeline, Timeline } from '../core/timeline.ts'
import { version } from '../core/version.ts'
import type { FaultSpec } from '../faults/fault.ts'
import { createTape, openRecording } from '../recording/store.ts'
import { checkAuth } from '../scenario/auth.ts'
import { isMiss, type Match, match } from '../scenario/match.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { SessionStates } from '../scenario/state.ts'
import { renderReply } from '../scenario/template.ts'
import { paceTimeline } from '../sources/recording.ts'
import { replyTimeline } from '../sources/reply.ts'
import { scriptTimeline } from '../sources/script.ts'
import { seededRandom } from '../time/random.ts'
import { apiKey } from './api-key.ts'
import { explainMiss } from './explain-miss.ts'
import type { Log } from './log.ts'
import { plainDialect, plainRequest } from './plain.ts'
import type { Stage } from './stage.ts'

export interface Question {
  readonly http: HttpRequest
  /** When it arrived, on the clock's scale. */
  readonly arrivedMs: number
  /** `x-stuntdouble-session`, where the client sent one. */
  readonly session: string | undefined
}

export interface Answer {
  readonly timeline: Timeline | LiveTimeline
  /** Which dialect reads and writes the stream; undefined where none is known. */
  readonly dialect: Dialect | undefined
  /** Where scenarios answered: what the request was understood as. */
  readonly reply: ReplyContext | undefined
  readonly session: string
  /** `scenario/rule`, or what else answered. */
  readonly rule: string
  readonly seed: number
  /** Names the reply's own source of chance. */
  readonly randomName: string
  readonly faults: readonly FaultSpec[]
  /** Set where the answer is an error of ours and not of the service that is played. */
  readonly ours?: { readonly code: 'miss' | 'no-route'; readonly why: string }
}

export interface AnswerContext {
  readonly stage: Stage
  readonly states: SessionStates
  readonly clock: Clock
  readonly log: Log
}

const defaultSeed = 1
const defaultSession = 'default'

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
    noRoute(place, question, context)
  )
}

/** What the request's path stands for, so far as it is known. */
interface Place {
  readonly http: HttpRequest
  readonly dialect?: Dialect
  readonly route?: Route
  /** The methods that the path does have, where it lacks this one. */
  readonly allow?: string
}

type Given = Pick<Answer, 'timeline' | 'rule'> & Partial<Answer>

/** An answer with everything usual filled in. */
const answered = (place: Place, question: Question, given: Given): Answer => ({
  dialect: place.dialect,
  reply: undefined,
  session: question.session ?? defaultSession,
  seed: defaultSeed,
  randomName: given.rule,
  faults: [],
  ...given,
})

function fromScenarios(
  place: Place,
  question: Question,
  context: AnswerContext,
): Answer | undefined {
  const { stage, states } = context
  if (stage.scenarios.length === 0) return undefined
  const { dialect, route, http } = place
  const isChat = dialect !== undefined && route !== undefined && !route.answer
  const parsed = isChat ? dialect.parseRequest(http) : plainRequest(http, dialect)
  const goesOn = stage.replay !== undefined || stage.relay !== undefined
  if (isApiError(parsed)) {
    return goesOn ? undefined : simulated(place, question, parsed, 'request-check')
  }
  const session = question.session ?? parsed.dialogue ?? defaultSession
  const refused = isChat ? refusal(parsed, dialect, stage.scenarios) : undefined
  if (refused && !goesOn) return simulated(place, question, refused, 'access-check')
  const found = match(stage.scenarios, parsed, session, states, { onlyWithPath: !isChat })
  if (!isMiss(found)) return fromRule(found, parsed, place, question, context)
  if (goesOn) return undefined
  if (isChat) return missed(explainMiss(found), place, question)
  return fromRoute(place, question, context)
}

/** Keys are asked for only where a scenario says so; models also where the API itself lists them. */
function refusal(
  request: ChatRequest,
  dialect: Dialect,
  scenarios: readonly Scenario[],
): ApiError | undefined {
  const key = dialect.key ? dialect.key(request.http) : apiKey(request.http)
  for (const { auth } of scenarios) {
    const refused = auth && checkAuth(auth, request, key)
    if (refused) return refused
  }
  const models = scenarios.find((scenario) => scenario.models)?.models ?? dialect.models
  return models && dialect.checkModel(request, models)
}

function fromRule(
  found: Match,
  request: ChatRequest,
  place: Place,
  question: Question,
  { stage, clock }: AnswerContext,
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
  const timeline = ruleTimeline(found, dialect, context, seed)
  return answered(place, question, {
    timeline,
    dialect,
    reply: context,
    session,
    rule: `${scenario.name}/${rule.name}`,
    seed,
    randomName,
    faults: rule.faults,
  })
}

/** What a rule does for a request that it fits. */
export function ruleTimeline(
  found: Match,
  dialect: Dialect,
  context: ReplyContext,
  seed: number,
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
      return scriptTimeline({ steps: reply.steps, dialect, pacing, reply: context })
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

/** Routes that a dialect answers itself, such as a list of models. */
function fromRoute(
  place: Place,
  question: Question,
  { stage, clock }: AnswerContext,
): Answer | undefined {
  const { dialect, route, http } = place
  if (!dialect || !route?.answer) return undefined
  const [scenario] = stage.scenarios
  const reply = route.answer(http, {
    random: seededRandom(`${stage.seed ?? scenario?.seed ?? defaultSeed}/${http.path}`),
    createdMs: scenario === undefined || scenario.now === 'real' ? clock.wallTime() : scenario.now,
    models: stage.scenarios.find(({ models }) => models)?.models,
    memory: { recall: () => undefined, forget: () => false },
  })
  if ('resume' in reply) return undefined
  if ('code' in reply) return simulated(place, question, reply, 'route')
  return answered(place, question, { timeline: replyTimeline(reply), rule: 'route' })
}

/** What the service itself would refuse. */
function simulated(place: Place, question: Question, error: ApiError, rule: string): Answer {
  const reply = (place.dialect ?? plainDialect).error(error, place.http)
  return answered(place, question, { timeline: replyTimeline(reply), rule })
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

function noRoute(place: Place, question: Question, { stage }: AnswerContext): Answer {
  if (place.allow !== undefined && place.dialect) {
    const allow: readonly [string, string] = ['allow', place.allow]
    const error: ApiError = {
      code: 'method-not-allowed',
      message: `${question.http.method} is not allowed here; allowed: ${place.allow}`,
      headers: [allow],
    }
    return simulated(place, question, error, 'method-check')
  }
  if (question.http.path === '/' && question.http.method !== 'POST') {
    // People open it in a browser, and tools wait for it to answer.
    const headers: Headers = [['content-type', 'text/plain; charset=utf-8']]
    const body = `stuntdouble ${version} is running. ${knownPaths(stage)}\n`
    return answered(place, question, {
      timeline: replyTimeline({ status: 200, headers, body }),
      rule: 'greeting',
    })
  }
  const why = `No dialect has the path ${question.http.path}, and no rule names it. ${knownPaths(stage)}`
  const reply = plainDialect.error({ code: 'not-found', message: why })
  return answered(place, question, {
    timeline: replyTimeline(reply),
    rule: 'no-route',
    ours: { code: 'no-route', why },
  })
}

const knownPaths = ({ dialects }: Stage): string =>
  `Known are: ${dialects
    .flatMap(({ routes }) => routes.map(({ method, path }) => `${method} ${path}`))
    .filter((line, index, all) => all.indexOf(line) === index)
    .join(', ')}.`

/** The session that the client names for itself. */
export const sessionOf = (http: HttpRequest): string | undefined =>
  header(http.headers, 'x-stuntdouble-session')
