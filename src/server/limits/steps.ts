/** What is asked and answered at the door, as plain data. */
import type { LimitAsk } from './store.ts'

export interface EnterAsk {
  /** Names who takes; unique within its process. */
  readonly ticket: string
  readonly asks: readonly LimitAsk[]
}

export interface LeaveAsk extends EnterAsk {
  /** What was said, of each that counts it. */
  readonly said: readonly LimitAsk[]
}

/** What became of one who asked to be let in. */
export interface Admitted {
  /** Of each limit that was asked for, in that order; after it was taken, where it was. */
  readonly told: readonly { readonly remaining: number; readonly resetMs: number }[]
  /** The place of the limit that is in the way, and for how long, where that is known. */
  readonly refused?: { readonly at: number; readonly waitMs?: number }
  /** Has gone while it waited. */
  readonly left?: true
}
