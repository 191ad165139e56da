/** What is asked and what is answered, in whichever way the answer was found. */
import type { ApiError } from '../core/api-error.ts'
import type { Clock } from '../core/clock.ts'
import type { Dialect, ReplyContext, Route } from '../core/dialect.ts'
import type { HttpRequest } from '../core/http.ts'
import type { LiveTimeline, Timeline } from '../core/timeline.ts'
import type { FaultSpec } from '../faults/fault.ts'
import type { SessionStates } from '../scenario/state.ts'
import { replyTimeline } from '../sources/reply.ts'
import { seededRandom } from '../time/random.ts'
import type { Log } from './log.ts'
import type { KeptReplies } from './memory.ts'
import { plainDialect } from './plain.ts'
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
  readonly kept: KeptReplies
  readonly clock: Clock
  readonly log: Log
}

export const defaultSeed = 1
export const defaultSession = 'default'

/** What the request's path stands for, so far as it is known. */
export interface Place {
  readonly http: HttpRequest
  readonly dialect?: Dialect
  readonly route?: Route
  /** The methods that the path does have, where it lacks this one. */
  readonly allow?: string
}

type Given = Pick<Answer, 'timeline' | 'rule'> & Partial<Answer>

/** An answer with everything usual filled in. */
export const answered = (place: Place, question: Question, given: Given): Answer => ({
  dialect: place.dialect,
  reply: undefined,
  session: question.session ?? defaultSession,
  seed: defaultSeed,
  randomName: given.rule,
  faults: [],
  ...given,
})

/** What the service itself would refuse, with the ids that it puts on its errors. */
export function simulated(place: Place, question: Question, error: ApiError, rule: string): Answer {
  const random = seededRandom(`${rule}/${place.http.path}`)
  const reply = (place.dialect ?? plainDialect).error(error, place.http, random)
  return answered(place, question, { timeline: replyTimeline(reply), rule })
}
