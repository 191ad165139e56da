/**
 * The shared state of another process: each step goes out over a channel and comes back as a
 * promise. All steps of one turn of the event loop are one message, so that the cost of a message
 * is shared by all requests that arrive together. Must never answer anything by itself.
 */
import { StuntdoubleError } from '../../core/errors.ts'
import type { RunTimeSet } from '../faults/run-time-faults.ts'
import type { Heard, SharedState, StepName, Steps } from './shared-state.ts'
import type { StateChannel, StateMessage, StateNews } from './state-channel.ts'

type Ask<Name extends StepName> = Parameters<Steps[Name]>[0]
type Answer<Name extends StepName> = Awaited<ReturnType<Steps[Name]>>

interface Waiting {
  answer(value: unknown): void
  fail(error: Error): void
}

export class RemoteState implements SharedState {
  readonly others = {
    tell: (heard: Heard): void => {
      this.#heardBy = heard
      if (this.#faults) heard.faults(this.#faults)
    },
  }
  readonly #channel: StateChannel
  readonly #waiting = new Map<number, Waiting>()
  #steps: (readonly [number, StepName, unknown])[] = []
  #heard: number | undefined
  #isSending = false
  #lastStep = 0
  #heardBy: Heard | undefined
  #faults: readonly RunTimeSet[] | undefined

  constructor(channel: StateChannel) {
    this.#channel = channel
    channel.onMessage((message) => this.#read(message))
  }

  readonly take = this.#step('take')
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

  #step<Name extends StepName>(name: Name): (ask: Ask<Name>) => Promise<Answer<Name>> {
    return (ask) =>
      new Promise((resolve, reject) => {
        this.#lastStep += 1
        // The other end is this same program: what it answers is what the step says.
        const answer = (value: unknown): void => resolve(value as Answer<Name>)
        this.#waiting.set(this.#lastStep, { answer, fail: reject })
        this.#put([this.#lastStep, name, ask])
      })
  }

  /** A step that nobody waits for. */
  #note<Name extends StepName>(name: Name): (ask: Ask<Name>) => null {
    return (ask) => {
      this.#put([0, name, ask])
      return null
    }
  }

  #put(step: readonly [number, StepName, unknown]): void {
    this.#steps.push(step)
    this.#sendSoon()
  }

  #sendSoon(): void {
    if (this.#isSending) return
    this.#isSending = true
    // Once all sockets that have something to say were heard.
    setImmediate(() => {
      this.#isSending = false
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
    for (const [step, value, failed] of message.answers) {
      const waiting = this.#waiting.get(step)
      this.#waiting.delete(step)
      if (failed) waiting?.fail(errorOf(failed))
      else waiting?.answer(value)
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

const errorOf = ({ code, message }: { code: string; message: string }): Error =>
  new StuntdoubleError(code === 'bad-request' ? 'bad-request' : 'internal', message)
