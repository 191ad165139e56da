/**
 * What every dialect must do, whichever way it is written. A dialect passes by being listed in
 * `conformance.test.ts` with what its format can say.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ApiErrorCode, apiErrorStatus } from '../../src/core/api-error.ts'
import { looseText, utf8 } from '../../src/core/bytes.ts'
import { type Dialect, isApiError, type ReplyContext } from '../../src/core/dialect.ts'
import type { Event } from '../../src/core/event.ts'
import { header } from '../../src/core/http.ts'
import {
  type Addressed,
  accepted,
  bytesOf,
  decode,
  encode,
  essence,
  httpRequest,
  jsonRequest,
  replyTo,
} from './wire.ts'

/** What a format can say, and a request that it takes. */
export interface Traits extends Addressed {
  /** A valid body that asks for a stream and says `hello` as the user. */
  readonly body: Readonly<Record<string, unknown>>
  /** Changes to the body that ask for the answer in one piece; undefined where there is none. */
  readonly whole?: Readonly<Record<string, unknown>>
  readonly reasoning?: boolean
  readonly refusal?: boolean
  readonly tools?: boolean
  /** Finish reasons that survive the wire. */
  readonly finishReasons: readonly string[]
  /** The data of the last frame of a stream, where that is always the same. */
  readonly terminator?: string
  /** Whether the terminator also follows an error. */
  readonly terminatorAfterError?: boolean
  /** Bodies that the service refuses, by what is wrong with them. */
  readonly refused: Readonly<Record<string, unknown>>
}

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom(
    ' the',
    '"',
    '\\',
    '\n',
    '\r\n',
    '\u2028',
    '\0',
    '日本',
    '👩‍👩‍👧',
    '[DONE]',
    '{{ text }}',
  ),
)

function repliesOf(traits: Traits): fc.Arbitrary<Event[]> {
  const texts = (type: 'text' | 'reasoning' | 'refusal', maxLength: number) =>
    fc.array(
      piece.map((text): Event => ({ type, text })),
      { maxLength },
    )
  const calls = fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,12}$/), fc.array(piece)), {
    maxLength: traits.tools ? 3 : 0,
  })
  return fc
    .record({
      reasoning: texts('reasoning', traits.reasoning ? 4 : 0),
      text: texts('text', 8),
      refusal: texts('refusal', traits.refusal ? 2 : 0),
      calls,
      reason: fc.constantFrom(...traits.finishReasons),
    })
    .map(({ reasoning, text, refusal, calls: tools, reason }): Event[] => [
      { type: 'start' },
      ...reasoning,
      ...text,
      ...refusal,
      ...tools.flatMap(([name, pieces], index) => callEvents(name, pieces, index)),
      { type: 'finish', reason },
    ])
}

const callEvents = (name: string, pieces: readonly string[], index: number): Event[] => [
  { type: 'tool-start', index, id: `call_${index}`, name },
  ...pieces.map((text): Event => ({ type: 'tool-arguments', index, text })),
  { type: 'tool-end', index },
]

const errorCodes = Object.keys(apiErrorStatus) as ApiErrorCode[]

export function conformance(dialect: Dialect, traits: Traits): void {
  const streaming = (): ReplyContext => replyTo(accepted(dialect, jsonRequest(traits, traits.body)))
  const replies = repliesOf(traits)

  describe(`${dialect.name} as a stream`, () => {
    it('gives back the events it was given, wherever its bytes are cut', () => {
      const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
      fc.assert(
        fc.property(replies, cuts, (events, lengths) => {
          const body = bytesOf(encode(dialect, events, streaming()))
          expect(essence(decode(dialect, body, lengths))).toEqual([
            ...commentsOf(dialect, streaming()),
            ...essence(events),
          ])
        }),
      )
    })

    it('ends every call that it began, once, before the finish', () => {
      fc.assert(
        fc.property(replies, (events) => {
          const read = decode(dialect, bytesOf(encode(dialect, events, streaming())))
          const ended = read.flatMap((event) => (event.type === 'tool-end' ? [event.index] : []))
          const begun = read.flatMap((event) => (event.type === 'tool-start' ? [event.index] : []))
          expect(ended).toEqual(begun)
          const finish = read.findIndex(({ type }) => type === 'finish')
          expect(read.findLastIndex(({ type }) => type === 'tool-end')).toBeLessThan(finish)
        }),
      )
    })

    it('writes the same bytes for the same seed', () => {
      fc.assert(
        fc.property(replies, (events) => {
          const [once, again] = [streaming(), streaming()]
          expect(looseText(bytesOf(encode(dialect, events, again)))).toBe(
            looseText(bytesOf(encode(dialect, events, once))),
          )
        }),
      )
    })

    it('finishes by itself where the events do not', () => {
      const frames = encode(dialect, [{ type: 'text', text: 'Hello' }], streaming())
      expect(decode(dialect, bytesOf(frames))).toContainEqual({ type: 'finish', reason: 'stop' })
    })

    it('ends with its terminator, and with nothing else where it has none', () => {
      const frames = encode(dialect, [{ type: 'text', text: 'Hello' }], streaming())
      const data = frames.map((frame) => frame.data)
      if (traits.terminator !== undefined) expect(data.at(-1)).toBe(traits.terminator)
      else expect(data).not.toContain('[DONE]')
    })

    it('writes an error into the stream that reads as one and is written the same again', () => {
      for (const code of errorCodes) {
        const events: Event[] = [
          { type: 'text', text: 'He' },
          { type: 'error', error: { code } },
        ]
        const body = bytesOf(encode(dialect, events, streaming()))
        const read = decode(dialect, body)
        expect(read.filter(({ type }) => type === 'error')).toHaveLength(1)
        expect(read.filter(({ type }) => type === 'finish' || type === 'raw')).toEqual([])
        const heard = read.filter(({ type }) => type !== 'start' && type !== 'comment')
        expect(looseText(bytesOf(encode(dialect, heard, streaming())))).toBe(looseText(body))
      }
    })

    it('sends the terminator after an error only where the service does', () => {
      if (traits.terminator === undefined) return
      const events: Event[] = [{ type: 'error', error: { code: 'server-error' } }]
      const last = encode(dialect, events, streaming()).at(-1)
      expect(last?.data === traits.terminator).toBe(traits.terminatorAfterError ?? false)
    })

    it('passes raw bytes on as they are, and keeps what it cannot name', () => {
      const bytes = utf8(
        dialect.framing.name === 'sse'
          ? 'event: ?\ndata: {"nobody":"knows"}\n\n'
          : '{"nobody":"knows"}\n',
      )
      const frames = dialect.encoder(streaming()).push({ type: 'raw', bytes })
      expect(bytesOf(frames)).toEqual(bytes)
      expect(decode(dialect, bytes)).toEqual([{ type: 'raw', bytes }])
    })

    it('keeps every byte of a stream that it cannot read', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
          const read = decode(dialect, Buffer.from(body), [7])
          const kept = read.flatMap((event) => (event.type === 'raw' ? [event.bytes] : []))
          if (read.length === kept.length) expect(Buffer.concat(kept)).toEqual(Buffer.from(body))
        }),
      )
    })

    it('names the content type of its framing', () => {
      const type = header(dialect.streamHeaders(streaming()), 'content-type') ?? ''
      expect(type.split(';')[0]).toBe(dialect.framing.contentType.split(';')[0])
    })
  })

  const changes = traits.whole
  if (changes) {
    describe(`${dialect.name} in one piece`, () => {
      const whole = (): ReplyContext =>
        replyTo(accepted(dialect, jsonRequest(traits, { ...traits.body, ...changes })))

      it('is asked for by the request', () => {
        expect(whole().request.stream).toBe(false)
        expect(streaming().request.stream).toBe(true)
      })

      it('says what the stream says', () => {
        fc.assert(
          fc.property(replies, (events) => {
            const { status, body } = dialect.whole(events, whole())
            expect(status).toBe(200)
            const streamed = decode(dialect, bytesOf(encode(dialect, events, streaming())))
            expect(essence(dialect.decodeWhole(Buffer.from(body)))).toEqual(
              essence(streamed).filter(({ type }) => type !== 'comment'),
            )
          }),
        )
      })

      it('is an error where the events hold one', () => {
        const error = { code: 'server-error', message: 'It broke' } as const
        const reply = dialect.whole(
          [
            { type: 'text', text: 'He' },
            { type: 'error', error },
          ],
          whole(),
        )
        expect(reply.status).toBeGreaterThanOrEqual(500)
        expect(looseText(Buffer.from(reply.body))).toContain('It broke')
      })
    })
  }

  describe(`${dialect.name} in error`, () => {
    it.each(errorCodes)('answers %s with an error status and a JSON body', (code) => {
      const reply = dialect.error({ code })
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(header(reply.headers, 'content-type')).toMatch(/^application\/json/)
      expect(JSON.parse(String(reply.body))).toBeTypeOf('object')
    })

    it('says what the scenario wants said', () => {
      const message = 'Say "this"\n'
      const reply = dialect.error({
        code: 'rate-limited',
        status: 418,
        message,
        retryAfterMs: 6001,
        headers: [['x-own', 'yes']],
      })
      expect(reply.status).toBe(418)
      expect(String(reply.body)).toContain(JSON.stringify(message).slice(1, -1))
      expect(header(reply.headers, 'retry-after')).toBe('7')
      expect(header(reply.headers, 'x-own')).toBe('yes')
    })

    it.each([
      ['as JSON', { own: [1] }, '{"own":[1]}'],
      ['as text', '<h1>Bad Gateway</h1>', '<h1>Bad Gateway</h1>'],
    ])('gives a body of the scenario %s', (_, body, written) => {
      const reply = dialect.error({ code: 'bad-gateway', body })
      const text = String(reply.body)
      expect(typeof body === 'string' ? text : JSON.stringify(JSON.parse(text))).toBe(written)
      const type = header(reply.headers, 'content-type')
      expect(type).toMatch(typeof body === 'string' ? /^text\/plain/ : /^application\/json/)
    })
  })

  describe(`${dialect.name} and its requests`, () => {
    it('understands a valid one', () => {
      const request = accepted(dialect, jsonRequest(traits, traits.body))
      expect(request).toMatchObject({ dialect: dialect.name, user: 'hello', choices: 1 })
    })

    const garbage: readonly (readonly [string, Uint8Array])[] = [
      ['an empty body', utf8('')],
      ['no JSON', utf8('hello')],
      ['half a JSON object', utf8('{"messages":[{"role":"user"')],
      ['a list', utf8('[]')],
      ['a string', utf8('"hello"')],
      ['a number', utf8('7')],
      ['null', utf8('null')],
      ['a body that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
      ...Object.entries(traits.refused).map(
        ([what, body]) => [what, utf8(JSON.stringify(body))] as const,
      ),
    ]

    it.each(garbage)('refuses %s with a message', (_, body) => {
      const refused = dialect.parseRequest(httpRequest(traits, body))
      if (!isApiError(refused)) throw new Error('it was accepted')
      expect(refused.message).toMatch(/\w/)
      expect(dialect.error(refused).status).toBeGreaterThanOrEqual(400)
      expect(dialect.error(refused).status).toBeLessThan(500)
    })

    it('takes or refuses any JSON and any bytes, but never throws', () => {
      const fields = fc.dictionary(
        fc.constantFrom(...Object.keys(traits.body), '__proto__'),
        fc.jsonValue(),
      )
      const bodies = fc.oneof(
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.json().map((json) => utf8(json)),
        fields.map((changed) => utf8(JSON.stringify({ ...traits.body, ...changed }))),
      )
      fc.assert(
        fc.property(bodies, (body) => {
          const http = httpRequest(traits, body)
          const request = dialect.parseRequest(http)
          if (isApiError(request)) expect(dialect.error(request, http).status).toBe(400)
          else expect(request.http).toBe(http)
        }),
      )
    })
  })
}

/** Comments with which a stream of this dialect begins whatever it says, and which are no start. */
function commentsOf(dialect: Dialect, reply: ReplyContext): Event[] {
  const frames = dialect.encoder(reply).push({ type: 'start' })
  return decode(dialect, bytesOf(frames)).filter(({ type }) => type === 'comment')
}
