import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countTokens } from '../../src/dialects/grain.ts'
import { Sample, sampleOf } from '../../src/recording/look/sample.ts'
import { deltasOf, measure, statisticsOf } from '../../src/recording/look/statistics.ts'
import {
  renderStatistics,
  statisticsTable,
  Totals,
} from '../../src/recording/look/statistics-table.ts'
import { countedTokens } from '../../src/recording/look/token-counter.ts'
import { delta, openAi, taped } from './taped.ts'

const role = 'data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n'
const usage =
  'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":21,"total_tokens":30}}\n\n'
const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'

const stream = taped(
  [
    [100, role],
    [120, delta('One ')],
    [140, delta('two ')],
    // Three frames in one chunk leave together.
    [160, delta('three ') + delta('four ') + delta('five ')],
    [1660, delta('six')],
    [1680.5, finish + usage],
    [1700, 'data: [DONE]\n\n'],
  ],
  { headMs: 90, endMs: 1710 },
)

describe('the figures of a stream', () => {
  it('count from the request, and look at what brings content', () => {
    const { timing, ...figures } = statisticsOf(stream, openAi)
    expect(timing).toMatchObject({
      headMs: 90,
      firstByteMs: 100,
      ttftMs: 120,
      ttftOf: 'content',
      lastMs: 1660,
      durationMs: 1710,
      gaps: { count: 5, p50: 20, max: 1500, min: 0, mean: 308 },
      bursts: { count: 1, largest: 3, deltas: 3, share: 0.4 },
      stalls: [{ atMs: 160, forMs: 1500 }],
    })
    expect(figures).toMatchObject({
      streamed: true,
      chunks: 7,
      frames: 10,
      deltas: 6,
      deltasAre: 'content',
      characters: 27,
      // 20 tokens after the first one in 1.54 s.
      tokens: { count: 21, from: 'usage', perSecond: 12.987 },
      ending: 'end',
      finish: 'stop',
      usage: { inputTokens: 9, outputTokens: 21 },
    })
  })

  it('go by frames and by the first byte where nothing can be decoded', () => {
    const { timing, deltas, deltasAre, tokens } = statisticsOf(stream)
    expect(timing).toMatchObject({ ttftMs: 100, ttftOf: 'byte', lastMs: 1700 })
    expect({ deltas, deltasAre, tokens }).toEqual({
      deltas: 10,
      deltasAre: 'frames',
      tokens: undefined,
    })
  })

  it('have no times where the recording has lost them, nor frames per chunk without chunks', () => {
    const lost = taped(
      [
        [0, delta('One ')],
        [0, delta('two')],
      ],
      { lost: ['chunks', 'times'] },
    )
    const figures = statisticsOf(lost, openAi)
    expect(figures).toMatchObject({ timing: undefined, framesPerChunk: undefined, deltas: 2 })
    expect(figures.tokens).toEqual({ count: 2, from: 'cutter', perSecond: undefined })
    expect([...renderStatistics(figures)].join('\n')).toContain('lost where it was brought from')
  })

  it('call no silence a stall that is usual for the stream', () => {
    const slow = taped([0, 1, 2, 3, 4].map((at) => [at * 1500, delta('word ')] as const))
    expect(statisticsOf(slow, openAi).timing?.stalls).toEqual([])
  })

  it('tell a call, an error, and each way to end', () => {
    const call = { index: 0, id: 'call_1', function: { name: 'look', arguments: '{"at":' } }
    const calls = taped(
      [
        [
          1,
          `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [call] } }] })}\n\n`,
        ],
        [
          2,
          'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}\n\n',
        ],
      ],
      { ending: undefined },
    )
    expect(statisticsOf(calls, openAi)).toMatchObject({
      ending: 'cut-off',
      toolCalls: [{ id: 'call_1', name: 'look', arguments: '{"at":1}' }],
    })
    const refused = taped(
      [[5, '{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}']],
      {
        status: 429,
        contentType: 'application/json',
        ending: 'reset',
      },
    )
    const { streamed, ending, errors, timing } = statisticsOf(refused, openAi)
    expect({ streamed, ending, gaps: timing?.gaps }).toEqual({
      streamed: false,
      ending: 'reset',
      gaps: undefined,
    })
    expect(errors).toMatchObject([{ code: 'rate-limited' }])
  })

  it('are the same however the bytes are cut into chunks, but for chunks and times', () => {
    const body = role + ['One ', 'two ', 'ünd 🙂'].map(delta).join('') + finish + usage
    const bytes = Buffer.from(body)
    const whole = statisticsOf(taped([[1, body]]), openAi)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (places) => {
        const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length]
        const chunks = cuts.slice(1).map((to, at) => [at, bytes.subarray(cuts[at], to)] as const)
        const {
          timing: _,
          chunks: __,
          framesPerChunk: ___,
          tokens,
          ...cut
        } = statisticsOf(taped(chunks), openAi)
        expect(whole).toMatchObject(cut)
        expect(tokens?.count).toBe(whole.tokens?.count)
      }),
      { numRuns: 30 },
    )
  })

  it('come from the deltas that anybody can ask for', () => {
    const deltas = [...deltasOf(stream.timeline(), openAi)]
    expect(deltas.map(({ atMs, text }) => [atMs, text])).toEqual([
      [120, 'One '],
      [140, 'two '],
      [160, 'three '],
      [160, 'four '],
      [160, 'five '],
      [1660, 'six'],
    ])
  })
})

describe('a sample', () => {
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  })

  it('gives quantiles between its least and its greatest value, and in order', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 50 }), (list, exactUpTo) => {
        const sample = new Sample(exactUpTo)
        for (const value of list) sample.add(value)
        const found = [0, 0.1, 0.5, 0.9, 0.99, 1].map((share) => sample.quantile(share))
        expect(found).toEqual(found.toSorted((a, b) => a - b))
        expect(found[0]).toBe(Math.min(...list))
        expect(found.at(-1)).toBe(Math.max(...list))
      }),
    )
  })

  it('is right to a percent in constant memory', () => {
    const exact = new Sample(100_000)
    const counted = new Sample(100)
    for (let i = 1; i <= 50_000; i++) {
      const value = (i * 7919) % 50_021
      exact.add(value)
      counted.add(value)
    }
    for (const share of [0.01, 0.5, 0.9, 0.999]) {
      expect(counted.quantile(share) / exact.quantile(share)).toBeCloseTo(1, 1.9)
    }
    expect(counted.values().length).toBeLessThan(2500)
    expect(counted.summary()?.mean).toBeCloseTo(exact.summary()?.mean ?? 0, 6)
    expect(counted.summary()?.sd).toBeCloseTo(exact.summary()?.sd ?? 0, 6)
  })

  it('interpolates as numpy does', () => {
    expect(sampleOf([4, 1, 3, 2]).summary()).toMatchObject({
      p50: 2.5,
      p90: 3.7,
      mean: 2.5,
      count: 4,
    })
  })
})

it('tokens are counted in pieces nearly as in one text', () => {
  const text = 'The quick brown fox, at 12:30, jumped over 3 lazy dogs. '.repeat(400)
  const counter = countedTokens()
  for (let at = 0; at < text.length; at += 7) counter.push(text.slice(at, at + 7))
  expect(Math.abs(counter.end() - countTokens(text))).toBeLessThan(12)
})

it('a table has a line for each recording and one for all, and keeps to its width', () => {
  const totals = new Totals()
  const measured = measure(stream, openAi)
  totals.add(measured)
  totals.add(measured)
  for (const width of [80, 100, 140]) {
    const table = statisticsTable(width)
    const lines = [
      table.header,
      table.line('a/very/long/name/of/a/file.jsonl', measured.statistics),
      table.total(totals.end()),
    ]
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
    expect(lines[1]).toContain('file.jsonl')
    expect(lines[1]).toMatch(/ 120 +20 /)
    expect(lines[2]).toMatch(/^all 2 .* 2 end$/)
  }
})
