/**
 * Events to the chunks of `streamGenerateContent`: each is a whole reply of its own that says a part
 * and counts what was said so far. As server-sent events or as the elements of one array.
 */
import { utf8 } from '../../core/bytes.ts'
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Frame, Framing, Message } from '../../core/frame.ts'
import { jsonArrayMarks } from '../../framing/index.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import type { JsonObject } from '../shapes/json-body.ts'
import { type WholeCall, WholeCalls } from '../shapes/whole-calls.ts'
import { Chunks, citedBy, isBlocked } from './chunk.ts'
import { errorBody } from './error.ts'
import { printBody, printLine } from './json.ts'
import { RunningUsage } from './running-usage.ts'
import type { Candidate, Surface } from './surface.ts'

export function googleEncoder(surface: Surface, framing: Framing, reply: ReplyContext): Encoder {
  return new ChunkEncoder(surface, framing, reply)
}

class ChunkEncoder implements Encoder {
  readonly #surface: Surface
  readonly #framing: Framing
  readonly #reply: ReplyContext
  readonly #chunks: Chunks
  readonly #calls = new WholeCalls()
  readonly #counted: RunningUsage
  readonly #choices: number
  readonly #finished = new Set<number>()
  readonly #calling = new Set<number>()
  readonly #speaking = new Set<number>()
  /** A refusal has no place in a stream but its end. */
  readonly #refusals = new Map<number, string>()
  /** The array begins with us, and nothing of it is written. */
  #opens = false
  #written = false
  #begun = false
  #failed = false
  /** The usage that the last chunk told. */
  #told: Usage | undefined

  constructor(surface: Surface, framing: Framing, reply: ReplyContext) {
    this.#surface = surface
    this.#framing = framing
    this.#reply = reply
    this.#chunks = new Chunks(surface, reply)
    this.#counted = new RunningUsage(inputTokens(reply.request.messages), reply.usage)
    this.#choices = reply.request.choices
  }

  push(event: Event): Frame[] {
    if (event.type === 'raw') return [{ bytes: event.bytes }]
    // After an error the service says no more, but that an array is closed.
    if (this.#failed) return []
    if (event.type === 'comment') return this.#encoded({ comment: event.text })
    this.#begun = true
    this.#counted.note(event)
    return this.#say(event, event.choice ?? 0)
  }

  end(): Frame[] {
    if (!this.#begun) return []
    const frames: Frame[] = []
    for (let choice = 0; !this.#failed && choice < this.#choices; choice++) {
      if (this.#finished.has(choice)) continue
      frames.push(...this.#finish(choice, this.#calling.has(choice) ? 'tool-calls' : 'stop'))
    }
    if (this.#framing.name === 'json-array') frames.push({ bytes: utf8(jsonArrayMarks.close) })
    return frames
  }

  #say(event: Event, choice: number): Frame[] {
    switch (event.type) {
      case 'start':
        this.#opens = !this.#written
        return []
      case 'text':
        return event.text === '' ? [] : this.#part(choice, this.#chunks.text(event.text))
      case 'reasoning': {
        if (event.text === '') return []
        return this.#part(choice, this.#chunks.thought(event.text, choice))
      }
      case 'refusal':
        this.#refusals.set(choice, (this.#refusals.get(choice) ?? '') + event.text)
        return []
      case 'citation':
        return this.#part(choice, this.#chunks.text(''), citedBy(event.citation))
      case 'finish':
        return this.#finish(choice, event.reason)
      case 'usage':
        return this.#tell(event.usage)
      case 'error':
        return this.#fail(errorBody(this.#surface, event.error, this.#reply.request.model))
      default: {
        const call = this.#calls.push(event)
        return call ? this.#call(choice, call) : []
      }
    }
  }

  #call(choice: number, call: WholeCall): Frame[] {
    this.#calling.add(choice)
    return this.#part(choice, this.#chunks.call(call, choice))
  }

  #part(choice: number, part: JsonObject, more: Partial<Candidate> = {}): Frame[] {
    this.#speaking.add(choice)
    return this.#message([{ index: choice, parts: [part], ...more }], this.#counted.sofar(), false)
  }

  #finish(choice: number, reason: FinishReason): Frame[] {
    this.#finished.add(choice)
    const spoke = this.#speaking.has(choice)
    const refusal = this.#refusals.get(choice) ?? ''
    const ending = { choice, reason, spoke, refusal, called: this.#calling.has(choice) }
    if (isBlocked(ending)) {
      this.#told = this.#counted.blocked()
      return this.#frame(this.#chunks.blocked(ending, this.#told))
    }
    const last = { ...this.#chunks.text(''), ...this.#chunks.signature(choice) }
    const candidate = { ...this.#chunks.ending(ending), parts: [last] }
    return this.#message([candidate], this.#counted.final(), true)
  }

  /** Usage that comes after all finishes, and is not what they told, has a chunk of its own. */
  #tell(usage: Usage): Frame[] {
    this.#counted.given = usage
    if (this.#finished.size === 0 || (this.#told && isSame(this.#told, usage))) return []
    return this.#message([], usage, true)
  }

  #message(candidates: readonly Candidate[], usage: Usage, isLast: boolean): Frame[] {
    if (isLast) this.#told = usage
    return this.#frame(this.#chunks.message(candidates, usage, isLast))
  }

  #frame(value: JsonObject): Frame[] {
    return this.#framing.name === 'json-array'
      ? [this.#element(printBody(value))]
      : this.#encoded({ data: printLine(value) })
  }

  #encoded(message: Message): Frame[] {
    const frame = this.#framing.encode(message)
    return frame ? [frame] : []
  }

  #element(data: string): Frame {
    const mark = this.#opens ? jsonArrayMarks.open : jsonArrayMarks.between
    this.#opens = false
    this.#written = true
    return { data, bytes: utf8(mark + data) }
  }

  /**
   * In an array, an error is an element; among server-sent events it is what the service would have
   * answered otherwise, a bare body without the form of an event.
   */
  #fail(body: unknown): Frame[] {
    this.#failed = true
    if (this.#framing.name === 'json-array') return [this.#element(printBody(body))]
    if (typeof body === 'string') return this.#encoded({ data: body })
    return [{ bytes: utf8(`${printBody(body)}\n`) }]
  }
}

const isSame = (one: Usage, other: Usage): boolean =>
  one.inputTokens === other.inputTokens &&
  one.outputTokens === other.outputTokens &&
  (one.reasoningTokens ?? 0) === (other.reasoningTokens ?? 0) &&
  (one.cachedTokens ?? 0) === (other.cachedTokens ?? 0)
