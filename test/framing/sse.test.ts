import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Frame, Message } from '../../src/core/frame.ts'
import { type SseStyle, sse } from '../../src/framing/index.ts'
import { anyBytes, anyCuts, cut, framesOf, joined, plain } from './cuts.ts'

const eols = ['\n', '\r\n', '\r'] as const
const styles: readonly SseStyle[] = eols.flatMap((eol) => [
  { eol, spaceAfterColon: true },
  { eol, spaceAfterColon: false },
])

const borders = [
  ...['\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n', ':', ' ', '\uFEFF', '\0', 'é', '👩'],
  ...['data', 'data: ', 'data:', 'event: ', 'id: ', 'retry: ', ': ', 'retry: 7', 'x: y'],
]

const decode = (text: string): Frame[] => framesOf(sse(), Buffer.from(text))
const messages = (text: string): Message[] =>
  decode(text).map(({ bytes: _, ...message }) => message)

/** What a client's parser makes of the same text, its decoder included. */
function heard(bytes: Uint8Array): { data: string; event?: string; id?: string }[] {
  const events: { data: string; event?: string; id?: string }[] = []
  const parser = createParser({
    onEvent: ({ data, event, id }) =>
      events.push({
        data,
        ...(event === undefined ? {} : { event }),
        ...(id === undefined ? {} : { id }),
      }),
  })
  parser.feed(new TextDecoder().decode(bytes))
  return events
}

/** The same of our frames: a message without data is no event, and an empty event no name. */
const told = (frames: readonly Frame[]): unknown[] =>
  frames.flatMap(({ data, event, id, incomplete }) =>
    data === undefined || incomplete
      ? []
      : [{ data, ...(event ? { event } : {}), ...(id === undefined ? {} : { id }) }],
  )

describe('the decoder of SSE', () => {
  it('loses no byte, and gives the same frames wherever the bytes are cut', () => {
    fc.assert(
      fc.property(anyBytes(...borders), anyCuts, (bytes, lengths) => {
        const whole = framesOf(sse(), bytes)
        expect(joined(whole)).toBe(bytes.toString('latin1'))
        expect(framesOf(sse(), ...cut(bytes, lengths)).map(plain)).toEqual(whole.map(plain))
      }),
      { numRuns: 500 },
    )
  })

  it('reads the events that a client reads', () => {
    const text = fc.array(fc.constantFrom(...borders, 'a', 'b'), { maxLength: 40 })
    fc.assert(
      fc.property(text, (parts) => {
        // The oracle waits for what follows a CR even at the end; an LF line end settles it.
        const bytes = Buffer.from(`${parts.join('')}z\n\n`)
        expect(told(framesOf(sse(), bytes))).toEqual(heard(bytes))
      }),
      { numRuns: 1000 },
    )
  })

  it.each<[string, string, Message[]]>([
    ['LF', 'data: a\n\ndata: b\n\n', [{ data: 'a' }, { data: 'b' }]],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', [{ data: 'a' }, { data: 'b' }]],
    ['CR', 'data: a\r\rdata: b\r\r', [{ data: 'a' }, { data: 'b' }]],
    [
      'a mix of them',
      'data: a\r\n\ndata: b\r\r\ndata: c\n\r',
      [{ data: 'a' }, { data: 'b' }, { data: 'c' }],
    ],
    ['a blank line of its own', 'data: a\n\n\ndata: b\n\n', [{ data: 'a' }, {}, { data: 'b' }]],
    ['no space', 'data:a\nevent:e\nid:1\n\n', [{ data: 'a', event: 'e', id: '1' }]],
    ['one space of two', 'data:  a\n\n', [{ data: ' a' }]],
    ['a tab, which is no space', 'data:\ta\n\n', [{ data: '\ta' }]],
    ['several data lines', 'data: a\ndata\ndata:b\n\n', [{ data: 'a\n\nb' }]],
    ['data of nothing', 'data\n\n', [{ data: '' }]],
    ['a byte order mark at the start', '\uFEFFdata: a\n\n', [{ data: 'a' }]],
    ['a byte order mark later on', 'data: a\n\n\uFEFFdata: b\n\n', [{ data: 'a' }, {}]],
    ['a comment', ': keep-alive\n\n', [{ comment: 'keep-alive' }]],
    ['comments beside data', ':a\ndata: x\n: b\n\n', [{ comment: 'a\nb', data: 'x' }]],
    ['a retry', 'retry: 250\n\n', [{ retry: 250 }]],
    ['a retry that is no number', 'retry: 2s\ndata: a\n\n', [{ data: 'a' }]],
    ['an unknown field', 'colour: red\ndata: a\n\n', [{ data: 'a' }]],
    ['a field of another case', 'Data: a\n\n', [{}]],
    ['the last event name of two', 'event: a\nevent: b\ndata: x\n\n', [{ event: 'b', data: 'x' }]],
    ['an id that holds a NUL', 'id: a\0b\ndata: x\n\n', [{ data: 'x' }]],
    ['a colon within the value', 'data: a: b\n\n', [{ data: 'a: b' }]],
  ])('reads %s', (_, text, expected) => {
    expect(messages(text)).toEqual(expected)
  })

  it('waits after a CR for the LF that may follow in the next chunk', () => {
    const decoder = sse().decoder()
    expect(decoder.push(Buffer.from('data: a\r'))).toEqual([])
    expect(decoder.push(Buffer.from('\n\r'))).toEqual([])
    expect(decoder.push(Buffer.from('\n')).map(plain)).toEqual([
      { data: 'a', bytes: 'data: a\r\n\r\n' },
    ])
    expect(decoder.push(Buffer.from('data: b\r\r'))).toEqual([])
    expect(decoder.push(Buffer.from('d')).map(plain)).toEqual([{ data: 'b', bytes: 'data: b\r\r' }])
  })

  it.each([
    ['half a line', 'data: a\n\ndat', 'dat'],
    ['a line without its blank one', 'data: a\n\ndata: b\n', 'data: b\n'],
    ['a line that a CR ends', 'data: a\n\ndata: b\r', 'data: b\r'],
  ])('marks a body that ends within a frame: %s', (_, text, rest) => {
    expect(decode(text).map(plain)).toEqual([
      { data: 'a', bytes: 'data: a\n\n' },
      { bytes: rest, incomplete: true },
    ])
  })

  it('takes a CR at the end of the body for the blank line that it is', () => {
    expect(decode('data: a\r\r').map(plain)).toEqual([{ data: 'a', bytes: 'data: a\r\r' }])
  })

  it('begins anew after the end', () => {
    const decoder = sse().decoder()
    decoder.push(Buffer.from('data: a'))
    expect(decoder.end()).toHaveLength(1)
    expect(decoder.end()).toEqual([])
  })
})

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ' a',
    '  ',
    'a\nb',
    'a\r\nb',
    '\r',
    '\n\n',
    ':',
    ' : ',
    '{"a":1}',
    '\uFEFF',
    '[DONE]',
  ),
)
const line = text.map((value) => value.replace(/[\r\n\0]/g, ''))

const anyMessage: fc.Arbitrary<Message> = fc.record(
  { data: text, event: line, id: line, retry: fc.nat(), comment: text },
  { requiredKeys: [] },
)

/** A reader joins lines by LF, whatever ended them. */
const asRead = (message: Message): Message => ({
  ...message,
  ...(message.data === undefined ? {} : { data: message.data.replace(/\r\n|\r/g, '\n') }),
  ...(message.comment === undefined ? {} : { comment: message.comment.replace(/\r\n|\r/g, '\n') }),
})

describe.each(styles)('the encoder of SSE, with $eol and a space: $spaceAfterColon', (style) => {
  const framing = sse(style)

  it('writes any message so that it reads the same again', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 4 }), anyCuts, (written, lengths) => {
        const frames = written.flatMap((message) => framing.encode(message) ?? [])
        expect(frames).toHaveLength(written.length)
        const bytes = Buffer.from(joined(frames), 'latin1')
        const read = framesOf(sse(), ...cut(bytes, lengths))
        expect(read.map(plain)).toEqual(
          frames.map((frame, i) => plain({ ...asRead(written[i] ?? {}), bytes: frame.bytes })),
        )
      }),
    )
  })

  it('writes what a client reads', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 4 }), (written) => {
        const frames = written.flatMap((message) => framing.encode(message) ?? [])
        // A last LF, since the oracle waits for one after a CR.
        const bytes = Buffer.concat([...frames.map((frame) => frame.bytes), Buffer.from('\n')])
        const expected = written.map((message) => ({ ...asRead(message), bytes }))
        expect(heard(bytes)).toEqual(told(expected))
      }),
    )
  })

  it('writes a plain message in its own style', () => {
    const { eol, spaceAfterColon } = style
    const space = spaceAfterColon ? ' ' : ''
    const frame = framing.encode({ event: 'e', id: '1', retry: 9, data: 'a\nb', comment: 'c' })
    expect(Buffer.from(frame?.bytes ?? []).toString()).toBe(
      [': c', `event:${space}e`, `id:${space}1`, `retry:${space}9`, `data:${space}a`]
        .concat([`data:${space}b`, '', ''])
        .join(eol),
    )
  })
})

describe('the encoder of SSE', () => {
  it.each([
    ['event', { event: 'a\nb' }],
    ['event', { event: 'a\rb' }],
    ['id', { id: '1\r\n' }],
    ['id', { id: '1\0' }],
  ])('refuses an %s that would break its line', (field, message) => {
    expect(() => sse().encode({ ...message, data: 'x' })).toThrow(
      expect.objectContaining({
        code: 'bad-request',
        message: `An SSE ${field} cannot hold a line break or NUL`,
      }),
    )
  })

  it('writes LF and a space where nothing else is asked for', () => {
    expect(Buffer.from(sse().encode({ data: '[DONE]' })?.bytes ?? []).toString()).toBe(
      'data: [DONE]\n\n',
    )
  })

  it('keeps a space that the text begins with, whichever style', () => {
    const frame = sse({ spaceAfterColon: false }).encode({ data: ' am' })
    expect(Buffer.from(frame?.bytes ?? []).toString()).toBe('data:  am\n\n')
  })
})
