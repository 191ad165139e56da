import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../src/core/bytes.ts'
import type { Step, Timeline } from '../../src/core/timeline.ts'
import { sse } from '../../src/framing/index.ts'
import { resumeTimeline, stoppable } from '../../src/sources/resume.ts'

const framing = sse()
const frame = (n: number): string => `data: ${n}\n\n`

/** Frames that come 10 ms apart, the head 5 ms before the first. */
const streamOf = (...writes: readonly string[]): Timeline => [
  { atMs: 5, do: 'head', status: 200, headers: [] },
  ...writes.map((text, at): Step => ({ atMs: 10 * (at + 1), do: 'write', bytes: utf8(text) })),
  { atMs: 10 * writes.length + 1, do: 'end' },
]

const told = (timeline: Timeline): string[] =>
  [...timeline].map((step) =>
    step.do === 'write'
      ? `${step.atMs} ${looseText(step.bytes).trim()}`
      : `${step.atMs} ${step.do}`,
  )

const upTo =
  (n: number) =>
  ({ data }: { data?: string }): boolean =>
    Number(data) <= n

describe('a resumed stream', () => {
  it('brings what is past at once, and what is to come at its time', () => {
    const timeline = streamOf(frame(0), frame(1), frame(2), frame(3))
    const rest = resumeTimeline({ timeline, framing, elapsedMs: 25, skip: upTo(0) })
    const steps = ['0 head', '0 data: 1', '5 data: 2', '15 data: 3', '16 end']
    expect(told(rest)).toEqual(steps)
    expect(told(rest)).toEqual(steps)
  })

  it('brings all of it to a client that has nothing', () => {
    const timeline = streamOf(frame(0), frame(1))
    const rest = resumeTimeline({ timeline, framing, elapsedMs: 1000 })
    expect(told(rest)).toEqual(['0 head', '0 data: 0', '0 data: 1', '0 end'])
  })

  it.each(['close', 'reset', 'hang'] as const)('ends by %s as the first one does', (ending) => {
    const timeline = [...streamOf(frame(0))].map(
      (step): Step => (step.do === 'end' ? { ...step, do: ending } : step),
    )
    const rest = resumeTimeline({ timeline, framing, elapsedMs: 0 })
    expect(told(rest).at(-1)).toBe(`11 ${ending}`)
  })

  it('sends no part of a frame that is skipped, however the stream is cut into writes', () => {
    const body = utf8([0, 1, 2, 3, 4].map(frame).join(''))
    const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(cuts, fc.integer({ min: -1, max: 4 }), (lengths, last) => {
        const writes: string[] = []
        for (let at = 0, i = 0; at < body.length; i++) {
          const length = lengths[i % lengths.length] ?? 1
          writes.push(looseText(body.subarray(at, at + length)))
          at += length
        }
        const timeline = streamOf(...writes)
        const rest = resumeTimeline({ timeline, framing, elapsedMs: 0, skip: upTo(last) })
        const sent = [...rest].map((step) => (step.do === 'write' ? looseText(step.bytes) : ''))
        expect(sent.join('')).toBe(
          [0, 1, 2, 3, 4]
            .filter((n) => n > last)
            .map(frame)
            .join(''),
        )
        const times = [...rest].map(({ atMs }) => atMs)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
      }),
    )
  })

  it('keeps bytes that end within a frame', () => {
    const timeline = streamOf(frame(0), 'data: 1')
    const rest = resumeTimeline({ timeline, framing, elapsedMs: 0, skip: upTo(0) })
    expect(told(rest)).toEqual(['5 head', '21 data: 1', '21 end'])
  })
})

describe('a stoppable stream', () => {
  it('ends where it is stopped, but never before its head', () => {
    let stopped = true
    const steps: string[] = []
    for (const step of stoppable(streamOf(frame(0), frame(1), frame(2)), () => stopped)) {
      steps.push(`${step.atMs} ${step.do}`)
      stopped = steps.length > 2
    }
    expect(steps).toEqual(['5 head', '10 write', '20 write', '30 end'])
  })
})
