/**
 * What a plot of a recording shows, apart from how it is drawn: bytes, frames and text by time, the
 * marks on that axis, and how the gaps are distributed. Pure, in constant memory.
 * Must never be asked of a recording that has lost its times.
 */
import { generatedText } from '../../core/event.ts'
import { isEnding } from '../../core/timeline.ts'
import type { Recording } from '../format.ts'
import { type BodyReader, bodyReader, type Reader, type ReadFrame } from './body-reader.ts'
import type { Sample } from './sample.ts'
import { measure, type Statistics, type Timing } from './statistics.ts'

/** What arrived within one slice of the time. */
export interface Bin {
  readonly bytes: number
  readonly chunks: number
  readonly frames: number
  /** Of generated text. */
  readonly characters: number
}

export interface Plot {
  readonly file: string
  readonly dialect: string | undefined
  readonly statistics: Statistics
  readonly timing: Timing
  /** The length of the time axis; never 0. */
  readonly spanMs: number
  /** Of equal length; together they are the span. */
  readonly bins: readonly Bin[]
  readonly gaps: Sample
}

type Counts = { -readonly [key in keyof Bin]: number }

/** Walks the recording twice: first for its length. Undefined where its times are lost. */
export function plotOf(
  recording: Recording,
  dialect: Reader | undefined,
  binCount: number,
): Plot | undefined {
  const { statistics, gaps } = measure(recording, dialect)
  const { timing } = statistics
  if (!timing) return undefined
  const spanMs = Math.max(timing.durationMs, 0.001)
  const bins = Array.from({ length: binCount }, emptyBin)
  const binAt = (atMs: number): Counts =>
    bins[Math.min(binCount - 1, Math.floor((atMs / spanMs) * binCount))] ?? emptyBin()
  fill(recording, dialect, binAt)
  return {
    file: recording.file,
    dialect: recording.dialect,
    statistics,
    timing,
    spanMs,
    bins,
    gaps,
  }
}

const emptyBin = (): Counts => ({ bytes: 0, chunks: 0, frames: 0, characters: 0 })

function fill(
  recording: Recording,
  dialect: Reader | undefined,
  binAt: (atMs: number) => Counts,
): void {
  let body: BodyReader | undefined
  let lastMs = 0
  for (const step of recording.timeline()) {
    if (step.do === 'head') body = bodyReader(step, dialect)
    if (step.do === 'write') {
      const bin = binAt(step.atMs)
      bin.bytes += step.bytes.length
      bin.chunks++
      note(bin, body?.push(step.bytes) ?? [])
      lastMs = step.atMs
    } else if (isEnding(step)) {
      note(binAt(lastMs), body?.end() ?? [])
    }
  }
}

function note(bin: Counts, frames: readonly ReadFrame[]): void {
  for (const { frame, events } of frames) {
    if (frame) bin.frames++
    for (const event of events) bin.characters += generatedText(event).length
  }
}

/** A slice of a distribution of gaps, from `fromMs` up to, but not with, `toMs`. */
export interface GapBucket {
  readonly fromMs: number
  readonly toMs: number
  readonly count: number
}

/** In steps of 1, 2 and 5, as people read them, from the first that holds anything to the last. */
export const readableBuckets = (gaps: Sample): GapBucket[] =>
  bucketed(gaps, (at) => (readableSteps[at % 3] ?? 1) * 10 ** Math.floor(at / 3), 3)

/** Ten to a decade, for drawing. */
export const fineBuckets = (gaps: Sample): GapBucket[] =>
  bucketed(gaps, (at) => 10 ** (at / 10), 10)

const readableSteps = [1, 2, 5]

/** Below this, in powers of ten, everything is one bucket that begins at 0: a tenth of a ms. */
const leastPower = -1

/** @param edge the nth border in ms, counted from 1 ms; `perDecade` borders make a decade. */
function bucketed(gaps: Sample, edge: (at: number) => number, perDecade: number): GapBucket[] {
  if (gaps.count === 0) return []
  const edges = [0]
  for (let at = leastPower * perDecade; ; at++) {
    edges.push(edgeAt(edge, at, perDecade))
    if ((edges.at(-1) ?? 0) > gaps.max) break
  }
  const counts = new Array<number>(edges.length - 1).fill(0)
  let bucket = 0
  for (const [value, count] of gaps.values()) {
    while (value >= (edges[bucket + 1] ?? Number.POSITIVE_INFINITY)) bucket++
    counts[bucket] = (counts[bucket] ?? 0) + count
  }
  const all = counts.map((count, at) => ({
    fromMs: edges[at] ?? 0,
    toMs: edges[at + 1] ?? 0,
    count,
  }))
  return all.slice(all.findIndex(({ count }) => count > 0))
}

/** Borders below 1 ms are those above it, so many decades lower. */
function edgeAt(edge: (at: number) => number, at: number, perDecade: number): number {
  const decades = Math.floor(at / perDecade)
  return edge(at - decades * perDecade) * 10 ** decades
}
