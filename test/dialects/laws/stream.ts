/** Laws of a dialect's streams, there and back. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looseText } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import type { Message } from '../../../src/core/frame.ts'
import { header } from '../../../src/core/http.ts'
import { cutText } from '../../../src/dialects/grain.ts'
import { errorCodes } from '../traits.ts'
import { bytesOf, encode } from '../wire.ts'
import { holds } from './holds.ts'
import { bareType, type Subject } from './subject.ts'

/** Most formats are JSON; in those that have names for messages, nobody knows this one either. */
const nobodyKnows: Message = {
  event: 'nobody-knows',
  data: '{"nobody":"knows"}',
  headers: { ':message-type': 'event', ':event-type': 'nobodyKnows' },
}

export function streamLaws(subject: Subject): void {
  const { dialect, traits, replies } = subject
  const hello: Event = { type: 'text', text: 'Hello' }

  describe(`${dialect.name} as a stream`, () => {
    it('gives back the events it was given, wherever its bytes are cut', () => {
      const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
      const comments = commentsAtStart(subject)
      holds(
        fc.property(replies, cuts, (events, lengths) => {
          const read = subject.read(subject.written(events), lengths)
          expect(subject.essence(read)).toEqual([...comments, ...subject.essence(events)])
          if (traits.usage) expect(usagesOf(read)).toMatchObject(usagesOf(events))
        }),
      )
    })

    it('ends every call that it began, once, before the finish', () => {
      if (traits.textOnly) return
      holds(
        fc.property(replies, (events) => {
          const read = subject.read(subject.written(events))
          const ended = read.flatMap((event) => (event.type === 'tool-end' ? [event.index] : []))
          const begun = read.flatMap((event) => (event.type === 'tool-start' ? [event.index] : []))
          expect(ended).toEqual(begun)
          const finish = read.findIndex(({ type }) => type === 'finish')
          expect(read.findLastIndex(({ type }) => type === 'tool-end')).toBeLessThan(finish)
        }),
      )
    })

    it('brings each delta that the grain makes, and no other', () => {
      holds(
        fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
          const deltas = cutText(text, dialect.grain)
          const events = deltas.map((delta): Event => ({ type: 'text', text: delta }))
          const read = subject.read(subject.written([{ type: 'start' }, ...events]))
          const heard = read.flatMap((event) => (event.type === 'text' ? [event.text] : []))
          if (subject.framing.name === 'text') expect(heard.join('')).toBe(text)
          else expect(heard.filter((one) => one !== '')).toEqual(deltas.filter((one) => one !== ''))
        }),
      )
    })

    it('brings a citation where it has a form for one', () => {
      const { citation } = traits
      if (citation === undefined) return
      const cited: Event = { type: 'citation', citation }
      const read = subject.read(subject.written([{ type: 'start' }, hello, cited]))
      expect(read).toContainEqual(cited)
    })

    it('writes the same bytes for the same seed', () => {
      holds(
        fc.property(replies, (events) => {
          expect(looseText(subject.written(events))).toBe(looseText(subject.written(events)))
        }),
      )
    })

    it('finds its own frames again in the bytes that they make', () => {
      // Plain text has no borders.
      if (subject.framing.name === 'text') return
      holds(
        fc.property(replies, (events) => {
          const frames = encode(dialect, events, subject.streaming())
          const decoder = subject.framing.decoder()
          const found = [...decoder.push(bytesOf(frames)), ...decoder.end()]
          expect(found.map(({ bytes }) => looseText(bytes))).toEqual(
            frames.map(({ bytes }) => looseText(bytes)),
          )
        }),
      )
    })

    it('finishes by itself where the events do not', () => {
      if (traits.textOnly) return
      const read = subject.read(subject.written([hello]))
      expect(read).toContainEqual({ type: 'finish', reason: 'stop' })
    })

    it('ends with its terminator, and with nothing else where it has none', () => {
      const data = encode(dialect, [hello], subject.streaming()).map((frame) => frame.data)
      if (traits.terminator !== undefined) expect(data.at(-1)).toBe(traits.terminator)
      else expect(data).not.toContain('[DONE]')
    })

    it('writes an error into the stream that reads as one and is written the same again', () => {
      if (traits.textOnly) return
      for (const code of errorCodes) {
        const body = subject.written([
          { type: 'text', text: 'He' },
          { type: 'error', error: { code } },
        ])
        const read = subject.read(body)
        expect(read.filter(({ type }) => type === 'error')).toHaveLength(1)
        expect(read.filter(({ type }) => type === 'finish' || type === 'raw')).toEqual([])
        const heard = read.filter(({ type }) => type !== 'start' && type !== 'comment')
        expect(looseText(subject.written(heard))).toBe(looseText(body))
      }
    })

    it('sends the terminator after an error only where the service does', () => {
      if (traits.terminator === undefined) return
      const events: Event[] = [{ type: 'error', error: { code: 'server-error' } }]
      const last = encode(dialect, events, subject.streaming()).at(-1)
      expect(last?.data === traits.terminator).toBe(traits.terminatorAfterError ?? false)
    })

    it('passes raw bytes on as they are, and keeps what it cannot name', () => {
      const { unknown = nobodyKnows } = traits
      if (unknown === 'none') return
      const bytes = subject.framing.encode(unknown)?.bytes
      if (!bytes) throw new Error('the framing cannot write it')
      const frames = dialect.encoder(subject.streaming()).push({ type: 'raw', bytes })
      expect(bytesOf(frames)).toEqual(bytes)
      expect(subject.read(bytes)).toEqual([{ type: 'raw', bytes }])
    })

    it('keeps every byte of a stream that it cannot read', () => {
      holds(
        fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
          const read = subject.read(Buffer.from(body), [7])
          const kept = read.flatMap((event) => (event.type === 'raw' ? [event.bytes] : []))
          if (read.length === kept.length) expect(Buffer.concat(kept)).toEqual(Buffer.from(body))
        }),
      )
    })

    it('names the content type of its framing', () => {
      const type = header(dialect.streamHeaders(subject.streaming()), 'content-type')
      expect(bareType(type)).toBe(bareType(subject.framing.contentType))
    })
  })
}

const usagesOf = (events: readonly Event[]): Event[] =>
  events.filter(({ type }) => type === 'usage').slice(-1)

/** Comments with which a stream of this dialect begins whatever it says, and which are no start. */
function commentsAtStart(subject: Subject): Event[] {
  const frames = subject.dialect.encoder(subject.streaming()).push({ type: 'start' })
  return subject.read(bytesOf(frames)).filter(({ type }) => type === 'comment')
}
