/** What is asked and what is answered, as plain types. Must import nothing that keeps an answer. */
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import type { HttpRequest } from '../../core/http.ts'
import type { LiveTimeline, Timeline } from '../../core/timeline.ts'
import type { FaultSpec } from '../../faults/fault.ts'
import type { MissReport } from '../../recording/match/match-miss.ts'
import type { Match } from '../../scenario/match.ts'
import type { TapeState } from '../open-tapes.ts'

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
  /** The rule that answers, and how often it has in the session, this time included. */
  readonly ruleHit?: Pick<Match, 'scenario' | 'rule' | 'hit'>
  /** Set where a live service answers. */
  readonly relayed?: Relayed
  /** Those who keep its stream for a client that may come back to it. */
  readonly keepers?: readonly Keeper[]
  /** Set where it goes on with the stream of an earlier exchange. */
  readonly resumes?: Resumes
  /** The file of the recording that is played, where a rule plays one. */
  readonly recording?: string
  /** Set where the answer is an error of ours and not of the service that is played. */
  readonly ours?: {
    readonly code: 'miss' | 'no-route'
    readonly why: string
    /** The same for programs, where recordings were asked. */
    readonly miss?: MissReport
  }
}

/** Is told when the stream of an answer is listened to. */
export interface Keeper {
  /** @param exchange its number in the journal */
  opened(exchange: number): void
  /** However it ended. */
  over(): void
}

/** Where an answer goes on. */
export interface Resumes {
  /** The exchange in which the stream began, by its number in the journal. */
  readonly exchange: number | undefined
  /** What the client says it has; undefined where it has nothing yet. */
  readonly after: string | undefined
  /** That is an `id:` of the stream's own frames. */
  readonly hasIds: boolean
  /** Whether the faults of the first connection act on this one as well. */
  readonly faults: 'once' | 'each'
  /** What the first request said in `x-stuntdouble-fault`. */
  readonly header: string | undefined
  /** The last so many frames that the client has, oldest first. */
  before(count: number): readonly Uint8Array[]
}

/** Which live service an answer comes from, and what becomes of its tape once there is one. */
export interface Relayed {
  /** Its URL. */
  readonly upstream: string
  tape: TapeState | undefined
  /** Gets the tape as well, where there is a file: it is opened in a turn of its own. */
  notedIn?: { tape?: TapeState | undefined }
}
