import { describe, expect, it } from 'vitest'
import { renderLag } from '../../../src/server/lag/lag-metrics.ts'
import { joinReports, type LagReport } from '../../../src/server/lag/lag-report.ts'
import { lagTable } from '../../../src/server/lag/lag-table.ts'
import { LagHistogram } from '../../../src/time/lag.ts'

const histogram = (...lags: readonly (readonly [ms: number, times: number])[]) => {
  const made = new LagHistogram()
  for (const [ms, times] of lags) made.note(ms, times)
  return made.toJSON()
}

const nothing = histogram()

const openai = { chunks: histogram([0.2, 900], [0.9, 80], [3, 10]), held: nothing }
const gemini = { chunks: histogram([0.4, 9], [75, 1]), held: histogram([480, 2]) }

const ofOpenai: LagReport = {
  ...{ lateAfterMs: 20, lateStreams: 0, busy: 0.5, wakes: histogram([0.3, 10]) },
  ...openai,
  dialects: { 'openai-chat': openai },
}

const ofGemini: LagReport = {
  ...{ lateAfterMs: 20, lateStreams: 1, busy: 0.3, wakes: histogram([70, 1]) },
  ...gemini,
  dialects: { gemini },
}

const both = joinReports([ofOpenai, ofGemini])

const plain = { columns: 60, unicode: false, color: false }

describe('the lag report', () => {
  it('is a table, a plot, and a sentence that says why', () => {
    expect(`\n${lagTable(both, plain).join('\n')}\n`).toBe(`
lag against the schedule, in ms
                 chunks     p50     p90     p99   p99.9     max
lag                1000    0.20    0.20    3.00    3.00   75.00
  openai-chat       990    0.20    0.20    3.00    3.00    3.00
  gemini             10    0.41    0.41   75.00   75.00   75.00
held by clients       2  480.00  480.00  480.00  480.00  480.00
timers               11    0.31    0.31   70.00   70.00   70.00

to 0.25 ms  900  ###########################################
 to 0.5 ms    9  #
   to 1 ms   80  ####
   to 2 ms    0
   to 4 ms   10  #
   to 8 ms    0
  to 16 ms    0
  to 32 ms    0
  to 64 ms    0
 to 128 ms    1  #

1 stream was not kept on time: a chunk was more than 20 ms late
2 chunks waited for a slow client or a pause; that is not in the lag
the process was busy 40 % of the time, and once came 70 ms late to its timers: something blocked it, or requests kept it busy
`)
  })

  it('has finer bars where the terminal knows them, and colour only for what is late', () => {
    const lines = lagTable(both, { columns: 60, unicode: true, color: true })
    expect(lines.filter((line) => line.includes('\u001b'))).toEqual([
      ' to 128 ms    1  \u001b[33m▏\u001b[39m',
    ])
    expect(lines.find((line) => line.includes('to 1 ms'))).toBe(`   to 1 ms   80  ███▉`)
  })

  it('says so where there is nothing to tell', () => {
    const none: LagReport = {
      ...{ lateAfterMs: 20, lateStreams: 0, chunks: nothing, held: nothing, dialects: {} },
    }
    expect(lagTable(none, plain)).toEqual(['lag: no chunk had a time to be late against'])
  })

  it('of several processes is that of one which has seen it all', () => {
    expect(both).toMatchObject({ lateStreams: 1, busy: 0.4, chunks: { count: 1000, maxMs: 75 } })
    expect(joinReports([ofOpenai])).toEqual(ofOpenai)
    const twice = joinReports([ofGemini, ofGemini]).dialects['gemini']
    expect(twice?.chunks.buckets).toEqual(gemini.chunks.buckets.map(([ms, n]) => [ms, 2 * n]))
  })

  it('is a histogram for Prometheus, with every bucket that is asked for, a sum and a count', () => {
    const text = renderLag(both)
    const ofGeminis = text.split('\n').filter((line) => /^stuntdouble_lag.*gemini/.test(line))
    expect(ofGeminis.filter((line) => /le="(0.0005|0.064|0.128|\+Inf)"/.test(line))).toEqual([
      'stuntdouble_lag_seconds_bucket{dialect="gemini",le="0.0005"} 9',
      'stuntdouble_lag_seconds_bucket{dialect="gemini",le="0.064"} 9',
      'stuntdouble_lag_seconds_bucket{dialect="gemini",le="0.128"} 10',
      'stuntdouble_lag_seconds_bucket{dialect="gemini",le="+Inf"} 10',
    ])
    const [sum = '', count] = ofGeminis.slice(-2)
    expect(count).toBe('stuntdouble_lag_seconds_count{dialect="gemini"} 10')
    expect(sum).toMatch(/^stuntdouble_lag_seconds_sum\{dialect="gemini"\} /)
    expect(Number(sum.split(' ')[1])).toBeCloseTo(0.0786)
    expect(text).toContain('\n# TYPE stuntdouble_held_seconds histogram\n')
    expect(text).toMatch(/^stuntdouble_wake_lag_seconds_bucket\{le="0.128"\} 11$/m)
    expect(text).toMatch(/^stuntdouble_wake_lag_seconds_count 11$/m)
  })
})
