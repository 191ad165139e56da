/** Time is handed in, never reached for. Implementations stand in `src/time/clock.ts`. */

export interface Alarm {
  cancel(): void
}

export interface Clock {
  /** Milliseconds on a monotonic scale with a fraction; only differences mean anything. */
  now(): number
  /** Milliseconds since 1970, for people and for headers. */
  wallTime(): number
  /** Calls `run` once, when `now()` has reached `deadlineMs`, never within this call. */
  at(deadlineMs: number, run: () => void): Alarm
}
