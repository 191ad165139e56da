import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looseText } from '../../src/core/bytes.ts'
import type { Framing } from '../../src/core/frame.ts'
import { framingFor, json, ndjson, sse, text } from '../../src/framing/index.ts'
import { anyBytes, anyCuts, cut, framesOf, joined, plain } from './cuts.ts'

const encoded = (framing: Framing, data: string): string =>
  looseText(framing.encode({ data })?.bytes ?? new Uint8Array())

const framings: readonly Framing[] = [sse(), ndjson(), json(), text()]

describe.each(framings)('$name', (framing) => {
  it('loses no byte of any body, wherever it is cut', () => {
    fc.assert(
      fc.property(anyBytes('\n', '\r\n', '{', '}', 'é', '👩', '日'), anyCuts, (bytes, lengths) => {
        expect(joined(framesOf(framing, ...cut(bytes, lengths)))).toBe(bytes.toString('latin1'))
      }),
    )
  })

  it('gives nothing for an empty body', () => {
    expect(framesOf(framing)).toEqual([])
    expect(framesOf(framing, Buffer.alloc(0))).toEqual([])
  })

  it('writes nothing for a message that it has no form for', () => {
    const frame = framing.encode({ comment: 'keep-alive' })
    expect(frame === undefined).toBe(framing.name !== 'sse')
  })
})

describe.each([ndjson(), json()])('$name', (framing) => {
  it('gives the same frames wherever the bytes are cut', () => {
    fc.assert(
      fc.property(anyBytes('\n', '\r\n', ' ', '{"a":1}', 'é'), anyCuts, (bytes, lengths) => {
        expect(framesOf(framing, ...cut(bytes, lengths)).map(plain)).toEqual(
          framesOf(framing, bytes).map(plain),
        )
      }),
    )
  })

  it('writes any JSON value, indented or not, so that it reads the same again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const frame = framing.encode({ data: JSON.stringify(value, undefined, indent) })
        const [read, ...others] = framesOf(framing, frame?.bytes ?? Buffer.alloc(0))
        expect(others).toEqual([])
        expect(JSON.parse(read?.data ?? '')).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})

describe('ndjson', () => {
  it('writes each value on a line of its own', () => {
    expect(encoded(ndjson(), '{\n  "a": 1\r\n}')).toBe('{   "a": 1 }\n')
  })

  it.each([
    ['lines', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['lines that CRLF ends', '1\r\n2\r\n', ['1', '2']],
    ['blank lines, as frames that say nothing', '1\n\n \n2\n', ['1', undefined, undefined, '2']],
  ])('reads %s', (_, body, expected) => {
    expect(framesOf(ndjson(), Buffer.from(body)).map(({ data }) => data)).toEqual(expected)
  })

  it('marks a last line without its end as cut off', () => {
    expect(framesOf(ndjson(), Buffer.from('1\n{"b"')).map(plain)).toEqual([
      { data: '1', bytes: '1\n' },
      { bytes: '{"b"', incomplete: true },
    ])
  })
})

describe('json', () => {
  it('reads a body as one frame, whole only at its end', () => {
    const decoder = json().decoder()
    expect(decoder.push(Buffer.from('{"a":'))).toEqual([])
    expect(decoder.push(Buffer.from('1}'))).toEqual([])
    expect(decoder.end().map(plain)).toEqual([{ data: '{"a":1}', bytes: '{"a":1}' }])
    expect(decoder.end()).toEqual([])
  })
})

describe('text', () => {
  it('gives each chunk as a frame, without ever cutting a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), anyCuts, (body, lengths) => {
        const frames = framesOf(text(), ...cut(Buffer.from(body), lengths))
        expect(frames.map(({ data }) => data).join('')).toBe(body)
        expect(frames.every(({ bytes }) => bytes.length > 0)).toBe(true)
      }),
    )
  })

  it('holds back no more than the character that is unfinished', () => {
    const bytes = Buffer.from('aé👩b')
    expect(framesOf(text(), ...cut(bytes, [2, 3])).map(({ data }) => data)).toEqual([
      'a',
      'é',
      '👩',
      'b',
    ])
  })

  it('keeps a character that never ends as bytes without text', () => {
    const frames = framesOf(text(), Buffer.from('a'), Buffer.from([0xf0, 0x9f]))
    expect(frames.map(plain)).toEqual([
      { data: 'a', bytes: 'a' },
      { bytes: '\u00f0\u009f', incomplete: true },
    ])
  })

  it('keeps a chunk that is no UTF-8 as bytes without text', () => {
    expect(framesOf(text(), Buffer.from([0x80, 0x61])).map(plain)).toEqual([{ bytes: '\u0080a' }])
  })
})

describe('framingFor', () => {
  it.each([
    ['text/event-stream', 'sse'],
    ['Text/Event-Stream; charset=utf-8', 'sse'],
    ['application/x-ndjson', 'ndjson'],
    ['application/jsonl', 'ndjson'],
    ['application/stream+json', 'ndjson'],
    ['application/json; charset=utf-8', 'json'],
    ['text/html', 'text'],
    ['application/octet-stream', 'text'],
    ['', 'text'],
    [undefined, 'text'],
  ])('reads %s as %s', (contentType, name) => {
    expect(framingFor(contentType).name).toBe(name)
  })
})
