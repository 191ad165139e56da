import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { faultProfiles } from '../../src/faults/profiles.ts'
import { faultKinds, faultSchema } from '../../src/faults/registry.ts'

const problemsOf = (written: unknown): string[] =>
  (faultSchema.safeParse(written).error?.issues ?? []).map(
    ({ path, message }) => `${path.map(String).join('.')}: ${message}`,
  )

describe('a fault in a list', () => {
  test.each([
    ['refuse', { kind: 'refuse', options: { by: 'reset' }, probability: 1 }],
    [
      { reset: { at: { frame: 4 } }, probability: 0.25 },
      { kind: 'reset', options: { at: { frame: 4 } }, probability: 0.25 },
    ],
    [{ delay: '1.5s' }, { kind: 'delay', options: { for: 1500 }, probability: 1 }],
    [{ delay: 20 }, { kind: 'delay', options: { for: 20 }, probability: 1 }],
    [
      { close: { at: { event: 'text' } } },
      { kind: 'close', options: { at: { event: 'text', nth: 1 } }, probability: 1 },
    ],
    [
      { slice: { in: 'utf8', gap: '1ms' } },
      { kind: 'slice', options: { cut: { in: 'utf8' }, gap: 1 }, probability: 1 },
    ],
    [
      { drop: { at: 'random' } },
      { kind: 'drop', options: { at: 'random', count: 1 }, probability: 1 },
    ],
  ])('is read from %j', (written, expected) => {
    expect(faultSchema.parse(written)).toEqual({ ...expected, written })
  })

  test.each<[unknown, string | RegExp]>([
    ['rset', ': unknown fault "rset"; did you mean "reset"?'],
    [{ rset: {} }, ': unknown fault "rset"; did you mean "reset"?'],
    [7, ': a fault is a mapping such as reset: { at: { frame: 4 } }'],
    [{}, /^: names no fault; known are end, close/],
    [{ reset: { at: 'random' }, hang: { at: 'random' } }, /^: reset and hang stand in one item/],
    [{ reset: null }, /^reset.at: needs a place where it acts: \{ frame: n \}/],
    ['reset', /^: reset\.at: needs a place where it acts/],
    ['bad-gzip', /^: bad-gzip\.how: must be plain, checksum or truncated/],
    [{ inject: { at: 'random', raw: '' } }, 'inject.raw: needs at least one byte'],
    [{ inject: { at: 'random', base64: '' } }, 'inject.base64: needs at least one byte'],
    [{ jitter: { by: 0 } }, 'jitter.by: must be longer than 0'],
    [{ reset: { at: { fram: 2 } } }, 'reset.at: unknown place "fram"; did you mean "frame"?'],
    [{ reset: { at: { frame: -1 } } }, 'reset.at.frame: must be a whole number of at least 0'],
    [{ reset: { at: { frame: 'x' } } }, 'reset.at.frame: must be a whole number of at least 0'],
    [{ reset: { at: { frame: 1, byte: 2 } } }, /^reset.at: names two places, frame and byte/],
    [
      { reset: { at: { event: 'txt' } } },
      'reset.at.event: unknown event "txt"; did you mean "text"?',
    ],
    [{ reset: { at: { fraction: 2 } } }, 'reset.at.fraction: must be at most 1'],
    [{ reset: { at: { time: 'soon' } } }, /^reset.at.time: "soon" is not a duration such as 250ms/],
    [{ reset: { at: 4 } }, /^reset.at: is no place; a place is \{ frame: n \}/],
    [{ hang: { at: 'random', after: 5 } }, /^hang: unknown key "after"/],
    [{ reset: { at: 'random', aftr: 5 } }, 'reset: unknown key "aftr"; did you mean "after"?'],
    [{ stall: { at: { frame: 1 } } }, /^stall: stall needs `for`.* never ends use hang/],
    [{ delay: {} }, /^delay: delay needs how long/],
    [{ slice: { bytes: 1, in: 'utf8' } }, /^slice: slice takes bytes or in, not both/],
    [{ slice: { in: 'utf9' } }, 'slice.in: must be utf8, crlf, json or everywhere'],
    [{ merge: {} }, /^merge: merge needs/],
    [{ merge: { window: 0 } }, 'merge.window: must be longer than 0'],
    [{ inject: { at: 'random' } }, /^inject: inject needs what: one of raw, base64/],
    [{ inject: { at: 'random', base64: '*' } }, 'inject.base64: must be base64'],
    [
      { inject: { at: 'random', error: { code: 'overload' } } },
      'inject.error.code: unknown error code "overload"; did you mean "overloaded"?',
    ],
    [
      { inject: { at: 'random', event: { type: 'txt' } } },
      'inject.event: unknown event "txt"; did you mean "text"?',
    ],
    [{ refuse: { at: { frame: 1 } } }, 'refuse: refuse acts before the head and takes no place'],
    [{ refuse: {}, probability: 2 }, 'probability: must be at most 1'],
  ])('is refused with one clear message: %j', (written, message) => {
    const problems = problemsOf(written)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(message)
  })

  test.each([
    ['reset; at=frame:4; seed=9', { reset: { at: { frame: 4 } }, seed: 9 }],
    ['delay=20ms', { delay: '20ms' }],
    ['error=rate-limited', { error: 'rate-limited' }],
  ])('may be written as in the header: %s', (text, written) => {
    expect(faultSchema.parse(text)).toEqual(faultSchema.parse(written))
  })

  test('may be an error by its code alone', () => {
    const [short, long] = [{ error: 'overloaded' }, { error: { code: 'overloaded' } }].map((one) =>
      faultSchema.parse(one),
    )
    expect(short?.options).toEqual(long?.options)
    expect(problemsOf({ error: 'overload' })).toEqual([
      'error: unknown error code "overload"; did you mean "overloaded"?',
    ])
  })

  test('reports every mistake in it', () => {
    const written = { corrupt: { at: { frame: -1 }, bytes: 0 }, probability: 'often' }
    expect(problemsOf(written)).toEqual([
      'corrupt.at.frame: must be a whole number of at least 0',
      'corrupt.bytes: must be a whole number of at least 1',
      'probability: must be a number from 0 to 1',
    ])
  })

  test('has a published schema that names every kind and says what it is for', () => {
    const published = z.toJSONSchema(faultSchema, { io: 'input' })
    const forms = published.anyOf?.map((form) => form['required'] ?? form['const'])
    const names = [...faultKinds, ...faultProfiles].map(({ name }) => name)
    expect(forms?.slice(-names.length)).toEqual(names.map((name) => [name]))
    const others = published.anyOf?.slice(0, -names.length) ?? []
    expect(others.at(-1)).toMatchObject({ type: 'string', pattern: '[;=]' })
    const bare = others.slice(0, -1).map((form) => form['const'])
    expect(bare).toEqual(names.filter((name) => bare.includes(name)))
    expect(bare).toEqual(expect.arrayContaining(['refuse', ...faultProfiles.map((p) => p.name)]))
    const described = published.anyOf?.map((form) => form['description'])
    const summaries = [...faultKinds, ...faultProfiles].map(({ summary }) => summary)
    expect(described?.slice(-names.length)).toEqual(summaries)
    const text = JSON.stringify(published)
    expect(text.split('"$schema"')).toHaveLength(2)
    expect(text.includes('Just before this frame')).toBe(true)
  })
})
