/** Laws of an answer in one piece, which says what the stream says. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looseText } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import type { HttpReply } from '../../../src/core/http.ts'
import { fold } from '../../../src/dialects/shapes/said.ts'
import { holds } from './holds.ts'
import type { Subject } from './subject.ts'

export function wholeLaws(subject: Subject): void {
  const { dialect, traits, replies } = subject
  if (!traits.whole) return

  const whole = (events: readonly Event[]): HttpReply => dialect.whole(events, subject.inOnePiece())

  const readWhole = (events: readonly Event[]): Event[] => {
    const { status, body } = whole(events)
    expect(status).toBe(200)
    return dialect.decodeWhole(Buffer.from(body))
  }

  describe(`${dialect.name} in one piece`, () => {
    it('is asked for by the request', () => {
      expect(subject.inOnePiece().request.stream).toBe(false)
      expect(subject.streaming().request.stream).toBe(true)
    })

    it('says what the stream says', () => {
      holds(
        fc.property(replies, (events) => {
          const streamed = subject.read(subject.written(events))
          expect(subject.essence(readWhole(events))).toEqual(
            subject.essence(streamed).filter(({ type }) => type !== 'comment'),
          )
        }),
      )
    })

    it('has the usage that the stream has', () => {
      if (!traits.usage) return
      holds(
        fc.property(replies, (events) => {
          const { usage } = fold(subject.read(subject.written(events)))
          expect(fold(readWhole(events)).usage).toEqual(usage)
        }),
      )
    })

    it('draws the ids of calls that the stream draws', () => {
      if (!traits.tools || traits.callIds === false) return
      holds(
        fc.property(replies, (events) => {
          const nameless = events.map(withoutId)
          const drawn = idsOf(readWhole(nameless))
          expect(drawn).toEqual(idsOf(subject.read(subject.written(nameless))))
          expect(new Set(drawn).size).toBe(drawn.length)
        }),
      )
    })

    it('is the same for the same seed', () => {
      holds(
        fc.property(replies, (events) => {
          expect(whole(events)).toEqual(whole(events))
        }),
      )
    })

    it('is an error where the events hold one', () => {
      const error = { code: 'server-error', message: 'It broke' } as const
      const reply = whole([
        { type: 'text', text: 'He' },
        { type: 'error', error },
      ])
      expect(reply.status).toBeGreaterThanOrEqual(500)
      expect(looseText(Buffer.from(reply.body))).toContain('It broke')
    })
  })
}

function withoutId(event: Event): Event {
  if (event.type !== 'tool-start') return event
  const { id: _, ...rest } = event
  return rest
}

const idsOf = (events: readonly Event[]): unknown[] =>
  events.flatMap((event) => (event.type === 'tool-start' ? [event.id] : []))
