/** How far all streams of one server keep to their schedules, for each dialect on its own. */
import type { Clock } from '../../core/clock.ts'
import { RealClock } from '../../time/clock.ts'
import { LagHistogram } from '../../time/lag.ts'
import type { LagMeter } from '../../time/lag-watch.ts'
import type { LagReport } from './lag-report.ts'

/**
 * A chunk that is 20 ms late comes when the next one is due at 50 tokens a second: from there on a
 * client sees another rhythm than the script's. Ten times what a machine with room to spare needs.
 */
const defaultLateAfterMs = 20

/** Where no dialect answered, as with a recording of a format that nobody knows. */
const noDialect = 'none'

export class LagMeters {
  readonly lateAfterMs: number
  readonly #byDialect = new Map<string, LagMeter>()
  readonly #clock: Clock

  constructor(clock: Clock, lateAfterMs = defaultLateAfterMs) {
    this.#clock = clock
    this.lateAfterMs = lateAfterMs
  }

  /** What a stream of this dialect notes into. */
  of(dialect: string | undefined): LagMeter {
    const name = dialect ?? noDialect
    const known = this.#byDialect.get(name)
    if (known) return known
    const { lateAfterMs } = this
    const made = { late: new LagHistogram(), held: new LagHistogram(), lateAfterMs }
    this.#byDialect.set(name, made)
    return made
  }

  /** @param lateStreams how many were not kept on time */
  report(lateStreams: number): LagReport {
    const late = new LagHistogram()
    const held = new LagHistogram()
    const dialects = [...this.#byDialect].filter(([, one]) => one.late.count > 0)
    for (const [, one] of dialects) {
      late.add(one.late)
      held.add(one.held)
    }
    const clock = this.#clock
    return {
      lateAfterMs: this.lateAfterMs,
      lateStreams,
      chunks: late.toJSON(),
      held: held.toJSON(),
      ...(clock instanceof RealClock ? { wakes: clock.wakes.toJSON(), busy: clock.busy } : {}),
      dialects: Object.fromEntries(
        dialects.map(([name, one]) => [
          name,
          { chunks: one.late.toJSON(), held: one.held.toJSON() },
        ]),
      ),
    }
  }
}
