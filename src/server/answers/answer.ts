/**
 * Finds the answer to a request: the sources of the stage are asked in their order, and the first
 * that has one gives a timeline. Knows nothing of sockets.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import { isApiError } from '../../core/dialect.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import { type Soon, soon } from '../../core/soon.ts'
import { checkAuth } from '../../scenario/auth.ts'
import { isMiss, type MatchOptions, type Miss, match } from '../../scenario/match.ts'
import { mayAskUpstream, type Rule, type Scenario } from '../../scenario/scenario.ts'
import type { Upstream, Upstreams } from '../../sources/upstreams.ts'
import type { Stage } from '../stage/stage.ts'
import { answerRoute } from './answer-route.ts'
import {
  type Answer,
  type AnswerContext,
  type Asked,
  answered,
  defaultSeed,
  defaultSession,
  missed,
  type Place,
  type Question,
  simulated,
} from './answered.ts'
import { apiKey } from './api-key.ts'
import type { Countable } from './countable.ts'
import { explainMiss } from './explain-miss.ts'
import { allUpstreams } from './live.ts'
import { relayed } from './live-answer.ts'
import { noRoute } from './no-route.ts'
import { plainRequest } from './plain.ts'
import { resumedAnswer } from './reconnecting.ts'
import { recordingAnswer } from './recording-answer.ts'
import { noReplays, playIn, Replays } from './replays.ts'
import { ruleAnswer } from './rule-answer.ts'

export function findAnswer(question: Question, context: AnswerContext): Soon<Answer> {
  const asked: Asked = { place: placeOf(question.http, context.stage), question, context }
  return soon(
    resumedAnswer(asked),
    (resumed) => resumed ?? soon(fromScenarios(asked), (found) => found ?? fromOthers(asked)),
  )
}

const fromOthers = (asked: Asked): Soon<Answer> =>
  soon(fromRecordings(asked), (found) => found ?? fromUpstream(asked) ?? noRoute(asked))

/**
 * What limits count of a request; undefined for what they do not hold for: keys and models that are
 * refused, and what a dialect tells of itself, such as its models.
 */
export function countable(question: Question, context: AnswerContext): Soon<Countable | undefined> {
  const asked: Asked = { place: placeOf(question.http, context.stage), question, context }
  const { dialect, route, http } = asked.place
  if (route?.answer) return undefined
  const key = dialect?.key ? dialect.key(http) : apiKey(http)
  return soon(understood(asked), (request) => {
    if (isApiError(request)) return { asked, request, key, model: undefined }
    if (!goesOn(asked) && refusal(request, asked.place, context.stage.scenarios)) return undefined
    return { asked, request, key, model: request.model }
  })
}

/** What is asked, so far as the dialect understands it. */
function understood({ place, question, context }: Asked): ChatRequest | ApiError {
  const { dialect, route, http } = place
  if (!dialect || !route || route.answer) return plainRequest(http, dialect)
  const { session } = question
  return context.kept.ask(dialect, session, (memory) => dialect.parseRequest(http, memory))
}

function placeOf(http: HttpRequest, stage: Stage): Place {
  const target = stage.routes.find(http) ?? targetBehind(http, stage)
  if (!target) return { http }
  if ('route' in target) {
    const { dialect, route, params } = target
    return { dialect, route, http: hasKeys(params) ? { ...http, params } : http }
  }
  return { http, dialect: target.dialect, allow: target.allow }
}

function hasKeys(value: object): boolean {
  for (const _ in value) return true
  return false
}

/** A path that means something only at the live service, below its base path or our prefix. */
function targetBehind(http: HttpRequest, { live, routes }: Stage) {
  for (const upstreams of allUpstreams(live)) {
    const upstream = upstreams.find(http, undefined)
    const target = upstream && routes.find(http, upstream.pathOf(http))
    if (target && 'route' in target) return target
  }
  return undefined
}

/** The service that is asked where nothing else answers. */
const lastResort = ({ place, context }: Asked): Upstream | undefined =>
  context.stage.live.general?.find(place.http, place.dialect?.name)

/** Whether those who come after the scenarios may have an answer. */
const goesOn = (asked: Asked): boolean =>
  asked.context.stage.replay !== undefined || lastResort(asked) !== undefined

function fromScenarios(asked: Asked): Soon<Answer | undefined> {
  if (asked.context.stage.scenarios.length === 0) return undefined
  return soon(understood(asked), (request) => fromUnderstood(asked, request))
}

function fromUnderstood(asked: Asked, parsed: ChatRequest | ApiError): Soon<Answer | undefined> {
  const { place, context } = asked
  const { stage } = context
  if (isApiError(parsed)) return fromRefused(asked, parsed, 'request-check')
  const isChat = place.dialect !== undefined && place.route !== undefined && !place.route.answer
  const refused = refusal(parsed, place, stage.scenarios)
  if (refused && !goesOn(asked)) {
    return refused.by === 'model'
      ? fromRefused(asked, refused.error, 'access-check')
      : simulated(asked, refused.error, 'access-check')
  }
  return soon(fromRules(asked, parsed, { onlyWithPath: !isChat }), (found) => {
    if ('timeline' in found) return found
    if (isChat) return goesOn(asked) ? undefined : missed(explainMiss(found), asked)
    return answerRoute(asked, { onlyKept: goesOn(asked) })
  })
}

/**
 * What the dialect here refuses, the live service may still take: rules that ask it are tried by
 * what can be told of any request. No other rule is.
 */
function fromRefused(asked: Asked, error: ApiError, by: string): Soon<Answer | undefined> {
  const { place } = asked
  const only = ({ reply }: Rule): boolean => mayAskUpstream(reply)
  return soon(
    fromRules(asked, plainRequest(place.http, place.dialect), { only }),
    (found): Answer | undefined => {
      if ('timeline' in found) return found
      return goesOn(asked) ? undefined : simulated(asked, error, by)
    },
  )
}

function fromRules(asked: Asked, request: ChatRequest, options: MatchOptions): Soon<Answer | Miss> {
  const { place, question, context } = asked
  const { stage, states } = context
  const session = question.session ?? request.dialogue ?? defaultSession
  const { scenarios } = stage
  if (stage.replays.size === 0) {
    const replays = noReplays
    return soon(match(scenarios, request, session, states, options), (found) =>
      isMiss(found) ? found : ruleAnswer(found, { place, question, context, request, replays }),
    )
  }
  const replays = new Replays(stage.replays, asked.place.http)
  const withTapes: MatchOptions = {
    ...options,
    declines: ({ reply }) => replays.declines(reply),
    tape: ({ reply }) => replays.tape(reply),
    onStopped: ({ reply }) => replays.lookAgain(reply),
    usedUp: ({ reply }) => replays.usedUp(reply),
  }
  return soon(match(scenarios, request, session, states, withTapes), (found) =>
    isMiss(found) ? found : ruleAnswer(found, { ...asked, request, replays }),
  )
}

interface Refusal {
  readonly error: ApiError
  readonly by: 'key' | 'model'
}

/** Keys are asked for only where a scenario says so; models also where the API itself lists them. */
function refusal(
  request: ChatRequest,
  { dialect, route }: Place,
  scenarios: readonly Scenario[],
): Refusal | undefined {
  if (!dialect || !route) return undefined
  for (const { auth } of scenarios) {
    if (!auth) continue
    const key = dialect.key ? dialect.key(request.http) : apiKey(request.http)
    const error = checkAuth(auth, request, key)
    if (error) return { error, by: 'key' }
  }
  if (route.answer) return undefined
  const named = scenarios.find((scenario) => scenario.models)?.models
  const models = named ?? dialect.models
  const error = models && dialect.checkModel(request, models)
  // Models that a scenario lists are its own word, as keys are.
  return error && { error, by: named ? 'key' : 'model' }
}

function fromRecordings(asked: Asked): Soon<Answer | undefined> {
  const { question, context } = asked
  const { stage, states } = context
  if (!stage.replay) return undefined
  const session = question.session ?? defaultSession
  const played = stage.replay.source.answer(question.http, playIn(session, states))
  return soon(played, (found) => {
    if (!('miss' in found)) return recordingAnswer(found.recording, asked)
    if (lastResort(asked)) return undefined
    return missed(`stuntdouble: ${found.miss}`, asked, found.report)
  })
}

function fromUpstream(asked: Asked): Answer | undefined {
  const { stage } = asked.context
  const { live } = stage
  const upstream = lastResort(asked)
  if (!upstream)
    return live.general && asked.place.route ? forNobody(asked, live.general) : undefined
  const seed = stage.seed ?? defaultSeed
  return answered(asked, {
    ...relayed(asked, { upstream, folder: live.folder }),
    rule: 'upstream',
    seed,
    randomName: `${seed}/upstream`,
  })
}

function forNobody(asked: Asked, { all }: Upstreams): Answer {
  const { method, path } = asked.question.http
  const known = all.map(({ url }) => url).join(', ')
  return missed(`stuntdouble: no upstream is for ${method} ${path}; there are ${known}`, asked)
}

/** The session that the client names for itself. */
export const sessionOf = (http: HttpRequest): string | undefined =>
  header(http.headers, 'x-stuntdouble-session')
