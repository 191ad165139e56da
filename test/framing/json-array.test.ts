import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonArray, jsonArrayMarks } from '../../src/framing/index.ts'
import { anyBytes, anyCuts, cut, framesOf, joined, plain } from './cuts.ts'

const framing = jsonArray()

const read = (body: string) => framesOf(framing, Buffer.from(body)).map(plain)

/** A body as the encoder of a dialect writes it. */
function written(values: readonly unknown[], indent: number): Buffer {
  const { open, between, close } = jsonArrayMarks
  const elements = values.map((value) => JSON.stringify(value, undefined, indent))
  return Buffer.from(values.length === 0 ? '[]' : open + elements.join(between) + close)
}

const values = fc.array(fc.jsonValue(), { maxLength: 6 })
const brackets = ['[', ']', '{', '}', ',', '"', '\\', ' ', '\n', ',\r\n', '{"a":[1]}', 'é']

describe('a JSON array', () => {
  it('loses no byte of any body, and gives the same frames wherever it is cut', () => {
    fc.assert(
      fc.property(anyBytes(...brackets), anyCuts, (bytes, lengths) => {
        const frames = framesOf(framing, ...cut(bytes, lengths))
        expect(joined(frames)).toBe(bytes.toString('latin1'))
        expect(frames.map(plain)).toEqual(framesOf(framing, bytes).map(plain))
      }),
    )
  })

  it('is read as its elements, whatever they hold, and the bracket after them', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0, 2), anyCuts, (list, indent, lengths) => {
        const frames = framesOf(framing, ...cut(written(list, indent), lengths))
        const last = frames.pop()
        expect(frames.map(({ data }) => JSON.parse(data ?? ''))).toEqual(
          JSON.parse(JSON.stringify(list)),
        )
        expect(last?.data).toBeUndefined()
        expect(last?.incomplete).toBeUndefined()
      }),
    )
  })

  it('gives each element as soon as its last byte is there', () => {
    const decoder = framing.decoder()
    expect(decoder.push(Buffer.from('[{"a": "}]\\""')).map(plain)).toEqual([])
    expect(decoder.push(Buffer.from('}')).map(plain)).toEqual([
      { data: '{"a": "}]\\""}', bytes: '[{"a": "}]\\""}' },
    ])
    expect(decoder.push(Buffer.from('\n,\r\n{}')).map(plain)).toEqual([
      { data: '{}', bytes: '\n,\r\n{}' },
    ])
    expect(decoder.push(Buffer.from('\n]')).map(plain)).toEqual([{ bytes: '\n]' }])
    expect(decoder.end()).toEqual([])
  })

  it.each([
    ['nothing', '', []],
    ['an empty array', '[]', [{ bytes: '[]' }]],
    ['numbers and words', '[1, null]', ['[1', ', null', ']']],
    ['strings', '["a\\"]", "b"]', ['["a\\"]"', ', "b"', ']']],
    ['lists within it', '[[1,[2]],[]]', ['[[1,[2]]', ',[]', ']']],
    ['space after it', '[{}] \n', ['[{}', ']', ' \n']],
    ['the rest of one that began before', ',{}\n]', [',{}', '\n]']],
  ])('reads %s', (_, body, expected) => {
    const frames = framesOf(framing, Buffer.from(body))
    expect(frames.some(({ incomplete }) => incomplete)).toBe(false)
    expect(frames.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(
      expected.map((one) => (typeof one === 'string' ? one : one.bytes)),
    )
  })

  it.each([
    ['within an element', '[{"a":1', '[{"a":1'],
    ['after a comma', '[{}\n,\r\n', '\n,\r\n'],
    ['within a number', '[1', '[1'],
  ])('marks what is left where the body ends %s', (_, body, rest) => {
    expect(read(body).at(-1)).toEqual({ bytes: rest, incomplete: true })
  })

  it('may be no array at all: one plain object is one frame', () => {
    const body = ' {\n  "error": {"code": 500}\n}\n'
    expect(read(body)).toEqual([{ bytes: body, data: body.trim() }])
    expect(read('{"error":')).toEqual([{ bytes: '{"error":', incomplete: true }])
  })

  it('is written element by element, each as it stands after another', () => {
    expect(framing.encode({ data: '{"a":1}' })).toEqual({
      data: '{"a":1}',
      bytes: Buffer.from('\n,\r\n{"a":1}'),
    })
    expect(framing.encode({ comment: 'keep-alive' })).toBeUndefined()
  })
})
