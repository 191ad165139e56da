/** Pacing as plain data: when the head, the first token and each next one are due. */

/** A distribution of delays in milliseconds. `max` cuts its tail; nothing is ever below 0. */
export type Distribution = (
  | { readonly fixed: number }
  | { readonly uniform: { readonly min: number; readonly max: number } }
  | { readonly normal: { readonly mean: number; readonly sd: number } }
  | { readonly lognormal: { readonly median: number; readonly sigma: number } }
  | { readonly exponential: { readonly mean: number } }
  /** Measured delays, each as likely as the others. */
  | { readonly empirical: readonly number[] }
) & { readonly max?: number }

/** Deltas that leave together: by chance each, or in groups of a fixed size. */
type Burst = { readonly probability: number } | { readonly size: number }

export interface Pacing {
  /** From the request's arrival to the status line and headers. */
  readonly head: Distribution
  /** From the request's arrival to the first delta; never before the head. */
  readonly ttft: Distribution
  /** Between two deltas that do not leave together. */
  readonly itl: Distribution
  readonly burst?: Burst
}

/** How fast a recording is played: as it was, at once, so many times as fast, or as a pacing says. */
export type ReplayPace = 'recorded' | 'instant' | `x${number}` | Pacing
