/**
 * The other workers of the same server, as one of them sees them: asked when somebody wants to know,
 * and followed while somebody waits. Contracts only; what is said must survive JSON.
 */
import type { StuntdoubleErrorCode } from '../../core/errors.ts'
import type { Soon } from '../../core/soon.ts'
import type { Ended } from '../../time/play.ts'
import type { JournalEntry } from '../journal.ts'
import type { LagReport } from '../lag/lag-report.ts'
import type { Now } from '../metrics.ts'
import type { Happening } from '../streams/news.ts'
import type { StreamFilter } from '../streams/streams.ts'

/** What any worker can be asked, and what it answers. */
export interface PeerTerms {
  readonly health: { readonly asked: Nothing; readonly answer: WorkerHealth }
  readonly journal: { readonly asked: JournalAsked; readonly answer: JournalPart }
  readonly clear: { readonly asked: JournalAsked; readonly answer: unknown }
  readonly reset: { readonly asked: { readonly session?: string }; readonly answer: unknown }
  readonly counters: { readonly asked: Nothing; readonly answer: CountersPart }
  readonly lag: { readonly asked: Nothing; readonly answer: LagReport }
  readonly streams: { readonly asked: StreamFilter; readonly answer: readonly ShownStream[] }
  readonly stream: { readonly asked: StreamAsked; readonly answer: StreamPart }
  readonly act: { readonly asked: ActAsked; readonly answer: readonly Acted[] }
  readonly verify: { readonly asked: Nothing; readonly answer: VerifyPart }
}

export type PeerName = keyof PeerTerms

export type PeerCalls = {
  readonly [N in PeerName]: (asked: PeerTerms[N]['asked']) => Soon<PeerTerms[N]['answer']>
}

/** What can be followed: each time something changes, the follower hears all that is true by then. */
export type PeerNews = {
  readonly wait: { readonly asked: unknown; readonly heard: WaitPart }
  readonly events: { readonly asked: { readonly session?: string }; readonly heard: EventPart }
}

type Nothing = Readonly<Record<string, never>>

export interface Hear<N extends keyof PeerNews> {
  /** `from` is the number of the worker. */
  hear(from: number, heard: PeerNews[N]['heard']): void
  /** A worker is gone, and with it what it played. */
  lost(from: number): void
}

export interface Peers {
  /** This worker among all of them; undefined where there are no others. */
  readonly place: WorkerPlace | undefined
  /** The answers of all others, in no order; a worker that dies meanwhile gives none. */
  ask<N extends PeerName>(
    name: N,
    asked: PeerTerms[N]['asked'],
  ): Soon<readonly PeerTerms[N]['answer'][]>
  /** Resolves when all others have begun, and have said what is true now. @returns ends it */
  follow<N extends keyof PeerNews>(
    name: N,
    asked: PeerNews[N]['asked'],
    hear: Hear<N>,
  ): Promise<() => void>
}

export interface WorkerPlace {
  /** From 1. */
  readonly number: number
  readonly of: number
  readonly pid: number
  /** When the server started, on the scale of this worker's clock. */
  readonly startedMs: number
}

/** Where there is one process only. */
export const alone: Peers = {
  place: undefined,
  ask: () => [],
  follow: () => Promise.resolve(() => undefined),
}

export interface WorkerHealth {
  readonly worker: number
  readonly pid: number
  /** Of this worker; one that took the place of another is younger than the server. */
  readonly uptimeMs: number
  readonly isFull: boolean
  readonly now: Now
}

/** Which entries are meant; all unless narrowed. */
export interface JournalAsked {
  readonly session?: string
  readonly since?: number
  readonly ids?: readonly number[]
  readonly misses?: true
}

export interface JournalPart {
  readonly entries: readonly JournalEntry[]
  /** Of all that are kept, since the one before an entry may be another worker's. */
  readonly known: readonly KnownExchange[]
}

export interface KnownExchange {
  readonly id: number
  readonly session: string
  readonly at: string
  readonly queuedMs?: number
  readonly durationMs: number
  readonly isOpen: boolean
}

/** Pairs instead of maps, which JSON does not have. */
export interface CountersPart {
  readonly ended: readonly (readonly [Ended, number])[]
  readonly limited: readonly (readonly [string, number])[]
  readonly refused: readonly (readonly [string, number])[]
  readonly misses: number
  readonly bytes: number
  readonly chunks: number
  readonly faults: number
  readonly late: number
  readonly maxLagMs: number
  readonly now: Now
}

/** As the control API shows it. */
export interface ShownStream {
  readonly id: number
  readonly [field: string]: unknown
}

interface StreamAsked {
  readonly id: number
}

export interface StreamPart {
  /** Set where it is open there. */
  readonly stream?: ShownStream
  /** How it ended, where it was played there. */
  readonly ended?: string
  /** Those that are open there. */
  readonly open: readonly number[]
}

export interface ActAsked {
  readonly action: string
  /** The parameters, as they were given. */
  readonly asked: Readonly<Partial<Record<string, string>>>
  /** What is pushed, as it was written. */
  readonly matter?: unknown
  readonly to: StreamFilter & { readonly id?: number }
}

/** What became of one stream that something was to be done to. */
export interface Acted {
  readonly stream: ShownStream
  readonly refusal?: { readonly code: StuntdoubleErrorCode; readonly message: string }
}

export interface VerifyPart {
  readonly used: readonly string[]
  readonly unused: readonly string[]
  readonly misses: number
  /** The latest, as text. */
  readonly missed: readonly string[]
  /** How many streams could not be kept on time, and those that the journal still has. */
  readonly late: number
  readonly lateOnes: readonly string[]
}

/** How far a wait has come. */
export interface WaitPart {
  /** Exchanges of which it is true. */
  readonly found: readonly number[]
  /** Of those that are meant, how many are open. */
  readonly open: number
}

export interface EventPart {
  readonly what: Happening
  readonly entry: JournalEntry
}
