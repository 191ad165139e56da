/**
 * Takes the steps of other processes on the memory that all of them share. What one process must
 * know before another goes on, all are told, and the step is answered when all have taken note. A
 * process that dies gives back all that it held.
 */
import { messageOf, StuntdoubleError } from '../../core/errors.ts'
import { type Soon, soon } from '../../core/soon.ts'
import type { TakeAnswer, TakeAsk } from '../../scenario/state.ts'
import type { EnterAsk, LeaveAsk } from '../limits/steps.ts'
import type { SharedMemory } from './shared-memory.ts'
import type { StepName } from './shared-state.ts'
import type { StateAnswer, StateChannel, StateNews, StepsMessage } from './state-channel.ts'

interface Client {
  readonly id: number
  readonly channel: StateChannel
  /** What it holds, or waits for, by ticket. */
  readonly tickets: Map<string, EnterAsk>
  /** The latest news that it has taken note of. */
  heard: number
  /** What it is told next. */
  answers: StateAnswer[]
}

interface Unheard {
  readonly number: number
  readonly done: () => void
}

interface Step {
  readonly number: number
  readonly name: StepName
  readonly ask: unknown
  readonly times: number | undefined
}

export class StateHost {
  readonly #memory: SharedMemory
  readonly #clients = new Set<Client>()
  #lastClient = 0
  #lastNews = 0
  #unheard: Unheard[] = []

  constructor(memory: SharedMemory) {
    this.#memory = memory
    memory.runTimeFaults.onChange = () => this.#tell({ faults: memory.runTimeFaults.sets })
  }

  /** Takes the steps that come by the channel; what it gives is to be called when its process is gone. */
  serve(channel: StateChannel): () => void {
    this.#lastClient += 1
    const client: Client = {
      id: this.#lastClient,
      channel,
      tickets: new Map(),
      heard: this.#lastNews,
      answers: [],
    }
    this.#clients.add(client)
    channel.onMessage((message) => {
      if ('steps' in message) this.#read(client, message)
    })
    const { sets } = this.#memory.runTimeFaults
    if (sets.length > 0)
      channel.send({ answers: [], news: { number: this.#lastNews, faults: sets } })
    return () => this.#forget(client)
  }

  #read(client: Client, { steps, heard }: StepsMessage): void {
    for (const [number, name, ask, times] of steps) {
      const answer = this.#answer(client, { number, name, ask, times })
      if (answer instanceof Promise) this.#later(client, number, answer)
      else if (number > 0) client.answers.push(answer)
    }
    this.#tellAnswers(client)
    if (heard === undefined) return
    client.heard = heard
    this.#settle()
  }

  #tellAnswers(client: Client): void {
    const { answers } = client
    if (answers.length === 0 || !this.#clients.has(client)) return
    client.answers = []
    client.channel.send({ answers })
  }

  #answer(client: Client, step: Step): Soon<StateAnswer> {
    const { number, name, ask, times } = step
    const newsBefore = this.#lastNews
    try {
      if (name === 'take' && times !== undefined) return [number, this.#takeAll(ask, times)]
      const value = soon(this.#perform(client, step), (given): StateAnswer => [number, given])
      if (this.#lastNews === newsBefore && name !== 'reset') return value
      return this.#onceHeard().then(() => value)
    } catch (error) {
      return failure(number, error)
    }
  }

  #takeAll(ask: unknown, times: number): readonly TakeAnswer[] {
    const taken: TakeAnswer[] = []
    for (let at = 0; at < times; at += 1) taken.push(this.#memory.take(ask as TakeAsk))
    return taken
  }

  #perform(client: Client, { name, ask }: Step): Soon<unknown> {
    const memory = this.#memory
    switch (name) {
      case 'enter': {
        const entering = ownTicket(client, ask)
        client.tickets.set(entering.ticket, entering)
        return memory.enter(entering).then((admitted) => {
          if (admitted.refused || admitted.left) client.tickets.delete(entering.ticket)
          return admitted
        })
      }
      case 'leave': {
        const leaving = ownTicket(client, ask)
        client.tickets.delete(leaving.ticket)
        return memory.leave(leaving)
      }
      case 'undo':
        return memory.undo(ownTicket(client, ask))
      case 'stopWaiting':
        return memory.stopWaiting(ownTicket(client, ask))
      default: {
        const step: (given: never) => Soon<unknown> = memory[name].bind(memory)
        return step(ask as never)
      }
    }
  }

  /** Those that come in one turn go together: a message costs more than what is in it. */
  #later(client: Client, number: number, answer: Promise<StateAnswer>): void {
    answer
      .catch((error: unknown) => failure(number, error))
      .then((one) => {
        if (number === 0) return
        if (client.answers.push(one) === 1) setImmediate(() => this.#tellAnswers(client))
      })
  }

  #tell(news: Omit<StateNews, 'number'>): void {
    this.#lastNews += 1
    const message = { answers: [], news: { number: this.#lastNews, ...news } }
    for (const { channel } of this.#clients) channel.send(message)
  }

  /** Resolves when every process has taken note of all news so far. */
  #onceHeard(): Promise<void> {
    const number = this.#lastNews
    return new Promise((done) => {
      this.#unheard.push({ number, done })
      this.#settle()
    })
  }

  #settle(): void {
    let least = this.#lastNews
    for (const { heard } of this.#clients) least = Math.min(least, heard)
    const waiting = this.#unheard
    this.#unheard = waiting.filter(({ number }) => number > least)
    for (const { number, done } of waiting) if (number <= least) done()
  }

  #forget(client: Client): void {
    if (!this.#clients.delete(client)) return
    for (const asked of client.tickets.values()) {
      this.#memory.stopWaiting(asked)
      this.#memory.leave({ ...asked, said: [] })
    }
    this.#settle()
  }
}

/** Every process counts its tickets from 1. What comes over the channel is what the step says. */
function ownTicket({ id }: Client, ask: unknown): LeaveAsk {
  const given = ask as LeaveAsk
  return { ...given, ticket: `${id}/${given.ticket}` }
}

const failure = (number: number, error: unknown): StateAnswer => [
  number,
  null,
  {
    code: error instanceof StuntdoubleError ? error.code : 'internal',
    message: messageOf(error),
  },
]
