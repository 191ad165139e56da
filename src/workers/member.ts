/**
 * A worker: one server of several, begun and ended by the leader's word. What others are asked goes
 * through the leader; it never speaks to them itself.
 */
import type { Log } from '../server/log.ts'
import { type Feed, feedOf } from '../server/peers/feeds.ts'
import { partsOf } from '../server/peers/parts.ts'
import type {
  Hear,
  PeerName,
  PeerNews,
  Peers,
  PeerTerms,
  WorkerPlace,
} from '../server/peers/peers.ts'
import { RemoteState } from '../server/shared/remote-state.ts'
import { type Double, type Started, type StartOptions, startAmong } from '../testing/start.ts'
import { machineMs, RealClock } from '../time/clock.ts'
import { Line } from './line.ts'
import { leave, ownPid, type Place, pipeOfWorker, wireOfWorker } from './spawn.ts'
import { statePipe } from './state-pipe.ts'
import type { Begin, Begun, LeaderCalls, WorkerCalls } from './terms.ts'

export interface MemberOptions {
  readonly place: Place
  readonly start: StartOptions
  /** What a person is told of the server. */
  readonly banner: (double: Double) => string
}

/** Listens to the leader from now on; the process ends when that says so, or is gone. */
export function serveAsMember(options: MemberOptions): void {
  new Member(options).arrive()
}

class Member {
  readonly #options: MemberOptions
  readonly #clock = new RealClock()
  readonly #line: Line<WorkerCalls, LeaderCalls>
  /** Others follow something here, by the key of the question. */
  readonly #feeds = new Map<string, Feed>()
  /** What is followed from here. */
  readonly #hearing = new Map<string, Hear<keyof PeerNews>>()
  #lastKey = 0
  #started: Started | undefined

  constructor(options: MemberOptions) {
    this.#options = options
    this.#line = new Line<WorkerCalls, LeaderCalls>(wireOfWorker(), {
      begin: (asked) => this.#begin(asked),
      prepare: () => this.#server.staging.prepare(),
      play: () => this.#server.staging.play(),
      drain: () => this.#drain(),
      close: () => this.#close(),
      part: ({ name, asked }) => partNamed(partsOf(this.#server.state), name)(asked),
      follow: ({ key, name, asked }) => this.#feed(key, name, asked),
      unfollow: ({ key }) => this.#endFeed(key),
      heard: ({ key, from, heard }) => this.#hearing.get(key)?.hear(from, heard as never),
      lost: ({ from }) => {
        for (const { lost } of this.#hearing.values()) lost(from)
      },
    })
  }

  arrive(): void {
    this.#line.tell('here', null)
  }

  get #server(): Started {
    if (!this.#started) throw new Error('it has not begun')
    return this.#started
  }

  async #begin({ port, startedMs }: Begin): Promise<Begun> {
    const { place, start, banner } = this.#options
    const peers = this.#peers({
      ...place,
      pid: ownPid(),
      startedMs: this.#clock.now() - (machineMs() - startedMs),
    })
    const shared = new RemoteState(statePipe(pipeOfWorker()))
    const options = { ...start, port, watch: false, clock: this.#clock }
    this.#started = await startAmong(options, { peers, shared, said: this.#said })
    const { double, staging } = this.#started
    return { port: double.port, banner: banner(double), staged: staging.staged }
  }

  readonly #said: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_, message) => this.#line.tell('said', { message }),
    error: (_, message) => this.#line.tell('said', { message }),
  }

  #drain(): number {
    const { double, state } = this.#server
    const open = state.streams.size
    this.#end(double.drain())
    return open
  }

  #close(): void {
    this.#end(this.#server.double.close())
  }

  /** The last word is said when all that was played is over. */
  #end(ended: Promise<void>): void {
    const last = async (): Promise<void> => {
      await ended
      const parts = partsOf(this.#server.state)
      const [verify, lag] = [await parts.verify({}), await parts.lag({})]
      this.#line.tell('ended', { verify, lag })
      await this.#line.flushed()
    }
    last().then(
      () => leave(0),
      () => leave(1),
    )
  }

  #feed(key: string, name: string, asked: unknown): unknown {
    const tell = (heard: unknown): void => this.#line.tell('heard', { key, heard })
    const feed = feedOf(this.#server.state, name === 'wait' ? 'wait' : 'events', { asked, tell })
    this.#feeds.set(key, feed)
    return feed.first
  }

  #endFeed(key: string): void {
    this.#feeds.get(key)?.end()
    this.#feeds.delete(key)
  }

  #peers(place: WorkerPlace): Peers {
    return {
      place,
      // The edge: the others are this same program, and say what their parts say.
      ask: async <N extends PeerName>(name: N, asked: PeerTerms[N]['asked']) =>
        (await this.#line.ask('ask', { name, asked })) as readonly PeerTerms[N]['answer'][],
      follow: (name, asked, hear) => this.#follow(name, asked, hear),
    }
  }

  async #follow<N extends keyof PeerNews>(name: N, asked: unknown, hear: Hear<N>) {
    this.#lastKey += 1
    const key = `${this.#options.place.number}/${ownPid()}/${this.#lastKey}`
    // What is heard meanwhile is later than what is said of the beginning.
    const heardOf = new Set<number>()
    this.#hearing.set(key, {
      hear: (from, heard) => {
        heardOf.add(from)
        hear.hear(from, heard as PeerNews[N]['heard'])
      },
      lost: (from) => hear.lost(from),
    })
    for (const [from, first] of await this.#line.ask('follow', { key, name, asked })) {
      const isNews = first === undefined || first === null
      if (!isNews && !heardOf.has(from)) hear.hear(from, first as PeerNews[N]['heard'])
    }
    return () => {
      if (this.#hearing.delete(key)) this.#line.tell('unfollow', { key })
    }
  }
}

type Part = (asked: unknown) => unknown

/** Only a worker of this very program asks, by names that its own types know. */
function partNamed(parts: object, name: string): Part {
  const part: unknown = Reflect.get(parts, name)
  if (typeof part === 'function') return (asked) => Reflect.apply(part, undefined, [asked])
  throw new Error(`nobody can be asked for ${name}`)
}
