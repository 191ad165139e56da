/** The figures of one recording, or of a folder of them, as text for people. Pure. */
import {
  clip,
  counted,
  duration,
  exactMs,
  grouped,
  shortBytes,
  shortMs,
  visible,
} from './printable.ts'
import { Sample, type Summary } from './sample.ts'
import type { EndingWord, Measured, Statistics, Timing } from './statistics.ts'
import { type Column, tableOf } from './table.ts'

const field = (name: string, value: string): string => `  ${name.padEnd(15)} ${value}`

/** Everything that is known of one recording, a line each. */
export function* renderStatistics(statistics: Statistics): Generator<string> {
  const { timing, tokens, usage, toolCalls, errors } = statistics
  yield field('answer', answerOf(statistics))
  if (timing) yield* timingLines(timing, statistics)
  else yield field('times', 'lost where it was brought from')
  if (tokens) {
    const source = tokens.from === 'usage' ? 'as the service counts' : 'estimated from the text'
    const rate = tokens.perSecond === undefined ? '' : `, ${shortMs(tokens.perSecond)} a second`
    yield field('tokens', `${grouped(tokens.count)}${rate} (${source})`)
  }
  if (statistics.characters > 0) yield field('characters', grouped(statistics.characters))
  yield field('body', bodyOf(statistics))
  if (usage) yield field('usage', usageOf(usage))
  for (const { name, arguments: given } of toolCalls) {
    yield field('call', clip(visible(`${name} ${given}`), 80))
  }
  for (const { code, message } of errors) yield field('error', visible(`${code}: ${message}`))
}

function* timingLines(timing: Timing, { deltasAre }: Statistics): Generator<string> {
  const at = (name: string, value: number | undefined, more = ''): string =>
    field(name, value === undefined ? 'none' : `${exactMs(value).padStart(11)} ms${more}`)
  yield at('head', timing.headMs)
  if (timing.ttftOf === 'content') yield at('first byte', timing.firstByteMs)
  const first = timing.ttftOf === 'content' ? 'first content' : 'first byte'
  yield at(first, timing.ttftMs, '  (TTFT)')
  yield at('last delta', timing.lastMs)
  yield at('ending', timing.durationMs)
  if (timing.gaps) {
    yield field('gaps (ITL)', `${gapsOf(timing.gaps)} ms`)
    const kind = deltasAre === 'content' ? 'deltas with content' : 'frames with data'
    yield field('', `${counted(timing.gaps.count, 'gap')} between ${kind}`)
    yield field('bursts', burstsOf(timing))
    yield field('stalls', stallsOf(timing))
  }
}

const gapsOf = ({ p50, p90, p99, max, mean, sd }: Summary): string =>
  Object.entries({ p50, p90, p99, max, mean, sd })
    .map(([name, value]) => `${name} ${shortMs(value)}`)
    .join('  ')

function burstsOf({ bursts }: Timing): string {
  if (bursts.count === 0) return 'none'
  const share = `${Math.round(bursts.share * 100)} % of the gaps are below 1 ms`
  return `${grouped(bursts.count)}, of up to ${counted(bursts.largest, 'delta')}; ${share}`
}

const mostStalls = 4

function stallsOf({ stalls }: Timing): string {
  if (stalls.length === 0) return 'none'
  const shown = stalls
    .slice(0, mostStalls)
    .map(({ atMs, forMs }) => `${duration(forMs)} after ${duration(atMs)}`)
  const more = stalls.length > mostStalls ? `, and ${stalls.length - mostStalls} more` : ''
  return `${stalls.length}: ${shown.join(', ')}${more}`
}

function answerOf({ status, ending, finish, failed }: Statistics): string {
  const reason = finish === undefined ? '' : ` (${visible(finish)})`
  const why = failed === undefined ? '' : `: ${visible(failed)}`
  return `${status === undefined ? 'no head' : status}, ${endingSentence[ending]}${reason}${why}`
}

const endingSentence: Readonly<Record<EndingWord, string>> = {
  end: 'ended cleanly',
  close: 'closed before its end',
  reset: 'reset',
  'client-left': 'the client left',
  failed: 'the service was never reached',
  'cut-off': 'cut off while taping',
}

function bodyOf({ bytes, frames, chunks, framesPerChunk }: Statistics): string {
  const size = `${grouped(bytes)} bytes, ${counted(frames, 'frame')}`
  if (framesPerChunk === undefined) return chunks === 0 ? size : `${size} (chunk borders are lost)`
  return `${size} in ${counted(chunks, 'chunk')} (${framesPerChunk.toFixed(2)} a chunk)`
}

const usageOf = (usage: NonNullable<Statistics['usage']>): string =>
  [
    `${grouped(usage.inputTokens)} in`,
    ...(usage.cachedTokens === undefined ? [] : [`${grouped(usage.cachedTokens)} cached`]),
    `${grouped(usage.outputTokens)} out`,
    ...(usage.reasoningTokens === undefined ? [] : [`${grouped(usage.reasoningTokens)} thought`]),
  ].join(', ')

/** The figures of several recordings in one. */
export interface Total {
  readonly recordings: number
  readonly chunks: number
  readonly bytes: number
  readonly deltas: number
  readonly tokens: number
  readonly stalls: number
  readonly ttftMs: Summary | undefined
  /** Of all recordings together. */
  readonly gaps: Summary | undefined
  readonly tokensPerSecond: Summary | undefined
  readonly endings: Readonly<Partial<Record<EndingWord, number>>>
}

/** Adds up as recordings come, in constant memory. */
export class Totals {
  readonly #ttft = new Sample()
  readonly #gaps = new Sample()
  readonly #rates = new Sample()
  readonly #endings: Partial<Record<EndingWord, number>> = {}
  readonly #sums = { recordings: 0, chunks: 0, bytes: 0, deltas: 0, tokens: 0, stalls: 0 }

  add({ statistics, gaps }: Measured): void {
    const { timing, tokens, ending } = statistics
    this.#sums.recordings++
    this.#sums.chunks += statistics.chunks
    this.#sums.bytes += statistics.bytes
    this.#sums.deltas += statistics.deltas
    this.#sums.tokens += tokens?.count ?? 0
    this.#sums.stalls += timing?.stalls.length ?? 0
    this.#endings[ending] = (this.#endings[ending] ?? 0) + 1
    if (timing?.ttftMs !== undefined) this.#ttft.add(timing.ttftMs)
    if (tokens?.perSecond !== undefined) this.#rates.add(tokens.perSecond)
    this.#gaps.merge(gaps)
  }

  end(): Total {
    return {
      ...this.#sums,
      ttftMs: this.#ttft.summary(),
      gaps: this.#gaps.summary(),
      tokensPerSecond: this.#rates.summary(),
      endings: { ...this.#endings },
    }
  }
}

interface Row {
  readonly name: string
  readonly status: number | undefined
  readonly ttftMs: number | undefined
  readonly gaps: Summary | undefined
  readonly perSecond: number | undefined
  /** Undefined where nobody knows. */
  readonly stalls: number | undefined
  readonly deltas: number
  readonly bytes: number
  readonly tookMs: number | undefined
  readonly ending: string
}

const optional = (value: number | undefined): string => (value === undefined ? '-' : shortMs(value))

const right = { align: 'right' } as const

const columns: readonly Column<Row>[] = [
  { title: 'times in ms', width: 16, widest: 60, keep: 'end', cell: ({ name }) => name },
  { title: '', width: 3, drop: 2, cell: ({ status }) => String(status ?? '') },
  { title: 'ttft', width: 6, ...right, cell: ({ ttftMs }) => optional(ttftMs) },
  { title: 'p50', width: 5, ...right, cell: ({ gaps }) => optional(gaps?.p50) },
  { title: 'p90', width: 5, ...right, cell: ({ gaps }) => optional(gaps?.p90) },
  { title: 'p99', width: 6, ...right, drop: 3, cell: ({ gaps }) => optional(gaps?.p99) },
  { title: 'tok/s', width: 5, ...right, cell: ({ perSecond }) => optional(perSecond) },
  { title: 'stalls', width: 6, ...right, drop: 4, cell: ({ stalls }) => String(stalls ?? '-') },
  { title: 'deltas', width: 7, ...right, drop: 6, cell: ({ deltas }) => grouped(deltas) },
  { title: 'bytes', width: 8, ...right, drop: 5, cell: ({ bytes }) => shortBytes(bytes) },
  { title: 'took', width: 7, ...right, cell: ({ tookMs }) => optional(tookMs) },
  { title: 'ending', width: 11, widest: 40, cell: ({ ending }) => ending },
]

export interface StatisticsTable {
  readonly header: string
  line(file: string, statistics: Statistics): string
  /** Sums, the medians of TTFT and rate, and the gaps of all together. */
  total(total: Total): string
}

/** A line for each recording as it comes, in this width. */
export function statisticsTable(width: number): StatisticsTable {
  const table = tableOf(columns, width)
  return {
    header: table.header,
    line: (name, { timing, tokens, status, deltas, bytes, ending }) =>
      table.line({
        name,
        status,
        ttftMs: timing?.ttftMs,
        gaps: timing?.gaps,
        perSecond: tokens?.perSecond,
        stalls: timing?.stalls.length,
        deltas,
        bytes,
        tookMs: timing?.durationMs,
        ending,
      }),
    total: (total) =>
      table.line({
        ...total,
        name: `all ${grouped(total.recordings)}`,
        status: undefined,
        ttftMs: total.ttftMs?.p50,
        perSecond: total.tokensPerSecond?.p50,
        tookMs: undefined,
        ending: Object.entries(total.endings)
          .map(([ending, count]) => `${count} ${ending}`)
          .join(', '),
      }),
  }
}
