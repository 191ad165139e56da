/** Events in any order, and one event alone as a fault injects it: written, or left out, never thrown. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looseText } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { disorder, errorCodes } from '../traits.ts'
import { bytesOf, encode } from '../wire.ts'
import { holds } from './holds.ts'
import type { Subject } from './subject.ts'

export function disorderLaws(subject: Subject): void {
  const { dialect, traits } = subject

  const alone = (event: Event): Uint8Array =>
    bytesOf(dialect.encoder(subject.streaming()).push(event))

  describe(`${dialect.name} and events in disorder`, () => {
    it('writes any events in any order, the same way twice', () => {
      holds(
        fc.property(disorder(), (events) => {
          expect(looseText(subject.written(events))).toBe(looseText(subject.written(events)))
        }),
      )
    })

    it('reads whatever it has written, wherever it is cut', () => {
      holds(
        fc.property(disorder(), fc.integer({ min: 1, max: 30 }), (events, length) => {
          const body = Buffer.from(subject.written(events))
          const [once, again] = [subject.read(body), subject.read(body, [length])]
          // Plain text has no borders, so that its pieces are those of the chunks.
          if (subject.framing.name !== 'text') expect(again).toEqual(once)
        }),
      )
    })

    it('finds its frames again, whatever they say', () => {
      if (subject.framing.name === 'text') return
      holds(
        fc.property(disorder(['raw']), (events) => {
          const frames = encode(dialect, events, subject.streaming())
          const decoder = subject.framing.decoder()
          const found = [...decoder.push(bytesOf(frames)), ...decoder.end()]
          expect(found.map(({ bytes }) => looseText(bytes))).toEqual(
            frames.map(({ bytes }) => looseText(bytes)),
          )
        }),
      )
    })

    if (traits.whole) {
      it('answers in one piece whatever the events are', () => {
        holds(
          fc.property(disorder(['error']), (events) => {
            const { status, body } = dialect.whole(events, subject.inOnePiece())
            expect(status).toBe(200)
            expect(dialect.decodeWhole(Buffer.from(body))).toBeInstanceOf(Array)
          }),
        )
      })
    }

    it('writes a text alone as what it is', () => {
      expect(subject.read(alone({ type: 'text', text: 'Hello' }))).toContainEqual({
        type: 'text',
        text: 'Hello',
      })
    })

    it.each(traits.textOnly ? [] : errorCodes)(
      'writes the error %s alone as what it is',
      (code) => {
        const read = subject.read(alone({ type: 'error', error: { code } }))
        expect(read.filter(({ type }) => type === 'error')).toHaveLength(1)
      },
    )

    it('writes no event alone as something that it cannot read', () => {
      const events: Event[] = [
        { type: 'start' },
        { type: 'reasoning', text: 'Hm' },
        { type: 'refusal', text: 'No' },
        { type: 'tool-start', index: 0, id: 'call_0', name: 'get_weather' },
        { type: 'tool-arguments', index: 0, text: '{}' },
        { type: 'tool-end', index: 0 },
        { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
        { type: 'comment', text: 'still here' },
        { type: 'finish', reason: 'stop' },
      ]
      for (const event of events) {
        const read = subject.read(alone(event))
        expect(read.filter(({ type }) => type === 'raw' || type === 'error')).toEqual([])
      }
    })
  })
}
