/** What is asked and what is answered, in whichever way the answer was found. */
import type { ApiError } from '../../core/api-error.ts'
import type { Clock } from '../../core/clock.ts'
import type { Dialect, Route } from '../../core/dialect.ts'
import type { HttpRequest } from '../../core/http.ts'
import type { MissReport } from '../../recording/match/match-miss.ts'
import { redactRequest } from '../../recording/redact/redact.ts'
import { replyTimeline } from '../../sources/reply.ts'
import { seededRandom } from '../../time/random.ts'
import type { Capacity } from '../limits/capacity.ts'
import type { Log } from '../log.ts'
import { maskedValue } from '../masking.ts'
import type { OpenTapes } from '../open-tapes.ts'
import type { SharedState } from '../shared/shared-state.ts'
import type { Stage } from '../stage/stage.ts'
import type { Answer, Question, Relayed, Resumes } from './answer-parts.ts'
import type { KeptReplies } from './memory.ts'
import { plainDialect } from './plain.ts'

export type { Answer, Question, Relayed, Resumes }

export interface AnswerContext {
  readonly stage: Stage
  readonly states: SharedState
  readonly kept: KeptReplies
  readonly tapes: OpenTapes
  readonly capacity: Capacity
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

/** All that an answer is made from. */
export interface Asked {
  readonly place: Place
  readonly question: Question
  readonly context: AnswerContext
}

type Given = Pick<Answer, 'timeline' | 'rule'> & Partial<Answer>

/** An answer with everything usual filled in. */
export const answered = ({ place, question }: Asked, given: Given): Answer => ({
  dialect: place.dialect,
  reply: undefined,
  session: question.session ?? defaultSession,
  seed: defaultSeed,
  randomName: given.rule,
  faults: [],
  ...given,
})

/** What the service itself would refuse, with the ids that it puts on its errors. */
export function simulated(asked: Asked, error: ApiError, rule: string): Answer {
  const { dialect = plainDialect, http } = asked.place
  const reply = dialect.error(error, http, seededRandom(`${rule}/${http.path}`))
  return answered(asked, { timeline: replyTimeline(reply), rule })
}

/** An error of ours in the dialect's shape, which is a 404 whatever the dialect makes of errors. */
export function missed(said: string, asked: Asked, report?: MissReport): Answer {
  const { dialect = plainDialect, http } = asked.place
  const { redactor } = redactRequest(http, asked.context.stage.settings.everywhere)
  const why = redactor.text(said)
  const miss = report && maskedValue(report, redactor)
  const reply = dialect.error({ code: 'not-found', message: why }, http)
  return answered(asked, {
    timeline: replyTimeline({ ...reply, status: 404 }),
    rule: 'miss',
    ours: { code: 'miss', why, ...(miss ? { miss } : {}) },
  })
}
