import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunkLine, formatLine, stepOf } from '../../src/recording/format.ts'
import { RecordingReader } from '../../src/recording/read.ts'
import { isBase64, longChunk } from '../../src/recording/read-long.ts'

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '\n', '\u0000', 'a', 'é', '🙂', '\ud83d', '\ude42'),
  }),
)

test('a long line gives the chunk that JSON would give, whatever is in it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), texts, (atMs, text) => {
      const line = { atMs: Math.round(atMs * 1000) / 1000, text }
      expect(longChunk(Buffer.from(formatLine(line)))).toEqual(stepOf(line))
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const line = chunkLine({ atMs: 1.5, do: 'write', bytes: Uint8Array.of(0xff, ...bytes) })
      const step = longChunk(Buffer.from(formatLine(line)))
      expect(step?.bytes).toEqual(Buffer.from([0xff, ...bytes]))
    }),
  )
})

test('escapes that somebody else has written mean what they mean in JSON', () => {
  const written = String.raw`{"atMs":1,"text":"\/\b\f\n\r\t\"\\é🙂\ud83dx\ude42"}`
  expect(longChunk(Buffer.from(written))).toEqual(stepOf(JSON.parse(written)))
})

describe('left to JSON, and unchanged, is', () => {
  test.each([
    ['another order of keys', '{"text":"a","atMs":1}'],
    ['a space', '{"atMs":1, "text":"a"}'],
    ['another key', '{"atMs":1,"text":"a","x":"b"}'],
    ['an escape that is none', String.raw`{"atMs":1,"text":"\x"}`],
    ['half an escape', String.raw`{"atMs":1,"text":"\u00e"}`],
    ['a raw control character', '{"atMs":1,"text":"\n"}'],
    ['an escape at the end', String.raw`{"atMs":1,"text":"a\"}`],
    ['base64 with a stranger in it', '{"atMs":1,"base64":"a-==" }'],
    ['base64 without its padding', '{"atMs":1,"base64":"abc"}'],
    ['a head', '{"atMs":1,"head":{"status":200,"headers":[]}}'],
  ])('%s', (_, line) => {
    const bytes = Buffer.from(line)
    expect(longChunk(bytes)).toBeUndefined()
    expect(bytes.toString()).toBe(line)
  })
})

test('a long line that makes no sense is a mistake with its place, as a short one is', () => {
  const mistakesOf = (long: boolean): unknown => {
    const reader = new RecordingReader('r.jsonl')
    reader.push('{"recording":1,"by":"t","at":"2026-01-01T00:00:00.000Z"}')
    reader.push('{"request":{"method":"GET","url":"http://localhost/","headers":[]}}')
    reader.push('{"atMs":5,"head":{"status":200,"headers":[]}}')
    for (const line of ['{"atMs":4,"text":"a"}', '{"atMs":6,"text":"a","x":1}']) {
      reader.push(long ? Buffer.from(line) : line)
    }
    const read = reader.end()
    return 'mistakes' in read ? read.mistakes : []
  }
  expect(mistakesOf(true)).toEqual(mistakesOf(false))
  expect(mistakesOf(true)).toMatchObject([
    { line: 4, column: 2, message: '"atMs" goes back in time, from 5 to 4' },
    { line: 5, column: 22 },
  ])
})

test('base64 of many megabytes is told from what is none', () => {
  const long = Buffer.alloc(12_000_000, 0xab).toString('base64')
  expect(isBase64(long)).toBe(true)
  expect(isBase64(`${long}!`)).toBe(false)
  expect(isBase64(`${long.slice(0, -4)}a=b=`)).toBe(false)
})
