/**
 * Finds the distribution that a sample of delays was most likely drawn from, of those that pacing
 * knows. Pure.
 *
 * Each family's parameters are those of maximum likelihood; among the families, Akaike's criterion
 * decides, corrected for small samples. Where even the best is far from the sample, the sample's own
 * quantiles stand for it.
 */
import type { Distribution } from '../../core/pacing.ts'
import type { Sample, Weighted } from './sample.ts'

export interface Fitted {
  readonly distribution: Distribution
  /** `lognormal`, `empirical`, ... */
  readonly family: string
  /** Delays that it was fitted to. */
  readonly count: number
  /** Kolmogorov and Smirnov's distance of sample and fit, from 0 to 1. */
  readonly ks: number
  readonly taped: Quantiles
  readonly fitted: Quantiles
  /** Of a sample that no family is near enough to: the one that is nearest. */
  readonly nearest: { readonly distribution: Distribution; readonly ks: number } | undefined
}

interface Quantiles {
  readonly p50: number
  readonly p90: number
}

interface Family {
  readonly name: string
  readonly parameters: number
  readonly distribution: Distribution
  /** Natural logarithm of the density. */
  logDensity(ms: number): number
  /** The part of it that lies up to here. */
  cdf(ms: number): number
}

/** A fit that is further away than this is none, unless the sample is so small that it could be. */
const largestKs = 0.12
const criticalKs = 1.36

/** So few values cannot tell one family from another. */
export const fewValues = 20

/** Values that are this much alike are one. */
const fixedSpreadMs = 0.02

const mostQuantiles = 40

/** Undefined where there is no value. @param fromMs shorter delays were left out of the sample */
export function fitDistribution(sample: Sample, fromMs = 0): Fitted | undefined {
  const { count } = sample
  const summary = sample.summary()
  if (!summary) return undefined
  if (summary.max - summary.min <= fixedSpreadMs) return fittedTo(sample, fixed(summary.p50))
  const [best] = candidates(sample, fromMs).toSorted((a, b) => a.aic - b.aic)
  if (!best) return fittedTo(sample, empirical(sample))
  const ks = ksOf(sample, best.family.cdf)
  if (ks <= Math.max(largestKs, criticalKs / Math.sqrt(count))) return fittedTo(sample, best.family)
  const nearest = { distribution: best.family.distribution, ks }
  return { ...fittedTo(sample, empirical(sample)), nearest }
}

interface Candidate {
  readonly family: Family
  readonly aic: number
}

function candidates(sample: Sample, fromMs: number): Candidate[] {
  const values = sample.values()
  const families = [lognormal(sample, values)]
  if (sample.count >= fewValues) {
    families.push(normal(sample), exponential(sample, fromMs), uniform(sample))
  }
  return families.flatMap((family) =>
    family ? [{ family, aic: criterion(family, values, sample.count) }] : [],
  )
}

function criterion(family: Family, values: readonly Weighted[], count: number): number {
  const k = family.parameters
  const logLikelihood = values.reduce((sum, [ms, times]) => sum + times * family.logDensity(ms), 0)
  const small = count > k + 1 ? (2 * k * (k + 1)) / (count - k - 1) : 0
  return 2 * k - 2 * logLikelihood + small
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI)

/** Undefined for delays of 0, which have no logarithm. */
function lognormal(sample: Sample, values: readonly Weighted[]): Family | undefined {
  if ((values[0]?.[0] ?? 0) <= 0) return undefined
  const mean = average(values, sample.count, Math.log)
  const sigma = Math.sqrt(average(values, sample.count, (ms) => (Math.log(ms) - mean) ** 2))
  const median = Math.exp(mean)
  return {
    name: 'lognormal',
    parameters: 2,
    distribution: { lognormal: { median, sigma }, ...tailOf(sample) },
    logDensity: (ms) =>
      -halfLogTwoPi - Math.log(sigma * ms) - (Math.log(ms) - mean) ** 2 / (2 * sigma ** 2),
    cdf: (ms) => (ms <= 0 ? 0 : standardNormal((Math.log(ms) - mean) / sigma)),
  }
}

/** Undefined where too much of it would be below 0. */
function normal(sample: Sample): Family | undefined {
  const { mean = 0, sd = 0 } = sample.summary() ?? {}
  if (sd === 0 || mean < 2 * sd) return undefined
  return {
    name: 'normal',
    parameters: 2,
    distribution: { normal: { mean, sd } },
    logDensity: (ms) => -halfLogTwoPi - Math.log(sd) - (ms - mean) ** 2 / (2 * sd ** 2),
    cdf: (ms) => standardNormal((ms - mean) / sd),
  }
}

/** It has no memory: where it is cut on the left, the rest looks the same. */
function exponential(sample: Sample, fromMs: number): Family | undefined {
  const mean = (sample.summary()?.mean ?? 0) - fromMs
  if (mean <= 0) return undefined
  return {
    name: 'exponential',
    parameters: 1,
    distribution: { exponential: { mean }, ...tailOf(sample) },
    logDensity: (ms) => -Math.log(mean) - (ms - fromMs) / mean,
    cdf: (ms) => (ms <= fromMs ? 0 : 1 - Math.exp(-(ms - fromMs) / mean)),
  }
}

function uniform(sample: Sample): Family {
  const { min = 0, max = 0 } = sample.summary() ?? {}
  return {
    name: 'uniform',
    parameters: 2,
    distribution: { uniform: { min, max } },
    logDensity: () => -Math.log(max - min),
    cdf: (ms) => Math.min(1, Math.max(0, (ms - min) / (max - min))),
  }
}

const fixed = (ms: number): Family => ({
  name: 'fixed',
  parameters: 1,
  distribution: { fixed: ms },
  logDensity: () => 0,
  cdf: (at) => (at >= ms - fixedSpreadMs ? 1 : 0),
})

/** Evenly spaced quantiles, each as likely as the others. */
function empirical(sample: Sample): Family {
  const size = Math.min(mostQuantiles, sample.count)
  const delays = Array.from({ length: size }, (_, at) => sample.quantile((at + 0.5) / size))
  return {
    name: 'empirical',
    parameters: size,
    distribution: { empirical: delays },
    logDensity: () => 0,
    cdf: (ms) => delays.filter((delay) => delay <= ms).length / size,
  }
}

/** A tail that goes on for ever would bring delays that nobody has seen. */
const tailOf = (sample: Sample): { readonly max?: number } =>
  sample.count >= fewValues ? { max: sample.max } : {}

const average = (values: readonly Weighted[], count: number, of: (ms: number) => number): number =>
  values.reduce((sum, [ms, times]) => sum + times * of(ms), 0) / count

export function ksOf(sample: Sample, cdf: (ms: number) => number): number {
  let below = 0
  let largest = 0
  for (const [ms, count] of sample.values()) {
    const expected = cdf(ms)
    largest = Math.max(largest, Math.abs(expected - below / sample.count))
    below += count
    largest = Math.max(largest, Math.abs(expected - below / sample.count))
  }
  return largest
}

function fittedTo(sample: Sample, family: Family): Fitted {
  const quantile = (share: number): number => quantileOf(family.cdf, share, sample.max)
  return {
    distribution: family.distribution,
    family: family.name,
    count: sample.count,
    ks: family.name === 'fixed' ? 0 : ksOf(sample, family.cdf),
    taped: { p50: sample.quantile(0.5), p90: sample.quantile(0.9) },
    fitted: { p50: quantile(0.5), p90: quantile(0.9) },
    nearest: undefined,
  }
}

/** By halving, between 0 and what is longer than anything seen. */
export function quantileOf(cdf: (ms: number) => number, share: number, mostMs: number): number {
  let [low, high] = [0, mostMs * 4 + 1]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (cdf(middle) < share) low = middle
    else high = middle
  }
  return high
}

/** The lognormal distribution that has these parts below these lengths; undefined where none has. */
export function lognormalThrough(
  [lowMs, lowPart]: readonly [ms: number, part: number],
  [highMs, highPart]: readonly [ms: number, part: number],
): Distribution | undefined {
  const [low, high] = [deviations(lowPart), deviations(highPart)]
  const sigma = Math.log(highMs / lowMs) / (high - low)
  if (!(sigma > 0) || !Number.isFinite(sigma)) return undefined
  return { lognormal: { median: Math.exp(Math.log(lowMs) - sigma * low), sigma } }
}

/** How many standard deviations from the mean this part of a normal distribution lies below. */
const deviations = (part: number): number =>
  quantileOf((at) => standardNormal(at - 8), Math.min(0.9999, Math.max(0.0001, part)), 4) - 8

/** The part of a distribution that lies up to a length, as pacing draws from it. */
export function cdfOf(distribution: Distribution): (ms: number) => number {
  const cdf = uncut(distribution)
  const { max = Number.POSITIVE_INFINITY } = distribution
  return (ms) => (ms >= max ? 1 : ms < 0 ? 0 : cdf(ms))
}

function uncut(distribution: Distribution): (ms: number) => number {
  if ('fixed' in distribution) return (ms) => (ms >= distribution.fixed ? 1 : 0)
  if ('uniform' in distribution) {
    const { min, max } = distribution.uniform
    return (ms) => (ms >= max ? 1 : Math.max(0, (ms - min) / (max - min)))
  }
  if ('normal' in distribution) {
    const { mean, sd } = distribution.normal
    return (ms) => standardNormal((ms - mean) / sd)
  }
  if ('lognormal' in distribution) {
    const { median, sigma } = distribution.lognormal
    return (ms) => (ms <= 0 ? 0 : standardNormal(Math.log(ms / median) / sigma))
  }
  if ('exponential' in distribution) {
    return (ms) => 1 - Math.exp(-ms / distribution.exponential.mean)
  }
  const delays = distribution.empirical
  return (ms) => delays.filter((delay) => delay <= ms).length / delays.length
}

/**
 * The distribution function of the standard normal distribution, right to 1e-7.
 * Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.17.
 */
function standardNormal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const powers = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429]
  const sum = powers.reduce((total, factor, at) => total + factor * t ** (at + 1), 0)
  const above = Math.exp((-x * x) / 2 - halfLogTwoPi) * sum
  return x >= 0 ? 1 - above : above
}
