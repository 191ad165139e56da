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
