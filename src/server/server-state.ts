/** What all exchanges of one server share. */
import type { Clock } from '../core/clock.ts'
import { SessionStates } from '../scenario/state.ts'
import type { Playback } from '../time/play.ts'
import { Journal } from './journal.ts'
import { type Log, silentLog } from './log.ts'
import { KeptReplies } from './memory.ts'
import { Counters } from './metrics.ts'
import { OpenTapes } from './open-tapes.ts'
import type { Stage } from './stage.ts'

export interface ServerSettings {
  readonly clock: Clock
  readonly log?: Log
  /** Request bodies over this are refused with 413. */
  readonly maxBodyBytes?: number
  /** Exchanges that the journal keeps. */
  readonly journalLimit?: number
  /** Names, besides loopback and IP addresses, under which the control API may be called. */
  readonly controlHosts?: readonly string[]
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
  readonly tapes = new OpenTapes()
  readonly counters = new Counters()
  readonly open = new Set<Playback>()
  readonly startedMs: number

  constructor(stage: Stage, settings: ServerSettings) {
    this.stage = stage
    this.clock = settings.clock
    this.kept = new KeptReplies(settings.clock)
    this.log = settings.log ?? silentLog
    this.maxBodyBytes = settings.maxBodyBytes ?? defaultMaxBodyBytes
    this.controlHosts = settings.controlHosts ?? []
    this.journal = new Journal(
      settings.journalLimit ?? defaultJournalLimit,
      () => this.stage.settings.everywhere,
    )
    this.startedMs = settings.clock.now()
  }

  /** Forgets states, hits, kept replies and places in taped sequences, of one session or of all. */
  reset(session?: string): void {
    this.states.reset(session)
    this.kept.reset(session)
    this.stage.replay?.source.reset(session)
    for (const source of this.stage.replays.values()) source.reset(session)
  }
}
