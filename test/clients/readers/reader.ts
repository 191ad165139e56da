/**
 * A vendor's own SDK as a reader of one dialect: what it is asked, what it hands out, and how it
 * fails. A reader translates and nothing more; what the SDK does not hand out does not count.
 */
import type { ApiErrorCode } from '../../../src/core/api-error.ts'

export interface Asked {
  /** What the user says; rules match on it. */
  readonly user: string
  readonly stream: boolean
  /** Offers the tools `get_weather({ city })` and `get_time({ zone })`. */
  readonly tools?: boolean
  readonly signal?: AbortSignal
}

export interface HeardCall {
  readonly name: string
  /** As the SDK gives them to a program: parsed. */
  readonly arguments: unknown
}

export interface Heard {
  readonly text: string
  readonly reasoning: string
  readonly refusal: string
  readonly calls: readonly HeardCall[]
  /** The vendor's word, as the SDK gives it. */
  readonly finish: string | undefined
  readonly usage: { readonly input: number; readonly output: number } | undefined
}

/** How an attempt ends: the SDK is content, or it throws an error whose text fits. */
export type Outcome = 'success' | RegExp

export interface Reader {
  /** The dialect that it reads. */
  readonly dialect: string
  /** The npm package, whose version stands in package.json. */
  readonly sdk: string
  /** One attempt, no retries. Rejects with what the SDK throws. */
  ask(baseUrl: string, asked: Asked): Promise<Heard>
  readonly says: {
    readonly reasoning?: boolean
    readonly refusal?: boolean
    readonly calls?: boolean
    readonly usage?: boolean
    /** False where the format has no answer in one piece. */
    readonly whole?: boolean
  }
  /** The vendor's words for the neutral finish reasons that its format has. */
  readonly finishes: Readonly<Record<string, string>>
  /** The SDK's own error class and the status it shows, for each neutral code; none may be missing. */
  readonly errors: Readonly<
    Partial<Record<ApiErrorCode, { readonly name: string; readonly status?: number }>>
  >
  /** What an error inside the stream becomes. */
  readonly errorInStream: Outcome
  /** What each ending becomes after `frame` of `frames` frames of a text reply. */
  cut(ending: 'end' | 'close' | 'reset', frame: number, frames: number): Outcome
}
