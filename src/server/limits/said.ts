/**
 * How many tokens an answer said, for services that count them when they have been said. Only
 * walked where a limit counts them so.
 */
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import { generatedText } from '../../core/event.ts'
import type { LiveSteps, LiveTimeline, Step, Timeline } from '../../core/timeline.ts'
import { countTokens } from '../../dialects/grain.ts'
import type { StreamLanguage } from '../../faults/fault.ts'
import { listenFinite, listenLive } from '../language.ts'

/** What is said until then, counted from the request's arrival: the rest was never generated. */
export function saidUntil(
  untilMs: number,
  timeline: Timeline,
  dialect: Dialect | undefined,
  reply: ReplyContext,
): number {
  const heard = listenFinite(timeline, dialect, reply)
  const count = new SaidCount(heard.language)
  for (const step of heard.timeline) {
    if (step.atMs > untilMs) break
    count.note(step)
  }
  return count.tokens
}

/** A live answer passes only once, so that it is counted as it does. */
export function countLive(
  timeline: LiveTimeline,
  dialect: Dialect | undefined,
  reply: ReplyContext,
): { readonly timeline: LiveTimeline; readonly said: () => number } {
  const heard = listenLive(timeline, dialect, reply)
  const count = new SaidCount(heard.language)
  return {
    timeline: eachLive(heard.timeline, (step) => {
      count.note(step)
      return step
    }),
    said: () => count.tokens,
  }
}

/** The same live timeline, each step as `change` makes it. */
export function eachLive(timeline: LiveTimeline, change: (step: Step) => Step): LiveTimeline {
  return {
    [Symbol.asyncIterator](): LiveSteps {
      const steps = timeline[Symbol.asyncIterator]()
      return {
        async next() {
          const next = await steps.next()
          return next.done ? next : { done: false, value: change(next.value) }
        },
        return: async () => (await steps.return?.()) ?? { done: true, value: undefined },
        detach: () => {
          if (steps.detach) steps.detach()
          else steps.return?.().catch(() => {})
        },
      }
    },
  }
}

class SaidCount {
  readonly #frames: ReturnType<StreamLanguage['framing']['decoder']>
  readonly #events: ReturnType<StreamLanguage['decoder']>
  #counted = 0
  /** What the answer itself says of it comes before what is counted. */
  #told: number | undefined

  constructor({ framing, decoder }: StreamLanguage) {
    this.#frames = framing.decoder()
    this.#events = decoder()
  }

  get tokens(): number {
    return this.#told ?? this.#counted
  }

  note(step: Step): void {
    if (step.do === 'head') return
    const frames = step.do === 'write' ? this.#frames.push(step.bytes) : this.#frames.end()
    const isOver = step.do !== 'write'
    for (const frame of frames) this.#count(this.#events.push(frame))
    if (isOver) this.#count(this.#events.end())
  }

  #count(events: ReturnType<ReturnType<StreamLanguage['decoder']>['push']>): void {
    for (const event of events) {
      if (event.type === 'usage') this.#told = event.usage.outputTokens
      else this.#counted += countTokens(generatedText(event))
    }
  }
}
