/**
 * The lags as histograms in the text format of Prometheus. Written by hand: its library counts
 * observations one by one, and these are counted already.
 */
import { LagHistogram, type LagJson } from '../../time/lag.ts'
import type { LagReport } from './lag-report.ts'

/** Bounds of the histograms' own buckets, so that these counts are exact. */
const bucketsMs = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096]

/** With a line end behind it. */
export function renderLag({ dialects, wakes }: LagReport): string {
  const all = Object.entries(dialects)
  return [
    ...histogram(
      'stuntdouble_lag_seconds',
      'How late chunks were handed to their sockets against the script, not by a slow client',
      all.map(([name, { chunks }]) => [`dialect="${escaped(name)}"`, chunks]),
    ),
    ...histogram(
      'stuntdouble_held_seconds',
      'How long chunks that were due waited for a slow client, or through a pause',
      all.map(([name, { held }]) => [`dialect="${escaped(name)}"`, held]),
    ),
    ...histogram(
      'stuntdouble_wake_lag_seconds',
      'How late the process came to its timers: it was blocked, or busy with something else',
      wakes ? [['', wakes]] : [],
    ),
    '',
  ].join('\n')
}

function histogram(
  name: string,
  help: string,
  series: readonly (readonly [string, LagJson])[],
): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} histogram`,
    ...series.flatMap(([label, json]) => {
      const lags = LagHistogram.from(json)
      const before = label === '' ? '' : `${label},`
      const labels = label === '' ? '' : `{${label}}`
      return [
        ...bucketsMs.map((ms) => `${name}_bucket{${before}le="${ms / 1000}"} ${lags.upTo(ms)}`),
        `${name}_bucket{${before}le="+Inf"} ${lags.count}`,
        `${name}_sum${labels} ${lags.sumMs / 1000}`,
        `${name}_count${labels} ${lags.count}`,
      ]
    }),
  ]
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
