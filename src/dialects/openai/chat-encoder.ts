/** Events to Chat Completions chunks, in the words of a variant. */
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, FinishReason } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import { type JsonPieces, type Slots, writeJson } from '../shapes/json-template.ts'
import { type WholeCall, WholeCalls } from '../shapes/whole-calls.ts'
import { ChunkWriter } from './chat-chunks.ts'
import { type ChatPlan, callText, type FrameKind, finishWord, idGiver } from './chat-plan.ts'
import type { Rewording } from './chat-wording.ts'

export const chatEncoder = (plan: ChatPlan, reply: ReplyContext): Encoder =>
  new ChatEncoder(plan, reply)

class ChatEncoder implements Encoder {
  readonly #plan: ChatPlan
  readonly #writer: ChunkWriter
  readonly #choices: number
  readonly #giveId: ReturnType<typeof idGiver>
  readonly #reword: Rewording | undefined
  /** For services that send a call whole. */
  readonly #wholeCalls: WholeCalls | undefined
  /** Choices whose first delta, which carries the role, has been sent. */
  readonly #opened = new Set<number>()
  readonly #finished = new Set<number>()
  /** Choices that called a tool, which decides how they finish by themselves. */
  readonly #calling = new Set<number>()
  /** A finish that waits for the usage, which this service sends with it. */
  #held: { readonly choice: number; readonly word: string } | undefined
  #started = false
  #begun = false
  #failed = false

  constructor(plan: ChatPlan, reply: ReplyContext) {
    this.#plan = plan
    this.#writer = new ChunkWriter(plan, reply)
    this.#choices = reply.request.choices
    this.#giveId = idGiver(plan, reply)
    this.#reword = plan.reword(reply)
    this.#wholeCalls = plan.deltas.callArguments ? undefined : new WholeCalls()
  }

  push(event: Event): Frame[] {
    if (event.type === 'usage') {
      this.#writer.usage = event.usage
      return this.#release()
    }
    const before = this.#release()
    const frames = this.#reword
      ? this.#reword(event).flatMap((reworded) => this.#write(reworded))
      : this.#write(event)
    return before.length === 0 ? frames : [...before, ...frames]
  }

  /** After an error inside the stream most services say no more, not even `[DONE]`. */
  end(): Frame[] {
    const last = this.#writer.terminator()
    if (this.#failed) return this.#plan.variant.errors.inStream?.terminator ? last : []
    return [...this.#finishAll(), ...this.#writer.usageChunk(), ...last]
  }

  #write(event: Event): Frame[] {
    const choice = event.choice ?? 0
    const { deltas } = this.#plan
    this.#begun ||= event.type !== 'raw' && event.type !== 'comment'
    switch (event.type) {
      case 'start':
        this.#started = true
        return this.#writer.prelude()
      case 'text':
        return this.#text(choice, deltas.text, event)
      case 'reasoning':
        return this.#text(choice, deltas.reasoning ?? deltas.text, event)
      case 'refusal':
        return this.#text(choice, deltas.refusal ?? deltas.text, event)
      case 'tool-start':
        return this.#beginCall(choice, event)
      case 'tool-arguments':
        return this.#growCall(choice, event)
      case 'tool-end':
        return this.#endCall(choice, event)
      case 'finish':
        return this.#finish(choice, event.reason)
      case 'error':
        this.#failed = true
        return [this.#writer.error(event.error)]
      case 'citation':
        this.#writer.citations.push(event.citation)
        return []
      case 'comment':
        return [this.#writer.comment(event.text)]
      case 'raw':
        return [{ bytes: event.bytes }]
      default:
        return []
    }
  }

  #text(
    choice: number,
    pieces: JsonPieces,
    { type, text }: Extract<Event, { type: 'text' | 'reasoning' | 'refusal' }>,
  ): Frame[] {
    const { openForReasoning, open } = this.#plan.deltas
    const content = JSON.stringify(text)
    return this.#say(choice, {
      kind: 'text',
      opening: type === 'reasoning' ? (openForReasoning ?? open) : open,
      pieces,
      slots: this.#plan.numbersTokens
        ? { text: content, token: String(tokenNumber(text)) }
        : { text: content },
      text,
      isContent: type === 'text',
    })
  }

  #beginCall(choice: number, event: Event & { type: 'tool-start' }): Frame[] {
    const id = this.#giveId(event.id)
    this.#calling.add(choice)
    if (!this.#wholeCalls) return this.#openCall(choice, { ...event, id, arguments: '' })
    this.#wholeCalls.push({ ...event, id })
    return []
  }

  #growCall(choice: number, event: Event & { type: 'tool-arguments' }): Frame[] {
    const pieces = this.#plan.deltas.callArguments
    this.#wholeCalls?.push(event)
    if (!pieces) return []
    const slots = { index: String(event.index), text: JSON.stringify(event.text) }
    return this.#call(choice, pieces, slots, this.#plan.deltas.open)
  }

  #endCall(choice: number, event: Event): Frame[] {
    const whole = this.#wholeCalls?.push(event)
    return whole ? this.#openCall(choice, whole) : []
  }

  #openCall(choice: number, call: WholeCall): Frame[] {
    const { openWithCall, openForCall, open, call: pieces } = this.#plan.deltas
    const slots = { call: callText(this.#plan.call, call) }
    // A reply that begins with its only call so far names role and call in one delta.
    if (openWithCall && call.index === 0 && this.#begin(choice)) {
      return [this.#bare('open', choice, writeJson(openWithCall, slots))]
    }
    return this.#call(choice, pieces, slots, openForCall ?? open)
  }

  #call(
    choice: number,
    pieces: JsonPieces,
    slots: Slots,
    opening: JsonPieces | undefined,
  ): Frame[] {
    const kind = 'call'
    return this.#say(choice, { kind, opening, pieces, slots, text: undefined, isContent: false })
  }

  /** A chunk that brings no text. */
  #bare(kind: FrameKind, choice: number, delta: string, finish?: string): Frame {
    return this.#writer.chunk({ kind, choice, delta, text: undefined, isContent: false, finish })
  }

  /** Walked for every delta of every stream: nothing is spread here. */
  #say(choice: number, saying: Saying): Frame[] {
    const { kind, opening, pieces, slots, text, isContent } = saying
    const begins = this.#begin(choice)
    const frames = begins ? this.#open(choice, opening) : []
    const bringsRole = begins && !opening
    const delta = writeJson(pieces, bringsRole ? { ...slots, role: '"assistant"' } : slots)
    frames.push(this.#writer.chunk({ kind, choice, delta, text, isContent, finish: undefined }))
    return frames
  }

  /** True for the first that a choice of a started stream says. */
  #begin(choice: number): boolean {
    if (!this.#started || this.#opened.has(choice)) return false
    this.#opened.add(choice)
    return true
  }

  #open(choice: number, opening: JsonPieces | undefined): Frame[] {
    if (!opening) return []
    return [this.#bare('open', choice, writeJson(opening, {}))]
  }

  #finish(choice: number, reason: FinishReason): Frame[] {
    this.#finished.add(choice)
    const frames = this.#begin(choice) ? this.#open(choice, this.#plan.deltas.open) : []
    this.#held = { choice, word: finishWord(reason) }
    return this.#plan.finishesWithUsage ? frames : [...frames, ...this.#release()]
  }

  #release(): Frame[] {
    if (!this.#held) return []
    const { choice, word } = this.#held
    this.#held = undefined
    const delta = writeJson(this.#plan.deltas.finish, {})
    return [this.#bare('finish', choice, delta, word)]
  }

  #finishAll(): Frame[] {
    const frames: Frame[] = []
    for (let choice = 0; this.#begun && choice < this.#choices; choice++) {
      if (this.#finished.has(choice)) continue
      const reason = this.#calling.has(choice) ? 'tool-calls' : 'stop'
      frames.push(...this.#release(), ...this.#finish(choice, reason))
    }
    return [...frames, ...this.#release()]
  }
}

interface Saying {
  readonly kind: FrameKind
  /** The delta that goes before it where it is the first; without one it brings the role itself. */
  readonly opening: JsonPieces | undefined
  readonly pieces: JsonPieces
  readonly slots: Slots
  readonly text: string | undefined
  readonly isContent: boolean
}

/** A number in place of a token's, for services that tell them: same text, same number. */
function tokenNumber(text: string): number {
  let number = 0
  for (let i = 0; i < text.length; i++) number = (number * 31 + text.charCodeAt(i)) % 128_000
  return number
}
