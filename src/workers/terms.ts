/** What the one that leads and its workers say to each other. Contracts only. */
import type { LagReport } from '../server/lag/lag-report.ts'
import type { VerifyPart } from '../server/peers/peers.ts'
import type { Staged } from '../testing/staging.ts'

/** What the leader asks of a worker, or tells it. */
export type WorkerCalls = {
  /** Throws what a server throws that cannot begin. */
  readonly begin: (asked: Begin) => Promise<Begun>
  readonly prepare: (asked: null) => Promise<Staged>
  readonly play: (asked: null) => void
  /** Answers at once how many exchanges are open; `ended` tells when they are not. */
  readonly drain: (asked: null) => number
  readonly close: (asked: null) => void
  readonly part: (asked: AskedPart) => unknown
  /** Answers what is true at the beginning. */
  readonly follow: (asked: Followed) => unknown
  readonly unfollow: (asked: { readonly key: string }) => void
  readonly heard: (asked: HeardFrom) => void
  readonly lost: (asked: { readonly from: number }) => void
}

/** What a worker asks of the leader, or tells it. */
export type LeaderCalls = {
  /** It listens to what it is asked. */
  readonly here: (asked: null) => void
  /** The parts of all others. */
  readonly ask: (asked: AskedPart) => Promise<readonly unknown[]>
  /** What is true at the beginning in each of the others, by number. */
  readonly follow: (asked: Followed) => Promise<readonly (readonly [number, unknown])[]>
  readonly unfollow: (asked: { readonly key: string }) => void
  readonly heard: (asked: { readonly key: string; readonly heard: unknown }) => void
  /** Others may say the same, and it is to be told once. */
  readonly said: (asked: { readonly message: string }) => void
  /** The last word of a worker that ends as it was told to. */
  readonly ended: (asked: LastWord) => void
}

export interface Begin {
  readonly port: number
  /** On the scale that all processes of a machine share. */
  readonly startedMs: number
}

export interface Begun {
  readonly port: number
  /** What a person is told who begins this. */
  readonly banner: string
  readonly staged: Staged
}

export interface AskedPart {
  readonly name: string
  readonly asked: unknown
}

export interface Followed extends AskedPart {
  /** Names who follows, and what. */
  readonly key: string
}

interface HeardFrom {
  readonly key: string
  readonly from: number
  readonly heard: unknown
}

export interface LastWord {
  readonly verify: VerifyPart
  readonly lag: LagReport
}
