/** What all exchanges of one server share. */
import type { Clock } from '../core/clock.ts'
import type { HttpRequest } from '../core/http.ts'
import { type Soon, soon } from '../core/soon.ts'
import type { Answer } from './answers/answered.ts'
import { KeptReplies } from './answers/memory.ts'
import { RemoteFaults } from './faults/remote-faults.ts'
import type { FaultsAtRunTime, Known } from './faults/run-time-faults.ts'
import { Journal, type JournalRecord } from './journal.ts'
import { LagMeters } from './lag/lag-meters.ts'
import { Capacity, type CapacitySettings } from './limits/capacity.ts'
import { Limits } from './limits/limits.ts'
import { type Log, silentLog } from './log.ts'
import { Counters } from './metrics.ts'
import { OpenTapes, type TapeState } from './open-tapes.ts'
import { ascendingIds } from './peers/ascending-ids.ts'
import { alone, type Peers } from './peers/peers.ts'
import { SharedMemory } from './shared/shared-memory.ts'
import type { SharedState } from './shared/shared-state.ts'
import type { Stage } from './stage/stage.ts'
import { News } from './streams/news.ts'
import { Streams } from './streams/streams.ts'
import { Connections } from './wire/connections.ts'

export interface ServerSettings {
  readonly clock: Clock
  readonly log?: Log
  /** Request bodies over this are refused with 413. */
  readonly maxBodyBytes?: number
  /** A chunk that is later than this marks its stream as late; 20 ms unless given. */
  readonly lateAfterMs?: number | undefined
  /** Exchanges that the journal keeps. */
  readonly journalLimit?: number
  /** What exchanges share, where other processes have a part in it; of this one alone unless given. */
  readonly shared?: SharedState
  /** How much is taken on at once; without bound unless given. */
  readonly capacity?: CapacitySettings
  /** Names, besides loopback and IP addresses, under which the control API may be called. */
  readonly controlHosts?: readonly string[]
  /** The other workers, where there are some. */
  readonly peers?: Peers
  /** Told of each exchange when its answer is found; must not throw. */
  readonly onExchange?: (begun: Begun) => void
}

/** An exchange whose answer is about to be played. */
export interface Begun {
  readonly http: HttpRequest
  /** On the clock's scale. */
  readonly arrivedMs: number
  /** Before any fault. */
  readonly answer: Answer
  /** Filled in as the exchange goes on. */
  readonly record: JournalRecord
}

const defaultMaxBodyBytes = 32 * 1024 * 1024
const defaultJournalLimit = 1000
const unbounded = {
  maxConnections: Number.POSITIVE_INFINITY,
  maxStreams: Number.POSITIVE_INFINITY,
}

export class ServerState {
  /** Replaced as a whole by a reload. */
  stage: Stage
  draining = false
  readonly clock: Clock
  readonly log: Log
  readonly maxBodyBytes: number
  readonly controlHosts: readonly string[]
  readonly journal: Journal
  /** All that exchanges share, also with those of other processes. */
  readonly states: SharedState
  readonly kept: KeptReplies
  readonly limits: Limits
  readonly capacity: Capacity
  readonly runTimeFaults: FaultsAtRunTime
  readonly tapes = new OpenTapes((tape) => this.#tellTaped(tape))
  readonly counters = new Counters()
  readonly lag: LagMeters
  readonly connections = new Connections()
  readonly news = new News()
  readonly streams: Streams
  readonly peers: Peers
  readonly startedMs: number
  /** Of this process, where a worker has taken the place of one that died. */
  readonly begunMs: number
  readonly onExchange: ((begun: Begun) => void) | undefined
  /** No connection is used again. One function for all exchanges. */
  readonly isLast = (): boolean => this.draining

  constructor(stage: Stage, settings: ServerSettings) {
    this.stage = stage
    this.clock = settings.clock
    this.states = settings.shared ?? new SharedMemory(settings.clock)
    this.kept = new KeptReplies(settings.clock)
    this.limits = new Limits(settings.clock, this.states)
    this.lag = new LagMeters(settings.clock, settings.lateAfterMs)
    this.runTimeFaults = this.#faultsAtRunTime()
    this.log = settings.log ?? silentLog
    this.capacity = new Capacity(settings.capacity ?? unbounded, {
      clock: settings.clock,
      log: this.log,
      isWorker: settings.peers?.place !== undefined,
      onRefused: (lacking) => this.counters.countRefused(lacking),
    })
    this.maxBodyBytes = settings.maxBodyBytes ?? defaultMaxBodyBytes
    this.controlHosts = settings.controlHosts ?? []
    this.streams = new Streams({
      clock: settings.clock,
      news: this.news,
      isDraining: () => this.draining,
      onFault: () => {
        this.counters.faults += 1
      },
    })
    this.journal = new Journal(
      settings.journalLimit ?? defaultJournalLimit,
      () => this.stage.settings.everywhere,
      () => this.streams.note(),
    )
    this.peers = settings.peers ?? alone
    const { place } = this.peers
    this.kept.hasOthers = place !== undefined
    if (place) this.journal.numberBy(ascendingIds(place, settings.clock))
    this.begunMs = settings.clock.now()
    this.startedMs = place?.startedMs ?? settings.clock.now()
    this.onExchange = settings.onExchange
  }

  #tellTaped(tape: TapeState): void {
    if (!this.news.isHeard) return
    const record = this.journal.records.find((one) => one.tape === tape)
    if (record) this.news.tell('taped', record)
  }

  #faultsAtRunTime(): FaultsAtRunTime {
    const known = (): Known => ({
      dialects: this.stage.dialects.map(({ name }) => name),
      rules: this.stage.scenarios.flatMap(({ name, rules }) =>
        rules.map((rule) => `${name}/${rule.name}`),
      ),
    })
    if (this.states instanceof SharedMemory) return this.states.faultsKnowing(known)
    const faults = new RemoteFaults(this.states, known)
    this.states.others?.tell({ faults: (sets) => faults.set(sets) })
    return faults
  }

  /**
   * Forgets states, hits, kept replies, places in plans and taped sequences, and the faults added at
   * run time, of one session or of all.
   */
  reset(session?: string): Soon<void> {
    this.kept.reset(session)
    return soon(this.states.reset(session === undefined ? {} : { session }), () => undefined)
  }
}
