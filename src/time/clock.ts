/**
 * The one owner of timers and of `Date`. Both clocks keep their alarms in one heap; the real one
 * arms a single Node timer for the earliest, so that thousands of streams cost one timer.
 */
import type { Alarm, Clock } from '../core/clock.ts'
import { AlarmHeap } from './alarm-heap.ts'
import { LagHistogram } from './lag.ts'

/**
 * Node's timers count whole milliseconds and fire late rather than early. An alarm this close is
 * rung now, since waiting would make it later than it is early.
 */
const earlyMs = 0.4

/** Node takes a longer wait for none at all; waking up in between and looking again is harmless. */
const longestWaitMs = 2 ** 31 - 1

export class RealClock implements Clock {
  /** A timer that nobody waits for would keep the process alive. */
  readonly #alarms = new AlarmHeap(() => this.#arm())
  #timer: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined
  #armedForMs = Number.POSITIVE_INFINITY
  /** How late the process came to its alarms, whatever they are about. */
  readonly wakes = new LagHistogram()
  wokeMs = 0
  readonly #utilization = performance.eventLoopUtilization()

  now(): number {
    return performance.now()
  }

  /** How much of the time since it was made the process had something to do, from 0 to 1. */
  get busy(): number {
    return performance.eventLoopUtilization(this.#utilization).utilization
  }

  wallTime(): number {
    return Date.now()
  }

  at(deadlineMs: number, run: () => void): Alarm {
    const alarm = this.#alarms.add(deadlineMs, run)
    if (deadlineMs < this.#armedForMs) this.#arm()
    return alarm
  }

  #arm(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#turn)
    const next = this.#alarms.earliest()
    this.#armedForMs = next ?? Number.POSITIVE_INFINITY
    if (next === undefined) return
    const waitMs = next - this.now()
    if (waitMs <= 0) {
      this.#turn = setImmediate(() => this.#ring())
      return
    }
    // Rounding down and looking again beats rounding up: the second look is a millisecond away.
    const timerMs = Math.min(longestWaitMs, Math.floor(waitMs))
    this.#timer = setTimeout(() => this.#ring(), timerMs)
  }

  /**
   * Who becomes due meanwhile waits for the next turn: where more is due than there is time for, one
   * long turn would never come to its end, and nobody would read requests or signals any more.
   */
  #ring(): void {
    this.wokeMs = this.now()
    // A first look, which is early, says nothing.
    const lateMs = this.wokeMs - this.#armedForMs
    if (lateMs >= -earlyMs) this.wakes.note(lateMs)
    this.#armedForMs = Number.NEGATIVE_INFINITY
    try {
      const untilMs = this.wokeMs + earlyMs
      this.#alarms.ringUntil(() => untilMs)
    } finally {
      this.#arm()
    }
  }
}

/** Milliseconds on the one scale that all processes of a machine share; only differences mean anything. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** A clock that stands still until told otherwise: ten minutes of silence pass in microseconds. */
export class VirtualClock implements Clock {
  readonly #alarms = new AlarmHeap()
  readonly #startedAtMs: number
  #nowMs = 0

  /** @param startedAtMs milliseconds since 1970 that `wallTime()` starts from */
  constructor(startedAtMs = Date.UTC(2026, 0, 1)) {
    this.#startedAtMs = startedAtMs
  }

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return this.#startedAtMs + this.#nowMs
  }

  at(deadlineMs: number, run: () => void): Alarm {
    return this.#alarms.add(deadlineMs, run)
  }

  /** Moves on at once, where no alarm is due by then; false where one is. */
  skipTo(untilMs: number): boolean {
    const next = this.#alarms.earliest()
    if (next !== undefined && next <= untilMs) return false
    this.#nowMs = Math.max(this.#nowMs, untilMs)
    return true
  }

  /** Lets time pass until the next alarm has rung; false where none is set, or none by then. */
  async toNextAlarm(untilMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    await settle()
    const next = this.#alarms.earliest()
    if (next === undefined || next > untilMs) return false
    this.#nowMs = Math.max(this.#nowMs, next)
    this.#alarms.ringUntil(() => this.#nowMs)
    return true
  }

  /** Lets `ms` pass, ringing each alarm at its own time, promises between them settled. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (let next = this.#alarms.earliest(); next !== undefined && next <= untilMs; ) {
      this.#nowMs = Math.max(this.#nowMs, next)
      this.#alarms.ringUntil(() => this.#nowMs)
      await settle()
      next = this.#alarms.earliest()
    }
    this.#nowMs = untilMs
    await settle()
  }

  /** Lets time pass until no alarm is left. */
  async runAll(): Promise<void> {
    await settle()
    for (let next = this.#alarms.earliest(); next !== undefined; next = this.#alarms.earliest()) {
      await this.advance(Math.max(0, next - this.#nowMs))
    }
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
