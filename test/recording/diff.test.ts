import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DiffOptions, diffRecordings } from '../../src/recording/look/diff.ts'
import { pairRecordings } from '../../src/recording/look/diff-folders.ts'
import { diffJson } from '../../src/recording/look/diff-json.ts'
import { renderDiff } from '../../src/recording/look/diff-text.ts'
import { distanceOf } from '../../src/recording/look/distance.ts'
import { levelText } from '../../src/recording/look/level.ts'
import { sampleOf } from '../../src/recording/look/sample.ts'
import { diffTexts } from '../../src/recording/look/text-diff.ts'
import { delta, openAi, type Taped, taped } from './taped.ts'

const decoded: DiffOptions = { dialectOf: () => openAi }
const base = [
  [10, delta('The sky ')],
  [30, delta('is blue')],
  [50, 'data: [DONE]\n\n'],
] as const
const differ = (
  b: Parameters<typeof taped>[0],
  options: Taped = {},
  how: Partial<DiffOptions> = {},
): readonly string[] =>
  diffRecordings(taped(base), taped(b, options), { ...decoded, ...how }).differ

const chunk = fc.tuple(fc.nat(50), fc.uint8Array({ maxLength: 40 }))
const anyTape = fc.array(chunk, { maxLength: 8 }).map((chunks) => {
  const timesMs = chunks.map((_, at) => chunks.slice(0, at).reduce((sum, [gap]) => sum + gap, 0))
  return taped(chunks.map(([, bytes], at) => [timesMs[at] ?? 0, bytes] as const))
})

describe('the difference of two recordings', () => {
  it('is none of a recording and itself', () => {
    fc.assert(
      fc.property(anyTape, fc.boolean(), (tape, levelIds) => {
        const found = diffRecordings(tape, tape, { dialectOf: () => undefined, levelIds })
        expect(found.differ).toEqual([])
        expect([...renderDiff(found, 80)].at(-1)).toMatch(/^the same/)
      }),
    )
  })

  it('is found in the body wherever it is', () => {
    fc.assert(
      fc.property(anyTape, anyTape, (a, b) => {
        const bytesOf = (tape: typeof a): Buffer =>
          Buffer.concat(
            [...tape.timeline()].map((step) =>
              step.do === 'write' ? step.bytes : Buffer.alloc(0),
            ),
          )
        const [left, right] = [bytesOf(a), bytesOf(b)]
        const { body } = diffRecordings(a, b, { dialectOf: () => undefined })
        expect(body === undefined).toBe(left.equals(right))
        if (!body) return
        const byte = body.byte ?? -1
        expect(left.subarray(0, byte)).toEqual(right.subarray(0, byte))
        expect(left[byte]).not.toBe(right[byte])
        expect(Buffer.from(body.a)).toEqual(left.subarray(byte, byte + 48))
      }),
    )
  })

  it.each([
    [
      'the times',
      [
        [10, delta('The sky ')],
        [31, delta('is blue')],
        [50, 'data: [DONE]\n\n'],
      ],
      {},
      ['times'],
    ],
    [
      'the chunks',
      [
        [10, delta('The sky ') + delta('is blue')],
        [50, 'data: [DONE]\n\n'],
      ],
      {},
      ['chunks', 'times'],
    ],
    ['the ending', base, { ending: 'reset' }, ['ending']],
    ['the status', base, { status: 201 }, ['head']],
    ['what was asked', base, { request: { body: '{"temperature":1}' } }, ['request']],
    [
      'nothing that is lost',
      [
        [0, delta('The sky ')],
        [0, delta('is blue')],
        [0, 'data: [DONE]\n\n'],
      ],
      { lost: ['chunks', 'times'] },
      [],
    ],
  ] as const)('tells %s', (_, chunks, options, expected) => {
    expect(differ(chunks, options)).toEqual(expected)
  })

  it('leaves out times and chunks that do not count', () => {
    const cut = [
      [1, delta('The sky ').slice(0, 9)],
      [2, delta('The sky ').slice(9)],
      [3, delta('is blue')],
      [4, 'data: [DONE]\n\n'],
    ] as const
    expect(differ(cut, {}, { ignoreTimes: true })).toEqual(['chunks'])
    expect(differ(cut, {}, { ignoreTimes: true, ignoreChunks: true })).toEqual([])
  })

  it('shows the byte and the frame, what is said, and how far the times are apart', () => {
    const b = [
      [10, delta('The sky ')],
      [40, delta('was grey')],
      [50, 'data: [DONE]\n\n'],
    ] as const
    const found = diffRecordings(taped(base), taped(b, { file: 'other.jsonl' }), decoded)
    expect(found.differ).toEqual(['body', 'events', 'chunks', 'times'])
    const text = [...renderDiff(found, 100)].join('\n')
    const byte = delta('The sky ').length + delta('is blue').indexOf('is blue')
    expect(text).toContain(`first difference at byte ${byte} in frame 2`)
    expect(text).toContain('The sky [-is blue-]{+was grey+}')
    expect(text).toMatch(/gap p50 +20 +30 +\+10/)
    expect(text).toContain('the gaps are 10 ms apart')
    expect(text).toContain('they differ in body, events, chunks and times')
    expect(JSON.parse(JSON.stringify(diffJson(found)))).toMatchObject({
      same: false,
      body: { byte, frame: 2, a: { text: expect.stringMatching(/^is blue/) } },
      timing: { distance: { wassersteinMs: 10, ks: 1 } },
    })
  })

  it('takes ids and dates for the same where it is told to', () => {
    const withId = (id: string, created: number, word: string): string =>
      `data: {"id":"${id}","created":${created},"choices":[{"index":0,"delta":{"content":"${word}"}}]}\n\n`
    const [a, b, c] = [
      withId('chatcmpl-Ab12Cd34Ef56', 1_770_000_000, 'one'),
      withId('chatcmpl-Zz98Yy76Xx5432', 1_780_000_001, 'one'),
      withId('chatcmpl-Zz98Yy76Xx5432', 1_780_000_001, 'two'),
    ].map((text) => taped([[10, text]]))
    if (!a || !b || !c) return expect.fail()
    expect(diffRecordings(a, b, decoded).differ).toEqual(['body', 'chunks'])
    expect(diffRecordings(a, b, { ...decoded, levelIds: true }).differ).toEqual([])
    const found = diffRecordings(a, c, { ...decoded, levelIds: true })
    expect(found.differ).toEqual(['body', 'events'])
    expect(found.body).toMatchObject({ byte: undefined, frame: 1 })
    expect(levelText('at 2026-11-22T10:00:00Z, not 3 apples')).toBe('at …, not 3 apples')
  })
})

describe('recordings of two folders', () => {
  const asked = (file: string, body: string): ReturnType<typeof taped> =>
    taped(base, { file, request: { body } })

  it('belong together by what was asked, in order, and then by name', () => {
    const a = [
      asked('a/1', '"x"'),
      asked('a/2', '"x"'),
      asked('a/3', '"y"'),
      asked('a/4', '"z"'),
      asked('a/5', '"q"'),
    ]
    const b = [
      asked('b/9', '"y"'),
      asked('b/8', '"x"'),
      asked('b/7', '"x"'),
      asked('b/4', '"w"'),
      asked('b/6', '"v"'),
    ]
    const { pairs, onlyInA, onlyInB } = pairRecordings(a, b)
    expect(pairs.map((pair) => pair.map(({ file }) => file))).toEqual([
      ['a/1', 'b/8'],
      ['a/2', 'b/7'],
      ['a/3', 'b/9'],
      ['a/4', 'b/4'],
    ])
    expect([onlyInA, onlyInB].map((left) => left.map(({ file }) => file))).toEqual([
      ['a/5'],
      ['b/6'],
    ])
  })
})

describe('the distance of two distributions', () => {
  const sample = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), {
    minLength: 1,
    maxLength: 30,
  })

  it('is 0 from itself, the same both ways, and never breaks the triangle', () => {
    fc.assert(
      fc.property(sample, sample, sample, (...lists) => {
        const [a, b, c] = lists.map(sampleOf)
        if (!a || !b || !c) return
        const [ab, ba, bc, ac] = [
          distanceOf(a, b),
          distanceOf(b, a),
          distanceOf(b, c),
          distanceOf(a, c),
        ]
        expect(distanceOf(a, a)).toEqual({ wassersteinMs: 0, ks: 0 })
        expect(ab?.wassersteinMs).toBeCloseTo(ba?.wassersteinMs ?? -1, 6)
        expect(ab?.ks).toBeCloseTo(ba?.ks ?? -1, 9)
        expect(ac?.wassersteinMs ?? 0).toBeLessThanOrEqual(
          (ab?.wassersteinMs ?? 0) + (bc?.wassersteinMs ?? 0) + 1e-6,
        )
      }),
    )
  })

  it('is how far a sample was moved', () => {
    const distance = distanceOf(sampleOf([1, 2, 3]), sampleOf([6, 7, 8]))
    expect(distance?.wassersteinMs).toBeCloseTo(5, 9)
    expect(distance?.ks).toBe(1)
  })
})

describe('the difference of two texts', () => {
  it('gives both texts when it is joined, and no pieces but one where they are the same', () => {
    const words = fc.array(fc.constantFrom('the', 'sky', 'is', 'blue', ' ', '\n', '🙂'), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(words, words, (left, right) => {
        const [a, b] = [left.join(''), right.join('')]
        const pieces = diffTexts(a, b)
        expect(pieces.map((piece) => ('same' in piece ? piece.same : piece.a)).join('')).toBe(a)
        expect(pieces.map((piece) => ('same' in piece ? piece.same : piece.b)).join('')).toBe(b)
        expect(diffTexts(a, a).every((piece) => 'same' in piece)).toBe(true)
      }),
    )
  })

  it('takes texts with nothing in common for one difference, quickly', () => {
    const [a, b] = ['left '.repeat(20_000), 'right, '.repeat(20_000)]
    expect(diffTexts(a, b).length).toBeLessThan(10)
  })
})
