import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LagHistogram } from '../../src/time/lag.ts'

const noted = (...lags: readonly number[]): LagHistogram => {
  const lag = new LagHistogram()
  for (const one of lags) lag.note(one)
  return lag
}

/** From a microsecond to half an hour, as likely short as long. */
const lags = fc.array(
  fc.double({ min: -10, max: 21, noNaN: true }).map((power) => 2 ** power),
  { minLength: 1, maxLength: 200 },
)

describe('a histogram of lags', () => {
  it('gives no quantile below what was measured, and none above it by more than a sixteenth', () => {
    fc.assert(
      fc.property(lags, fc.double({ min: 0, max: 1, noNaN: true }), (all, q) => {
        const sorted = [...all].sort((a, b) => a - b)
        const exact = sorted[Math.max(0, Math.ceil(q * all.length) - 1)] ?? 0
        const told = noted(...all).quantile(q)
        expect(told).toBeGreaterThanOrEqual(exact)
        expect(told).toBeLessThanOrEqual(exact * 1.0625 + 1 / 1024)
      }),
    )
  })

  it('counts exactly what is no later than a power of two of a millisecond', () => {
    const bounds = fc.integer({ min: -2, max: 12 }).map((power) => 2 ** power)
    fc.assert(
      fc.property(lags, bounds, (all, bound) => {
        const lag = noted(...all, bound)
        expect(lag.upTo(bound)).toBe(all.filter((one) => one <= bound).length + 1)
      }),
    )
  })

  it('is the same written down and read again, and two are one that has noted both', () => {
    fc.assert(
      fc.property(lags, lags, (some, others) => {
        const both = noted(...some, ...others)
        const read = LagHistogram.from(JSON.parse(JSON.stringify(noted(...some))))
        const { sumMs, ...joined } = read.add(noted(...others)).toJSON()
        const { sumMs: sum, ...wanted } = both.toJSON()
        expect(joined).toEqual(wanted)
        expect(sumMs).toBeCloseTo(sum, 3)
      }),
    )
  })

  it('counts what is early as on time, and says how early', () => {
    const lag = noted(-0.4, -0.1, 0, 3)
    expect(lag).toMatchObject({ count: 4, sumMs: 3, maxMs: 3, earliestMs: 0.4 })
    expect([lag.quantile(0.75), lag.quantile(1), lag.upTo(0)]).toEqual([0, 3, 3])
  })

  it('takes several at once, and what is later than it has buckets for', () => {
    const lag = new LagHistogram()
    lag.note(2, 66)
    lag.note(1e9)
    expect(lag).toMatchObject({ count: 67, sumMs: 132 + 1e9, maxMs: 1e9 })
    expect([lag.quantile(0.5), lag.upTo(2), lag.upTo(1)]).toEqual([2, 66, 0])
  })

  it('says nothing of nothing', () => {
    expect(new LagHistogram().toJSON()).toEqual({
      ...{ count: 0, sumMs: 0, maxMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, p999Ms: 0 },
      buckets: [],
    })
  })
})
