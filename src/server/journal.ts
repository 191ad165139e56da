/**
 * What was asked and how it was answered, the latest exchanges only. What it shows never holds a
 * credential: requests are masked when somebody looks, which most of them never are.
 */
import { looseText, utf8 } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
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
import { JournalSlot, type Sent } from './journal-slot.ts'
import { maskedValue } from './masking.ts'

export type { Arrival, ExchangeRecord, JournalRecord }

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

/** Besides those that a recording keeps. */
const shownHeaders = [
  ...['user-agent', 'last-event-id', 'idempotency-key', 'x-stainless-retry-count'],
  ...['x-stuntdouble-session', 'x-stuntdouble-fault', 'x-stuntdouble-pause'],
]

/** The exchange of a session that came last. */
interface Latest {
  readonly record: JournalRecord
  readonly arrivedMs: number
}

export class Journal {
  /** From the oldest on, round and round. */
  #slots: JournalSlot[] = []
  #first = 0
  #count = 0
  #keptBytes = 0
  /** Those whose bodies are longer than what is shown of them, oldest first. */
  readonly #whole = new Set<JournalSlot>()
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

  open(http: HttpRequest, answer: Answer, arrival: Arrival): ExchangeRecord {
    const previous = this.#previous(answer.session, arrival)
    const redact = this.#redact
    const id = this.#nextId()
    const record = ExchangeRecord.opened({ id, http, answer, arrival, previous, redact })
    const isLong = http.body.length > mostWholeBytes
    this.#keep(record, isLong ? cutBody(http, redact()) : http)
    this.#remember(record, arrival)
    return record
  }

  #keep(record: ExchangeRecord, sent: Sent): void {
    if (this.#count === this.#limit) this.#forgetOldest()
    const slot = this.#freeSlot()
    slot.hold(record, sent)
    this.#count += 1
    this.#keptBytes += slot.bytes
    if (sent.body.length > shownBodyBytes) this.#keepWhole(slot)
    while (this.#keptBytes > mostBytes) this.#forgetOldest()
  }

  #freeSlot(): JournalSlot {
    const slots = this.#slots
    if (this.#count < slots.length) return this.#slotAt(this.#count)
    if (this.#first > 0) slots.push(...slots.splice(0, this.#first))
    this.#first = 0
    const slot = new JournalSlot()
    slots.push(slot)
    return slot
  }

  #slotAt(nth: number): JournalSlot {
    const { length } = this.#slots
    const at = this.#first + nth
    const slot = this.#slots[at < length ? at : at - length]
    if (!slot) throw new StuntdoubleError('internal', `The journal has no place ${nth}`)
    return slot
  }

  #forgetOldest(): void {
    const oldest = this.#slotAt(0)
    this.#unwhole(oldest)
    this.#keptBytes -= oldest.bytes
    oldest.empty()
    this.#first = (this.#first + 1) % this.#slots.length
    this.#count -= 1
  }

  /** To mask 100 kB takes 5 ms, which an exchange has not that nobody looks at. */
  #keepWhole(slot: JournalSlot): void {
    this.#whole.add(slot)
    this.#wholeBytes += slot.sent.body.length
    for (const oldest of this.#whole) {
      if (this.#wholeBytes <= mostWholeBytes) break
      this.#shorten(oldest, letGo(oldest.sent))
    }
  }

  /** Its whole body is needed no more. */
  #shorten(slot: JournalSlot, sent: Sent): void {
    this.#unwhole(slot)
    this.#keptBytes -= slot.bytes
    slot.sent = sent
    this.#keptBytes += slot.bytes
  }

  #unwhole(slot: JournalSlot): void {
    if (this.#whole.delete(slot)) this.#wholeBytes -= slot.sent.body.length
  }

  get #held(): JournalSlot[] {
    return Array.from({ length: this.#count }, (_, nth) => this.#slotAt(nth))
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
    return this.#held.map(({ record }) => record)
  }

  /** Oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.entriesOf(() => true)
  }

  /** Oldest first. */
  entriesOf(isAsked: (record: JournalRecord) => boolean): JournalEntry[] {
    this.#note()
    const settings = this.#redact()
    return this.#held.flatMap((slot) => {
      const { record } = slot
      if (!isAsked(record)) return []
      if (this.#whole.has(slot)) this.#shorten(slot, cutBody(slot.sent, settings))
      const { redactor, url, headers, body } = redactRequest(slot.sent, settings, shownHeaders)
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
    const held = this.#held.filter((slot) => {
      if (!isMeant(slot.record)) return true
      this.#unwhole(slot)
      return false
    })
    this.#slots = held
    this.#first = 0
    this.#count = held.length
    this.#keptBytes = held.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

function counted(): () => number {
  let last = 0
  return () => ++last
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
function cutBody(sent: Sent, settings: RedactSettings): Sent {
  const { body } = redactRequest(sent, settings)
  return { ...sent, body: Buffer.from(body.subarray(0, shownBodyBytes)) }
}

const letGo = (sent: Sent): Sent => ({
  ...sent,
  body: utf8(`(${sent.body.length} bytes, let go for those of later requests)`),
})
