/**
 * What was asked and how it was answered, the latest exchanges only. What it shows never holds a
 * credential: requests are masked when somebody looks, which most of them never are.
 */
import { looseText, utf8 } from '../core/bytes.ts'
import type { Headers, HttpRequest } from '../core/http.ts'
import type { RedactSettings } from '../core/recording-settings.ts'
import { isMapping } from '../faults/options.ts'
import { roundMs } from '../recording/format.ts'
import { redactRequest } from '../recording/redact/redact.ts'
import type { Answer } from './answers/answered.ts'
import {
  type Arrival,
  ExchangeRecord,
  type JournalRecord,
  type Previous,
  recordTold,
} from './journal-record.ts'
import { maskedValue } from './masking.ts'

export type { Arrival, JournalRecord }

export interface JournalEntry extends JournalRecord {
  /** Path and query, secrets masked. */
  readonly url: string
  /**
   * By their names in lower case, secrets masked. Only those that mean something to a chat API or to
   * a retry: any other may be a credential that nobody knows to be one.
   */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The request's body as text, secrets masked, cut at 16 KiB. Where long ones come in such numbers
   * that they are more than 16 MiB together, the oldest of them say their length only.
   */
  readonly body: string
}

const shownBodyBytes = 16 * 1024

/**
 * Of long bodies together. Half a secret would not be known as one, so that a body is masked before
 * it is cut, and kept whole until somebody looks; the oldest are let go for it.
 */
const mostWholeBytes = 16 * 1024 * 1024

/** Of all entries together: a thousand with long headers and bodies would be much more. */
const mostBytes = 32 * 1024 * 1024

/** What an entry weighs beside what the client sent, roughly. */
const entryBytes = 2000

/** Besides those that a recording keeps. */
const shownHeaders = [
  ...['user-agent', 'last-event-id', 'idempotency-key', 'x-stainless-retry-count'],
  ...['x-stuntdouble-session', 'x-stuntdouble-fault', 'x-stuntdouble-pause'],
]

interface Kept {
  readonly record: JournalRecord
  http: HttpRequest
  bytes: number
}

/** The exchange of a session that came last. */
interface Latest {
  readonly record: JournalRecord
  readonly arrivedMs: number
}

export class Journal {
  #kept: Kept[] = []
  #keptBytes = 0
  /** Those whose bodies are longer than what is shown of them, oldest first. */
  readonly #whole = new Set<Kept>()
  #wholeBytes = 0
  readonly #limit: number
  readonly #redact: () => RedactSettings
  readonly #note: () => void
  /** Of each session the latest, the sessions themselves the latest last. */
  readonly #latest = new Map<string, Latest>()
  #latestSession: string | undefined
  #nextId = counted()

  /**
   * @param limit exchanges that are kept; past it, or past `mostBytes`, the oldest are forgotten
   * @param redact what is secret at the moment
   * @param note brings the records of what is still open up to date
   */
  constructor(limit: number, redact: () => RedactSettings, note: () => void = () => {}) {
    this.#limit = limit
    this.#redact = redact
    this.#note = note
  }

  open(http: HttpRequest, answer: Answer, arrival: Arrival): JournalRecord {
    const previous = this.#previous(answer.session, arrival)
    const redact = this.#redact
    const id = this.#nextId()
    const record = new ExchangeRecord({ id, http, answer, arrival, previous, redact })
    const kept = http.body.length > mostWholeBytes ? cutBody(http, redact()) : http
    this.#keep({ record, http: kept, bytes: weightOf(kept) })
    this.#remember(record, arrival)
    return record
  }

  #keep(entry: Kept): void {
    this.#kept.push(entry)
    this.#keptBytes += entry.bytes
    if (entry.http.body.length > shownBodyBytes) this.#keepWhole(entry)
    while (this.#kept.length > this.#limit || this.#keptBytes > mostBytes) {
      const oldest = this.#kept.shift()
      this.#keptBytes -= oldest?.bytes ?? this.#keptBytes
      if (oldest) this.#settle(oldest)
    }
  }

  /** To mask 100 kB takes 5 ms, which an exchange has not that nobody looks at. */
  #keepWhole(entry: Kept): void {
    this.#whole.add(entry)
    this.#wholeBytes += entry.http.body.length
    for (const oldest of this.#whole) {
      if (this.#wholeBytes <= mostWholeBytes) break
      this.#settle(oldest, letGo(oldest.http))
    }
  }

  /** Its whole body is needed no more; `http` stands in for it. */
  #settle(entry: Kept, http = entry.http): void {
    if (!this.#whole.delete(entry)) return
    this.#wholeBytes -= entry.http.body.length
    this.#keptBytes += weightOf(http) - entry.bytes
    entry.http = http
    entry.bytes = weightOf(http)
  }

  /** How many exchanges are kept. */
  get limit(): number {
    return this.#limit
  }

  /** Numbers that ascend; counted from 1 unless given. */
  numberBy(next: () => number): void {
    this.#nextId = next
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
    return this.#kept.flatMap((entry) => {
      const { record } = entry
      if (!isAsked(record)) return []
      if (this.#whole.has(entry)) this.#settle(entry, cutBody(entry.http, settings))
      const { redactor, url, headers, body } = redactRequest(entry.http, settings, shownHeaders)
      const masked = roundedTimes(maskedValue(recordTold(record), redactor))
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
    const { session } = record
    // To take it out and put it in again would leave a full table behind every few requests.
    if (session !== this.#latestSession) this.#latest.delete(session)
    this.#latest.set(session, { record, arrivedMs })
    this.#latestSession = session
    for (const session of this.#latest.keys()) {
      if (this.#latest.size <= this.#limit) break
      this.#latest.delete(session)
    }
  }

  /** Forgets these entries, or all. */
  clear(isMeant: (record: JournalRecord) => boolean = () => true): void {
    for (const entry of this.#whole) if (isMeant(entry.record)) this.#settle(entry)
    this.#kept = this.#kept.filter(({ record }) => !isMeant(record))
    this.#keptBytes = this.#kept.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

function counted(): () => number {
  let last = 0
  return () => ++last
}

function weightOf({ body, url, headers }: HttpRequest): number {
  let bytes = entryBytes + body.length + url.length
  for (const [name, value] of headers) bytes += name.length + value.length
  return bytes
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
  const hasTimes = name === 'previous' || name === 'late'
  return hasTimes && isMapping(value) ? roundedTimes(value) : value
}

/** Masked before it is cut: half a secret would not be known as one. */
function cutBody(http: HttpRequest, settings: RedactSettings): HttpRequest {
  const { body } = redactRequest(http, settings)
  return { ...http, body: Buffer.from(body.subarray(0, shownBodyBytes)) }
}

const letGo = (http: HttpRequest): HttpRequest => ({
  ...http,
  body: utf8(`(${http.body.length} bytes, let go for those of later requests)`),
})
