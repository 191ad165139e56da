/**
 * The grammar that most streams with named events share: a reply is a list of parts, such as a text
 * or a tool call; each is opened, grows by deltas, and is closed. This keeps the books of what is
 * open; a grammar writes the messages of one vendor.
 *
 * Without a `start` event the stream is one that someone else began: nothing is opened, and an event
 * becomes its delta alone.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { Encoder } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Frame, Framing, Message } from '../../core/frame.ts'

export interface TextPart {
  readonly kind: 'text' | 'reasoning' | 'refusal'
  /** Among all parts of the reply, from 0; -1 where it is none, see `PartsGrammar.aside`. */
  readonly index: number
  /** All that it has said so far. */
  text: string
}

export interface ToolPart {
  readonly kind: 'tool'
  readonly index: number
  /** Among the calls of the reply, from 0. */
  readonly call: number
  readonly id: string
  readonly name: string
  /** The arguments so far, as JSON text. */
  text: string
}

export type Part = TextPart | ToolPart

/** What one vendor writes; each gives the messages of its frames, in order. */
export interface PartsGrammar {
  begin(atMs: number): readonly Message[]
  open(part: Part): readonly Message[]
  /** `part.text` has grown by `delta` already. */
  delta(part: Part, delta: string, atMs: number): readonly Message[]
  /** `reason` where the reply finished before the part was closed. */
  close(part: Part, reason?: FinishReason): readonly Message[]
  citation?(part: Part, citation: unknown): readonly Message[]
  /** The reply is over; usage where the script or the pacing told any. */
  finish(reason: FinishReason, usage: Usage | undefined, atMs: number): readonly Message[]
  error(error: ApiError): readonly Message[]
  /** After everything but an error. */
  readonly terminator?: readonly Message[]
  /** After an error, where the service ends such a stream like any other. */
  readonly errorTerminator?: readonly Message[]
  /** A kind of text that this format says beside its parts: it has no index among them. */
  readonly aside?: TextPart['kind'] | undefined
  /**
   * Whether these bytes, which are written as they are, open a part of their own: it takes an index,
   * and the text before it ends.
   */
  opensPart?(raw: Uint8Array): boolean
  /** Draws the id of a call that has none. */
  callId(name: string): string
}

export function partsEncoder(framing: Framing, grammar: PartsGrammar): Encoder {
  return new PartsEncoder(framing, grammar)
}

class PartsEncoder implements Encoder {
  readonly #framing: Framing
  readonly #grammar: PartsGrammar
  /** The stream's beginning is ours. */
  #started = false
  /** Something was said that a finish belongs to. */
  #spoken = false
  #over: 'finished' | 'failed' | undefined
  #count = 0
  #text: TextPart | undefined
  readonly #tools = new Map<number, ToolPart>()
  #called = false
  /** Held back until the usage is known, which many formats write with it. */
  #reason: FinishReason | undefined
  #usage: Usage | undefined

  constructor(framing: Framing, grammar: PartsGrammar) {
    this.#framing = framing
    this.#grammar = grammar
  }

  push(event: Event, atMs = 0): Frame[] {
    if (event.type === 'raw') return [...this.#aroundRaw(event.bytes), { bytes: event.bytes }]
    if (event.type === 'comment') return this.#frames([{ comment: event.text }])
    // These formats have one answer only.
    if ((event.choice ?? 0) > 0) return []
    this.#spoken = true
    return this.#frames([...this.#messages(event, atMs)])
  }

  end(atMs = 0): Frame[] {
    if (this.#over === 'failed') return this.#frames(this.#grammar.errorTerminator ?? [])
    const rest: Message[] = []
    if (this.#spoken && !this.#over) {
      this.#reason ??= this.#called ? 'tool-calls' : 'stop'
      rest.push(...this.#closeAll(), ...this.#finish(atMs))
    }
    return this.#frames([...rest, ...(this.#grammar.terminator ?? [])])
  }

  *#messages(event: Event, atMs: number): Generator<Message> {
    switch (event.type) {
      case 'start':
        this.#started = true
        yield* this.#grammar.begin(atMs)
        return
      case 'text':
      case 'reasoning':
      case 'refusal': {
        if (this.#text?.kind !== event.type) yield* this.#openText(event.type)
        if (this.#text) yield* this.#grow(this.#text, event.text, atMs)
        return
      }
      case 'citation': {
        if (this.#text?.kind !== 'text') yield* this.#openText('text')
        if (this.#text) yield* this.#grammar.citation?.(this.#text, event.citation) ?? []
        return
      }
      case 'tool-start':
        yield* this.#openTool(event)
        return
      case 'tool-arguments': {
        const part = this.#tools.get(event.index) ?? this.#toolOfAnother(event.index)
        yield* this.#grow(part, event.text, atMs)
        return
      }
      case 'tool-end':
        yield* this.#closeTool(event.index)
        return
      case 'usage':
        this.#usage = event.usage
        if (this.#reason !== undefined && !this.#over) yield* this.#finish(atMs)
        return
      case 'finish':
        yield* this.#closeAll(event.reason)
        this.#reason = event.reason
        // In a stream of another there is no usage to wait for.
        if (this.#usage || !this.#started) yield* this.#finish(atMs)
        return
      case 'error':
        this.#over = 'failed'
        yield* this.#grammar.error(event.error)
    }
  }

  *#openText(kind: TextPart['kind']): Generator<Message> {
    yield* this.#closeText()
    const index = kind === this.#grammar.aside ? -1 : this.#count++
    this.#text = { kind, index, text: '' }
    if (this.#started) yield* this.#grammar.open(this.#text)
  }

  *#openTool(event: { index: number; id?: string; name: string }): Generator<Message> {
    yield* this.#closeText()
    const part: ToolPart = {
      kind: 'tool',
      index: this.#count++,
      call: event.index,
      id: event.id ?? this.#grammar.callId(event.name),
      name: event.name,
      text: '',
    }
    this.#called = true
    this.#tools.set(event.index, part)
    // The opening says the name, so that it is the event itself and not something around it.
    yield* this.#grammar.open(part)
  }

  /** Arguments of a call that was opened before we came. */
  #toolOfAnother(call: number): ToolPart {
    return { kind: 'tool', index: this.#count, call, id: '', name: '', text: '' }
  }

  *#grow(part: Part, delta: string, atMs: number): Generator<Message> {
    part.text += delta
    yield* this.#grammar.delta(part, delta, atMs)
  }

  *#closeText(reason?: FinishReason): Generator<Message> {
    const part = this.#text
    this.#text = undefined
    if (part && this.#started) yield* this.#grammar.close(part, reason)
  }

  *#closeTool(call: number, reason?: FinishReason): Generator<Message> {
    const part = this.#tools.get(call)
    this.#tools.delete(call)
    if (part) yield* this.#grammar.close(part, reason)
  }

  *#closeAll(reason?: FinishReason): Generator<Message> {
    yield* this.#closeText(reason)
    for (const call of [...this.#tools.keys()]) yield* this.#closeTool(call, reason)
  }

  *#finish(atMs: number): Generator<Message> {
    this.#over = 'finished'
    yield* this.#grammar.finish(this.#reason ?? 'stop', this.#usage, atMs)
  }

  #aroundRaw(bytes: Uint8Array): Frame[] {
    if (!this.#grammar.opensPart?.(bytes)) return []
    const closed = this.#frames([...this.#closeText()])
    this.#count++
    return closed
  }

  #frames(messages: readonly Message[]): Frame[] {
    return messages.flatMap((message) => this.#framing.encode(message) ?? [])
  }
}
