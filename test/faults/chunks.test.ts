import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8, wholeText } from '../../src/core/bytes.ts'
import { isEnding, type Step } from '../../src/core/timeline.ts'
import { withFaults } from '../../src/faults/apply.ts'
import { bodyOf, contextFor, faults, head, script, shown, textSteps, write } from './toy-stream.ts'

const broken = (steps: readonly Step[], written: unknown): Step[] => [
  ...withFaults(steps, faults(written), contextFor(steps)),
]

const texts = (steps: readonly Step[]): string[] =>
  steps.flatMap((step) => (step.do === 'write' ? [Buffer.from(step.bytes).toString()] : []))

const one = (text: string): Step[] => [head, write(5, text), { atMs: 6, do: 'end' }]

describe('slice', () => {
  test.each([
    ['by size', { bytes: 3 }, 'abcdefgh', ['abc', 'def', 'gh']],
    ['between CR and LF', { in: 'crlf' }, 'a\r\n\r\nb\n', ['a\r', '\n\r', '\nb\n']],
    [
      'where JSON bytes mean something',
      { in: 'json' },
      '{"a\\n":1}',
      ['{', '"', 'a\\', 'n"', ':', '1}'],
    ],
    ['everywhere', { in: 'everywhere' }, 'abc', ['a', 'b', 'c']],
    ['from a place on', { bytes: 2, at: { byte: 3 } }, 'abcdefg', ['abc', 'de', 'fg']],
  ])('cuts %s', (_how, slice, text, expected) => {
    expect(texts(broken(one(text), { slice }))).toEqual(expected)
  })

  test('cuts within every character of several bytes', () => {
    const out = broken(one('aé😀b'), { slice: { in: 'utf8' } })
    expect(shown(out).slice(1, -1)).toEqual(['5 "aÃ"', '5 "©ð"', '5 "\u009f\u0098\u0080b"'])
    for (const step of out.slice(1, -2)) {
      if (step.do === 'write') expect(wholeText(step.bytes)).toBeUndefined()
    }
  })

  test('leaves a gap between pieces, and pushes later chunks back only as far as needed', () => {
    const steps = [
      head,
      write(10, 'abc'),
      write(11, 'd'),
      write(30, 'e'),
      { atMs: 30, do: 'end' } as const,
    ]
    expect(shown(broken(steps, { slice: { bytes: 1, gap: '2ms' } }))).toEqual([
      '0 head',
      '10 "a"',
      '12 "b"',
      '14 "c"',
      '16 "d"',
      '30 "e"',
      '30 end',
    ])
  })

  test('changes no byte of any stream', () => {
    const slices = fc.constantFrom(
      { bytes: 1 },
      { bytes: 5 },
      { in: 'utf8' },
      { in: 'json', gap: 1 },
    )
    fc.assert(
      fc.property(script, slices, ({ steps }, slice) => {
        expect(bodyOf(broken(steps, { slice }))).toEqual(bodyOf(steps))
      }),
    )
  })
})

describe('merge', () => {
  test('joins chunks until they hold enough frames, and sends the rest before the end', () => {
    expect(shown(broken(textSteps('a', 'b', 'c'), { merge: { frames: 2 } }))).toEqual([
      '0 head',
      '20 "data: Ta\\n\\ndata: Tb\\n\\n"',
      '30 "data: Tc\\n\\n"',
      '40 end',
    ])
  })

  test('joins what comes within a window, and sends it when the window is over', () => {
    const steps = [
      head,
      write(10, 'a'),
      write(15, 'b'),
      write(20, 'c'),
      { atMs: 22, do: 'end' } as const,
    ]
    expect(shown(broken(steps, { merge: { window: 10 } }))).toEqual([
      '0 head',
      '20 "ab"',
      '22 "c"',
      '22 end',
    ])
  })

  test('changes no byte of any stream, and makes no chunk smaller', () => {
    const merges = fc.constantFrom({ frames: 1 }, { frames: 3 }, { window: 20 })
    fc.assert(
      fc.property(script, merges, ({ steps }, merge) => {
        const out = broken(steps, { merge })
        expect(bodyOf(out)).toEqual(bodyOf(steps))
        const before = new Set(bordersOf(steps))
        for (const border of bordersOf(out)) expect(before).toContain(border)
      }),
    )
  })
})

describe('duplicate and drop', () => {
  const nth = fc.record({ frame: fc.nat(6), count: fc.integer({ min: 1, max: 3 }) })

  test('drop leaves out exactly the frames it names, however the chunks are cut', () => {
    fc.assert(
      fc.property(script, nth, ({ frames, cutOff, steps }, { frame, count }) => {
        const out = bodyOf(broken(steps, { drop: { at: { frame }, count } })).toString()
        const left = frames.filter((_, i) => i < frame || i >= frame + count)
        // Where it is still waiting for frames, the part of one goes with them.
        const isWaiting = frame <= frames.length && frame + count > frames.length
        expect(out).toBe(left.join('') + (isWaiting ? '' : cutOff))
      }),
      { numRuns: 1000 },
    )
  })

  test('duplicate sends exactly the frames it names twice, however the chunks are cut', () => {
    fc.assert(
      fc.property(script, nth, ({ frames, cutOff, steps }, { frame, count }) => {
        const out = bodyOf(broken(steps, { duplicate: { at: { frame }, count } })).toString()
        const twice = frames.map((text, i) =>
          i >= frame && i < frame + count ? text + text : text,
        )
        expect(out).toBe(twice.join('') + cutOff)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['in the middle of a frame', { byte: 3 }, 'data: Ta\n\ndata: Tc\n\n'],
    ['at a border', { byte: 10 }, 'data: Ta\n\ndata: Tc\n\n'],
    ['at a time', { time: 15 }, 'data: Ta\n\ndata: Tc\n\n'],
    ['at an event', { event: 'text', nth: 3 }, 'data: Ta\n\ndata: Tb\n\n'],
  ])('act on the first frame that begins at or after a place %s', (_where, at, expected) => {
    expect(bodyOf(broken(textSteps('a', 'b', 'c'), { drop: { at } })).toString()).toBe(expected)
  })
})

describe('corrupt', () => {
  test('overwrites so many bytes with others, and moves neither a border nor a time', () => {
    const bytes = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(script, fc.nat(100), bytes, ({ steps }, byte, count) => {
        const out = broken(steps, { corrupt: { at: { byte }, bytes: count } })
        const [before, after] = [bodyOf(steps), bodyOf(out)]
        const changed = [...before.keys()].filter((i) => before[i] !== after[i])
        const end = Math.min(byte + count, before.length)
        expect(changed).toEqual([...before.keys()].slice(byte, end))
        expect(out.map(shapeOf)).toEqual(steps.map(shapeOf))
      }),
    )
  })
})

describe('inject', () => {
  test.each([
    [{ raw: 'data: {not json}\n\n' }, 'data: {not json}\n\n'],
    [{ base64: '4pw=' }, Buffer.from('4pw=', 'base64').toString('latin1')],
    [{ comment: 'keep-alive' }, ': keep-alive\n\n'],
    [{ error: { code: 'overloaded' } }, 'data: Eoverloaded\n\n'],
    [{ event: { type: 'text', text: 'hi' } }, 'data: Thi\n\n'],
  ])('puts %j into the stream as a chunk of its own', (what, expected) => {
    const out = broken(textSteps('a', 'b'), { inject: { at: { frame: 1 }, ...what } })
    expect(shown(out)).toEqual([
      '0 head',
      '10 "data: Ta\\n\\n"',
      `10 ${JSON.stringify(expected)}`,
      '20 "data: Tb\\n\\n"',
      '30 end',
    ])
  })

  test('waits for the head where its time comes before it', () => {
    const steps = [{ ...head, atMs: 50 }, write(60, 'x'), { atMs: 60, do: 'end' } as const]
    const out = broken(steps, { inject: { at: { time: 20 }, raw: '!' } })
    expect(shown(out)).toEqual(['50 head', '50 "!"', '60 "x"', '60 end'])
  })

  test('says what to do where the stream has no form for an event', () => {
    const usage = { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } }
    expect(() => broken(one('x'), { inject: { at: { frame: 0 }, event: usage } })).toThrow(
      'inject: neither the dialect nor its framing (sse) has a form for usage; give the bytes by raw or base64',
    )
  })

  test('writes text as UTF-8', () => {
    const out = broken(one('x'), { inject: { at: { byte: 0 }, raw: 'é' } })
    expect(bodyOf(out)).toEqual(Buffer.from(utf8('éx')))
  })
})

const shapeOf = (step: Step): unknown => [
  step.atMs,
  step.do,
  step.do === 'write' ? step.bytes.length : 0,
]

function bordersOf(steps: readonly Step[]): number[] {
  let offset = 0
  return steps.flatMap((step) => {
    if (isEnding(step) || step.do === 'head' || step.bytes.length === 0) return []
    offset += step.bytes.length
    return [offset]
  })
}
