/** Time is handed in, never reached for. Implementations stand in `src/time/clock.ts`. */

export interface Alarm {
  cancel(): void
}

export interface Clock {
  /** Milliseconds on a monotonic scale with a fraction; only differences mean anything. */
  now(): number
  /** Milliseconds since 1970, for people and for headers. */
  wallTime(): number
  /** When it last came to ring alarms: what was due long before was kept waiting by something else. */
  readonly wokeMs?: number
  /** Calls `run` once, when `now()` has reached `deadlineMs`, never within this call. */
  at(deadlineMs: number, run: () => void): Alarm
}
