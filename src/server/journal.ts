/**
 * What was asked and how it was answered, the latest exchanges only. What it shows never holds a
 * credential: requests are masked when somebody looks, which most of them never are.
 */
import { looseText } from '../core/bytes.ts'
import type { HttpRequest } from '../core/http.ts'
import type { RedactSettings } from '../core/recording-settings.ts'
import type { Reached } from '../faults/fault.ts'
import type { MissReport } from '../recording/match/match-miss.ts'
import { redactRequest } from '../recording/redact/redact.ts'
import type { Ended } from '../time/play.ts'
import type { Answer } from './answered.ts'
import { maskedPath, maskedValue } from './masking.ts'
import type { TapeState } from './open-tapes.ts'

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
  readonly seed: number
  status: number | undefined
  /** Body bytes and HTTP chunks that were written. */
  bytes: number
  chunks: number
  durationMs: number
  /** The most that a step was late against its script, in milliseconds. */
  maxLagMs: number
  /** `open` while the reply is being played. */
  ended: Ended | 'open'
  /** The faults that acted, in the order in which they did. */
  readonly faults: ({ readonly kind: string } & Reached)[]
  /** Why nothing fitted, or what failed. */
  error?: string
  /** The nearest recordings and how they differ, where none answers. */
  readonly miss?: MissReport
}

export interface JournalEntry extends JournalRecord {
  /** Path and query, secrets masked. */
  readonly url: string
  /** The request's body as text, secrets masked, cut at 16 KiB. */
  readonly body: string
}

const keptBodyBytes = 16 * 1024

export class Journal {
  readonly #kept: { readonly record: JournalRecord; readonly http: HttpRequest }[] = []
  readonly #limit: number
  readonly #redact: () => RedactSettings
  #nextId = 1

  /**
   * @param limit exchanges that are kept; past it the oldest is forgotten
   * @param redact what is secret at the moment
   */
  constructor(limit: number, redact: () => RedactSettings) {
    this.#limit = limit
    this.#redact = redact
  }

  open(http: HttpRequest, answer: Answer, at: string): JournalRecord {
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
      seed: answer.seed,
      status: undefined,
      bytes: 0,
      chunks: 0,
      durationMs: 0,
      maxLagMs: 0,
      ended: 'open',
      faults: [],
      ...(answer.ours ? { error: answer.ours.why } : {}),
      ...(answer.ours?.miss ? { miss: answer.ours.miss } : {}),
    }
    const kept = http.body.length > keptBodyBytes ? cutBody(http, this.#redact()) : http
    this.#kept.push({ record, http: kept })
    if (this.#kept.length > this.#limit) this.#kept.shift()
    return record
  }

  /** Oldest first. */
  get entries(): readonly JournalEntry[] {
    const settings = this.#redact()
    return this.#kept.map(({ record, http }) => {
      const { redactor, url, body } = redactRequest(http, settings)
      return { ...maskedValue(record, redactor), url, body: looseText(body) }
    })
  }

  clear(): void {
    this.#kept.length = 0
  }
}

/** Masked before it is cut: half a secret would not be known as one. */
function cutBody(http: HttpRequest, settings: RedactSettings): HttpRequest {
  const { body } = redactRequest(http, settings)
  return { ...http, body: Buffer.from(body.subarray(0, keptBodyBytes)) }
}
