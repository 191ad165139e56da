/**
 * A scenario as the rest of the house sees it: checked, compiled, immutable.
 * Must never hold anything of YAML, of files or of one request.
 */
import type { ApiError } from '../core/api-error.ts'
import type { Dialect } from '../core/dialect.ts'
import type { FinishReason, Usage } from '../core/event.ts'
import type { Headers } from '../core/http.ts'
import type { Limit } from '../core/limits.ts'
import type { Pacing, ReplayPace } from '../core/pacing.ts'
import type { Ending } from '../core/timeline.ts'
import type { FaultSpec } from '../faults/fault.ts'
import type { FaultPlan } from '../faults/plan.ts'
import type { Matcher } from './matcher.ts'

export interface Scenario {
  /** Unique among the scenarios that are loaded together. */
  readonly name: string
  /** As it was given, for messages; rules and states are remembered by name, not by file. */
  readonly file: string
  readonly seed: number
  readonly pacing: Pacing
  readonly rules: readonly Rule[]
  /** The nth answer of its rules in a session gets the nth entry. */
  readonly plan: FaultPlan | undefined
  readonly dialects: readonly DialectEntry[]
  readonly auth: Auth | undefined
  /** The models that exist; undefined means that any name will do. */
  readonly models: readonly string[] | undefined
  /** How much is let in. */
  readonly limits: readonly Limit[]
  /** Live services for those rules that ask one; none is asked otherwise. */
  readonly upstreams: readonly ScenarioUpstream[]
  /** When replies claim to be made, in ms since 1970; fixed, so that same seed is same bytes. */
  readonly now: 'real' | number
}

/** A dialect that the scenario prefers or brings along; the first that has the path is asked. */
export type DialectEntry =
  /** One that is known without this scenario, by its name. */
  | { readonly kind: 'known'; readonly name: string }
  /** One that the scenario describes, ready to use; it replaces a known one of its name. */
  | { readonly kind: 'declared'; readonly dialect: Dialect }

export interface Auth {
  readonly keys: readonly AuthKey[]
}

/** A key that is accepted; for these models and dialects only, where they are named. */
interface AuthKey {
  readonly key: string
  readonly models?: readonly string[]
  readonly dialects?: readonly string[]
}

export const defaultRuleName = (index: number): string => `rule ${index + 1}`

export interface Rule {
  /** Unique within its scenario; `rule 3` where the author gave none. */
  readonly name: string
  /** 0-based, in its scenario. */
  readonly index: number
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly when: Matcher
  /** How often it may answer in one session; undefined is without end. */
  readonly times: number | undefined
  readonly state: RuleState | undefined
  readonly reply: Reply
  readonly pacing: Pacing | undefined
  readonly faults: readonly FaultSpec[]
  /** Its nth answer in a session gets the nth entry, beside those. */
  readonly plan: FaultPlan | undefined
  /** False where a client that was cut off is not to go on, undefined where nothing is said of it. */
  readonly resume: Resuming | false | undefined
  /** Where it is written that it asks a live service, 1-based; undefined where it asks none. */
  readonly asksAt: { readonly line: number; readonly column: number } | undefined
}

/** How a client that was cut off goes on where it says it stopped. */
export interface Resuming {
  /** What ids frames get that have none. */
  readonly ids: 'counter' | 'random' | 'own'
  /** Of the `retry:` that is sent first. */
  readonly retryMs: number | undefined
  /** How long the answer is kept after its last listener has gone. */
  readonly keepMs: number
  /** How many of the latest frames are kept; undefined is all of them. */
  readonly mostFrames: number | undefined
  /** What the answer does while nobody listens. */
  readonly unheard: 'goes-on' | 'pauses'
  /** What an id gets that nobody knows any more: the answer anew, or this status. */
  readonly unknown: 'anew' | number
  /** Whether its faults act on the first connection alone. */
  readonly faults: 'once' | 'each'
}

/** The named states in which a rule answers, and the one it leads to. */
export interface RuleState {
  readonly from?: readonly string[]
  readonly to?: string
}

/** The state of every scenario in a session in which no rule has led anywhere yet. */
export const initialState = 'start'

export type Reply =
  | { readonly kind: 'script'; readonly steps: readonly ScriptStep[] }
  | { readonly kind: 'error'; readonly error: ApiError }
  | {
      readonly kind: 'recording'
      /** Absolute. */
      readonly file: string
      readonly pacing: ReplayPace | undefined
    }
  /** What was taped for such a request, wherever among these recordings it is. */
  | {
      readonly kind: 'replay'
      /** A file or a folder; absolute. */
      readonly path: string
      readonly pacing: ReplayPace | undefined
      readonly missing: MissingMode
      /** Who is asked where it is missing; undefined for the one that is for the request. */
      readonly upstream: string | undefined
    }
  /** What the live service says. */
  | {
      readonly kind: 'upstream'
      /** By its name; undefined for the one that is for the request. */
      readonly upstream: string | undefined
      /** An absolute folder, `false` for no tape, undefined for what holds for all exchanges. */
      readonly tape: string | false | undefined
    }
  /** Any answer at all, in no dialect's words. */
  | {
      readonly kind: 'http'
      readonly status: number
      readonly headers: Headers
      readonly body: string | Uint8Array
    }

/** What is done about a request that no recording answers. */
export const missingModes = ['error', 'next', 'upstream', 'tape'] as const

type MissingMode = (typeof missingModes)[number]

/** Whether the rule can have a live service answer, so that it needs one. */
export const mayAskUpstream = (reply: Reply): boolean =>
  reply.kind === 'upstream' ||
  (reply.kind === 'replay' && (reply.missing === 'upstream' || reply.missing === 'tape'))

/** A live service that a scenario names. */
export interface ScenarioUpstream {
  readonly url: string
  readonly name?: string
  /** It gets what stands below this path, which is taken away first. */
  readonly path?: string
  /** It gets the requests of this dialect. */
  readonly dialect?: string
  /** The proxy on the way to it. */
  readonly proxy?: string
  readonly connectTimeoutMs?: number
  readonly headTimeoutMs?: number
  readonly idleTimeoutMs?: number
  readonly http1?: boolean
  readonly insecure?: boolean
}

/** `choice` is the index of the answer that a step belongs to; 0 where it is not given. */
export type ScriptStep = { readonly choice?: number } & (
  | { readonly do: 'wait'; readonly ms: number }
  /** A list is exact deltas, which are not cut any further. */
  | { readonly do: 'text' | 'reasoning' | 'refusal'; readonly text: string | readonly string[] }
  | {
      readonly do: 'tool'
      readonly name: string
      /** A JSON value, or a string that is sent as it is, JSON or not. */
      readonly arguments: unknown
      readonly id?: string
    }
  | { readonly do: 'citation'; readonly citation: unknown }
  | { readonly do: 'usage'; readonly usage: Usage }
  | { readonly do: 'comment'; readonly text: string }
  /** Exact bytes of the body; each part leaves on its own. */
  | { readonly do: 'raw'; readonly parts: readonly (string | Uint8Array)[] }
  | { readonly do: 'error'; readonly error: ApiError }
  | { readonly do: 'finish'; readonly reason: FinishReason }
  /** Only ever the last step; a script without one ends cleanly. */
  | { readonly do: Ending; readonly afterMs: number }
)
