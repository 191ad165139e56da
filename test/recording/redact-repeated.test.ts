import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinBytes } from '../../src/core/bytes.ts'
import { through } from '../../src/core/push.ts'
import type { WriteStep } from '../../src/core/timeline.ts'
import { Redactor } from '../../src/recording/redact/redact.ts'
import { LeafScanner, type Piece } from '../../src/recording/redact/redact-leaves.ts'
import { RepeatedFrame } from '../../src/recording/redact/redact-repeated.ts'

const secret = 'sk-proj-Ab3dEf6hIj9kLmN0pQrS'

interface Said {
  readonly text: string
  readonly other: string | undefined
  readonly index: number
  readonly id: string
}

/** One frame as services send it: mostly the one before with another text in it. */
const frame = ({ text, other, index, id }: Said): string => {
  const delta = { content: text, ...(other === undefined ? {} : { hint: other }) }
  const chunk = { id, object: 'chat.completion.chunk', choices: [{ index, delta }] }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

const token = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^ ?[a-z]{0,6}$/) },
  fc.constantFrom('"', '\\', '\n', 'ü', '🙂', 'sk-', '"}}]}\n\ndata: {', 'Bearer ', '='),
  fc.string({ unit: 'binary', maxLength: 3 }),
)
const said = fc.record({
  text: token,
  other: fc.option(token, { nil: undefined, freq: 1 }),
  index: fc.constantFrom(0, 0, 0, 1),
  id: fc.constantFrom('chatcmpl-1', 'chatcmpl-1', 'chatcmpl-1', 'chatcmpl-22'),
})

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const isText = ({ path }: Piece): boolean => /\.(?:content|hint)$/.test(path.name)

describe('a chunk that repeats the one before', () => {
  it('is read as it would be letter by letter, or not at all', () => {
    let count = 0
    fc.assert(
      fc.property(said, said, fc.boolean(), (one, other, isChanged) => {
        const [first, next] = [one, isChanged ? other : { ...one, text: other.text }].map((each) =>
          latin1(frame(each)),
        )
        if (first === undefined || next === undefined) return
        const scanner = new LeafScanner(false)
        const repeated = RepeatedFrame.of(first, 0, scanner.push(first, 0).filter(isText))
        const read = repeated?.read(next, first.length)
        if (!read) return
        count++
        expect(read).toEqual(scanner.push(next, first.length).filter(isText))
        expect(scanner.isAtRest).toBe(true)
      }),
      { numRuns: 500 },
    )
    expect(count).toBeGreaterThan(50)
  })

  it.each([
    ['names its lane', 'data: {"id":"a"}\n\n'],
    ['has no end in it', 'data: {"content":"a'],
    ['is no JSON', 'data: a\n\n'],
    ['is a list of bytes', 'data: {"bytes":[65,66]}\n\n'],
  ])('is read letter by letter where a text of it %s', (_, chunk) => {
    expect(RepeatedFrame.of(chunk, 0, new LeafScanner(false).push(chunk, 0))).toBeUndefined()
  })

  it('is read again where a text was passed over that is none of the next chunk', () => {
    // The second text begins with what the first one said, which is passed over once.
    const parts = [secret.slice(0, 3), secret.slice(3, 16), secret.slice(16)]
    const [first = ''] = parts
    const usual = { other: undefined, id: 'chatcmpl-1' }
    const told = [first, ...parts].map((text, at) => ({ ...usual, text, index: at > 0 ? 1 : 0 }))
    const again = { ...usual, text: first, index: 1 }
    const frames = [...told.slice(0, 1), again, ...told.slice(1)].map(frame)
    const ends = frames.map((_, at) => frames.slice(0, at + 1).join('').length)
    const kept = wordsOf(masked(Buffer.from(frames.join('')), ends))
    expect(kept).not.toContain(secret)
    expect(kept).toContain('REDACTED')
  })

  it('loses no secret that is dealt out over such chunks, wherever the chunks are cut', () => {
    const dealt = fc
      .array(fc.integer({ min: 1, max: 6 }), { minLength: secret.length, maxLength: secret.length })
      .map((lengths) => {
        const parts: string[] = []
        for (let from = 0; from < secret.length; from += lengths[parts.length - 1] ?? 1) {
          parts.push(secret.slice(from, from + (lengths[parts.length] ?? 1)))
        }
        return parts
      })
    const usual = { other: undefined, index: 0, id: 'chatcmpl-1' }
    const tellings = fc
      .tuple(fc.array(said, { maxLength: 6 }), dealt, fc.array(said))
      .map((parts) => {
        const [before, secretParts, after] = parts
        const inside = secretParts.map((text) => ({ ...usual, text }))
        const settled = ['one', ' two', ' three '].map((text) => ({ ...usual, text }))
        return [...before, ...settled, ...inside, ...after].map(frame)
      })
    fc.assert(
      fc.property(tellings, (frames) => {
        const whole = Buffer.from(frames.join(''), 'utf8')
        let end = 0
        const ends = frames.map((one) => {
          end += Buffer.byteLength(one)
          return end
        })
        const asSent = masked(whole, ends)
        expect(asSent).toHaveLength(whole.length)
        expect(wordsOf(asSent)).not.toContain(secret)
        // Cut within `data:`, no chunk can be the one before with another text in it.
        expect(asSent).toBe(
          masked(
            whole,
            ends.map((at) => at + 3),
          ),
        )
      }),
      { numRuns: 60 },
    )
  })
})

/** All the model's words in one. */
const wordsOf = (body: string): string =>
  [...body.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text).join('')

/** The body as it is kept when it comes in chunks that end there; one character a byte. */
function masked(body: Buffer, ends: readonly number[]): string {
  const redactor = new Redactor([secret])
  const steps: WriteStep[] = []
  let from = 0
  for (const to of [...ends, body.length]) {
    const bytes = body.subarray(from, to)
    if (bytes.length > 0) steps.push({ atMs: 0, do: 'write', bytes })
    from = Math.min(to, body.length)
  }
  const kept = [...through(steps, redactor.stream('text/event-stream'))]
  return Buffer.from(joinBytes(kept.map(({ bytes }) => bytes))).toString('latin1')
}
