/** What is told of scheduled against actual times: plain data, so that several can be made one. */
import { LagHistogram, type LagJson } from '../../time/lag.ts'

export interface LagReport {
  /** Chunks later than this mark their stream as late in the journal. */
  readonly lateAfterMs: number
  readonly lateStreams: number
  /** Every chunk that had a time: how late it was handed to its socket, by our doing. */
  readonly chunks: LagJson
  /** Chunks that waited for a slow client, or through a pause: how long. Never part of `chunks`. */
  readonly held: LagJson
  /**
   * How late the process came to its timers, each time that it did: blocked by other code, collecting
   * garbage, or busy with requests. Only by a real clock.
   */
  readonly wakes?: LagJson
  /** The share of the time in which the process had something to do, from 0 to 1. */
  readonly busy?: number
  readonly dialects: Readonly<Record<string, DialectLag>>
}

interface DialectLag {
  readonly chunks: LagJson
  readonly held: LagJson
}

/** Of several processes, as if they were one. */
export function joinReports(reports: readonly LagReport[]): LagReport {
  const wakes = reports.flatMap((one) => one.wakes ?? [])
  const busy = reports.flatMap((one) => one.busy ?? [])
  const names = [...new Set(reports.flatMap(({ dialects }) => Object.keys(dialects)))]
  const ofDialect = (name: string): readonly [string, DialectLag] => {
    const those = reports.flatMap(({ dialects }) => dialects[name] ?? [])
    return [
      name,
      {
        chunks: joined(those.map(({ chunks }) => chunks)),
        held: joined(those.map(({ held }) => held)),
      },
    ]
  }
  return {
    lateAfterMs: Math.max(0, ...reports.map(({ lateAfterMs }) => lateAfterMs)),
    lateStreams: sum(reports.map(({ lateStreams }) => lateStreams)),
    chunks: joined(reports.map(({ chunks }) => chunks)),
    held: joined(reports.map(({ held }) => held)),
    ...(wakes.length > 0 ? { wakes: joined(wakes) } : {}),
    ...(busy.length > 0 ? { busy: sum(busy) / busy.length } : {}),
    dialects: Object.fromEntries(names.map(ofDialect)),
  }
}

const joined = (all: readonly LagJson[]): LagJson =>
  all.reduce((sofar, one) => sofar.add(LagHistogram.from(one)), new LagHistogram()).toJSON()

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0)
