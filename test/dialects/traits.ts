/** What a format can say, and replies that say all of it and nothing else. */
import fc from 'fast-check'
import { type ApiErrorCode, apiErrorStatus } from '../../src/core/api-error.ts'
import { type Event, type EventBody, eventTypes, type Usage } from '../../src/core/event.ts'
import type { Message } from '../../src/core/frame.ts'
import type { Addressed } from './wire.ts'

/** What a format can say, and a request that it takes. */
export interface Traits extends Addressed {
  /** A valid body that asks for a stream and says `hello` as the user. */
  readonly body: Readonly<Record<string, unknown>>
  /** Changes to the body that ask for the answer in one piece; undefined where there is none. */
  readonly whole?: Readonly<Record<string, unknown>>
  /** Where the answer in one piece is asked for, if that is elsewhere. */
  readonly wholeAt?: Partial<Addressed>
  readonly reasoning?: boolean
  readonly refusal?: boolean
  readonly tools?: boolean
  /**
   * Arguments of a call are a JSON value and not a text, in one piece at least: whatever is no JSON
   * object cannot survive.
   */
  readonly callValues?: boolean
  /** False where a call has no id on the wire. */
  readonly callIds?: boolean
  /** The usage survives; where it must be asked for, `body` does so. */
  readonly usage?: boolean
  /** A citation that survives. */
  readonly citation?: unknown
  /** Finish reasons that survive the wire. */
  readonly finishReasons: readonly string[]
  /** The data of the last frame of a stream, where that is always the same. */
  readonly terminator?: string
  /** Whether the terminator also follows an error. */
  readonly terminatorAfterError?: boolean
  /** A message that means nothing here; `none` where there is no such message. */
  readonly unknown?: Message | 'none'
  /** The format is the text and nothing else: it has no place for finishes and errors. */
  readonly textOnly?: boolean
  /**
   * A body of the second round of a tool call, which a format with tools has: the system says
   * `Be brief.`, the user `hello`, the assistant calls `get_weather`, which is on offer, and its
   * result is `21 degrees`. `none` where requests cannot bring results.
   */
  readonly conversation?: Readonly<Record<string, unknown>> | 'none'
  /** Requests bring messages and nothing else: neither a system prompt nor tools. */
  readonly messagesOnly?: boolean
  /** Bodies that the service refuses, by what is wrong with them. */
  readonly refused: Readonly<Record<string, unknown>>
  /** The statuses of refusals: 400 unless given. */
  readonly refusedStatuses?: readonly number[]
  /** Where errors are not plain `application/json`. */
  readonly errorContentType?: RegExp
  /** False where the vendor says the time to come back in another way than by the header. */
  readonly retryAfter?: boolean
}

export const errorCodes = Object.keys(apiErrorStatus) as ApiErrorCode[]

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

const usage: fc.Arbitrary<Usage> = fc.record({
  inputTokens: fc.integer({ min: 1, max: 100_000 }),
  outputTokens: fc.integer({ min: 1, max: 100_000 }),
})

/** A call's name and the pieces of its arguments. */
type Call = readonly [name: string, pieces: readonly string[]]

function callsOf(traits: Traits): fc.Arbitrary<Call[]> {
  const values = fc
    .dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(piece, fc.integer(), fc.boolean()))
    .map((value) => JSON.stringify(value).match(/.{1,7}/gsu) ?? [])
  const pieces = traits.callValues ? values : fc.array(piece)
  const name = fc.stringMatching(/^[a-z_]{1,12}$/)
  return fc.array(fc.tuple(name, pieces), { maxLength: traits.tools ? 3 : 0 })
}

export function repliesOf(traits: Traits): fc.Arbitrary<Event[]> {
  const texts = (type: 'text' | 'reasoning' | 'refusal', maxLength: number) =>
    fc.array(
      piece.map((text): Event => ({ type, text })),
      { maxLength },
    )
  return fc
    .record({
      reasoning: texts('reasoning', traits.reasoning ? 4 : 0),
      text: texts('text', 8),
      refusal: texts('refusal', traits.refusal ? 2 : 0),
      calls: callsOf(traits),
      reason: fc.constantFrom(...traits.finishReasons),
      told: usage,
    })
    .map(({ reasoning, text, refusal, calls, reason, told }): Event[] => [
      { type: 'start' },
      ...reasoning,
      ...text,
      ...refusal,
      ...calls.flatMap(([name, pieces], index) => callEvents(name, pieces, index, traits)),
      { type: 'finish', reason },
      ...(traits.usage ? [{ type: 'usage', usage: told } as const] : []),
    ])
}

const callEvents = (
  name: string,
  pieces: readonly string[],
  index: number,
  { callIds = true }: Traits,
): Event[] => [
  { type: 'tool-start', index, name, ...(callIds ? { id: `call0000${index}` } : {}) },
  ...pieces.map((text): Event => ({ type: 'tool-arguments', index, text })),
  { type: 'tool-end', index },
]

const bodies: Readonly<Record<Event['type'], fc.Arbitrary<EventBody>>> = {
  start: fc.constant({ type: 'start' }),
  text: fc.record({ type: fc.constant('text'), text: piece }),
  reasoning: fc.record({ type: fc.constant('reasoning'), text: piece }),
  refusal: fc.record({ type: fc.constant('refusal'), text: piece }),
  'tool-start': fc.record(
    { type: fc.constant('tool-start'), index: fc.nat(2), name: piece, id: piece },
    { requiredKeys: ['type', 'index', 'name'] },
  ),
  'tool-arguments': fc.record({
    type: fc.constant('tool-arguments'),
    index: fc.nat(2),
    text: piece,
  }),
  'tool-end': fc.record({ type: fc.constant('tool-end'), index: fc.nat(2) }),
  citation: fc.record({
    type: fc.constant('citation'),
    citation: fc.oneof(fc.jsonValue(), fc.constant(undefined)),
  }),
  usage: fc.record({
    type: fc.constant('usage'),
    usage: fc.record(
      {
        inputTokens: fc.nat(),
        outputTokens: fc.nat(),
        reasoningTokens: fc.nat(),
        cachedTokens: fc.nat(),
      },
      { requiredKeys: ['inputTokens', 'outputTokens'] },
    ),
  }),
  error: fc.record({
    type: fc.constant('error'),
    error: fc.record(
      {
        code: fc.constantFrom(...errorCodes),
        message: piece,
        param: piece,
        retryAfterMs: fc.nat(),
        body: fc.oneof(fc.jsonValue(), piece),
      },
      { requiredKeys: ['code'] },
    ),
  }),
  comment: fc.record({ type: fc.constant('comment'), text: piece }),
  raw: fc.record({ type: fc.constant('raw'), bytes: fc.uint8Array({ maxLength: 9 }) }),
  finish: fc.record({
    type: fc.constant('finish'),
    reason: fc.oneof(fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter'), piece),
  }),
}

/** An event of that type, of any of a few choices. */
const eventOf = (type: Event['type']): fc.Arbitrary<Event> =>
  fc
    .tuple(bodies[type], fc.option(fc.nat(3), { nil: undefined }))
    .map(([body, choice]) => (choice === undefined ? body : { ...body, choice }))

/** Events in orders that no script makes: calls that never began, two finishes, no start. */
export const disorder = (except: readonly Event['type'][] = []): fc.Arbitrary<Event[]> =>
  fc.array(fc.oneof(...eventTypes.filter((type) => !except.includes(type)).map(eventOf)), {
    maxLength: 12,
  })
