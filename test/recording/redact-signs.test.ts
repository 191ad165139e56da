import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src/core/recording-settings.ts'
import { chunkLine, formatChunk, formatLine } from '../../src/recording/format.ts'
import { Finder } from '../../src/recording/redact/redact-finder.ts'
import { signsOfShapes } from '../../src/recording/redact/secrets-shapes.ts'

const secrets = ['sk-proj-Ab3dEf6hIj9kLmN0pQrS', 'correct horse/battery "staple"', 'süß-und-geheim']
const finder = new Finder(secrets, defaultSettings.redact)

// It has to be worth while before signs are gathered.
for (let look = 0; look < 20; look++) finder.isQuietSoFar('word')

/** What secrets are made of and stand behind, cut anywhere, among what services send. */
const fragment = fc.oneof(
  fc.constantFrom(...signsOfShapes, ...secrets, ...secrets.map((one) => JSON.stringify(one))),
  fc.constantFrom(...secrets.map(encodeURIComponent)),
  fc.constantFrom(...secrets.map((one) => Buffer.from(one, 'utf8').toString('base64'))),
  fc.constantFrom('Authorization: Bearer ', 'Basic ', '"api_key": "', 'api\\"password\\":\\"'),
  fc.constantFrom('https://user:', 'OPENAI_API_KEY = ', '?key=', 'secretAccessKey', '\\u0041'),
  fc.constantFrom('-----BEGIN PRIVATE KEY-----\n', '-----END', '\\', '%4', '%41', '\\/', '\n\n'),
  fc.constantFrom('data: {"choices":[{"delta":{"content":"', '"}}]}\n\n', ' word', 'a1B2c3D4e5F6'),
  fc.stringMatching(/^[ -~]{0,30}$/),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const cut = fc
  .tuple(fragment, fc.nat(4), fc.nat(4))
  .map(([text, from, to]) => text.slice(from, Math.max(from, text.length - to)))
const texts = fc
  .array(fc.oneof(fragment, cut), { maxLength: 6 })
  .map((parts) => Buffer.from(parts.join(''), 'utf8').toString('latin1'))

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('the quick look for secrets', () => {
  it('passes over nothing in which the long look finds one, whole or unfinished', () => {
    let quiet = 0
    fc.assert(
      fc.property(texts, (text) => {
        if (!finder.isQuiet(bytesOf(text))) return
        quiet++
        expect({ text, ranges: finder.ranges(text) }).toEqual({ text, ranges: [] })
        expect({ text, from: finder.unfinished(text) }).toEqual({ text, from: text.length })
      }),
      { numRuns: 4000 },
    )
    expect(quiet).toBeGreaterThan(0)
  })

  it('passes over nothing in a text that goes on, in which the long look finds one', () => {
    let quiet = 0
    fc.assert(
      fc.property(texts, (text) => {
        if (!finder.isQuietSoFar(text)) return
        quiet++
        expect({ text, ranges: finder.ranges(text) }).toEqual({ text, ranges: [] })
        expect({ text, from: finder.open(text) }).toEqual({ text, from: text.length })
      }),
      { numRuns: 4000 },
    )
    expect(quiet).toBeGreaterThan(0)
  })

  it('passes over an ordinary frame, and over no secret', () => {
    const frame = 'data: {"choices":[{"index":0,"delta":{"content":" fox"}}]}\n\n'
    expect(finder.isQuiet(bytesOf(frame))).toBe(true)
    for (const secret of secrets) {
      expect(finder.isQuiet(Buffer.from(frame.replace('fox', secret), 'utf8'))).toBe(false)
    }
  })

  it('passes over nothing where the user says what is secret', () => {
    const own = new Finder([], { ...defaultSettings.redact, fields: ['badge'] })
    expect(own.isQuiet(bytesOf('an ordinary text\n'))).toBe(false)
    const emails = new Finder([], { ...defaultSettings.redact, emails: true })
    expect(emails.isQuietSoFar('an ordinary text')).toBe(false)
  })
})

it('writes the line of a chunk as JSON would', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string({ unit: 'binary' }), fc.nat(), (raw, text, at) => {
      for (const bytes of [raw, Buffer.from(text, 'utf8')]) {
        const step = { atMs: at / 7, do: 'write', bytes } as const
        expect(formatChunk(step)).toBe(formatLine(chunkLine(step)))
      }
    }),
  )
})
