/**
 * One exchange and the limits: waits at the door, puts true figures on its answer, and leaves at its
 * end. The one place through which the road of exchanges meets them.
 */
import type { ReplyContext } from '../../core/dialect.ts'
import { isApiError } from '../../core/dialect.ts'
import type { Headers } from '../../core/http.ts'
import type { Soon } from '../../core/soon.ts'
import { isLive, type LiveTimeline, type Step, type Timeline } from '../../core/timeline.ts'
import type { Outcome } from '../../time/play.ts'
import { seededRandom } from '../../time/random.ts'
import { countable } from '../answers/answer.ts'
import { type Answer, type Question, simulated } from '../answers/answered.ts'
import type { Countable } from '../answers/countable.ts'
import { plainRequest } from '../answers/plain.ts'
import type { ServerState } from '../server-state.ts'
import type { Line } from '../wire/line.ts'
import type { Entered } from './limits.ts'
import { countLive, eachLive, saidUntil } from './said.ts'

export interface Pass {
  /** Set where a limit answers, or would have. */
  readonly refusal: Answer | undefined
  /** The client has gone while it waited. */
  readonly left: boolean
  /** How long it waited for a place. */
  readonly queuedMs: number
  /** The same answer with headers that count truly. */
  told(answer: Answer): Answer
  /** To be called once, at the very end of the exchange, however it ends. */
  leave(outcome?: Outcome): void
}

const noLimits: Pass = {
  refusal: undefined,
  left: false,
  queuedMs: 0,
  told: (answer) => answer,
  leave: () => {},
}

/** Lets the request in, or says why not; waits where there is a queue for it. */
export function passLimits(line: Line, question: Question, server: ServerState): Soon<Pass> {
  return server.stage.limits.length === 0 ? noLimits : passSome(line, question, server)
}

async function passSome(line: Line, question: Question, server: ServerState): Promise<Pass> {
  const { stage, states, kept, tapes, capacity, clock, log, limits } = server
  const context = { stage, states, kept, tapes, capacity, clock, log }
  const counted = await countable(question, context)
  if (!counted) return noLimits
  const entered = await limits.enter(stage.limits, counted, (run) => line.whenLeft(run))
  if (entered.refused && !entered.left) server.counters.countLimited(entered.refused.name)
  return new CountedPass(counted, entered)
}

class CountedPass implements Pass {
  readonly refusal: Answer | undefined
  readonly left: boolean
  readonly queuedMs: number
  readonly #counted: Countable
  readonly #entered: Entered
  #said: (untilMs: number) => number = () => 0

  constructor(counted: Countable, entered: Entered) {
    const { refused } = entered
    this.#counted = counted
    this.#entered = entered
    this.queuedMs = entered.queuedMs
    this.left = entered.left
    this.refusal = refused && simulated(counted.asked, refused.error, `limit/${refused.name}`)
  }

  told(answer: Answer): Answer {
    // The service that is played never had it.
    if (answer.ours) {
      this.#entered.undo()
      return answer
    }
    const { now, asks } = this.#entered
    const heard = this.#listen(answer)
    if (!now.told.some(({ limit }) => limit.counted !== 'concurrent')) return heard
    const { names } = asks.words
    const told = asks.words.headers(now)
    const change = (headers: Headers): Headers => [
      ...headers.filter(([name]) => !names.test(name.toLowerCase())),
      ...told,
    ]
    return { ...heard, timeline: withHead(heard.timeline, change) }
  }

  leave(outcome?: Outcome): void {
    // An error of ours came in between: the service that is played never had it.
    if (!outcome) this.#entered.undo()
    const counts = this.#entered.countsSaid && outcome !== undefined
    this.#entered.leave(counts ? this.#said(outcome.durationMs) : 0)
  }

  #listen(answer: Answer): Answer {
    if (!this.#entered.countsSaid) return answer
    const { timeline, dialect } = answer
    const reply = answer.reply ?? this.#reading()
    if (isLive(timeline)) {
      const heard = countLive(timeline, dialect, reply)
      this.#said = heard.said
      return { ...answer, timeline: heard.timeline }
    }
    this.#said = (untilMs) => saidUntil(untilMs, timeline, dialect, reply)
    return answer
  }

  #reading(): ReplyContext {
    const { request, asked } = this.#counted
    const { http, dialect } = asked.place
    return {
      request: isApiError(request) ? plainRequest(http, dialect) : request,
      random: seededRandom('limits'),
      createdMs: 0,
      models: undefined,
    }
  }
}

function withHead(
  timeline: Timeline | LiveTimeline,
  change: (headers: Headers) => Headers,
): Timeline | LiveTimeline {
  const changed = (step: Step): Step =>
    step.do === 'head' ? { ...step, headers: change(step.headers) } : step
  if (isLive(timeline)) return eachLive(timeline, changed)
  return {
    *[Symbol.iterator]() {
      for (const step of timeline) yield changed(step)
    },
  }
}
