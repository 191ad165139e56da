import { EventStreamCodec } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Frame } from '../../src/core/frame.ts'
import { awsEventStream, framingFor } from '../../src/framing/index.ts'
import { anyBytes, anyCuts, cut, framesOf, joined, plain } from './cuts.ts'

const framing = awsEventStream()

/** The vendor's own codec. */
const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)

const texts = fc.string({ unit: 'grapheme', maxLength: 12 })
const names = fc.stringMatching(/^:?[a-z-]{1,12}$/)

/** Header values of every type, with the text that each is read as. */
const values = fc.oneof(
  texts.map((value) => ({ value: { type: 'string' as const, value }, text: value })),
  fc.boolean().map((value) => ({ value: { type: 'boolean' as const, value }, text: `${value}` })),
  fc
    .integer({ min: -128, max: 127 })
    .map((value) => ({ value: { type: 'byte' as const, value }, text: `${value}` })),
  fc
    .integer({ min: -32768, max: 32767 })
    .map((value) => ({ value: { type: 'short' as const, value }, text: `${value}` })),
  fc.maxSafeInteger().map((number) => {
    const value = number | 0
    return { value: { type: 'integer' as const, value }, text: `${value}` }
  }),
  fc.uint8Array({ maxLength: 9 }).map((value) => ({
    value: { type: 'binary' as const, value },
    text: Buffer.from(value).toString('base64'),
  })),
  fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((value) => ({
    value: { type: 'timestamp' as const, value },
    text: value.toISOString(),
  })),
  fc.uuid().map((value) => ({ value: { type: 'uuid' as const, value }, text: value })),
)

const message = (event: string, data: string): Frame => {
  const frame = framing.encode({ event, data })
  if (!frame) throw new Error('it has a form for every event')
  return frame
}

const stream = fc
  .array(fc.tuple(names, texts), { maxLength: 4 })
  .map((pairs) => pairs.map(([event, data]) => message(event, data)))

describe('an AWS event stream', () => {
  it('is read as the codec of the vendor reads it', () => {
    fc.assert(
      fc.property(names, texts, (event, data) => {
        const read = codec.decode(message(event, data).bytes)
        expect(Buffer.from(read.body).toString('utf8')).toBe(data)
        expect(read.headers).toEqual({
          ':event-type': { type: 'string', value: event },
          ':content-type': { type: 'string', value: 'application/json' },
          ':message-type': { type: 'string', value: 'event' },
        })
      }),
    )
  })

  it('reads what the codec of the vendor writes, with headers of every type', () => {
    fc.assert(
      fc.property(fc.dictionary(names, values, { maxKeys: 6 }), texts, (headers, data) => {
        const pairs = Object.entries(headers)
        const bytes = codec.encode({
          headers: Object.fromEntries(pairs.map(([name, { value }]) => [name, value])),
          body: Buffer.from(data),
        })
        const [frame, ...others] = framesOf(framing, bytes)
        expect(others).toEqual([])
        expect(frame?.data).toBe(data)
        expect(frame?.headers).toEqual(
          Object.fromEntries(pairs.map(([name, { text }]) => [name, text])),
        )
      }),
    )
  })

  it('gives the same frames wherever its bytes are cut', () => {
    fc.assert(
      fc.property(stream, fc.uint8Array(), anyCuts, (frames, rest, lengths) => {
        const body = Buffer.concat([...frames.map(({ bytes }) => bytes), rest])
        const read = framesOf(framing, ...cut(body, lengths))
        expect(read.map(plain)).toEqual(framesOf(framing, body).map(plain))
        expect(read.slice(0, frames.length).map(plain)).toEqual(frames.map(plain))
      }),
    )
  })

  it('loses no byte of any body, wherever it is cut', () => {
    const good = message('chunk', '{}').bytes.toString()
    fc.assert(
      fc.property(anyBytes(good, '\0\0\0\x10', '\0'), anyCuts, (bytes, lengths) => {
        expect(joined(framesOf(framing, ...cut(bytes, lengths)))).toBe(bytes.toString('latin1'))
      }),
    )
  })

  it('marks a message that the body ended within', () => {
    const { bytes } = message('chunk', '{"a":1}')
    for (let length = 1; length < bytes.length; length++) {
      expect(framesOf(framing, bytes.subarray(0, length)).map(plain)).toEqual([
        { bytes: Buffer.from(bytes.subarray(0, length)).toString('latin1'), incomplete: true },
      ])
    }
  })

  it('takes a message with a wrong checksum for bytes, and reads the next one', () => {
    const [bad, good] = [Buffer.from(message('a', '{}').bytes), message('b', '{}')]
    bad[20] = (bad[20] ?? 0) ^ 1
    const read = framesOf(framing, bad, good.bytes)
    expect(read.map(({ event, data }) => [event, data])).toEqual([
      [undefined, undefined],
      ['b', '{}'],
    ])
  })

  it('believes no length that its checksum does not vouch for', () => {
    const huge = Buffer.from(message('a', '{}').bytes)
    huge.writeUInt32BE(0x7fffffff, 0)
    const body = Buffer.concat([huge, Buffer.alloc(2500)])
    const read = framesOf(framing, body)
    expect(read.map(({ bytes }) => bytes.length)).toEqual([1024, 1024, body.length - 2048])
    expect(read.map(({ data }) => data)).toEqual([undefined, undefined, undefined])
  })

  it('has no form for a comment', () => {
    expect(framing.encode({ comment: 'keep-alive' })).toBeUndefined()
  })

  it('is known by its content type', () => {
    expect(framingFor('application/vnd.amazon.eventstream').name).toBe('aws-event-stream')
  })
})
