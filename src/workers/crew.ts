/**
 * The leader of the workers: starts them, replaces those that die, asks all of them for one, and ends
 * them. It has the shared state, and no port; of what is played it knows nothing.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import type { Log } from '../server/log.ts'
import { SharedMemory } from '../server/shared/shared-memory.ts'
import { StateHost } from '../server/shared/state-host.ts'
import type { Staged } from '../testing/staging.ts'
import { machineMs, RealClock } from '../time/clock.ts'
import { Follows } from './follows.ts'
import { LineGone } from './line.ts'
import { type Desk, Seat } from './seat.ts'
import type { Ended } from './spawn.ts'
import type { AskedPart, Begun, LastWord } from './terms.ts'

export interface CrewOptions {
  readonly count: number
  readonly port: number
  readonly log: Log
}

/** Past so many deaths in so long it is no accident: another one would die as well. */
const mostDeaths = 5
const withinMs = 60_000

/** From the word to end to one that cannot be refused. */
const graceMs = 1000

/** To gather what a worker knows takes it milliseconds. */
const silentMs = 5000

const mostSaid = 1000

export class Crew {
  readonly #options: CrewOptions
  readonly #clock: Clock = new RealClock()
  readonly #startedMs = machineMs()
  readonly #host = new StateHost(new SharedMemory(this.#clock))
  readonly #follows = new Follows()
  readonly #seats = new Set<Seat>()
  /** Numbers whose worker could not begin again. */
  readonly #vacant = new Set<number>()
  readonly #said = new Set<string>()
  readonly #lastWords: LastWord[] = []
  #deathsMs: number[] = []
  /** As it was given, by which cluster knows the shared one, also where that is 0. */
  #port: number
  /** Where they listen; unknown before the first does. */
  #listensOn: number | undefined
  /** When all that were to begin have done so, or could not. */
  #beginning: Promise<void> = Promise.resolve()
  #isEnding = false
  #fail: (error: Error) => void = () => {}
  /** Rejects where it cannot go on. */
  readonly failed = new Promise<never>((_, reject) => {
    this.#fail = reject
  })

  constructor(options: CrewOptions) {
    this.#options = options
    this.#port = options.port
    // Whoever waits for it is told; before that there is `begin` to throw.
    this.failed.catch(() => undefined)
  }

  /** The first alone, for the port and all that can be wrong is the same for the others. */
  async begin(): Promise<Begun> {
    const numbers = Array.from({ length: this.#options.count }, (_, index) => index + 1)
    // Processes load side by side, whoever begins first.
    const [first, ...others] = numbers.map((number) => this.#seat(number))
    if (!first) throw new Error('there must be a worker')
    try {
      const begun = await this.#begin(first)
      this.#listensOn = begun.port
      await Promise.all(others.map((seat) => this.#begin(seat)))
      return begun
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** All have read the same files, or it throws what is wrong with them. */
  async prepare(): Promise<Staged | undefined> {
    const prepared = await Promise.all(
      this.#ready.map((seat) =>
        seat.line.ask('prepare', null).catch((error: unknown) => {
          if (error instanceof LineGone) return undefined
          throw error
        }),
      ),
    )
    return prepared.find((staged) => staged !== undefined)
  }

  play(): void {
    for (const seat of this.#ready) seat.line.tell('play', null)
    const vacant = [...this.#vacant]
    this.#vacant.clear()
    for (const number of vacant) this.#replace(number)
  }

  /** How many exchanges are open; those are played to their end, and then all are gone. */
  async drain(): Promise<number> {
    this.#isEnding = true
    const open = [...this.#seats].map(async (seat) => {
      seat.isLeaving = true
      if (!seat.isReady) {
        seat.kill()
        return 0
      }
      return await seat.line.ask('drain', null).catch(() => 0)
    })
    return (await Promise.all(open)).reduce((sum, one) => sum + one, 0)
  }

  /** Resolves when no worker is left, with what each said at last. */
  async over(): Promise<readonly LastWord[]> {
    await Promise.all([...this.#seats].map(({ over }) => over))
    return this.#lastWords
  }

  /** Everything ends now. */
  async close(): Promise<readonly LastWord[]> {
    this.#isEnding = true
    for (const seat of this.#seats) {
      seat.isLeaving = true
      if (seat.isReady) seat.line.tell('close', null)
      else seat.kill()
    }
    const alarm = this.#clock.at(this.#clock.now() + graceMs, () => {
      for (const seat of this.#seats) seat.kill()
    })
    const words = await this.over()
    alarm.cancel()
    return words
  }

  get #ready(): Seat[] {
    return [...this.#seats].filter(({ isReady }) => isReady)
  }

  #seat(number: number): Seat {
    const seat = new Seat({ number, of: this.#options.count }, this.#desk, this.#host)
    this.#seats.add(seat)
    seat.over.then((ended) => this.#left(seat, ended))
    return seat
  }

  async #begin(seat: Seat): Promise<Begun> {
    const early = seat.over.then((ended) => {
      throw new StuntdoubleError('worker-lost', `${nameOf(seat)} ${howIn(ended)} before it began`)
    })
    const begun = (async () => {
      await seat.here
      // Nobody holds the shared one any more; it is known by its own number from now on.
      if (this.#ready.length === 0) this.#port = this.#listensOn ?? this.#port
      return await seat.line.ask('begin', { port: this.#port, startedMs: this.#startedMs })
    })()
    // Of one that dies both tell, and the first says more.
    begun.catch(() => undefined)
    early.catch(() => undefined)
    const done = await Promise.race([early, begun.catch((error) => lostOr(error, early))])
    seat.isReady = true
    seat.hasBegun = true
    this.#follows.joined(seat)
    return done
  }

  readonly #desk: Desk = {
    ask: async (by, asked) => await this.#askOthers(by, asked),
    follow: (by, asked) => this.#follows.begin(by, asked, this.#othersThan(by)),
    unfollow: (key) => this.#follows.end(key, this.#ready),
    heard: (seat, key, heard) => this.#follows.heard(seat, key, heard),
    said: (message) => {
      if (this.#said.has(message)) return
      if (this.#said.size < mostSaid) this.#said.add(message)
      this.#options.log.warn({}, message)
    },
  }

  #othersThan(by: Seat): Seat[] {
    return this.#ready.filter((seat) => seat !== by)
  }

  async #askOthers(by: Seat, asked: AskedPart): Promise<readonly unknown[]> {
    const parts = this.#othersThan(by).map(async (seat): Promise<readonly unknown[]> => {
      try {
        return [await this.#inTime(seat, seat.line.ask('part', asked))]
      } catch (error) {
        if (error instanceof LineGone) return []
        throw error
      }
    })
    return (await Promise.all(parts)).flat()
  }

  /** One that is held up, or stopped by somebody, may answer never; whoever asks is told so. */
  async #inTime<T>(seat: Seat, answer: Promise<T>): Promise<T> {
    let alarm: Alarm | undefined
    const silence = new Promise<never>((_, reject) => {
      alarm = this.#clock.at(this.#clock.now() + silentMs, () => {
        const message = `${nameOf(seat)} has not answered for ${silentMs / 1000} s`
        reject(new StuntdoubleError('worker-silent', message))
      })
    })
    try {
      return await Promise.race([answer, silence])
    } finally {
      alarm?.cancel()
    }
  }

  #left(seat: Seat, ended: Ended): void {
    this.#seats.delete(seat)
    if (seat.lastWord) this.#lastWords.push(seat.lastWord)
    this.#follows.left(seat, this.#ready)
    if (seat.isLeaving || this.#isEnding) return
    // One that never began is told of by whoever waits for that.
    if (!seat.hasBegun) return
    const { number, pid } = seat
    const lost = 'what it played is cut, and its part of the journal lost'
    this.#options.log.error({ lost: number, pid }, `${nameOf(seat)} ${howIn(ended)}: ${lost}`)
    this.#replace(number)
  }

  /** Another process in the place of one that died. */
  #replace(number: number): void {
    const nowMs = this.#clock.now()
    this.#deathsMs = [...this.#deathsMs.filter((ms) => nowMs - ms < withinMs), nowMs]
    if (this.#deathsMs.length > mostDeaths) {
      const message = `workers died ${this.#deathsMs.length} times within ${withinMs / 1000} seconds`
      this.#fail(new StuntdoubleError('worker-lost', `${message}; no more are started`))
      return
    }
    const seat = this.#seat(number)
    // One after the other, so that each knows whether somebody holds the port.
    const before = this.#beginning
    this.#beginning = (async () => {
      await before
      await this.#takePlace(seat)
    })()
  }

  async #takePlace(seat: Seat): Promise<void> {
    const { number, pid } = seat
    try {
      const { port } = await this.#begin(seat)
      if (port !== this.#listensOn) return this.#moved(seat)
      this.#options.log.info({ began: number, pid }, `${nameOf(seat)} takes the place`)
    } catch (error) {
      const isLost = error instanceof StuntdoubleError && error.code === 'worker-lost'
      if (isLost && !this.#isEnding) this.#replace(number)
      else this.#stayVacant(seat, messageOf(error))
    }
  }

  /** The last one that held the port died before this one did: it listens where nobody knows. */
  #moved(seat: Seat): void {
    seat.isLeaving = true
    seat.isReady = false
    seat.kill()
    this.#replace(seat.number)
  }

  /** The files may be broken at the moment, while the others play what they were. */
  #stayVacant(seat: Seat, why: string): void {
    if (this.#isEnding) return
    seat.isLeaving = true
    seat.kill()
    this.#vacant.add(seat.number)
    const first = why.split('\n').slice(0, 2).join(' ').trim()
    const left = `its place is taken when a change of the files is read`
    this.#options.log.error({}, `worker ${seat.number} cannot begin, ${left}: ${first}`)
    if (this.#ready.length > 0) return
    this.#fail(new StuntdoubleError('worker-lost', `no worker is left; the last: ${first}`))
  }
}

const nameOf = ({ number, pid }: Seat): string => `worker ${number} (process ${pid})`

function howIn({ code, signal }: Ended): string {
  if (signal !== null) return `was ended by ${signal}`
  return code === null ? 'could not be started' : `ended with exit code ${code}`
}

/** What it said before it died, or that it died. */
async function lostOr(error: unknown, early: Promise<never>): Promise<never> {
  if (error instanceof LineGone) return await early
  throw error
}
