/** What all exchanges of one server share. */
import type { Clock } from '../core/clock.ts'
import type { HttpRequest } from '../core/http.ts'
import { SessionStates } from '../scenario/state.ts'
import type { Playback } from '../time/play.ts'
import type { Answer } from './answers/answered.ts'
import { KeptReplies } from './answers/memory.ts'
import { PlanPlaces } from './faults/plan-places.ts'
import { RunTimeFaults } from './faults/run-time-faults.ts'
import { Journal, type JournalRecord } from './journal.ts'
import { Limits } from './limits/limits.ts'
import { type Log, silentLog } from './log.ts'
import { Counters } from './metrics.ts'
import { OpenTapes, type TapeState } from './open-tapes.ts'
import type { Stage } from './stage/stage.ts'
import { News } from './streams/news.ts'
import { Streams } from './streams/streams.ts'
import { Connections } from './wire/connections.ts'

export interface ServerSettings {
  readonly clock: Clock
  readonly log?: Log
  /** Request bodies over this are refused with 413. */
  readonly maxBodyBytes?: number
  /** Exchanges that the journal keeps. */
  readonly journalLimit?: number
  /** Names, besides loopback and IP addresses, under which the control API may be called. */
  readonly controlHosts?: readonly string[]
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

export class ServerState {
  /** Replaced as a whole by a reload. */
  stage: Stage
  draining = false
  readonly clock: Clock
  readonly log: Log
  readonly maxBodyBytes: number
  readonly controlHosts: readonly string[]
  readonly journal: Journal
  readonly states = new SessionStates()
  readonly kept: KeptReplies
  readonly limits: Limits
  readonly plans = new PlanPlaces()
  readonly runTimeFaults: RunTimeFaults
  readonly tapes = new OpenTapes((tape) => this.#tellTaped(tape))
  readonly counters = new Counters()
  readonly connections = new Connections()
  readonly news = new News()
  readonly streams: Streams
  readonly open = new Set<Playback>()
  readonly startedMs: number
  readonly onExchange: ((begun: Begun) => void) | undefined

  constructor(stage: Stage, settings: ServerSettings) {
    this.stage = stage
    this.clock = settings.clock
    this.kept = new KeptReplies(settings.clock)
    this.limits = new Limits(settings.clock)
    this.runTimeFaults = new RunTimeFaults(settings.clock, () => ({
      dialects: this.stage.dialects.map(({ name }) => name),
      rules: this.stage.scenarios.flatMap(({ name, rules }) =>
        rules.map((rule) => `${name}/${rule.name}`),
      ),
    }))
    this.log = settings.log ?? silentLog
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
    this.startedMs = settings.clock.now()
    this.onExchange = settings.onExchange
  }

  #tellTaped(tape: TapeState): void {
    if (!this.news.isHeard) return
    const record = this.journal.records.find((one) => one.tape === tape)
    if (record) this.news.tell('taped', record)
  }

  /**
   * Forgets states, hits, kept replies, places in plans and taped sequences, and the faults added at
   * run time, of one session or of all.
   */
  reset(session?: string): void {
    this.states.reset(session)
    this.kept.reset(session)
    this.limits.reset(session)
    this.plans.reset(session)
    this.runTimeFaults.clear(session)
    this.stage.replay?.source.reset(session)
    for (const source of this.stage.replays.values()) source.reset(session)
  }
}
