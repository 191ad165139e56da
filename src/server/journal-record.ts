/**
 * One exchange as the journal and those who watch know it. What has to be masked or written out is
 * made for those who look, since most exchanges are never looked at.
 */
import type { HttpRequest } from '../core/http.ts'
import type { RedactSettings } from '../core/recording-settings.ts'
import type { Reached } from '../faults/fault.ts'
import type { MissReport } from '../recording/match/match-miss.ts'
import type { Late } from '../time/lag-watch.ts'
import type { Ended } from '../time/play.ts'
import type { Answer, Resumes } from './answers/answered.ts'
import type { FaultFrom } from './faults/fault-from.ts'
import { maskedPath } from './masking.ts'
import type { TapeState } from './open-tapes.ts'
import type { ConnectionNumber, ConnectionUse } from './wire/connections.ts'

/** The parts of an exchange that need no masking; filled in as it goes on. */
export interface JournalRecord {
  /** Counted from 1 since the server started; with several workers it ascends, with gaps. */
  readonly id: number
  /** ISO 8601, UTC. */
  readonly at: string
  readonly method: string
  readonly path: string
  readonly dialect: string | undefined
  readonly session: string
  /** `scenario/rule`, `recording/FILE`, `upstream`, or what else answered. */
  readonly rule: string
  /** The URL of the live service that was asked. */
  readonly upstream?: string
  /** The recording that this was taped into, and how the service's answer ended there. */
  tape?: TapeState
  /** The recording that a rule played. */
  readonly recording?: string
  /**
   * Set where it goes on with the stream of an earlier exchange: the number of that one, where it is
   * known, and what the client said it had last.
   */
  readonly resumes?: { readonly exchange?: number; readonly after?: string }
  readonly seed: number
  status: number | undefined
  /** Body bytes and HTTP chunks that were written. */
  bytes: number
  chunks: number
  durationMs: number
  /** How long it waited for a place before that, where a limit made it wait. */
  queuedMs?: number
  /** When the request was complete with its body, in milliseconds since its first line. */
  readonly requestedMs: number
  /** When the head and the first bytes of the body were written, since the request's arrival. */
  headMs?: number
  firstByteMs?: number
  /** Whole frames written; only where somebody has counted them. */
  frames?: number
  /** Of `bytes`, those that were pushed in by hand. */
  pushedBytes?: number
  /** How long it was paused by hand. */
  pausedMs?: number
  /** Only where it was. */
  wasPaused?: true
  /** Which connection it came by, and which of its requests it is. */
  readonly connection: ConnectionNumber
  /**
   * Written on the connection for this answer: head, chunk framing and body. Not over HTTP/2, where
   * answers share their connection.
   */
  socketBytes?: number
  /** Of these, what our kernel has taken; what the client's has acknowledged may be less. */
  handedBytes?: number
  /** The exchange of the same session before this one; undefined for the first. */
  readonly previous?: Previous
  /** When the client left, where it did before the end, and how, as far as Node can tell. */
  leftMs?: number
  /** `FIN`, `RST`, or over HTTP/2 `RST_STREAM` with its code. */
  leftBy?: string
  /** The most that a step was late against its script by our doing, in milliseconds. */
  maxLagMs: number
  /** Only where the stream could not be kept on time. */
  late?: Late
  /** `open` while the reply is being played. */
  ended: Ended | 'open'
  /** The faults that acted, in the order in which they did, and who asked for them. */
  readonly faults: (FaultActed & Reached & FaultFrom)[]
  /** Why nothing fitted, or what failed. */
  error?: string
  /** The nearest recordings and how they differ, where none answers. */
  readonly miss?: MissReport
}

interface FaultActed {
  readonly kind: string
  /** Where its place was told in frames: which. */
  readonly frame?: number
}

export interface Previous {
  readonly id: number
  /** From its arrival to this one's. */
  readonly gapMs: number
  /** From its end to this one's arrival; undefined where it had not ended. */
  readonly idleMs?: number
}

/** What is known of a request besides what it says. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly wallMs: number
  /** On the clock's scale. */
  readonly arrivedMs: number
  readonly requestedMs: number
  readonly connection: ConnectionUse
}

interface Noting {
  readonly id: number
  readonly http: HttpRequest
  readonly answer: Answer
  readonly arrival: Arrival
  readonly previous: Previous | undefined
  /** What is secret at the moment. */
  readonly redact: () => RedactSettings
}

export class ExchangeRecord implements JournalRecord {
  readonly id: number
  readonly method: string
  readonly dialect: string | undefined
  readonly session: string
  readonly rule: string
  readonly upstream?: string
  tape?: TapeState
  readonly recording?: string
  readonly resumes?: NonNullable<JournalRecord['resumes']>
  readonly seed: number
  status: number | undefined = undefined
  bytes = 0
  chunks = 0
  durationMs = 0
  queuedMs?: number
  readonly requestedMs: number
  headMs?: number
  firstByteMs?: number
  frames?: number
  pushedBytes?: number
  pausedMs?: number
  wasPaused?: true
  readonly connection: ConnectionNumber
  socketBytes?: number
  handedBytes?: number
  readonly previous?: Previous
  leftMs?: number
  leftBy?: string
  maxLagMs = 0
  late?: Late
  ended: JournalRecord['ended'] = 'open'
  readonly faults: JournalRecord['faults'] = []
  error?: string
  readonly miss?: MissReport
  readonly #wallMs: number
  /** Not the whole request, whose body may be large. */
  #asked: Pick<HttpRequest, 'path' | 'headers'> | undefined
  readonly #redact: () => RedactSettings
  #path = ''

  constructor({ id, http, answer, arrival, previous, redact }: Noting) {
    const { dialect, session, rule, relayed, recording, resumes, seed, ours } = answer
    this.id = id
    this.method = http.method
    this.dialect = dialect?.name
    this.session = session
    this.rule = rule
    if (relayed) this.upstream = relayed.upstream
    if (recording !== undefined) this.recording = recording
    if (resumes) this.resumes = resumesOf(resumes)
    this.seed = seed
    this.requestedMs = arrival.requestedMs
    this.connection = arrival.connection.number
    if (previous) this.previous = previous
    if (ours) this.error = ours.why
    if (ours?.miss) this.miss = ours.miss
    this.#wallMs = arrival.wallMs
    this.#asked = { path: http.path, headers: http.headers }
    this.#redact = redact
  }

  get at(): string {
    return new Date(this.#wallMs).toISOString()
  }

  get path(): string {
    if (this.#asked) this.#path = maskedPath(this.#asked, this.#redact())
    this.#asked = undefined
    return this.#path
  }
}

/** All that a record tells, as plain data. */
export function recordTold(record: JournalRecord): JournalRecord {
  const { id, at, method, path, ...others } = record
  return { id, at, method, path, ...others }
}

const resumesOf = ({ exchange, after }: Resumes): NonNullable<JournalRecord['resumes']> => ({
  ...(exchange === undefined ? {} : { exchange }),
  ...(after === undefined ? {} : { after }),
})
