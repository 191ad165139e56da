import { describe, expect, test } from 'vitest'
import { parseFaultHeader, textOfHeader } from '../../src/faults/header.ts'
import { faults, meanings } from './asked.ts'

describe('the fault header', () => {
  test.each<[string, unknown[], number?]>([
    ['reset; at=frame:4; seed=9', [{ reset: { at: { frame: 4 } }, seed: 9 }], 9],
    ['refuse', ['refuse']],
    ['stall; at=token:3; for=2s', [{ stall: { at: { token: 3 }, for: '2s' } }]],
    ['slice; bytes=1', [{ slice: { bytes: 1 } }]],
    ['slice;in=utf8;gap=1ms', [{ slice: { in: 'utf8', gap: 1 } }]],
    ['delay; for=300', [{ delay: 300 }]],
    ['delay=300ms; probability=0.5', [{ delay: 300, probability: 0.5 }]],
    ['close; at=event:text:2', [{ close: { at: { event: 'text', nth: 2 } } }]],
    ['close; at.event=text; at.nth=2', [{ close: { at: { event: 'text', nth: 2 } } }]],
    ['close; at={"event":"text","nth":2}', [{ close: { at: { event: 'text', nth: 2 } } }]],
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
    ['inject; comment=null; at=byte:0', [{ inject: { comment: 'null', at: { byte: 0 } } }]],
    [
      'inject; comment="\\u4f60\\ud83d\\ude00"; at=byte:0',
      [{ inject: { comment: '你😀', at: { byte: 0 } } }],
    ],
    [
      'inject; error=overloaded; at=frame:1',
      [{ inject: { error: { code: 'overloaded' }, at: { frame: 1 } } }],
    ],
    [
      'inject; error.code=overloaded; error.message="No; not now, sorry"; at=frame:1',
      [
        {
          inject: {
            error: { code: 'overloaded', message: 'No; not now, sorry' },
            at: { frame: 1 },
          },
        },
      ],
    ],
    [
      'inject; event="{\\"type\\":\\"start\\"}"; at=frame:1',
      [{ inject: { event: { type: 'start' }, at: { frame: 1 } } }],
    ],
    [
      'inject; event={"type":"text","text":"a}, \\"b\\"; c"}; at=frame:1',
      [{ inject: { event: { type: 'text', text: 'a}, "b"; c' }, at: { frame: 1 } } }],
    ],
    ['proxy-that-cuts-at-60s; strength=0.5', [{ 'proxy-that-cuts-at-60s': { strength: 0.5 } }]],
    [
      'refuse; seed=1, drop; at=random; seed=2',
      [
        { refuse: {}, seed: 1 },
        { drop: { at: 'random' }, seed: 2 },
      ],
    ],
  ])('asks for what a scenario would: %s', (text, written, seed) => {
    const read = parseFaultHeader(text)
    if ('problem' in read) throw new Error(read.problem)
    expect(meanings(read.specs)).toEqual(meanings(faults(...written)))
    expect(read.seed).toBe(seed)
  })

  test.each<[string, string | RegExp]>([
    ['', /^names no fault/],
    ['reset; at=frame:4,', /^names no fault/],
    ['; at=frame:4', '"at=frame:4" stands where the name of a fault is due'],
    ['rset; at=frame:4', 'unknown fault "rset"; did you mean "reset"?'],
    ['reset', /^reset\.at: needs a place where it acts/],
    ['DELAY=1s', '"DELAY=1s" stands where the name of a fault is due; did you mean "delay"?'],
    ['seed=9', /^"seed=9" stands where the name of a fault is due$/],
    [
      'reset; at=frame:1; bogus=1',
      'reset: unknown key "bogus"; known are at, after, code; beside them all faults take probability and seed',
    ],
    [
      'reset; at=frame:1; ttl=3s',
      'reset: ttl is no option of a fault; the control API takes it beside the faults, as ?ttl=... or { faults, ttl }',
    ],
    ['reset; at=fram:4', 'reset.at: unknown place "fram"; did you mean "frame"?'],
    ['reset at=frame:4', /^cannot read "reset at=frame:4"/],
    ['reset; at', 'at needs a value: at=...'],
    ['reset; at=frame:4; at=frame:5', 'at is given twice'],
    ['reset; at=frame:4; at.nth=5', 'at.nth is given twice'],
    ['reset=4', /^reset must be a mapping of at/],
    ['refuse; at=frame:1', /^refuse acts before the head and takes no place/],
    ['goaway', /^goaway\.at: needs a place/],
    ['error', /^error\.code: must be one of/],
    ['inject; raw=; at=byte:0', /^inject\.raw: needs at least one byte/],
    ['delay=4; at=frame:1', 'delay has a value already, so that at has no place'],
    ['delay.for=4', '"delay.for" stands where the name of a fault is due'],
    ['reset; at=frame:4; seed=x', 'seed: must be a whole number of at least 0'],
    ['inject; raw="a\\q"; at=byte:0', '"a\\q" is no JSON string'],
    ['inject; raw="a; at=byte:0', /^"a; at=byte:0 is a quote that is never closed/],
    ['inject; event={"type":"text; at=byte:0', /is never closed/],
    ['inject; event={type:text}; at=byte:0', '{type:text} is no JSON'],
    [
      'inject; error=overload; at=byte:0',
      'inject.error.code: unknown error code "overload"; did you mean "overloaded"?',
    ],
    ['close; at=byte:1; probability=often', 'probability: must be a number from 0 to 1'],
    ['hang; at=byte:1; __proto__=3', /unknown key|cannot read/],
    ['hang; at=byte:1; __proto__.x=3', /unknown key|cannot read/],
  ])('is refused with one clear problem: %s', (text, problem) => {
    const read = parseFaultHeader(text)
    expect('problem' in read ? read.problem : read).toMatch(problem)
  })

  test('is read as UTF-8 where its bytes are that, and as Latin-1 where they are not', () => {
    const wire = (bytes: Buffer): string => bytes.toString('latin1')
    expect(textOfHeader(wire(Buffer.from('inject; comment="grüß 你"')))).toBe(
      'inject; comment="grüß 你"',
    )
    expect(textOfHeader('gr\xfc\xdf')).toBe('grüß')
    expect(textOfHeader('plain')).toBe('plain')
  })
})
