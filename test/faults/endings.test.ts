import { describe, expect, test } from 'vitest'
import { endings } from '../../src/core/timeline.ts'
import { withFaults } from '../../src/faults/apply.ts'
import { contextFor, faults, shown, textSteps } from './toy-stream.ts'

const steps = textSteps('a', 'b')

const broken = (...written: unknown[]) =>
  shown(withFaults(steps, faults(...written), contextFor(steps)))

describe('an ending', () => {
  test.each(endings)('as a fault comes instead of all that was due after its place: %s', (kind) => {
    expect(broken({ [kind]: { at: { frame: 1 } } })).toEqual([
      '0 head',
      '10 "data: Ta\\n\\n"',
      `10 ${kind}`,
    ])
  })

  test('after the last frame replaces the clean end', () => {
    expect(broken({ reset: { at: { frame: 2 } } }).slice(2)).toEqual([
      '20 "data: Tb\\n\\n"',
      '20 reset',
    ])
  })

  test('at a place that is never reached leaves the stream alone', () => {
    expect(broken({ reset: { at: { frame: 3 } } })).toEqual(shown(steps))
  })

  test.each(['end', 'close', 'reset'])('can wait in silence before it acts: %s', (kind) => {
    const written = { [kind]: { at: { byte: 4 }, after: '20ms' } }
    expect(broken(written)).toEqual(['0 head', '10 "data"', `30 ${kind}`])
  })

  test.each([
    ['refuse', '0 reset code="REFUSED_STREAM"'],
    [{ refuse: null }, '0 reset code="REFUSED_STREAM"'],
    [{ refuse: { by: 'close' } }, '0 close'],
  ])('before the head gives no byte of an answer: %j', (written, expected) => {
    expect(broken(written)).toEqual([expected])
  })

  test('acts on what an earlier fault made of the stream', () => {
    expect(broken({ delay: '1s' }, { hang: { at: { time: '1015ms' } } })).toEqual([
      '1000 head',
      '1010 "data: Ta\\n\\n"',
      '1015 hang',
    ])
  })
})
