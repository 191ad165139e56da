import { describe, expect, test } from 'vitest'
import { parseFaultHeader } from '../../src/faults/header.ts'
import { faults } from './toy-stream.ts'

describe('the fault header', () => {
  test.each<[string, unknown[], number?]>([
    ['reset; at=frame:4; seed=9', [{ reset: { at: { frame: 4 } } }], 9],
    ['refuse', ['refuse']],
    ['stall; at=token:3; for=2s', [{ stall: { at: { token: 3 }, for: '2s' } }]],
    ['slice; bytes=1', [{ slice: { bytes: 1 } }]],
    ['slice;in=utf8;gap=1ms', [{ slice: { in: 'utf8', gap: 1 } }]],
    ['delay; for=300', [{ delay: 300 }]],
    ['close; at=event:text:2', [{ close: { at: { event: 'text', nth: 2 } } }]],
    ['hang; at=random;', [{ hang: { at: 'random' } }]],
    ['end; at=fraction:0.5; after=20ms', [{ end: { at: { fraction: 0.5 }, after: 20 } }]],
    [
      'inject; comment=hi; at=frame:2, reset; at=frame:3; probability=0.5',
      [
        { inject: { comment: 'hi', at: { frame: 2 } } },
        { reset: { at: { frame: 3 } }, probability: 0.5 },
      ],
    ],
    [
      'inject; raw="a, b; \\"c\\"\\n\\n"; at=byte:0',
      [{ inject: { raw: 'a, b; "c"\n\n', at: { byte: 0 } } }],
    ],
    ['inject; base64=4pw=; at=byte:0', [{ inject: { base64: '4pw=', at: { byte: 0 } } }]],
    ['inject; comment=7; at=byte:0', [{ inject: { comment: '7', at: { byte: 0 } } }]],
    [
      'inject; error=overloaded; at=frame:1',
      [{ inject: { error: { code: 'overloaded' }, at: { frame: 1 } } }],
    ],
    [
      'inject; event="{\\"type\\":\\"start\\"}"; at=frame:1',
      [{ inject: { event: { type: 'start' }, at: { frame: 1 } } }],
    ],
  ])('asks for what a scenario would: %s', (text, written, seed) => {
    const expected = { specs: faults(...written), ...(seed === undefined ? {} : { seed }) }
    expect(parseFaultHeader(text)).toEqual(expected)
  })

  test.each<[string, string | RegExp]>([
    ['', /^names no fault/],
    ['reset; at=frame:4,', /^names no fault/],
    ['; at=frame:4', '"at=frame:4" stands where the name of a fault is due'],
    ['rset; at=frame:4', 'unknown fault "rset"; did you mean "reset"?'],
    ['reset', /^reset.at: needs a place where it acts/],
    ['reset; at=fram:4', 'reset.at: unknown place "fram"; did you mean "frame"?'],
    ['reset at=frame:4', /^cannot read "reset at=frame:4"/],
    ['reset; at', 'at needs a value: at=...'],
    ['reset; at=frame:4; at=frame:5', 'at is given twice'],
    ['reset=4', '"reset=4" stands where the name of a fault is due'],
    ['reset; at=frame:4; seed=x', 'seed: "x" is not a whole number'],
    ['refuse; seed=1, refuse; seed=2', 'two seeds, 1 and 2; give one'],
    ['inject; raw="a\\q"; at=byte:0', '"a\\q" is no JSON string'],
    ['close; at=byte:1; probability=often', 'probability: must be a number from 0 to 1'],
    ['hang; at=byte:1; __proto__=3', /unknown key|cannot read/],
  ])('is refused with one clear problem: %s', (text, problem) => {
    const read = parseFaultHeader(text)
    expect('problem' in read ? read.problem : read).toMatch(problem)
  })
})
