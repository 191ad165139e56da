/**
 * A sample of durations in constant memory: exact up to a size, then counted in buckets that are
 * right to half a percent. Pure. Must never give a quantile outside of what was seen.
 */

/** In milliseconds; quantiles are interpolated between neighbours, as numpy does. */
export interface Summary {
  readonly count: number
  readonly mean: number
  /** Standard deviation of the sample; 0 for a single value. */
  readonly sd: number
  readonly min: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** A value, and how often it was seen. */
export type Weighted = readonly [value: number, count: number]

const mostExact = 16_384

/** A bucket's borders are this far apart; below the least value everything counts as 0. */
const bucketGrowth = 1.01
const leastValue = 1e-4

const bucketOf = (value: number): number =>
  value < leastValue ? Number.NEGATIVE_INFINITY : Math.floor(Math.log(value) / logGrowth)

const logGrowth = Math.log(bucketGrowth)

/** The middle of a bucket. */
const middleOf = (bucket: number): number =>
  bucket === Number.NEGATIVE_INFINITY ? 0 : Math.exp((bucket + 0.5) * logGrowth)

export class Sample {
  readonly #mostExact: number
  #exact: number[] = []
  #isSorted = true
  #buckets: Map<number, number> | undefined
  #count = 0
  #mean = 0
  /** Sum of the squared distances from the mean. */
  #squares = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY

  /** @param exactUpTo so many values are kept as they are */
  constructor(exactUpTo = mostExact) {
    this.#mostExact = exactUpTo
  }

  get count(): number {
    return this.#count
  }

  get max(): number {
    return this.#max
  }

  add(value: number, count = 1): void {
    this.#note(value, count)
    if (!this.#buckets && this.#exact.length + count > this.#mostExact) this.#toBuckets()
    if (this.#buckets) {
      const bucket = bucketOf(value)
      this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count)
    } else {
      for (let i = 0; i < count; i++) this.#exact.push(value)
      this.#isSorted = false
    }
  }

  /** Takes over all that another one has seen. */
  merge(other: Sample): void {
    for (const [value, count] of other.values()) this.add(value, count)
  }

  /** Every value once, ascending, with how often it was seen. */
  values(): readonly Weighted[] {
    if (!this.#buckets) return weigh(this.#sorted())
    const buckets = [...this.#buckets].sort(([a], [b]) => a - b)
    return buckets.map(([bucket, count]) => [this.#clamp(middleOf(bucket)), count])
  }

  /** The value that this share of the sample stays below; `share` is from 0 to 1. */
  quantile(share: number): number {
    if (this.#count === 0) return Number.NaN
    const place = Math.min(1, Math.max(0, share)) * (this.#count - 1)
    const [low, high] = [Math.floor(place), Math.ceil(place)]
    const from = this.#at(low)
    return from + (this.#at(high) - from) * (place - low)
  }

  /** Undefined where nothing was seen. */
  summary(): Summary | undefined {
    if (this.#count === 0) return undefined
    return {
      count: this.#count,
      mean: this.#clamp(this.#mean),
      sd: this.#count === 1 ? 0 : Math.sqrt(this.#squares / (this.#count - 1)),
      min: this.#min,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      max: this.#max,
    }
  }

  /** Welford's running mean and variance, for several equal values at once. */
  #note(value: number, count: number): void {
    const distance = value - this.#mean
    this.#count += count
    this.#mean += (distance * count) / this.#count
    this.#squares += distance * (value - this.#mean) * count
    this.#min = Math.min(this.#min, value)
    this.#max = Math.max(this.#max, value)
  }

  #toBuckets(): void {
    const buckets = new Map<number, number>()
    for (const value of this.#exact) {
      const bucket = bucketOf(value)
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
    }
    this.#buckets = buckets
    this.#exact = []
  }

  #sorted(): readonly number[] {
    if (!this.#isSorted) this.#exact.sort((a, b) => a - b)
    this.#isSorted = true
    return this.#exact
  }

  #at(place: number): number {
    if (place <= 0) return this.#min
    if (place >= this.#count - 1) return this.#max
    if (!this.#buckets) return this.#sorted()[place] ?? this.#max
    let before = 0
    for (const [value, count] of this.values()) {
      before += count
      if (place < before) return value
    }
    return this.#max
  }

  #clamp(value: number): number {
    return Math.min(this.#max, Math.max(this.#min, value))
  }
}

function weigh(sorted: readonly number[]): Weighted[] {
  const weighted: [number, number][] = []
  for (const value of sorted) {
    const last = weighted.at(-1)
    if (last && last[0] === value) last[1]++
    else weighted.push([value, 1])
  }
  return weighted
}

export function sampleOf(values: Iterable<number>): Sample {
  const sample = new Sample()
  for (const value of values) sample.add(value)
  return sample
}
