import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyLength } from '../../src/core/timeline.ts'
import { withFaults } from '../../src/faults/apply.ts'
import {
  bodyOf,
  contextFor,
  faults,
  head,
  lastOf,
  livePlace,
  offsetOf,
  script,
  shown,
  textSteps,
  toyStream,
  write,
  writesUpTo,
} from './toy-stream.ts'

describe('a place', () => {
  test('is found at the same byte of the body, however the chunks are cut', () => {
    fc.assert(
      fc.property(script, livePlace, (played, at) => {
        const context = contextFor(played.steps)
        const broken = [...withFaults(played.steps, faults({ reset: { at } }), context)]
        const offset = offsetOf(at, played)
        if (offset === undefined) expect(shown(broken)).toEqual(shown(played.steps))
        else {
          expect(bodyOf(broken)).toEqual(bodyOf(played.steps).subarray(0, offset))
          expect(lastOf(broken)).toBe('reset')
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('leaves the chunks before it as they were, at their times', () => {
    fc.assert(
      fc.property(script, livePlace, (played, at) => {
        const offset = offsetOf(at, played) ?? bodyLength(played.steps)
        for (const fault of [{ hang: { at } }, { delay: { for: 9, at } }, { corrupt: { at } }]) {
          const broken = [...withFaults(played.steps, faults(fault), contextFor(played.steps))]
          expect(writesUpTo(broken, offset)).toEqual(writesUpTo(played.steps, offset))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('at frame n lets exactly n whole frames pass, for every n from none to all', () => {
    fc.assert(
      fc.property(script, (played) => {
        for (let n = 0; n <= played.frames.length; n++) {
          const specs = faults({ close: { at: { frame: n } } })
          const broken = [...withFaults(played.steps, specs, contextFor(played.steps))]
          expect(bodyOf(broken).toString()).toBe(played.frames.slice(0, n).join(''))
          expect(lastOf(broken)).toBe('close')
        }
      }),
    )
  })

  test.each([
    ['after the fourth chunk, not when the fifth comes', { frame: 2 }, 20],
    ['with the head, where no byte is to arrive', { frame: 0 }, 0],
    ['when the byte before it is there', { byte: 12 }, 20],
    ['when the frame that is not to arrive would come', { event: 'text', nth: 3 }, 30],
    ['with the last frame of enough tokens', { token: 2 }, 20],
    ['at its time, between two chunks', { time: '15ms' }, 15],
    ['at half of the body, the middle byte left to the other half', { fraction: 0.5 }, 20],
  ])('is acted on %s', (_when, at, atMs) => {
    const steps = textSteps('a', 'b', 'c')
    const broken = [...withFaults(steps, faults({ reset: { at } }), contextFor(steps))]
    expect(broken.at(-1)).toEqual({ atMs, do: 'reset' })
  })

  test('by event holds the parts of a frame back, and releases them with their own times', () => {
    const steps = [
      head,
      write(1, 'data: X'),
      write(2, '\n'),
      write(3, '\ndata: Ta'),
      write(4, '\n\n'),
    ]
    const specs = faults({ close: { at: { event: 'text' } } })
    expect(shown(withFaults(steps, specs, contextFor(steps)))).toEqual([
      '0 head',
      '1 "data: X"',
      '2 "\\n"',
      '3 "\\n"',
      '3 close',
    ])
  })

  test('at random is drawn from the seed, anywhere from the first byte to the last', () => {
    const steps = textSteps('abc')
    const specs = faults({ close: { at: 'random' } })
    const lengths = Array.from({ length: 400 }, (_, i) => {
      const random = contextFor(steps).random.fork(`${i}`)
      return bodyLength(withFaults(steps, specs, contextFor(steps, { random })))
    })
    expect(new Set(lengths).size).toBe(bodyLength(steps) + 1)
  })

  test('by token does not count the whole text again at every frame', () => {
    let counts = 0
    const stream = {
      ...toyStream,
      countTokens: (text: string) => {
        counts++
        return Math.ceil(text.length / 4)
      },
    }
    const steps = textSteps(...Array.from({ length: 2000 }, () => 'word'))
    const specs = faults({ end: { at: { token: 1500 } } })
    const broken = [...withFaults(steps, specs, contextFor(steps, { stream }))]
    expect(broken).toHaveLength(1 + 1500 + 1)
    expect(counts).toBeLessThan(40)
  })
})
