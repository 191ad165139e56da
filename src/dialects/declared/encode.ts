/**
 * Events to frames as a description says, and events to one whole answer. What a format has no
 * frame for is left out, as are further choices: a declared format has one answer.
 */
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, Usage } from '../../core/event.ts'
import { generatedText } from '../../core/event.ts'
import type { Frame, Framing } from '../../core/frame.ts'
import { countTokens } from '../grain.ts'
import { type ErrorPlan, ownBody } from './error.ts'
import { type BoundFrame, bindFrame, type FramePlan, namesIn } from './frames.ts'
import type { JsonStyle } from './json.ts'
import type { FrameKind } from './schema.ts'
import type { ReplyValues, ValuePlan } from './values.ts'

export interface StreamPlan {
  readonly framing: Framing
  readonly frames: ReadonlyMap<FrameKind, FramePlan>
  readonly values: ValuePlan
  readonly errors: ErrorPlan
  readonly style: JsonStyle
  readonly terminator: string | undefined
  readonly terminatorAfterError: boolean
  /** Our word for a reason to the vendor's. */
  readonly finishWords: ReadonlyMap<string, string>
}

/** The placeholders of token counts, in frames and in whole answers. */
export const tokenNames: readonly string[] = ['inputTokens', 'outputTokens', 'totalTokens']

type Values = Readonly<Record<string, unknown>>

const nothing: Values = {}

export class DeclaredEncoder implements Encoder {
  readonly #plan: StreamPlan
  readonly #reply: ReplyContext
  readonly #values: ReplyValues
  readonly #bound = new Map<FrameKind, readonly BoundFrame[]>()
  readonly #counts: boolean
  readonly #tools = new Map<number, { name: string; toolId: string }>()
  #said = ''
  #usage: Usage | undefined
  #started = false
  #finished = false
  #failed = false
  #atMs = 0

  constructor(plan: StreamPlan, reply: ReplyContext) {
    this.#plan = plan
    this.#reply = reply
    this.#values = plan.values.of(reply)
    this.#counts = countsTokens(plan)
  }

  push(event: Event, atMs = 0): Frame[] {
    this.#atMs = atMs
    if (event.type === 'raw') return [{ bytes: event.bytes }]
    if (event.type === 'comment') return this.#comment(event.text)
    if ((event.choice ?? 0) > 0) return []
    const before = this.#start()
    const frames = event.type === 'start' ? [] : this.#write(event)
    return before.length === 0 ? frames : [...before, ...frames]
  }

  end(atMs = 0): Frame[] {
    this.#atMs = atMs
    const frames = this.#start()
    if (!this.#failed && !this.#finished) {
      frames.push(...this.#finish(this.#tools.size > 0 ? 'tool-calls' : 'stop'))
    }
    const { terminator, terminatorAfterError, framing } = this.#plan
    if (terminator === undefined || (this.#failed && !terminatorAfterError)) return frames
    const last = framing.encode({ data: terminator })
    return last ? [...frames, last] : frames
  }

  #comment(text: string): Frame[] {
    const frame = this.#plan.framing.encode({ comment: text })
    return frame ? [frame] : []
  }

  #start(): Frame[] {
    if (this.#started) return []
    this.#started = true
    return this.#frames('start', nothing)
  }

  #write(event: Event): Frame[] {
    if (this.#counts) this.#said += generatedText(event)
    switch (event.type) {
      case 'text':
      case 'reasoning':
      case 'refusal':
        return this.#frames(event.type, event)
      case 'tool-start': {
        const tool = { name: event.name, toolId: event.id ?? this.#values.toolId() }
        this.#tools.set(event.index, tool)
        return this.#frames('toolStart', { index: event.index, ...tool })
      }
      case 'tool-arguments':
        return this.#tool('toolArguments', event.index, { arguments: event.text })
      case 'tool-end':
        return this.#tool('toolEnd', event.index, nothing)
      case 'citation':
        return this.#frames('citation', event)
      case 'usage':
        this.#usage = event.usage
        return this.#frames('usage', nothing)
      case 'error':
        return this.#fail(event)
      case 'finish':
        return this.#finish(event.reason)
      default:
        return []
    }
  }

  #tool(kind: FrameKind, index: number, values: Values): Frame[] {
    return this.#frames(kind, { index, ...this.#tools.get(index), ...values })
  }

  #finish(reason: string): Frame[] {
    this.#finished = true
    return this.#frames('finish', { finish: this.#plan.finishWords.get(reason) ?? reason })
  }

  #fail({ error }: Event & { type: 'error' }): Frame[] {
    this.#failed = true
    const own = ownBody(error, this.#plan.style)
    if (own === undefined) return this.#frames('error', this.#plan.errors.values(error))
    const frame = this.#plan.framing.encode({ data: own })
    return frame ? [frame] : []
  }

  #frames(kind: FrameKind, values: Values): Frame[] {
    const frames: Frame[] = []
    for (const bound of this.#boundFrames(kind)) {
      const frame = bound.write((expression) => {
        const { name } = expression
        if (name in values) return values[name]
        if (name === 'now') return Math.floor((this.#reply.createdMs + this.#atMs) / 1000)
        return this.#count(name) ?? this.#values.draw(expression)
      })
      if (frame) frames.push(frame)
    }
    return frames
  }

  #boundFrames(kind: FrameKind): readonly BoundFrame[] {
    const known = this.#bound.get(kind)
    if (known) return known
    const { isFixed, lookup } = this.#values
    const written = this.#plan.frames.get(kind)?.written ?? []
    const bound = written.map((frame) => bindFrame(frame, this.#plan.framing, isFixed, lookup))
    this.#bound.set(kind, bound)
    return bound
  }

  #count(name: string): number | undefined {
    if (!tokenNames.includes(name)) return undefined
    return tokenCount(name, this.#usage ?? estimateUsage(this.#reply, this.#said))
  }
}

/** Whether any frame tells token counts: only then is the generated text kept to count it. */
function countsTokens({ frames }: StreamPlan): boolean {
  return [...frames.values()].some(({ written }) =>
    written.some((frame) => namesIn(frame).some(({ name }) => tokenNames.includes(name))),
  )
}

/** What the service would have counted, where the script says nothing of it. */
export function estimateUsage({ request }: ReplyContext, said: string): Usage {
  const asked = request.messages.reduce((sum, { text }) => sum + countTokens(text), 0)
  return { inputTokens: asked, outputTokens: countTokens(said) }
}

export function tokenCount(name: string, usage: Usage): number | undefined {
  if (name === 'inputTokens') return usage.inputTokens
  if (name === 'outputTokens') return usage.outputTokens
  return name === 'totalTokens' ? usage.inputTokens + usage.outputTokens : undefined
}
