import { describe, expect, it } from 'vitest'
import type { Pacing } from '../../src/core/pacing.ts'
import { profiles } from '../../src/time/profiles.ts'
import { scenarioFrom } from './parse.ts'

const none = { fixed: 0 }

const pacingOf = async (yaml: string): Promise<Pacing> =>
  (await scenarioFrom(`pacing: ${yaml}\nrules: [{ reply: hi }]`)).pacing

describe('pacing', () => {
  it.each(Object.entries(profiles))('knows the profile %s', async (name, { pacing }) => {
    expect(await pacingOf(name)).toEqual(pacing)
  })

  it.each([
    ['5', { fixed: 5 }],
    ['5ms', { fixed: 5 }],
    ['{ fixed: 1s }', { fixed: 1000 }],
    ['{ uniform: { min: 1ms, max: 2ms } }', { uniform: { min: 1, max: 2 } }],
    ['{ normal: { mean: 1s, sd: 10 } }', { normal: { mean: 1000, sd: 10 } }],
    [
      '{ lognormal: { median: 18ms, sigma: 0.4 }, max: 2s }',
      { lognormal: { median: 18, sigma: 0.4 }, max: 2000 },
    ],
    ['{ exponential: { mean: 20ms } }', { exponential: { mean: 20 } }],
    ['{ empirical: [1ms, 5ms, 5] }', { empirical: [1, 5, 5] }],
  ])('reads the delay %s', async (written, itl) => {
    expect(await pacingOf(`{ itl: ${written} }`)).toEqual({ head: none, ttft: none, itl })
  })

  it.each([
    ['0.2', { probability: 0.2 }],
    ['{ probability: 0.2 }', { probability: 0.2 }],
    ['{ size: 3 }', { size: 3 }],
  ])('reads the burst %s', async (written, burst) => {
    expect(await pacingOf(`{ burst: ${written} }`)).toMatchObject({ burst })
  })

  it('changes single delays of a profile', async () => {
    expect(await pacingOf('{ profile: gpt-4o, ttft: 1s }')).toEqual({
      ...profiles['gpt-4o']?.pacing,
      ttft: { fixed: 1000 },
    })
  })

  it('of a rule changes that of its scenario, unless it names a profile', async () => {
    const { rules } = await scenarioFrom(
      [
        'pacing: { ttft: 300ms, itl: 20ms }',
        'rules:',
        '  - { when: { user: a }, reply: x, pacing: { itl: 5ms } }',
        '  - { when: { user: b }, reply: x, pacing: instant }',
        '  - { reply: x }',
      ].join('\n'),
    )
    expect(rules.map(({ pacing }) => pacing)).toEqual([
      { head: none, ttft: { fixed: 300 }, itl: { fixed: 5 } },
      { head: none, ttft: none, itl: none },
      undefined,
    ])
  })
})
