/** A dialect under test, and the ways in which laws look at it. */
import type fc from 'fast-check'
import type { Dialect, ReplyContext } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import type { Framing } from '../../../src/core/frame.ts'
import { header } from '../../../src/core/http.ts'
import { repliesOf, type Traits } from '../traits.ts'
import { accepted, bytesOf, decode, encode, essence, jsonRequest, replyTo } from '../wire.ts'

export class Subject {
  readonly dialect: Dialect
  readonly traits: Traits
  /** Replies that say what the format can say. */
  readonly replies: fc.Arbitrary<Event[]>
  /** That of the stream which the traits ask for. */
  readonly framing: Framing

  constructor(dialect: Dialect, traits: Traits) {
    this.dialect = dialect
    this.traits = traits
    this.replies = repliesOf(traits)
    this.framing = framingOf(dialect, this.streaming())
  }

  streaming(): ReplyContext {
    return replyTo(accepted(this.dialect, jsonRequest(this.traits, this.traits.body)))
  }

  inOnePiece(): ReplyContext {
    const { body, whole, wholeAt } = this.traits
    const addressed = { ...this.traits, ...wholeAt }
    return replyTo(accepted(this.dialect, jsonRequest(addressed, { ...body, ...whole })))
  }

  /** The body of a stream that says these events. */
  written(events: readonly Event[]): Uint8Array {
    return bytesOf(encode(this.dialect, events, this.streaming()))
  }

  read(body: Uint8Array, lengths?: readonly number[]): Event[] {
    return decode(this.dialect, body, lengths, this.framing)
  }

  /** Events as far as this format keeps them. */
  essence(events: readonly Event[]): Event[] {
    const kept = this.traits.textOnly ? events.filter(({ type }) => type !== 'finish') : events
    return this.traits.callValues ? withValues(essence(kept)) : essence(kept)
  }
}

function framingOf(dialect: Dialect, reply: ReplyContext): Framing {
  const type = bareType(header(dialect.streamHeaders(reply), 'content-type'))
  const framings = [dialect.framing, ...(dialect.otherFramings ?? [])]
  return framings.find(({ contentType }) => bareType(contentType) === type) ?? dialect.framing
}

export const bareType = (contentType: string | undefined): string =>
  contentType?.split(';')[0]?.trim().toLowerCase() ?? ''

/** Each call followed by its arguments in one form, since a value may be written in several. */
function withValues(events: readonly Event[]): Event[] {
  const argumentsOf = (index: number): string => {
    const parts = events.flatMap((event) =>
      event.type === 'tool-arguments' && event.index === index ? [event.text] : [],
    )
    return JSON.stringify(JSON.parse(parts.join('') || '{}'))
  }
  return events.flatMap((event): Event[] => {
    if (event.type === 'tool-arguments') return []
    if (event.type !== 'tool-start') return [event]
    const { index } = event
    return [event, { type: 'tool-arguments', index, text: argumentsOf(index) }]
  })
}
