/**
 * Replies that their service keeps, so that a later request can come back to them: with the script
 * they are told by, which can be told again. Bounded, so that a server which runs for weeks does not
 * grow. A kept reply goes on by its own schedule, whether somebody listens or not.
 */
import type { Clock } from '../../core/clock.ts'
import {
  type Dialect,
  isApiError,
  type KeptReply,
  type Memory,
  type ReplyContext,
} from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Headers } from '../../core/http.ts'
import type { Timeline } from '../../core/timeline.ts'
import type { FaultSpec } from '../../faults/fault.ts'
import type { Resuming } from '../../scenario/scenario.ts'
import { type Script, scriptTimeline, toldBy } from '../../sources/script.ts'
import type { Keeper } from './answer-parts.ts'
import { KeptStreams } from './kept-streams.ts'

/** What is kept of an answer, besides its script. */
export interface KeptFrom {
  /** When the request arrived, on the clock's scale. */
  readonly arrivedMs: number
  readonly session: string
  /** The session that the client itself named: no other may come back to the reply. */
  readonly named?: string | undefined
  /** `scenario/rule` */
  readonly rule: string
  readonly seed: number
  readonly randomName: string
  /** Of its rule. */
  readonly faults?: readonly FaultSpec[]
  readonly resume?: Resuming | undefined
}

export interface Kept extends KeptFrom, KeptReply, Keeper {
  /** The number of the exchange in which it was asked, once that is open. */
  readonly exchange: number | undefined
  /** The whole stream, also where the reply itself was not streamed. */
  readonly timeline: Timeline
}

const defaultLimit = 1000

/** Of what was asked for them, which each of them keeps. */
const mostBodyBytes = 64 * 1024 * 1024

/** What is kept is each worker's own, and a client that comes back may reach any of them. */
export const keptElsewhere: Headers = [
  ['x-stuntdouble-hint', 'replies are kept by the worker that gave them; --workers 1 has them all'],
]

export class KeptReplies {
  /** Others play for the same clients, and keep replies of their own. */
  hasOthers = false

  /** Those that are come back to by the ids of their frames. */
  readonly streams: KeptStreams
  /** By dialect and id: two services may give out the same one. */
  readonly #kept = new Map<string, KeptScript>()
  readonly #clock: Clock
  readonly #limit: number
  #bodyBytes = 0
  /** How often somebody asked for what is not here. */
  #misses = 0

  /** @param limit replies that are kept; past it the oldest is forgotten */
  constructor(clock: Clock, limit = defaultLimit) {
    this.#clock = clock
    this.#limit = limit
    this.streams = new KeptStreams(clock)
  }

  /** Where the service keeps such a reply. */
  keep(script: Script, from: KeptFrom): Kept | undefined {
    const { dialect, reply } = script
    const id = dialect.keepAs?.(reply)
    if (id === undefined) return undefined
    const key = keyOf(dialect, id, from.named)
    const kept = new KeptScript(script, from, this.#clock)
    this.#drop(key)
    this.#kept.set(key, kept)
    this.#bodyBytes += kept.bodyBytes
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit && this.#bodyBytes <= mostBodyBytes) break
      this.#drop(oldest)
    }
    return kept
  }

  #drop(key: string): boolean {
    this.#bodyBytes -= this.#kept.get(key)?.bodyBytes ?? 0
    return this.#kept.delete(key)
  }

  recall(dialect: Dialect, id: string, session: string | undefined): Kept | undefined {
    const kept = this.#kept.get(keyOf(dialect, id, session))
    if (!kept) this.#misses += 1
    return kept
  }

  /** What a dialect makes of a request with its memory; an error says who else may have it. */
  ask<T extends object>(
    dialect: Dialect,
    session: string | undefined,
    act: (memory: Memory) => T,
  ): T {
    const missesBefore = this.#misses
    const made = act(this.of(dialect, session))
    if (!this.hasOthers || this.#misses === missesBefore || !isApiError(made)) return made
    return { ...made, headers: [...(made.headers ?? []), ...keptElsewhere] }
  }

  /** What a dialect sees of it: its own replies, of the session that the client names if any. */
  of(dialect: Dialect, session?: string): Memory {
    return {
      recall: (id) => this.recall(dialect, id, session),
      forget: (id) => this.#drop(keyOf(dialect, id, session)),
      cancel: (id) => this.#kept.get(keyOf(dialect, id, session))?.cancel(),
    }
  }

  /** Forgets the replies of one session, or all of them. */
  reset(session?: string): void {
    this.streams.reset(session)
    for (const [key, kept] of this.#kept) {
      if (session === undefined || kept.session === session) this.#drop(key)
    }
  }
}

const keyOf = ({ name }: Dialect, id: string, session = ''): string =>
  JSON.stringify([name, session, id])

class KeptScript implements Kept {
  readonly reply: ReplyContext
  readonly timeline: Timeline
  readonly arrivedMs: number
  readonly session: string
  readonly rule: string
  readonly seed: number
  readonly randomName: string
  readonly faults: readonly FaultSpec[]
  readonly resume: Resuming | undefined
  exchange: number | undefined
  cancelled = false
  readonly #script: Script
  readonly #clock: Clock
  /** A paused stream is not over, however late it is. */
  #listeners = 0
  /** Told once somebody asks, which for most replies nobody does. */
  #told: { readonly events: readonly Event[]; readonly endMs: number } | undefined

  constructor(script: Script, from: KeptFrom, clock: Clock) {
    const { request } = script.reply
    this.#script = script
    this.#clock = clock
    this.reply = script.reply
    this.arrivedMs = from.arrivedMs
    this.session = from.session
    this.rule = from.rule
    this.seed = from.seed
    this.randomName = from.randomName
    this.faults = from.faults ?? []
    this.resume = from.resume
    const streamed = { ...script.reply, request: { ...request, stream: true } }
    this.timeline = scriptTimeline({ ...script, reply: streamed })
  }

  get bodyBytes(): number {
    return this.#script.reply.request.http.body.length
  }

  get events(): readonly Event[] {
    return this.#tell().events
  }

  get inFlight(): boolean {
    if (this.cancelled) return false
    return this.#listeners > 0 || this.#clock.now() - this.arrivedMs < this.#tell().endMs
  }

  cancel(): void {
    this.cancelled = true
  }

  opened(exchange: number): void {
    this.exchange ??= exchange
    this.#listeners += 1
  }

  /** From then on it goes on by its own schedule, though nobody listens. */
  over(): void {
    this.#listeners -= 1
  }

  #tell() {
    this.#told ??= toldBy(this.#script)
    return this.#told
  }
}
