/** One worker as the leader sees it: its process, and the line to it. A new process takes a new seat. */
import type { StateHost } from '../server/shared/state-host.ts'
import { Line } from './line.ts'
import { type Ended, type Place, type Spawned, spawnWorker } from './spawn.ts'
import { statePipe } from './state-pipe.ts'
import type { LastWord, LeaderCalls, WorkerCalls } from './terms.ts'

/** What a worker may want of all others. */
export interface Desk {
  ask(seat: Seat, asked: Parameters<LeaderCalls['ask']>[0]): ReturnType<LeaderCalls['ask']>
  follow(seat: Seat, asked: Parameters<LeaderCalls['follow']>[0]): ReturnType<LeaderCalls['follow']>
  unfollow(key: string): void
  heard(seat: Seat, key: string, heard: unknown): void
  said(message: string): void
}

export class Seat {
  readonly number: number
  readonly pid: number
  readonly line: Line<LeaderCalls, WorkerCalls>
  /** Resolves when the process is over. */
  readonly over: Promise<Ended>
  /** It listens to what it is asked; never, where it dies before. */
  readonly here: Promise<void>
  /** It has begun, and takes part in all that is asked. */
  isReady = false
  hasBegun = false
  /** It was told to end. */
  isLeaving = false
  lastWord: LastWord | undefined
  readonly #spawned: Spawned

  constructor(place: Place, desk: Desk, host: StateHost) {
    this.number = place.number
    const spawned = spawnWorker(place)
    this.#spawned = spawned
    this.pid = spawned.pid
    let arrive: () => void = () => {}
    this.here = new Promise((resolve) => {
      arrive = resolve
    })
    this.line = new Line<LeaderCalls, WorkerCalls>(spawned.wire, {
      here: () => arrive(),
      ask: (asked) => desk.ask(this, asked),
      follow: (asked) => desk.follow(this, asked),
      unfollow: ({ key }) => desk.unfollow(key),
      heard: ({ key, heard }) => desk.heard(this, key, heard),
      said: ({ message }) => desk.said(message),
      ended: (word) => {
        this.lastWord = word
      },
    })
    const leave = host.serve(statePipe(spawned.pipe))
    this.over = spawned.over.then((ended) => {
      this.isReady = false
      // What it had taken is free for the others.
      leave()
      return ended
    })
  }

  kill(): void {
    this.#spawned.kill()
  }
}
