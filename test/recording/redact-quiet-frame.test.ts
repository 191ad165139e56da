import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src/core/recording-settings.ts'
import type { WriteStep } from '../../src/core/timeline.ts'
import { ChunkLines } from '../../src/recording/chunk-lines.ts'
import { chunkLine, formatLine } from '../../src/recording/format.ts'
import { contextBytes, Finder } from '../../src/recording/redact/redact-finder.ts'
import { QuietFrame } from '../../src/recording/redact/redact-quiet-frame.ts'
import { signsOfShapes } from '../../src/recording/redact/secrets-shapes.ts'

const secrets = ['sk-proj-Ab3dEf6hIj9kLmN0pQrS', 'correct horse/battery "staple"', 'süß-und-geheim']
const finder = new Finder(secrets, defaultSettings.redact)
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')
const stepOf = (bytes: Uint8Array): WriteStep => ({ atMs: 0, do: 'write', bytes })

// It has to be worth while before signs are gathered.
for (let look = 0; look < 20; look++) finder.isQuiet(bytesOf('word\n'))

const suspicious = fc.constantFrom(
  ...signsOfShapes,
  ...secrets.map((one) => Buffer.from(one, 'utf8').toString('latin1')),
  ...secrets.map((one) => Buffer.from(one, 'utf8').toString('base64')),
  ...['"api_key": "a1B2c3D4e5F6"', 'Bearer a1B2c3D4e5F6g7', 'KEY=a1B2c3D4e5F6g7H8'],
  ...['-----BEGIN PRIVATE KEY-----\n', '\\u0041', '%41', '\\/', '(*)'],
)

/** A text in three: how chunks begin, what is between, how they end. */
const torn = fc
  .tuple(suspicious, fc.nat(), fc.nat())
  .map(([text, one, other]): readonly [string, string, string] => {
    const [from, to] = [one % (text.length + 1), other % (text.length + 1)].sort((a, b) => a - b)
    return [text.slice(0, from), text.slice(from, to), text.slice(to)]
  })

const filler = 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"delta":"'
const ending = '"},"logprobs":null,"finish_reason":null}]}\n\n'
const word = fc.stringMatching(/^ ?[a-z]{0,6}$/)
const chunksOf = fc
  .record({
    torn,
    words: fc.array(fc.oneof({ weight: 6, arbitrary: word }, suspicious), { maxLength: 4 }),
    opening: fc.constantFrom('', '-----', 'sk', '(', 'Bea'),
  })
  .map(({ torn: [begin, between, end], words, opening }) =>
    [...['one', ' two', ' three'], ...words, between].map(
      (text) => opening + filler + begin + text + end + ending,
    ),
  )

describe('a chunk like the one before, in which there was nothing', () => {
  it('passes only where nothing is found in all of it, nor where it meets the one before', () => {
    let passed = 0
    fc.assert(
      fc.property(chunksOf, (chunks) => {
        const frame = new QuietFrame(finder)
        let before = ''
        for (const chunk of chunks) {
          const seen = before.slice(-contextBytes) + chunk
          const isQuiet = finder.isQuiet(bytesOf(seen))
          if (frame.isLike(stepOf(bytesOf(chunk)))) {
            passed++
            expect({ seen, isQuiet }).toEqual({ seen, isQuiet: true })
            expect(frame.context).toBe(chunk.slice(-contextBytes))
          } else if (isQuiet) frame.learn()
          else frame.forget()
          before = chunk
        }
      }),
      { numRuns: 3000 },
    )
    expect(passed).toBeGreaterThan(500)
  })

  it.each([
    ['begins as no other does', ['a', 'b', 'KEY'].map((one) => `${one}${filler}${ending}PRIVATE `)],
    ['ends as no other does', ['a ', 'b ', 'PRIVATE '].map((one) => `KEY${filler}${ending}${one}`)],
    [
      'is shorter than what a secret may stand behind',
      ['a', 'b', 'c'].map((one) => `x${ending}${one}${ending}`),
    ],
  ])('does not pass unseen where it %s', (_, chunks) => {
    const frame = new QuietFrame(finder)
    for (const chunk of chunks) {
      expect(frame.isLike(stepOf(bytesOf(chunk)))).toBe(false)
      frame.learn()
    }
  })
})

describe('the lines of chunks that are like each other', () => {
  const text = fc.oneof(word, fc.string({ unit: 'binary', maxLength: 4 }), fc.constant('"\\🙂ü'))
  const bytes = fc.oneof(
    { weight: 9, arbitrary: text.map((one) => Buffer.from(filler + one + ending, 'utf8')) },
    fc.uint8Array({ maxLength: 90 }).map((one) => Buffer.concat([Buffer.from(filler), one])),
    text.map((one) => Buffer.from(`${'🙂'.repeat(40)}${one}${'🙂'.repeat(40)}`, 'utf8')),
  )

  it('are those that JSON would write', () => {
    fc.assert(
      fc.property(fc.array(bytes), (chunks) => {
        const lines = new ChunkLines()
        for (const [at, one] of chunks.entries()) {
          const step = { ...stepOf(one), atMs: at / 7 }
          expect(lines.write(step)).toBe(formatLine(chunkLine(step)))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('write half a character as itself once it is whole', () => {
    const halves = '🙂🙁'
    const lines = new ChunkLines()
    for (const one of [...halves, ...halves, ...halves]) {
      const step = stepOf(Buffer.from(filler + one, 'utf8'))
      expect(lines.write(step)).toBe(formatLine(chunkLine(step)))
    }
  })
})
