/**
 * Events to the stream of a message: blocks of content that are opened, grow by deltas and are
 * closed. Every frame but the ping is padded by spaces before its last brace, as the vendor's are.
 * Source: recorded streams.
 */
import { looseText } from '../../core/bytes.ts'
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { FinishReason, Usage } from '../../core/event.ts'
import type { Framing, Message } from '../../core/frame.ts'
import { integer, type Random } from '../../core/random.ts'
import {
  type Part,
  type PartsGrammar,
  partsEncoder,
  type ToolPart,
} from '../shapes/parts-encoder.ts'
import { errorInStream } from './error.ts'
import {
  type Drawn,
  deltaUsage,
  drawnFrom,
  estimatedUsage,
  goingOn,
  messageObject,
  omitsThinking,
  requestId,
  stopOf,
  usageAtStart,
} from './message.ts'

/** The one message that the vendor writes with a space after the colon, and without padding. */
export const ping: Message = { event: 'ping', data: '{"type": "ping"}' }

const mostPadding = 15

type Typed = Readonly<Record<string, unknown>> & { readonly type: string }

export const messagesEncoder = (framing: Framing, reply: ReplyContext): Encoder =>
  partsEncoder(framing, new MessageGrammar(reply))

class MessageGrammar implements PartsGrammar {
  /** A refusal is no content: it stands beside the reason for stopping. */
  readonly aside = 'refusal'
  readonly #reply: ReplyContext
  readonly #drawn: Drawn
  readonly #padding: Random
  readonly #omitsThinking: boolean
  /** Into a stream that someone else began, no ping is due either. */
  #pinged = true
  readonly #parts: Part[] = []
  #refusal = ''

  constructor(reply: ReplyContext) {
    this.#reply = reply
    this.#drawn = drawnFrom(reply)
    this.#padding = reply.random.fork('padding')
    this.#omitsThinking = omitsThinking(reply.request)
  }

  begin(): Message[] {
    this.#pinged = false
    const usage = usageAtStart(this.#reply)
    const message = messageObject(this.#reply, { content: [], stop: goingOn, usage })
    return [this.#message({ type: 'message_start', message })]
  }

  open(part: Part): Message[] {
    this.#parts.push(part)
    if (part.kind === this.aside) return []
    const { index } = part
    const start = { type: 'content_block_start', index, content_block: emptyBlock(part) }
    const first = part.kind === 'tool' ? [this.#input(index, '')] : []
    return [this.#message(start), ...this.#pingOnce(), ...first]
  }

  delta(part: Part, delta: string): Message[] {
    const { index, kind } = part
    if (kind === 'refusal') {
      this.#refusal += delta
      return []
    }
    if (delta === '' || (kind === 'reasoning' && this.#omitsThinking)) return []
    // A call without arguments has no more than the empty delta that it was opened with.
    if (kind === 'tool') return isEmptyInput(part, delta) ? [] : [this.#input(index, delta)]
    if (kind === 'text') return [this.#delta(index, { type: 'text_delta', text: delta })]
    return [this.#delta(index, { type: 'thinking_delta', thinking: delta })]
  }

  close(part: Part): Message[] {
    const { index, kind } = part
    if (kind === this.aside) return []
    const stop = this.#message({ type: 'content_block_stop', index })
    if (kind !== 'reasoning') return [stop]
    const signature = this.#drawn.signature()
    return [this.#delta(index, { type: 'signature_delta', signature }), stop]
  }

  citation({ index }: Part, citation: unknown): Message[] {
    return [this.#delta(index, { type: 'citations_delta', citation })]
  }

  finish(finish: FinishReason, usage: Usage | undefined): Message[] {
    const { reason, sequence, details } = stopOf(finish, this.#refusal, this.#reply)
    const delta = { stop_reason: reason, stop_sequence: sequence, stop_details: details }
    const said = this.#parts.map(({ text }) => text)
    const final = usage ?? estimatedUsage(this.#reply, said)
    const message = { type: 'message_delta', delta, usage: deltaUsage(final) }
    return [...this.#pingOnce(), this.#message(message)]
  }

  error: PartsGrammar['error'] = (error) => [
    { event: 'error', data: this.#pad(errorInStream(error, requestId(this.#reply.random))) },
  ]

  get terminator(): Message[] {
    return [this.#message({ type: 'message_stop' })]
  }

  /** Blocks that have no neutral event, such as those of server tools. */
  opensPart(raw: Uint8Array): boolean {
    return /"type": ?"content_block_start"/.test(looseText(raw))
  }

  callId(): string {
    return this.#drawn.callId()
  }

  #delta(index: number, delta: Readonly<Record<string, unknown>>): Message {
    return this.#message({ type: 'content_block_delta', index, delta })
  }

  #input(index: number, json: string): Message {
    return this.#delta(index, { type: 'input_json_delta', partial_json: json })
  }

  #message(value: Typed): Message {
    return { event: value.type, data: this.#pad(JSON.stringify(value)) }
  }

  /** Only what is an object has a last brace: a body of the scenario's own may be anything. */
  #pad(json: string): string {
    if (!json.endsWith('}')) return json
    return `${json.slice(0, -1)}${' '.repeat(integer(this.#padding, 0, mostPadding))}}`
  }

  /** After the first block has been opened, or before the end where there was none. */
  #pingOnce(): Message[] {
    if (this.#pinged) return []
    this.#pinged = true
    return [ping]
  }
}

function emptyBlock(part: Part): unknown {
  if (part.kind === 'tool') {
    const { id, name } = part
    return { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } }
  }
  if (part.kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' }
  return { type: 'text', text: '' }
}

/** Said in one piece, and of a call that was opened here. */
const isEmptyInput = (part: ToolPart, delta: string): boolean =>
  delta === '{}' && part.text === delta && part.name !== ''
