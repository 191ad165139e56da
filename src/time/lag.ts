/**
 * How late things were, as a histogram: fixed buckets, each a sixteenth wider than it begins, so that
 * a figure read from it is at most 6.25 % more than what was measured, and never less.
 * `note` is called for every chunk of every stream: it must never allocate, nor ask what time it is.
 */

/** A bucket's bounds are whole numbers of these, so that every power of two of a millisecond is one. */
const ticksPerMs = 1024

/** 2^31 ticks, 35 minutes: what is later than that is counted there; only `maxMs` tells. */
const mostTicks = 2 ** 31 - 1

/** One for what was not late, 16 of a tick each, then 16 for each of 27 doublings. */
const bucketCount = 1 + 16 + 27 * 16

/** `buckets` has those that are not empty, as `[up to and including so many ms, how many]`. */
export interface LagJson {
  readonly count: number
  readonly sumMs: number
  readonly maxMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly buckets: readonly (readonly [number, number])[]
}

export class LagHistogram {
  count = 0
  /** What was early counts as 0 here, as it does everywhere but in `earliestMs`. */
  sumMs = 0
  maxMs = 0
  /** The most that anything was early. */
  earliestMs = 0
  /** Floating point, since 32 bits are full after six hours of 200,000 chunks a second. */
  readonly #counts = new Float64Array(bucketCount)

  /** What `toJSON` gave, elsewhere or earlier. */
  static from({
    sumMs,
    maxMs,
    buckets,
  }: Pick<LagJson, 'sumMs' | 'maxMs' | 'buckets'>): LagHistogram {
    const made = new LagHistogram()
    for (const [upToMs, count] of buckets) {
      const index = bucketOf(upToMs)
      made.#counts[index] = (made.#counts[index] ?? 0) + count
      made.count += count
    }
    made.sumMs = sumMs
    made.maxMs = maxMs
    return made
  }

  /**
   * @param lateMs against the schedule; what is early has a minus sign
   * @param times how many were late by just this
   */
  note(lateMs: number, times = 1): void {
    this.count += times
    const index = bucketOf(lateMs)
    const counts = this.#counts
    counts[index] = (counts[index] ?? 0) + times
    if (lateMs > 0) {
      this.sumMs += lateMs * times
      if (lateMs > this.maxMs) this.maxMs = lateMs
    } else if (-lateMs > this.earliestMs) this.earliestMs = -lateMs
  }

  add(other: LagHistogram): this {
    for (let index = 0; index < bucketCount; index++) {
      this.#counts[index] = (this.#counts[index] ?? 0) + (other.#counts[index] ?? 0)
    }
    this.count += other.count
    this.sumMs += other.sumMs
    this.maxMs = Math.max(this.maxMs, other.maxMs)
    this.earliestMs = Math.max(this.earliestMs, other.earliestMs)
    return this
  }

  clear(): void {
    this.#counts.fill(0)
    this.count = 0
    this.sumMs = 0
    this.maxMs = 0
    this.earliestMs = 0
  }

  /** So many of all were no later than this, in milliseconds; 0 where nothing was noted. */
  quantile(q: number): number {
    const wanted = Math.max(1, Math.ceil(q * this.count))
    let seen = 0
    for (let index = 0; index < bucketCount; index++) {
      seen += this.#counts[index] ?? 0
      if (seen >= wanted) return Math.min(upToMsOf(index), this.maxMs)
    }
    return this.maxMs
  }

  /** How many were no later than `ms`; exact where `ms` is a bound of a bucket. */
  upTo(ms: number): number {
    const last = bucketOf(ms)
    let seen = 0
    for (let index = 0; index <= last; index++) seen += this.#counts[index] ?? 0
    return seen
  }

  toJSON(): LagJson {
    const buckets: [number, number][] = []
    this.#counts.forEach((count, index) => {
      if (count > 0) buckets.push([upToMsOf(index), count])
    })
    const { count, sumMs, maxMs } = this
    const [p50Ms, p90Ms] = [this.quantile(0.5), this.quantile(0.9)]
    const [p99Ms, p999Ms] = [this.quantile(0.99), this.quantile(0.999)]
    return { count, sumMs, maxMs, p50Ms, p90Ms, p99Ms, p999Ms, buckets }
  }
}

/**
 * Bounds belong to the bucket below, as Prometheus wants. Beyond the sixteenth tick the four bits
 * behind the first one that is set choose among the buckets of a doubling.
 */
function bucketOf(lateMs: number): number {
  if (!(lateMs > 0)) return 0
  const ticks = Math.min(Math.ceil(lateMs * ticksPerMs) - 1, mostTicks)
  if (ticks < 16) return ticks + 1
  const doubling = 27 - Math.clz32(ticks)
  return 1 + (doubling << 4) + (ticks >> doubling)
}

function upToMsOf(index: number): number {
  if (index <= 16) return index / ticksPerMs
  const doubling = ((index - 1) >> 4) - 1
  const ticks = (((index - 1) & 15) + 17) * 2 ** doubling
  return ticks / ticksPerMs
}
