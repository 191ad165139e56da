import { describe, expect, test } from 'vitest'
import type { Step } from '../../src/core/timeline.ts'
import { withFaults } from '../../src/faults/apply.ts'
import { bodyOf, contextFor, faults, shown, textSteps } from './toy-stream.ts'

const steps = textSteps('a', 'b', 'c')

const broken = (written: unknown): Step[] => [
  ...withFaults(steps, faults(written), contextFor(steps)),
]

const timesOf = (written: unknown): number[] => broken(written).map((step) => step.atMs)

describe('delay', () => {
  test.each([
    [
      'everything, the head too, where no place is named',
      { delay: '300ms' },
      [300, 310, 320, 330, 340],
    ],
    ['what comes after its place', { delay: { for: 7, at: { frame: 2 } } }, [0, 10, 20, 37, 47]],
    ['what is due from a time on', { delay: { for: 7, at: { time: 20 } } }, [0, 10, 27, 37, 47]],
  ])('shifts %s', (_what, written, expected) => {
    expect(timesOf(written)).toEqual(expected)
  })

  test('within a chunk divides it there', () => {
    expect(shown(broken({ delay: { for: 2, at: { byte: 13 } } })).slice(1, 5)).toEqual([
      '10 "data: Ta\\n\\n"',
      '20 "dat"',
      '22 "a: Tb\\n\\n"',
      '32 "data: Tc\\n\\n"',
    ])
  })
})

describe('stall', () => {
  test.each([
    [
      'catches up at once, then goes on as planned',
      { for: 15, at: { frame: 1 } },
      [0, 10, 25, 30, 40],
    ],
    ['holds the head back where no place is named', { for: '25ms' }, [25, 25, 25, 30, 40]],
    ['begins at a time', { for: 10, at: { time: 12 } }, [0, 10, 22, 30, 40]],
    ['delays even the end where it is long', { for: 90, at: { frame: 3 } }, [0, 10, 20, 30, 120]],
  ])('%s', (_what, stall, expected) => {
    expect(timesOf({ stall })).toEqual(expected)
    expect(bodyOf(broken({ stall }))).toEqual(bodyOf(steps))
  })
})

describe('throttle', () => {
  test('lets bytes through at its rate in pieces, and the end waits for them', () => {
    // 100 bytes a second: ten bytes are two pieces of five, and each takes 50 ms.
    expect(shown(broken({ throttle: { bytesPerSecond: 100 } }))).toEqual([
      '0 head',
      ...['60 "data:"', '110 " Ta\\n\\n"', '160 "data:"', '210 " Tb\\n\\n"'],
      ...['260 "data:"', '310 " Tc\\n\\n"', '310 end'],
    ])
  })

  test('changes nothing but the first times where the line is fast enough', () => {
    expect(timesOf({ throttle: { bytesPerSecond: 10_000 } })).toEqual([0, 11, 21, 31, 40])
  })
})

describe('jitter', () => {
  test('makes chunks late by no more than it may, and lets none overtake another', () => {
    const times = timesOf({ jitter: { by: 15 } })
    expect(times).toEqual(times.toSorted((one, other) => one - other))
    for (const [i, atMs] of times.slice(1, 4).entries()) {
      expect(atMs).toBeGreaterThanOrEqual((i + 1) * 10)
      expect(atMs).toBeLessThan(45)
    }
    expect(new Set(times).size).toBeGreaterThan(2)
    expect(bodyOf(broken({ jitter: { by: 15 } }))).toEqual(bodyOf(steps))
  })
})

describe('heartbeats', () => {
  test('come at their own times while the stream goes on at its', () => {
    const written = { heartbeats: { every: 8, count: 3, at: { frame: 1 } } }
    expect(shown(broken(written)).map((line) => line.slice(0, 9))).toEqual([
      ...['0 head', '10 "data:', '10 ": bea', '18 ": bea', '20 "data:'],
      ...['26 ": bea', '30 "data:', '40 end'],
    ])
  })

  test('that are due after the end do not come', () => {
    const written = { heartbeats: { every: 25, count: 9 } }
    expect(shown(broken(written)).filter((line) => line.includes('beat'))).toHaveLength(2)
  })
})
