/**
 * What was asked and how it was answered, the latest exchanges only. What it shows never holds a
 * credential: requests are masked when somebody looks, which most of them never are.
 */
import { looseText } from '../core/bytes.ts'
import type { Headers, HttpRequest } from '../core/http.ts'
import type { RedactSettings } from '../core/recording-settings.ts'
import type { Reached } from '../faults/fault.ts'
import { isMapping } from '../faults/options.ts'
import { roundMs } from '../recording/format.ts'
import type { MissReport } from '../recording/match/match-miss.ts'
import { redactRequest } from '../recording/redact/redact.ts'
import type { Ended } from '../time/play.ts'
import type { Answer, Resumes } from './answers/answered.ts'
import type { FaultFrom } from './faults/fault-from.ts'
import { maskedPath, maskedValue } from './masking.ts'
import type { TapeState } from './open-tapes.ts'
import type { ConnectionNumber, ConnectionUse } from './wire/connections.ts'

/** The parts of an exchange that need no masking; filled in as it goes on. */
export interface JournalRecord {
  /** Counted from 1 since the server started. */
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
  /** The most that a step was late against its script, in milliseconds. */
  maxLagMs: number
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

interface Previous {
  readonly id: number
  /** From its arrival to this one's. */
  readonly gapMs: number
  /** From its end to this one's arrival; undefined where it had not ended. */
  readonly idleMs?: number
}

/** What is known of a request besides what it says. */
export interface Arrival {
  readonly at: string
  /** On the clock's scale. */
  readonly arrivedMs: number
  readonly requestedMs: number
  readonly connection: ConnectionUse
}

export interface JournalEntry extends JournalRecord {
  /** Path and query, secrets masked. */
  readonly url: string
  /**
   * By their names in lower case, secrets masked. Only those that mean something to a chat API or to
   * a retry: any other may be a credential that nobody knows to be one.
   */
  readonly headers: Readonly<Record<string, string>>
  /** The request's body as text, secrets masked, cut at 16 KiB. */
  readonly body: string
}

const keptBodyBytes = 16 * 1024

/** Besides those that a recording keeps. */
const shownHeaders = [
  ...['user-agent', 'last-event-id', 'idempotency-key', 'x-stainless-retry-count'],
  ...['x-stuntdouble-session', 'x-stuntdouble-fault', 'x-stuntdouble-pause'],
]

export class Journal {
  readonly #kept: { readonly record: JournalRecord; readonly http: HttpRequest }[] = []
  readonly #limit: number
  readonly #redact: () => RedactSettings
  readonly #note: () => void
  /** Of each session the latest, the sessions themselves the latest last. */
  readonly #latest = new Map<
    string,
    { readonly record: JournalRecord; readonly arrivedMs: number }
  >()
  #nextId = 1

  /**
   * @param limit exchanges that are kept; past it the oldest is forgotten
   * @param redact what is secret at the moment
   * @param note brings the records of what is still open up to date
   */
  constructor(limit: number, redact: () => RedactSettings, note: () => void = () => {}) {
    this.#limit = limit
    this.#redact = redact
    this.#note = note
  }

  open(http: HttpRequest, answer: Answer, arrival: Arrival): JournalRecord {
    const { at, requestedMs, connection } = arrival
    const previous = this.#previous(answer.session, arrival)
    const record: JournalRecord = {
      id: this.#nextId++,
      at,
      method: http.method,
      path: maskedPath(http, this.#redact()),
      dialect: answer.dialect?.name,
      session: answer.session,
      rule: answer.rule,
      ...(answer.relayed ? { upstream: answer.relayed.upstream } : {}),
      ...(answer.recording === undefined ? {} : { recording: answer.recording }),
      ...(answer.resumes ? { resumes: resumesOf(answer.resumes) } : {}),
      seed: answer.seed,
      status: undefined,
      bytes: 0,
      chunks: 0,
      durationMs: 0,
      requestedMs,
      connection: connection.number,
      ...(previous ? { previous } : {}),
      maxLagMs: 0,
      ended: 'open',
      faults: [],
      ...(answer.ours ? { error: answer.ours.why } : {}),
      ...(answer.ours?.miss ? { miss: answer.ours.miss } : {}),
    }
    const kept = http.body.length > keptBodyBytes ? cutBody(http, this.#redact()) : http
    this.#kept.push({ record, http: kept })
    if (this.#kept.length > this.#limit) this.#kept.shift()
    this.#remember(record, arrival)
    return record
  }

  /** Unmasked: not to be shown to anybody. */
  get records(): readonly JournalRecord[] {
    return this.#kept.map(({ record }) => record)
  }

  /** Oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.entriesOf(() => true)
  }

  /** Oldest first. */
  entriesOf(isAsked: (record: JournalRecord) => boolean): JournalEntry[] {
    this.#note()
    const settings = this.#redact()
    return this.#kept.flatMap(({ record, http }) => {
      if (!isAsked(record)) return []
      const { redactor, url, headers, body } = redactRequest(http, settings, shownHeaders)
      const masked = roundedTimes(maskedValue(record, redactor))
      return [{ ...masked, url, headers: joined(headers), body: looseText(body) }]
    })
  }

  #previous(session: string, { arrivedMs }: Arrival): Previous | undefined {
    const latest = this.#latest.get(session)
    if (!latest) return undefined
    const { record } = latest
    const gapMs = arrivedMs - latest.arrivedMs
    const idleMs = gapMs - (record.queuedMs ?? 0) - record.durationMs
    return { id: record.id, gapMs, ...(record.ended === 'open' ? {} : { idleMs }) }
  }

  #remember(record: JournalRecord, { arrivedMs }: Arrival): void {
    this.#latest.delete(record.session)
    this.#latest.set(record.session, { record, arrivedMs })
    for (const session of this.#latest.keys()) {
      if (this.#latest.size <= this.#limit) break
      this.#latest.delete(session)
    }
  }

  /** Forgets these entries, or all. */
  clear(isMeant: (record: JournalRecord) => boolean = () => true): void {
    const left = this.#kept.filter(({ record }) => !isMeant(record))
    this.#kept.splice(0, this.#kept.length, ...left)
  }
}

function joined(headers: Headers): JournalEntry['headers'] {
  const byName: Record<string, string> = {}
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const before = Object.hasOwn(byName, key) ? `${byName[key]}, ` : ''
    byName[key] = before + value
  }
  return byName
}

/** To a thousandth of a millisecond, as in recordings: what is behind that is chance. */
export function roundedTimes<T extends object>(value: T): T
export function roundedTimes(value: object): object {
  const fields: readonly [string, unknown][] = Object.entries(value)
  return Object.fromEntries(fields.map(([name, one]) => [name, roundedField(name, one)]))
}

function roundedField(name: string, value: unknown): unknown {
  if (typeof value === 'number') return name.endsWith('Ms') ? roundMs(value) : value
  if (name === 'faults' && Array.isArray(value)) return value.map(roundedTimes)
  return name === 'previous' && isMapping(value) ? roundedTimes(value) : value
}

const resumesOf = ({ exchange, after }: Resumes): JournalRecord['resumes'] & object => ({
  ...(exchange === undefined ? {} : { exchange }),
  ...(after === undefined ? {} : { after }),
})

/** Masked before it is cut: half a secret would not be known as one. */
function cutBody(http: HttpRequest, settings: RedactSettings): HttpRequest {
  const { body } = redactRequest(http, settings)
  return { ...http, body: Buffer.from(body.subarray(0, keptBodyBytes)) }
}
