/**
 * The shared state of another process: each step goes out over a channel and comes back as a
 * promise. All steps of one turn of the event loop are one message, so that the cost of a message
 * is shared by all requests that arrive together; requests that ask for the very same are one step
 * in it. Must never answer anything by itself.
 */
import { StuntdoubleError } from '../../core/errors.ts'
import { Slots } from '../../core/slots.ts'
import type { TakeAnswer, TakeAsk } from '../../scenario/state.ts'
import type { RunTimeSet } from '../faults/run-time-faults.ts'
import type { Heard, SharedState, StepName, Steps } from './shared-state.ts'
import type { StateAnswer, StateChannel, StateMessage, StateNews } from './state-channel.ts'

type Ask<Name extends StepName> = Parameters<Steps[Name]>[0]
type Answer<Name extends StepName> = Awaited<ReturnType<Steps[Name]>>

/** The two ends of a promise. A literal with functions in it would live until a full collection. */
class Waiting {
  readonly answer: (value: unknown) => void
  readonly fail: (error: Error) => void

  constructor(answer: (value: unknown) => void, fail: (error: Error) => void) {
    this.answer = answer
    this.fail = fail
  }
}

/** Takes that ask for the same, and those who wait for them in this order. */
class Takes {
  readonly ask: TakeAsk
  readonly waiting: Waiting[] = []

  constructor(ask: TakeAsk) {
    this.ask = ask
  }
}

type Step = [number: number, name: StepName, ask: unknown, times?: number]

export class RemoteState implements SharedState {
  readonly others = {
    tell: (heard: Heard): void => {
      this.#heardBy = heard
      if (this.#faults) heard.faults(this.#faults)
    },
  }
  readonly #channel: StateChannel
  /** By the number of the step, less one. */
  readonly #waiting = new Slots<Waiting | Takes>()
  #steps: Step[] = []
  /** The last of those steps, where it is a take. */
  #takes: Takes | undefined
  #heard: number | undefined
  #isSending = false
  #heardBy: Heard | undefined
  #faults: readonly RunTimeSet[] | undefined

  constructor(channel: StateChannel) {
    this.#channel = channel
    channel.onMessage((message) => this.#read(message))
  }

  readonly play = this.#step('play')
  readonly hasUnplayed = this.#step('hasUnplayed')
  readonly nextInPlan = this.#step('nextInPlan')
  readonly enter = this.#step('enter')
  readonly stopWaiting = this.#note('stopWaiting')
  readonly undo = this.#note('undo')
  readonly leave = this.#note('leave')
  readonly addFaults = this.#step('addFaults')
  readonly faults = this.#step('faults')
  readonly removeFaults = this.#step('removeFaults')
  readonly drawFaults = this.#step('drawFaults')
  readonly noteActed = this.#note('noteActed')
  readonly reset = this.#step('reset')

  /** The one step that every reply needs. */
  take(ask: TakeAsk): Promise<TakeAnswer> {
    const takes = this.#takes && isSame(this.#takes.ask, ask) ? this.#takes : this.#beginTakes(ask)
    return new Promise((resolve, reject) => {
      // The other end is this same program: what it answers is what the step says.
      const answer = (value: unknown): void => resolve(value as TakeAnswer)
      takes.waiting.push(new Waiting(answer, reject))
    })
  }

  #beginTakes(ask: TakeAsk): Takes {
    const takes = new Takes(ask)
    this.#put([this.#waiting.put(takes) + 1, 'take', ask])
    this.#takes = takes
    return takes
  }

  #step<Name extends StepName>(name: Name): (ask: Ask<Name>) => Promise<Answer<Name>> {
    return (ask) =>
      new Promise((resolve, reject) => {
        // As above.
        const answer = (value: unknown): void => resolve(value as Answer<Name>)
        this.#put([this.#waiting.put(new Waiting(answer, reject)) + 1, name, ask])
      })
  }

  /** A step that nobody waits for. */
  #note<Name extends StepName>(name: Name): (ask: Ask<Name>) => null {
    return (ask) => {
      this.#put([0, name, ask])
      return null
    }
  }

  #put(step: Step): void {
    this.#endTakes()
    this.#steps.push(step)
    this.#sendSoon()
  }

  /** How many they are is known when something else follows. */
  #endTakes(): void {
    const last = this.#steps.at(-1)
    if (this.#takes && last) last[3] = this.#takes.waiting.length
    this.#takes = undefined
  }

  #sendSoon(): void {
    if (this.#isSending) return
    this.#isSending = true
    // Once all sockets that have something to say were heard.
    setImmediate(() => {
      this.#isSending = false
      this.#endTakes()
      const steps = this.#steps
      const heard = this.#heard
      this.#steps = []
      this.#heard = undefined
      this.#channel.send(heard === undefined ? { steps } : { steps, heard })
    })
  }

  #read(message: StateMessage): void {
    if (!('answers' in message)) return
    if (message.news) this.#hear(message.news)
    for (const answer of message.answers) this.#settle(answer)
  }

  #settle([step, value, failed]: StateAnswer): void {
    const found = this.#waiting.get(step - 1)
    if (!found) return
    this.#waiting.clear(step - 1)
    const all = found instanceof Takes ? found.waiting : [found]
    const answers = found instanceof Takes && Array.isArray(value) ? value : [value]
    for (const [at, waiting] of all.entries()) {
      if (failed) waiting.fail(errorOf(failed))
      else waiting.answer(answers[at])
    }
  }

  #hear({ number, faults }: StateNews): void {
    if (faults) {
      this.#faults = faults
      this.#heardBy?.faults(faults)
    }
    this.#heard = number
    this.#sendSoon()
  }
}

/** Candidates by identity, which costs nothing: what is alike and not the same is another step. */
const isSame = (one: TakeAsk, other: TakeAsk): boolean =>
  one.session === other.session &&
  one.dialogue === other.dialogue &&
  one.given === undefined &&
  other.given === undefined &&
  one.candidates.length === 1 &&
  other.candidates.length === 1 &&
  one.candidates[0] === other.candidates[0]

const errorOf = ({ code, message }: { code: string; message: string }): Error =>
  new StuntdoubleError(code === 'bad-request' ? 'bad-request' : 'internal', message)
