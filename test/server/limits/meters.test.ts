import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Limit } from '../../../src/core/limits.ts'
import { parseLimits } from '../../../src/scenario/given-limits.ts'
import { meterFor, wholeMs } from '../../../src/server/limits/meters.ts'

function limitOf(text: string | object): Limit {
  const [limit] = parseLimits(text)
  if (!limit) throw new Error('There is no limit')
  return limit
}

interface LetIn {
  readonly atMs: number
  readonly amount: number
}

const arrivals = fc.array(
  fc.record({
    waitMs: fc.double({ min: 0, max: 400, noNaN: true }),
    amount: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 120 },
)

const mosts = fc.integer({ min: 1, max: 9 })

/** What was let in within the time before a moment, the moment itself included. */
const within = (letIn: readonly LetIn[], nowMs: number, perMs: number): number =>
  letIn.reduce((sum, { atMs, amount }) => (nowMs - atMs < perMs - 1e-5 ? sum + amount : sum), 0)

describe('a sliding window', () => {
  it('never lets in more than its limit in any window, and never refuses below it', () => {
    fc.assert(
      fc.property(mosts, arrivals, (most, came) => {
        const meter = meterFor(limitOf(`${most} requests/1s`))
        const letIn: LetIn[] = []
        let nowMs = 0
        for (const [index, { waitMs, amount }] of came.entries()) {
          nowMs += waitMs
          const isFree = within(letIn, nowMs, 1000) + amount <= most
          const wait = meter.waitMs(amount, nowMs)
          if (wait === 0) {
            meter.take(`${index}`, amount, nowMs)
            letIn.push({ atMs: nowMs, amount })
            expect(within(letIn, nowMs, 1000)).toBeLessThanOrEqual(most)
          } else {
            expect(isFree).toBe(false)
            expect(wait === undefined).toBe(amount > most)
          }
          expect(meter.remaining(nowMs)).toBe(most - within(letIn, nowMs, 1000))
        }
      }),
    )
  })

  it.each(['window', 'bucket'] as const)(
    'says to the millisecond when there is room again (%s)',
    (as) => {
      fc.assert(
        fc.property(mosts, arrivals, (most, came) => {
          const meter = meterFor(limitOf({ requests: most, per: '1s', as }))
          let nowMs = 0
          for (const [index, { waitMs, amount }] of came.entries()) {
            nowMs += waitMs
            const wait = meter.waitMs(amount, nowMs)
            if (wait === undefined) continue
            const toldMs = wholeMs(wait)
            const isEarly = wait - (toldMs - 1) > 1e-5
            if (toldMs > 0 && isEarly) expect(meter.waitMs(amount, nowMs + toldMs - 1)).not.toBe(0)
            nowMs += toldMs
            expect(meter.waitMs(amount, nowMs)).toBe(0)
            meter.take(`${index}`, amount, nowMs)
          }
        }),
      )
    },
  )

  it('forgets one request as if it had never been', () => {
    const meter = meterFor(limitOf('2rpm'))
    meter.take('a', 1, 0)
    meter.take('b', 1, 10)
    meter.giveBack('a')
    expect(meter.remaining(20)).toBe(1)
    expect(meter.resetMs(20)).toBe(59_990)
  })

  it('lets nobody in while more was said than it allows', () => {
    const meter = meterFor(limitOf('10 output tokens/1s'))
    meter.take('a', 25, 0)
    expect([meter.remaining(1), meter.waitMs(0, 1), meter.waitMs(0, 1000)]).toEqual([0, 999, 0])
  })
})

describe('a bucket', () => {
  it('lets in its limit at once, and then one for each part of its time', () => {
    fc.assert(
      fc.property(mosts, arrivals, (most, came) => {
        const meter = meterFor(limitOf({ requests: most, per: '1s', as: 'bucket' }))
        const letIn: LetIn[] = []
        let nowMs = 0
        for (const [index, { waitMs }] of came.entries()) {
          nowMs += waitMs
          if (meter.waitMs(1, nowMs) !== 0) continue
          meter.take(`${index}`, 1, nowMs)
          letIn.push({ atMs: nowMs, amount: 1 })
          for (const [at, { atMs }] of letIn.entries()) {
            const allowed = most + ((nowMs - atMs) * most) / 1000
            expect(letIn.length - at).toBeLessThanOrEqual(allowed + 1e-3)
          }
        }
      }),
    )
  })

  it('is full again when its limit has flowed in', () => {
    const meter = meterFor(limitOf({ tokens: 600, per: '1m', as: 'bucket' }))
    meter.take('a', 300, 0)
    expect([meter.remaining(0), meter.resetMs(0)]).toEqual([300, 30_000])
    expect([meter.remaining(10_000), meter.waitMs(500, 10_000)]).toEqual([400, 10_000])
  })
})
