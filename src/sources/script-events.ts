/**
 * A script as events, each with its time: text is cut as the vendor cuts it, and every delta waits
 * for its turn. Pure: the same script, request and seed give the same events.
 */
import { utf8 } from '../core/bytes.ts'
import type { Grain } from '../core/dialect.ts'
import { type Event, generatedText, type Usage } from '../core/event.ts'
import type { Ending } from '../core/timeline.ts'
import { countTokens, cutText } from '../dialects/grain.ts'
import type { ScriptStep } from '../scenario/scenario.ts'
import type { Pacer } from '../time/pacing.ts'

export interface TimedEvent {
  readonly atMs: number
  readonly event: Event
}

export interface TimedEnding {
  readonly atMs: number
  readonly ending: Ending
}

export interface EventsOptions {
  readonly steps: readonly ScriptStep[]
  readonly grain: Grain
  /** The number of alternative answers that were asked for. */
  readonly choices: number
  readonly inputTokens: number
  readonly pacer: Pacer
}

/** What an author may leave out is added: the start, the finish of each choice, the usage. */
export const scriptEvents = (options: EventsOptions): Iterable<TimedEvent | TimedEnding> =>
  new Telling(options).all()

/** One walk through a script. */
class Telling {
  readonly #options: EventsOptions
  readonly #schedule: Schedule
  readonly #told: Told
  readonly #choices: Choices
  #started = false

  constructor(options: EventsOptions) {
    this.#options = options
    this.#schedule = new Schedule(options.pacer)
    this.#told = new Told(options.inputTokens)
    this.#choices = choicesOf(options.steps, options.choices)
  }

  *all(): Generator<TimedEvent | TimedEnding> {
    for (const step of this.#options.steps) {
      if (step.do === 'wait') this.#schedule.wait(step.ms)
      else if (!isEnding(step)) yield* this.#say(step)
      else {
        this.#schedule.wait(step.afterMs)
        if (step.do === 'end') break
        yield { atMs: this.#schedule.atMs, ending: step.do }
        return
      }
    }
    if (this.#started && !this.#told.failed) yield* this.#close()
    yield { atMs: this.#schedule.atMs, ending: 'end' }
  }

  *#say(step: SayingStep): Generator<TimedEvent> {
    const targets = this.#choices.of(step)
    const nextCall = (): number => this.#told.nextCall(targets)
    for (const event of stepEvents(step, this.#options.grain, nextCall)) {
      const atMs = isPaced(event) ? this.#schedule.next() : this.#schedule.atMs
      if (!this.#started && begins(event)) {
        this.#started = true
        yield { atMs, event: { type: 'start' } }
      }
      for (const choice of isOfChoice(event) ? targets : [0]) {
        this.#told.note(event, choice)
        yield { atMs, event: choice === 0 ? event : { ...event, choice } }
      }
    }
  }

  *#close(): Generator<TimedEvent> {
    for (const choice of this.#choices.all) {
      if (this.#told.finished.has(choice)) continue
      const reason = this.#told.calls.has(choice) ? 'tool-calls' : 'stop'
      const finish: Event = { type: 'finish', reason, ...ofChoice(choice) }
      yield { atMs: this.#schedule.next(), event: finish }
    }
    if (this.#told.usageGiven) return
    yield { atMs: this.#schedule.atMs, event: { type: 'usage', usage: this.#told.usage() } }
  }
}

/** The running time of a script. */
class Schedule {
  readonly #pacer: Pacer
  #atMs = 0
  #begun = false

  constructor(pacer: Pacer) {
    this.#pacer = pacer
  }

  /** Nothing can come before the head. */
  get atMs(): number {
    return Math.max(this.#atMs, this.#pacer.headMs)
  }

  wait(ms: number): void {
    this.#atMs += ms
  }

  next(): number {
    this.#atMs += this.#begun ? this.#pacer.gapMs() : this.#pacer.ttftMs
    this.#begun = true
    return this.#atMs
  }
}

/** What the reply has said so far, so far as its own end depends on it. */
class Told {
  readonly finished = new Set<number>()
  /** The number of calls of each choice that has any. */
  readonly calls = new Map<number, number>()
  failed = false
  usageGiven = false
  readonly #inputTokens: number
  #said = ''
  #thought = ''

  constructor(inputTokens: number) {
    this.#inputTokens = inputTokens
  }

  note(event: Event, choice: number): void {
    if (event.type === 'reasoning') this.#thought += event.text
    else this.#said += generatedText(event)
    if (event.type === 'finish') this.finished.add(choice)
    if (event.type === 'error') this.failed = true
    if (event.type === 'usage') this.usageGiven = true
  }

  /** The index of the next call in those choices, which make the same calls. */
  nextCall(choices: readonly number[]): number {
    const index = Math.max(...choices.map((choice) => this.calls.get(choice) ?? 0))
    for (const choice of choices) this.calls.set(choice, index + 1)
    return index
  }

  usage(): Usage {
    const reasoning = countTokens(this.#thought)
    return {
      inputTokens: this.#inputTokens,
      outputTokens: countTokens(this.#said) + reasoning,
      ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
    }
  }
}

type EndingStep = Extract<ScriptStep, { afterMs: number }>
type SayingStep = Exclude<ScriptStep, EndingStep | { do: 'wait' }>

const isEnding = (step: ScriptStep): step is EndingStep => 'afterMs' in step

/** Raw bytes and comments alone are no answer: nothing is added around them. */
const begins = ({ type }: Event): boolean => type !== 'raw' && type !== 'comment'

/** What a model generates one after the other takes time; what a service adds does not. */
function isPaced({ type }: Event): boolean {
  switch (type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'tool-start':
    case 'tool-arguments':
    case 'finish':
      return true
    default:
      return false
  }
}

/** Whether a choice says it, rather than the reply as a whole. */
const isOfChoice = (event: Event): boolean =>
  isPaced(event) || event.type === 'tool-end' || event.type === 'citation'

const ofChoice = (choice: number): { choice?: number } => (choice === 0 ? {} : { choice })

/** The choices that a reply has, and those that a step speaks in. */
interface Choices {
  readonly all: readonly number[]
  of(step: ScriptStep): readonly number[]
}

/**
 * A script that names no choices says the same in each of those that were asked for. Where the
 * author tells them apart, a step without one belongs to the first.
 */
function choicesOf(steps: readonly ScriptStep[], asked: number): Choices {
  const named = new Set(steps.flatMap(({ choice }) => (choice === undefined ? [] : [choice])))
  if (named.size === 0) {
    const all = Array.from({ length: asked }, (_, index) => index)
    return { all, of: () => all }
  }
  return { all: [...named.add(0)].sort((a, b) => a - b), of: ({ choice }) => [choice ?? 0] }
}

function* stepEvents(step: SayingStep, grain: Grain, nextCall: () => number): Generator<Event> {
  switch (step.do) {
    case 'text':
    case 'reasoning':
    case 'refusal': {
      const deltas = typeof step.text === 'string' ? cutText(step.text, grain) : step.text
      // Empty text is an answer, too: it has a start and a finish.
      for (const text of deltas.length > 0 ? deltas : ['']) yield { type: step.do, text }
      return
    }
    case 'tool': {
      const index = nextCall()
      const written = step.arguments
      const json = typeof written === 'string' ? written : JSON.stringify(written ?? {})
      yield { type: 'tool-start', index, name: step.name, ...(step.id ? { id: step.id } : {}) }
      for (const text of cutText(json, grain)) yield { type: 'tool-arguments', index, text }
      yield { type: 'tool-end', index }
      return
    }
    case 'raw':
      for (const part of step.parts) {
        yield { type: 'raw', bytes: typeof part === 'string' ? utf8(part) : part }
      }
      return
    case 'comment':
      yield { type: 'comment', text: step.text }
      return
    case 'citation':
      yield { type: 'citation', citation: step.citation }
      return
    case 'usage':
      yield { type: 'usage', usage: step.usage }
      return
    case 'error':
      yield { type: 'error', error: step.error }
      return
    case 'finish':
      yield { type: 'finish', reason: step.reason }
  }
}
