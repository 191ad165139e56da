import { describe, expect, it } from 'vitest'
import type { Pacing } from '../../src/core/pacing.ts'
import { type Recording, roundMs } from '../../src/recording/format.ts'
import { PacingFit } from '../../src/recording/look/fit.ts'
import { fitDistribution } from '../../src/recording/look/fit-distribution.ts'
import { fitYaml } from '../../src/recording/look/fit-yaml.ts'
import { sampleOf } from '../../src/recording/look/sample.ts'
import { noPacing } from '../../src/scenario/compile-pacing.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { pacer, sampler } from '../../src/time/pacing.ts'
import { profiles } from '../../src/time/profiles.ts'
import { seededRandom } from '../../src/time/random.ts'
import { delta, openAi, taped } from './taped.ts'

/** A stream as a server would have played it. */
function played(pacing: Pacing, seed: number, deltas = 60): Recording {
  const { headMs, ttftMs, gapMs } = pacer(pacing, seededRandom(`fit/${seed}`))
  let atMs = ttftMs
  const chunks = Array.from({ length: deltas }, (_, at) => {
    if (at > 0) atMs += gapMs()
    return [roundMs(atMs), delta('word ')] as const
  })
  return taped(chunks, { headMs: roundMs(headMs), file: `${seed}.jsonl` })
}

function fitted(pacing: Pacing, recordings = 30, deltas = 60): ReturnType<PacingFit['end']> {
  const fit = new PacingFit()
  for (let seed = 0; seed < recordings; seed++) fit.add(played(pacing, seed, deltas), openAi)
  return fit.end()
}

const near = (value: number, part = 0.1): unknown =>
  expect.toSatisfy((found: number) => Math.abs(found / value - 1) <= part, `about ${value}`)

describe('a profile that was played and taped comes back', () => {
  it('for claude, whose gaps are lognormal', () => {
    const fit = fitted(profiles['claude']?.pacing ?? noPacing)
    expect(fit.itl?.distribution).toMatchObject({
      lognormal: { median: near(48, 0.05), sigma: near(0.5, 0.05) },
    })
    expect(fit.itl?.ks).toBeLessThan(0.03)
    expect(fit.burst).toBeUndefined()
  })

  it('for a first delta that waits for a head of its own', () => {
    const fit = fitted(profiles['claude']?.pacing ?? noPacing, 300, 2)
    // 800 ms to the head and 900 ms to the first delta, which waits for the head.
    expect(fit.head?.distribution).toMatchObject({
      lognormal: { median: near(800, 0.2), sigma: near(0.65, 0.2) },
    })
    expect(fit.ttft?.distribution).toMatchObject({ lognormal: { median: near(900, 0.2) } })
    expect(fit.ttft?.taped.p50).toBeGreaterThan(1100)
    expect(fit.ttft?.fitted.p50).toEqual(near(fit.ttft?.taped.p50 ?? 0))
  })

  it('for gpt-4o, with its bursts', () => {
    const fit = fitted(profiles['gpt-4o']?.pacing ?? noPacing)
    expect(fit.itl?.distribution).toMatchObject({
      lognormal: { median: near(12.8), sigma: near(1.27) },
    })
    expect(fit.burst).toEqual({ probability: near(0.196) })
  })

  it.each([
    ['ollama-local', { normal: { mean: near(32, 0.01), sd: near(0.6) } }],
    ['groq', { uniform: { min: near(2, 0.01), max: near(3.5, 0.01) } }],
  ])('for %s, which is not lognormal', (name, itl) => {
    const fit = fitted(profiles[name]?.pacing ?? noPacing)
    expect(fit.itl?.distribution).toMatchObject(itl)
  })

  it('for exponential gaps in groups of three, and fixed delays', () => {
    const pacing = {
      head: { fixed: 40 },
      ttft: { fixed: 200 },
      itl: { exponential: { mean: 30 } },
      burst: { size: 3 },
    }
    const fit = fitted(pacing)
    expect(fit.head?.distribution).toEqual({ fixed: 40 })
    expect(fit.ttft?.distribution).toEqual({ fixed: 200 })
    expect(fit.itl?.distribution).toMatchObject({ exponential: { mean: near(30) } })
    expect(fit.burst).toEqual({ size: 3 })
  })
})

describe('a fit', () => {
  it('gives quantiles of the sample where no family is near, and names the nearest', () => {
    const draw = sampler({ uniform: { min: 0, max: 1 } }, seededRandom('two humps'))
    const humps = Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? 5 : 80) + draw())
    const fit = fitDistribution(sampleOf(humps))
    expect(fit).toMatchObject({ family: 'empirical', count: 400 })
    expect(fit?.ks).toBeLessThan(0.05)
    expect(fit?.nearest?.ks).toBeGreaterThan(0.12)
    const delays = fit && 'empirical' in fit.distribution ? fit.distribution.empirical : []
    expect(delays).toHaveLength(40)
    expect(delays.every((ms) => (ms >= 5 && ms <= 6) || (ms >= 80 && ms <= 81))).toBe(true)
  })

  it('leaves out what says nothing of a stream, and says so', () => {
    const fit = new PacingFit()
    fit.add(played(profiles['groq']?.pacing ?? noPacing, 1), openAi)
    fit.add(taped([[0, delta('a')]], { lost: ['times'] }), openAi)
    fit.add(taped([[5, '{}']], { status: 429, contentType: 'application/json' }), openAi)
    fit.add(taped([[5, '{}']], { contentType: 'application/json' }), openAi)
    const words = { by: 'a test', name: 'ours' }
    const lines = [...fitYaml(fit.end(), words)]
    expect(lines[0]).toBe('# ours: pacing fitted by a test to 1 recording')
    expect(lines.slice(1, 4)).toEqual([
      '# left out 1: its times are lost',
      '# left out 1: it was answered by 429',
      '# left out 1: its answer came in one piece',
    ])
  })

  it('is YAML that a scenario understands as what was fitted, whatever the family', async () => {
    const uneven = Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? 5 : 80) + at / 1000)
    const parts = ['lognormal', 'exponential', 'uniform', 'normal', 'empirical'] as const
    const samples = {
      lognormal: sampler({ lognormal: { median: 20, sigma: 0.5 } }, seededRandom('l')),
      exponential: sampler({ exponential: { mean: 20 } }, seededRandom('e')),
      uniform: sampler({ uniform: { min: 20, max: 30 } }, seededRandom('u')),
      normal: sampler({ normal: { mean: 20, sd: 2 } }, seededRandom('n')),
      empirical: () => uneven.pop() ?? 5,
    }
    for (const part of parts) {
      const itl = fitDistribution(sampleOf(Array.from({ length: 200 }, samples[part])))
      expect(itl?.family).toBe(part)
      const head = fitDistribution(sampleOf([12.5]))
      const fit = {
        recordings: 1,
        leftOut: [],
        head,
        ttft: head,
        itl,
        burst: { probability: 0.25 },
        together: 0.2,
      }
      const yaml = [
        ...fitYaml(fit, { by: 'a test', name: undefined }),
        'rules: [{ reply: hello }]',
      ].join('\n')
      const { scenario, mistakes } = await parseScenario(yaml, 'fitted.yaml')
      expect(mistakes).toEqual([])
      expect(Object.keys(scenario?.pacing.itl ?? {})).toContain(part)
      expect(scenario?.pacing).toMatchObject({
        head: { fixed: 12.5 },
        burst: { probability: 0.25 },
      })
    }
  })
})
