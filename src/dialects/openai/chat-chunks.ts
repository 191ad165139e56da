/** Writes the chunks of one reply. What repeats in every chunk is written to JSON once. */
import type { ApiError } from '../../core/api-error.ts'
import { noBytes } from '../../core/bytes.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { Usage } from '../../core/event.ts'
import type { Frame, Message } from '../../core/frame.ts'
import { alphanumeric, type Random } from '../../core/random.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import {
  asksFor,
  bindJson,
  type JsonPieces,
  type Slots,
  writeJson,
} from '../shapes/json-template.ts'
import {
  type ChatPlan,
  type FrameKind,
  identity,
  logprobsOf,
  logprobsRandom,
  sourceSlots,
  streamOption,
  usageText,
} from './chat-plan.ts'
import { thoughtEnd } from './chat-wording.ts'
import { errorMessage } from './error.ts'

/** What a chunk says of its choice. */
export interface Said {
  readonly kind: FrameKind
  readonly choice: number
  /** JSON text. */
  readonly delta: string
  /** The generated text in it, where it has any. */
  readonly text: string | undefined
  /** Text that log probabilities are told for. */
  readonly isContent: boolean
  readonly finish: string | undefined
}

export class ChunkWriter {
  usage: Usage | undefined
  readonly citations: unknown[] = []
  readonly #plan: ChatPlan
  readonly #reply: ReplyContext
  readonly #identity: Slots
  readonly #asked: boolean
  readonly #chunk: Readonly<Record<FrameKind, JsonPieces>>
  readonly #choice: Readonly<Record<FrameKind, JsonPieces>>
  readonly #obfuscation: Random | undefined
  readonly #logprobs: Random | undefined
  /** All that each choice has said, for services that say it again in every chunk. */
  readonly #soFar: Map<number, string> | undefined
  #pieces = 0

  constructor(plan: ChatPlan, reply: ReplyContext) {
    this.#plan = plan
    this.#reply = reply
    this.#identity = identity(plan, reply)
    this.#asked = streamOption(reply, 'include_usage')
    this.#logprobs = logprobsRandom(reply)
    this.#obfuscation = streamOption(reply, 'include_obfuscation')
      ? reply.random.fork('obfuscation')
      : undefined
    this.#soFar = asksFor(plan.choice.text, 'said') ? new Map() : undefined
    this.#chunk = this.#bindChunks()
    this.#choice = {
      ...plan.choice,
      finish: bindJson(plan.choice.finish, this.#identity),
    }
  }

  #bindChunks(): Readonly<Record<FrameKind, JsonPieces>> {
    const { chunk, variant } = this.#plan
    const notYet = this.#asked || variant.usageRule !== 'option' ? 'null' : undefined
    const known = {
      ...this.#identity,
      ...(this.#obfuscation ? {} : { obfuscation: undefined }),
      ...(this.#asked ? {} : { askedUsage: undefined }),
    }
    const before = { ...known, askedUsage: undefined, usage: notYet }
    // Most services have one template for all kinds, which is then bound only once.
    const bound = new Map<JsonPieces, JsonPieces>()
    const bind = (kind: FrameKind): JsonPieces => {
      if (this.#tellsUsage(kind)) return bindJson(chunk[kind], known)
      const pieces = bound.get(chunk[kind]) ?? bindJson(chunk[kind], before)
      bound.set(chunk[kind], pieces)
      return pieces
    }
    return { open: bind('open'), text: bind('text'), call: bind('call'), finish: bind('finish') }
  }

  #tellsUsage(kind: FrameKind): boolean {
    const { usageRule } = this.#plan.variant
    return usageRule === 'every' || (usageRule === 'finish' && kind === 'finish')
  }

  /** Walked for every frame of every stream: what few services tell is made only for them. */
  chunk({ kind, choice, delta, text, isContent, finish }: Said): Frame {
    // The end of a thought is a mark of the format, and no token of the usage.
    if (text !== undefined && text !== thoughtEnd) this.#pieces++
    const { tellsText, tellsSources } = this.#plan
    const own = writeJson(this.#choice[kind], {
      index: String(choice),
      delta,
      text: tellsText ? JSON.stringify(text ?? '') : undefined,
      said: this.#soFar && this.#saidSoFar(this.#soFar, choice, text ?? ''),
      logprobs:
        this.#logprobs && isContent && text ? inventLogprobs(text, this.#logprobs) : undefined,
      finish: finish === undefined ? undefined : JSON.stringify(finish),
    })
    const usage = this.#tellsUsage(kind) ? this.#countSoFar() : undefined
    const sources = tellsSources ? sourceSlots(this.citations) : undefined
    const data = writeJson(this.#chunk[kind], {
      choices: `[${own}]`,
      usage,
      askedUsage: usage,
      obfuscation: this.#padding(),
      citations: sources?.citations,
      sources: sources?.sources,
    })
    return this.#encode({ data })
  }

  #saidSoFar(soFar: Map<number, string>, choice: number, text: string): string {
    const said = (soFar.get(choice) ?? '') + text
    soFar.set(choice, said)
    return JSON.stringify(said)
  }

  /** Each piece of text stands for a token, until the script has told the usage. */
  #countSoFar(): string | undefined {
    if (this.usage) return usageText(this.#plan, this.usage)
    if (this.#plan.variant.usageRule !== 'every') return undefined
    const { messages } = this.#reply.request
    const counted = { inputTokens: inputTokens(messages), outputTokens: this.#pieces }
    return usageText(this.#plan, counted)
  }

  #padding(): string | undefined {
    if (!this.#obfuscation) return undefined
    const length = 2 + Math.floor(this.#obfuscation.next() * 14)
    return `"${alphanumeric(this.#obfuscation, length)}"`
  }

  /** The frames before all others. */
  prelude(): Frame[] {
    return this.#plan.prelude.map((frame) =>
      this.#encode(
        typeof frame === 'string' ? { comment: frame } : { data: writeJson(frame, this.#identity) },
      ),
    )
  }

  /** The chunk that brings the usage, where the service sends one. */
  usageChunk(): Frame[] {
    const { usageChunk, variant } = this.#plan
    if (!usageChunk || !this.usage || !(this.#asked || variant.usageRule === 'always')) return []
    const usage = usageText(this.#plan, this.usage)
    const slots = { ...this.#identity, usage, obfuscation: this.#padding() }
    return [this.#encode({ data: writeJson(usageChunk, slots) })]
  }

  error(error: ApiError): Frame {
    return this.#encode(errorMessage(this.#plan, error, this.#identity))
  }

  comment(comment: string): Frame {
    return this.#encode({ comment })
  }

  terminator(): Frame[] {
    const { terminator } = this.#plan.variant.stream
    return terminator === undefined ? [] : [this.#encode({ data: terminator })]
  }

  #encode(message: Message): Frame {
    return this.#plan.framing.encode(message) ?? { bytes: noBytes }
  }
}

const inventLogprobs = (text: string, random: Random): string =>
  JSON.stringify({ content: logprobsOf(text, random), refusal: null })
