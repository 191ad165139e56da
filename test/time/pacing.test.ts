import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Distribution, Pacing } from '../../src/core/pacing.ts'
import { pacer, sampler } from '../../src/time/pacing.ts'
import { profiles } from '../../src/time/profiles.ts'
import { seededRandom } from '../../src/time/random.ts'

function draws(distribution: Distribution, count = 20_000): number[] {
  const draw = sampler(distribution, seededRandom('draws'))
  return Array.from({ length: count }, draw)
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN

const spread = (values: readonly number[]): number => {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)))
}

interface Expected {
  readonly distribution: Distribution
  readonly mean?: number
  readonly median?: number
  readonly spread?: number
}

const distributions: readonly (Expected & { readonly name: string })[] = [
  { name: 'fixed', distribution: { fixed: 12 }, mean: 12, median: 12, spread: 0 },
  {
    name: 'uniform',
    distribution: { uniform: { min: 10, max: 30 } },
    mean: 20,
    median: 20,
    spread: 20 / Math.sqrt(12),
  },
  {
    name: 'normal',
    distribution: { normal: { mean: 32, sd: 4 } },
    mean: 32,
    median: 32,
    spread: 4,
  },
  {
    name: 'lognormal',
    distribution: { lognormal: { median: 18, sigma: 0.4 } },
    mean: 18 * Math.exp(0.08),
    median: 18,
  },
  {
    name: 'exponential',
    distribution: { exponential: { mean: 20 } },
    mean: 20,
    median: 20 * Math.log(2),
    spread: 20,
  },
  { name: 'empirical', distribution: { empirical: [5, 10, 10, 15] }, mean: 10, median: 10 },
]

describe('sampler', () => {
  it.each(distributions)('draws $name delays about their own mean, median and spread', (wanted) => {
    const values = draws(wanted.distribution)
    const near = (value: number, of: number | undefined, within: number): void => {
      if (of !== undefined) expect(Math.abs(value - of)).toBeLessThanOrEqual(within * of)
    }
    near(mean(values), wanted.mean, 0.02)
    near(quantile(values, 0.5), wanted.median, 0.03)
    near(spread(values), wanted.spread, 0.03)
  })

  it('draws lognormal delays with the tail that sigma says', () => {
    const values = draws({ lognormal: { median: 18, sigma: 0.4 } })
    const logs = values.map((value) => Math.log(value / 18))
    expect(Math.abs(spread(logs) - 0.4)).toBeLessThan(0.01)
  })

  it('draws each measured delay about as often', () => {
    const values = draws({ empirical: [1, 2, 3, 4] })
    for (const delay of [1, 2, 3, 4]) {
      expect(Math.abs(values.filter((value) => value === delay).length - 5000)).toBeLessThan(300)
    }
  })

  it.each<[string, Distribution]>([
    ['a lognormal median', { lognormal: { median: 0, sigma: 1 } }],
    ['an exponential mean', { exponential: { mean: 0 } }],
    ['no measured delay', { empirical: [] }],
    ['a uniform range', { uniform: { min: 0, max: 0 } }],
    ['a normal mean and spread', { normal: { mean: 0, sd: 0 } }],
  ])('draws nothing but 0 from %s of 0', (_, distribution) => {
    expect(new Set(draws(distribution, 100))).toEqual(new Set([0]))
  })

  it('never draws below 0 or above the maximum', () => {
    const number = fc.double({ min: 0, max: 1e6, noNaN: true })
    const anyDistribution: fc.Arbitrary<Distribution> = fc.oneof(
      fc.record({ fixed: number, max: number }),
      fc.record({ normal: fc.record({ mean: number, sd: number }), max: number }),
      fc.record({
        lognormal: fc.record({ median: number, sigma: fc.double({ min: 0, max: 3, noNaN: true }) }),
        max: number,
      }),
      fc.record({ exponential: fc.record({ mean: number }), max: number }),
      fc.record({ empirical: fc.array(number), max: number }),
    )
    fc.assert(
      fc.property(anyDistribution, fc.string(), (distribution, seed) => {
        const draw = sampler(distribution, seededRandom(seed))
        for (let i = 0; i < 20; i++) {
          const delayMs = draw()
          expect(delayMs).toBeGreaterThanOrEqual(0)
          expect(delayMs).toBeLessThanOrEqual(distribution.max ?? Number.POSITIVE_INFINITY)
        }
      }),
    )
  })

  it('cuts the tail at the maximum and leaves the rest alone', () => {
    const [cut, whole] = [
      draws({ exponential: { mean: 20 }, max: 30 }),
      draws({ exponential: { mean: 20 } }),
    ]
    expect(cut).toEqual(whole.map((value) => Math.min(30, value)))
    expect(cut.filter((value) => value === 30).length).toBeGreaterThan(1000)
  })
})

const gaps = (pacing: Pacing, count: number): number[] => {
  const { gapMs } = pacer(pacing, seededRandom('pacer'))
  return Array.from({ length: count }, gapMs)
}

const none = { fixed: 0 }

describe('pacer', () => {
  it('never lets the first delta come before the head', () => {
    const { headMs, ttftMs } = pacer(
      { head: { fixed: 300 }, ttft: { fixed: 20 }, itl: none },
      seededRandom('any'),
    )
    expect([headMs, ttftMs]).toEqual([300, 300])
  })

  it.each([
    [1, [10, 10, 10, 10, 10, 10]],
    [2, [0, 10, 0, 10, 0, 10]],
    [3, [0, 0, 10, 0, 0, 10]],
  ])('sends deltas in groups of %i', (size, expected) => {
    expect(gaps({ head: none, ttft: none, itl: { fixed: 10 }, burst: { size } }, 6)).toEqual(
      expected,
    )
  })

  it('sends as many deltas together as the probability says', () => {
    const drawn = gaps(
      { head: none, ttft: none, itl: { fixed: 10 }, burst: { probability: 0.2 } },
      20_000,
    )
    expect(Math.abs(drawn.filter((ms) => ms === 0).length / 20_000 - 0.2)).toBeLessThan(0.01)
  })

  it('draws gaps that do not depend on how often the others are drawn', () => {
    const itl = { exponential: { mean: 10 } }
    const plain = gaps({ head: none, ttft: none, itl }, 100)
    const varied = gaps({ head: { uniform: { min: 1, max: 2 } }, ttft: itl, itl }, 100)
    expect(varied).toEqual(plain)
  })
})

describe('profiles', () => {
  it('are those that the documentation names', () => {
    expect(Object.keys(profiles)).toEqual([
      'instant',
      'gpt-4o',
      'claude',
      'gemini-flash',
      'ollama-local',
      'groq',
      'reasoning',
    ])
  })

  it.each(Object.entries(profiles))(
    '%s says where it comes from and what is assumed',
    (_, said) => {
      for (const text of [said.summary, said.source, said.assumed]) expect(text).toMatch(/\w{3}/)
    },
  )

  it.each(Object.entries(profiles))('%s draws delays of every kind', (_, { pacing }) => {
    for (let i = 0; i < 50; i++) {
      const { headMs, ttftMs, gapMs } = pacer(pacing, seededRandom(`${i}`))
      expect(headMs).toBeGreaterThanOrEqual(0)
      expect(ttftMs).toBeGreaterThanOrEqual(headMs)
      expect(gapMs()).toBeGreaterThanOrEqual(0)
      expect(ttftMs).toBeLessThan(60_000)
    }
  })

  /** Medians of the first delta and of the gaps, and the share of deltas that leave together. */
  it.each([
    ['instant', 0, 0, 1],
    ['gpt-4o', 430, 12.8, 0.196],
    ['claude', 900, 48, 0],
    ['gemini-flash', 680, 175, 0],
    ['ollama-local', 300, 32, 0],
    ['groq', 220, 2.75, 0],
    ['reasoning', 7500, 12.8, 0.196],
  ])('%s has its first delta near %d ms and then one every %d ms', (name, ttftMs, itlMs, share) => {
    const pacing = profiles[name]?.pacing
    if (!pacing) throw new Error(`no profile ${name}`)
    const firsts = Array.from(
      { length: 4000 },
      (_, i) => pacer({ ...pacing, head: none }, seededRandom(`${i}`)).ttftMs,
    )
    const drawn = gaps(pacing, 20_000)
    const apart = drawn.filter((ms) => ms > 0)
    expect(Math.abs(quantile(firsts, 0.5) - ttftMs)).toBeLessThanOrEqual(0.05 * ttftMs)
    if (itlMs > 0) expect(Math.abs(quantile(apart, 0.5) - itlMs)).toBeLessThanOrEqual(0.05 * itlMs)
    expect(Math.abs(1 - apart.length / drawn.length - share)).toBeLessThan(0.01)
  })
})
