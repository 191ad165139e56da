/** Turns pacing, which is data, into delays drawn from a seed. */
import { randomExponential, randomLogNormal, randomNormal } from 'd3-random'
import type { Distribution, Pacing } from '../core/pacing.ts'
import type { Random } from '../core/random.ts'

export interface Pacer {
  /** From the request's arrival to the head. */
  readonly headMs: number
  /** From the request's arrival to the first delta; never before the head. */
  readonly ttftMs: number
  /** To the next delta; 0 where it leaves together with the one before. */
  gapMs(): number
}

export const pacer = (pacing: Pacing, random: Random): Pacer => new DrawnPacer(pacing, random)

class DrawnPacer implements Pacer {
  readonly headMs: number
  readonly ttftMs: number
  readonly #gap: number | (() => number)
  readonly #together: (() => boolean) | undefined

  constructor(pacing: Pacing, random: Random) {
    this.headMs = drawnOnce(pacing.head, random, 'head')
    this.ttftMs = Math.max(this.headMs, drawnOnce(pacing.ttft, random, 'ttft'))
    this.#gap = fixedMs(pacing.itl) ?? sampler(pacing.itl, random.fork('itl'))
    this.#together = pacing.burst && bursts(pacing, random.fork('burst'))
  }

  /** Also where it is taken out of its pacer. */
  readonly gapMs = (): number => {
    if (this.#together?.()) return 0
    return typeof this.#gap === 'number' ? this.#gap : this.#gap()
  }
}

const drawnOnce = (distribution: Distribution, random: Random, name: string): number =>
  fixedMs(distribution) ?? sampler(distribution, random.fork(name))()

/** Whether nothing of it is left to chance. */
export const isFixed = ({ head, ttft, itl, burst }: Pacing): boolean =>
  'fixed' in head && 'fixed' in ttft && 'fixed' in itl && burst === undefined

/** What needs no chance; undefined where it is drawn. */
const fixedMs = (distribution: Distribution): number | undefined =>
  'fixed' in distribution ? bounded(distribution.fixed, distribution) : undefined

const bounded = (ms: number, { max = Number.POSITIVE_INFINITY }: Distribution): number =>
  Math.min(max, Math.max(0, ms))

function bursts({ burst }: Pacing, random: Random): () => boolean {
  if (!burst) return () => false
  if ('probability' in burst) return () => random.next() < burst.probability
  let sent = 1
  return () => sent++ % burst.size !== 0
}

/** Draws delays in milliseconds, never below 0 and never above the distribution's `max`. */
export function sampler(distribution: Distribution, random: Random): () => number {
  const draw = drawer(distribution, () => random.next())
  return () => bounded(draw(), distribution)
}

function drawer(distribution: Distribution, source: () => number): () => number {
  if ('fixed' in distribution) return () => distribution.fixed
  if ('uniform' in distribution) {
    const { min, max } = distribution.uniform
    return () => min + source() * (max - min)
  }
  if ('normal' in distribution) {
    const { mean, sd } = distribution.normal
    return randomNormal.source(source)(mean, sd)
  }
  if ('lognormal' in distribution) {
    const { median, sigma } = distribution.lognormal
    if (median === 0) return () => 0
    return randomLogNormal.source(source)(Math.log(median), sigma)
  }
  if ('exponential' in distribution) {
    const { mean } = distribution.exponential
    return mean === 0 ? () => 0 : randomExponential.source(source)(1 / mean)
  }
  const delays = distribution.empirical
  return () => delays[Math.floor(source() * delays.length)] ?? 0
}
