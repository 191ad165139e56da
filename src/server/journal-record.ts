/**
 * One exchange as the journal and those who watch know it. What has to be masked or written out is
 * made for those who look, since most exchanges are never looked at.
 */
import type { Headers, HttpRequest } from '../core/http.ts'
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
  readonly upstream?: string | undefined
  /** The recording that this was taped into, and how the service's answer ended there. */
  tape?: TapeState | undefined
  /** The recording that a rule played. */
  readonly recording?: string | undefined
  /**
   * Set where it goes on with the stream of an earlier exchange: the number of that one, where it is
   * known, and what the client said it had last.
   */
  readonly resumes?: { readonly exchange?: number; readonly after?: string } | undefined
  readonly seed: number
  status: number | undefined
  /** Body bytes and HTTP chunks that were written. */
  bytes: number
  chunks: number
  durationMs: number
  /** How long it waited for a place before that, where a limit made it wait. */
  queuedMs?: number | undefined
  /** When the request was complete with its body, in milliseconds since its first line. */
  readonly requestedMs: number
  /** When the head and the first bytes of the body were written, since the request's arrival. */
  headMs?: number | undefined
  firstByteMs?: number | undefined
  /** Whole frames written; only where somebody has counted them. */
  frames?: number | undefined
  /** Of `bytes`, those that were pushed in by hand. */
  pushedBytes?: number | undefined
  /** How long it was paused by hand. */
  pausedMs?: number | undefined
  /** Only where it was. */
  wasPaused?: true | undefined
  /** Which connection it came by, and which of its requests it is. */
  readonly connection: ConnectionNumber
  /**
   * Written on the connection for this answer: head, chunk framing and body. Not over HTTP/2, where
   * answers share their connection.
   */
  socketBytes?: number | undefined
  /** Of these, what our kernel has taken; what the client's has acknowledged may be less. */
  handedBytes?: number | undefined
  /** The exchange of the same session before this one; undefined for the first. */
  readonly previous?: Previous | undefined
  /** When the client left, where it did before the end, and how, as far as Node can tell. */
  leftMs?: number | undefined
  /** `FIN`, `RST`, or over HTTP/2 `RST_STREAM` with its code. */
  leftBy?: string | undefined
  /** The most that a step was late against its script by our doing, in milliseconds. */
  maxLagMs: number
  /** Only where the stream could not be kept on time. */
  late?: Late | undefined
  /** `open` while the reply is being played. */
  ended: Ended | 'open'
  /** The faults that acted, in the order in which they did, and who asked for them. */
  readonly faults: (FaultActed & Reached & FaultFrom)[]
  /** Why nothing fitted, or what failed. */
  error?: string | undefined
  /** The nearest recordings and how they differ, where none answers. */
  readonly miss?: MissReport | undefined
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

/** Of all records in which none has acted. */
const noFaults: JournalRecord['faults'] = []
const orUndefined = (ms: number): number | undefined => (Number.isNaN(ms) ? undefined : ms)

/** One that exchanges have in turn; see `JournalSlot`. */
interface RecordPlace {
  readonly record: ExchangeRecord
  /** Its record is over. */
  settle(): void
}

/** What small objects would say is kept as numbers, `NaN` for undefined: see `JournalSlot`. */
export class ExchangeRecord implements JournalRecord {
  id = 0
  method = ''
  dialect: string | undefined
  session = ''
  rule = ''
  upstream: string | undefined
  tape: TapeState | undefined
  recording: string | undefined
  resumes: JournalRecord['resumes']
  seed = 0
  status: number | undefined
  bytes = 0
  chunks = 0
  durationMs = 0
  queuedMs: number | undefined
  requestedMs = 0
  frames: number | undefined
  pushedBytes: number | undefined
  pausedMs: number | undefined
  wasPaused: true | undefined
  socketBytes: number | undefined
  handedBytes: number | undefined
  leftMs: number | undefined
  leftBy: string | undefined
  maxLagMs = 0
  late: Late | undefined
  ended: JournalRecord['ended'] = 'open'
  faults = noFaults
  error: string | undefined
  miss: MissReport | undefined
  #wallMs = 0
  #headMs = Number.NaN
  #firstByteMs = Number.NaN
  #connection = 0
  #connectionRequest = 0
  #protocol: ConnectionNumber['protocol'] = 'HTTP/1.1'
  #previous = 0
  #previousGapMs = Number.NaN
  #previousIdleMs = Number.NaN
  #path = ''
  /** Until the path is masked. */
  #headers: Headers | undefined
  #redact: (() => RedactSettings) | undefined
  #place: RecordPlace | undefined

  static opened({ id, http, answer, arrival, previous, redact }: Noting): ExchangeRecord {
    const { dialect, session, rule, relayed, recording, resumes, seed, ours } = answer
    const record = new ExchangeRecord()
    record.id = id
    record.method = http.method
    record.dialect = dialect?.name
    record.session = session
    record.rule = rule
    record.upstream = relayed?.upstream
    record.recording = recording
    record.resumes = resumes && resumesOf(resumes)
    record.seed = seed
    record.requestedMs = arrival.requestedMs
    record.faults = []
    record.error = ours?.why
    record.miss = ours?.miss
    record.#wallMs = arrival.wallMs
    const { id: connection, request, protocol } = arrival.connection.number
    record.#connection = connection
    record.#connectionRequest = request
    record.#protocol = protocol
    if (previous) {
      record.#previous = previous.id
      record.#previousGapMs = previous.gapMs
      record.#previousIdleMs = previous.idleMs ?? Number.NaN
    }
    record.#path = http.path
    record.#headers = http.headers
    record.#redact = redact
    return record
  }

  /** Where the journal has it, until that is another's. */
  set place(place: RecordPlace) {
    this.#place = place
  }

  /** Nothing more will be told of it. */
  conclude(): void {
    if (this.#place?.record === this) this.#place.settle()
  }

  get at(): string {
    return new Date(this.#wallMs).toISOString()
  }

  get headMs(): number | undefined {
    return orUndefined(this.#headMs)
  }

  set headMs(ms: number) {
    this.#headMs = ms
  }

  get firstByteMs(): number | undefined {
    return orUndefined(this.#firstByteMs)
  }

  set firstByteMs(ms: number) {
    this.#firstByteMs = ms
  }

  get connection(): ConnectionNumber {
    const [id, request, protocol] = [this.#connection, this.#connectionRequest, this.#protocol]
    return { id, request, protocol }
  }

  get previous(): Previous | undefined {
    const gapMs = this.#previousGapMs
    if (Number.isNaN(gapMs)) return undefined
    const idleMs = orUndefined(this.#previousIdleMs)
    return { id: this.#previous, gapMs, ...(idleMs === undefined ? {} : { idleMs }) }
  }

  get path(): string {
    const headers = this.#headers
    if (headers && this.#redact) {
      this.#path = maskedPath({ path: this.#path, headers }, this.#redact())
    }
    this.#headers = undefined
    return this.#path
  }

  /**
   * Becomes a copy of another, in memory of its own. Written out, for to go through the names takes
   * ten times as long.
   */
  become(other: ExchangeRecord): void {
    this.id = other.id
    this.method = other.method
    this.dialect = other.dialect
    this.session = other.session
    this.rule = other.rule
    this.upstream = other.upstream
    this.tape = other.tape
    this.recording = other.recording
    this.resumes = other.resumes
    this.seed = other.seed
    this.status = other.status
    this.bytes = other.bytes
    this.chunks = other.chunks
    this.durationMs = other.durationMs
    this.queuedMs = other.queuedMs
    this.requestedMs = other.requestedMs
    this.frames = other.frames
    this.pushedBytes = other.pushedBytes
    this.pausedMs = other.pausedMs
    this.wasPaused = other.wasPaused
    this.socketBytes = other.socketBytes
    this.handedBytes = other.handedBytes
    this.leftMs = other.leftMs
    this.leftBy = other.leftBy
    this.maxLagMs = other.maxLagMs
    this.late = other.late
    this.ended = other.ended
    this.faults = other.faults.length === 0 ? noFaults : other.faults
    this.error = other.error
    this.miss = other.miss
    this.#wallMs = other.#wallMs
    this.#headMs = other.#headMs
    this.#firstByteMs = other.#firstByteMs
    this.#connection = other.#connection
    this.#connectionRequest = other.#connectionRequest
    this.#protocol = other.#protocol
    this.#previous = other.#previous
    this.#previousGapMs = other.#previousGapMs
    this.#previousIdleMs = other.#previousIdleMs
    this.#path = other.#path
    this.#headers = other.#headers
    this.#redact = other.#redact
  }
}

/** All that a record tells, as plain data. */
export function recordTold(record: JournalRecord): JournalRecord {
  const { id, at, method, path, headMs, firstByteMs, connection, previous, ...others } = record
  return { id, at, method, path, ...others, headMs, firstByteMs, connection, previous }
}

const resumesOf = ({ exchange, after }: Resumes): NonNullable<JournalRecord['resumes']> => ({
  ...(exchange === undefined ? {} : { exchange }),
  ...(after === undefined ? {} : { after }),
})
