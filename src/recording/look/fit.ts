/**
 * A pacing profile from the times of recordings: head, first delta and gaps, each by the
 * distribution that fits it best. Pure.
 */
import type { Distribution, Pacing } from '../../core/pacing.ts'
import type { Recording } from '../format.ts'
import type { Reader } from './body-reader.ts'
import {
  cdfOf,
  type Fitted,
  fewValues,
  fitDistribution,
  ksOf,
  lognormalThrough,
  quantileOf,
} from './fit-distribution.ts'
import { Sample } from './sample.ts'
import { deltasOf, measure } from './statistics.ts'

/**
 * Deltas that arrive this close together left together: between two reads of one socket there is
 * less, and between two tokens of a model there is more.
 */
const togetherMs = 0.25

/** Fewer together than this are chance. */
const leastBurst = 0.005

export interface LeftOut {
  readonly file: string
  readonly why: string
}

export interface FittedPacing {
  /** Recordings that it was fitted to. */
  readonly recordings: number
  readonly leftOut: readonly LeftOut[]
  readonly head: Fitted | undefined
  readonly ttft: Fitted | undefined
  /** Undefined where no answer had two deltas apart. */
  readonly itl: Fitted | undefined
  /** Deltas that left with the one before; undefined where there are none to speak of. */
  readonly burst: Pacing['burst'] | undefined
  /** Of all gaps. */
  readonly together: number
}

/** Takes recordings one by one. */
export class PacingFit {
  readonly #head = new Sample()
  readonly #ttft = new Sample()
  readonly #gaps = new Sample()
  readonly #leftOut: LeftOut[] = []
  /** How many groups of so many deltas there were. */
  readonly #groups = new Map<number, number>()
  #together = 0
  #recordings = 0

  add(recording: Recording, dialect: Reader | undefined): void {
    const { statistics } = measure(recording, dialect)
    const { timing, status, streamed, deltasAre } = statistics
    const why = whyNot(recording, { hasTimes: timing !== undefined, status, streamed })
    if (why !== undefined || !timing) {
      this.#leftOut.push({ file: recording.file, why: why ?? 'its times are lost' })
      return
    }
    this.#recordings++
    if (timing.headMs !== undefined) this.#head.add(timing.headMs)
    if (timing.ttftMs !== undefined) this.#ttft.add(timing.ttftMs)
    this.#addGaps(recording, deltasAre === 'content' ? dialect : undefined)
  }

  #addGaps(recording: Recording, dialect: Reader | undefined): void {
    let lastMs: number | undefined
    let group = 1
    for (const { atMs } of deltasOf(recording.timeline(), dialect)) {
      const gapMs = lastMs === undefined ? undefined : atMs - lastMs
      lastMs = atMs
      if (gapMs === undefined) continue
      if (gapMs < togetherMs) {
        this.#together++
        group++
      } else {
        this.#gaps.add(gapMs)
        this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1)
        group = 1
      }
    }
  }

  end(): FittedPacing {
    const itl = fitDistribution(this.#gaps, togetherMs)
    const all = this.#together + this.#gaps.count
    const head = fitDistribution(this.#head)
    return {
      recordings: this.#recordings,
      leftOut: this.#leftOut,
      head,
      ttft: fitFirst(this.#ttft, head),
      itl,
      burst: this.#burst(itl, all),
      together: all === 0 ? 0 : this.#together / all,
    }
  }

  #burst(itl: Fitted | undefined, all: number): Pacing['burst'] | undefined {
    const size = this.#groupSize()
    if (size !== undefined) return { size }
    // Of the gaps themselves, some are as short by chance.
    const short = itl && itl.family !== 'empirical' ? cdfOf(itl.distribution)(togetherMs) : 0
    const probability = (this.#together / Math.max(1, all) - short) / (1 - short)
    return probability < leastBurst ? undefined : { probability }
  }

  /** That of nearly all groups, where they are of one size and there are enough to say so. */
  #groupSize(): number | undefined {
    const groups = [...this.#groups].toSorted(([, a], [, b]) => b - a)
    const [most] = groups
    const count = groups.reduce((sum, [, times]) => sum + times, 0)
    return most && most[0] > 1 && count >= 5 && most[1] >= count * 0.95 ? most[0] : undefined
  }
}

/**
 * Pacing draws head and first delta apart, and the first delta waits for the head. What is taped is
 * therefore the later of the two, and the part of it below a length is the product of both parts.
 * Of what may stand behind it, that is taken whose product is nearest to what was taped.
 */
function fitFirst(first: Sample, head: Fitted | undefined): Fitted | undefined {
  const own = fitDistribution(first)
  if (!own || !head || first.count < fewValues) return own
  const headCdf = cdfOf(head.distribution)
  const [lowMs, highMs] = [first.quantile(0.5), first.quantile(0.9)]
  const behind = lognormalThrough([lowMs, 0.5 / headCdf(lowMs)], [highMs, 0.9 / headCdf(highMs)])
  const candidates: readonly Distribution[] = [
    own.distribution,
    ...(behind ? [{ ...behind, max: first.max }] : []),
    // It always came with the head, or right after it.
    { fixed: first.quantile(0) },
  ]
  const [best] = candidates
    .map((distribution) => withHead(first, distribution, headCdf))
    .toSorted((a, b) => a.ks - b.ks)
  return best && best.distribution !== own.distribution
    ? best
    : { ...own, ...best, nearest: own.nearest }
}

function withHead(
  first: Sample,
  distribution: Distribution,
  headCdf: (ms: number) => number,
): Fitted {
  const ownCdf = cdfOf(distribution)
  const laterCdf = (ms: number): number => ownCdf(ms) * headCdf(ms)
  const quantile = (share: number): number => quantileOf(laterCdf, share, first.max)
  return {
    distribution,
    family: Object.keys(distribution)[0] ?? '',
    count: first.count,
    ks: ksOf(first, laterCdf),
    taped: { p50: first.quantile(0.5), p90: first.quantile(0.9) },
    fitted: { p50: quantile(0.5), p90: quantile(0.9) },
    nearest: undefined,
  }
}

interface Usable {
  readonly hasTimes: boolean
  readonly status: number | undefined
  readonly streamed: boolean
}

/** What an error took, or an answer in one piece, says nothing of a stream. */
function whyNot(recording: Recording, { hasTimes, status, streamed }: Usable): string | undefined {
  if (!hasTimes) return 'its times are lost'
  if (recording.failed !== undefined) return 'the service was never reached'
  if (status === undefined || status >= 300) return `it was answered by ${status ?? 'nothing'}`
  return streamed ? undefined : 'its answer came in one piece'
}
