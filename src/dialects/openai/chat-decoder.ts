/**
 * Chat Completions chunks back to events, those of the vendor and of every service that is compatible
 * with it; what it cannot name stays raw.
 */
import { looseText } from '../../core/bytes.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { isObject, type JsonObject, objectsIn, parseObject } from '../shapes/json-body.ts'
import { type JsonReader, jsonDecoder } from '../shapes/json-decoder.ts'
import { finishReason } from './chat-plan.ts'
import { readVariantError } from './error.ts'
import type { ChatVariant } from './variant.ts'

export const chatDecoder = (variant: ChatVariant): Push<Frame, Event> =>
  jsonDecoder(new ChunkReader(variant))

/** A completion that was not streamed, or an error body. */
export function decodeCompletion(variant: ChatVariant, body: Uint8Array): Event[] {
  const value = parseObject(looseText(body))
  if (!value) return []
  const reader = new ChunkReader(variant, 'message')
  const events = reader.read(value) ?? []
  return [...events, ...reader.end()]
}

class ChunkReader implements JsonReader {
  readonly terminator = '[DONE]'
  readonly #variant: ChatVariant
  readonly #told: 'delta' | 'message'
  #started = false
  #finished = false
  /** Counts that a service tells while it still speaks; the last ones count. */
  #usage: Usage | undefined
  /** Services that tell their sources tell all of them in every chunk. */
  #cited = 0
  /** Calls that are open, so that each is ended once. */
  readonly #open = new Map<string, { index: number; choice: number }>()

  /** `told` is what counts where a choice has both, as those of some services do. */
  constructor(variant: ChatVariant, told: 'delta' | 'message' = 'delta') {
    this.#variant = variant
    this.#told = told
  }

  read(chunk: JsonObject): Event[] | undefined {
    const error = readVariantError(this.#variant, chunk)
    if (error) return [{ type: 'error', error }]
    const events: Event[] = []
    const choices = objectsIn(chunk['choices'])
    if (!this.#started && choices.length > 0) {
      this.#started = true
      events.push({ type: 'start' })
    }
    events.push(...this.#readCitations(chunk))
    for (const choice of choices) events.push(...this.#readChoice(choice))
    events.push(...this.#readUsage(chunk, choices))
    return events.length > 0 || this.#saysNothing(chunk) ? events : undefined
  }

  /** Understood, and no event: the role of a further choice, or what a filter found. */
  #saysNothing(chunk: JsonObject): boolean {
    const { choices } = chunk
    if (!Array.isArray(choices)) return false
    const filters = this.#variant.stream.prelude !== undefined
    if (choices.length === 0) return filters && 'prompt_filter_results' in chunk
    return choices.every(
      (choice) =>
        isObject(choice) &&
        (isEmptyDelta(choice['delta'] ?? { content: choice['text'] }) ||
          (filters && 'content_filter_offsets' in choice)),
    )
  }

  end(): Event[] {
    return [...this.#endTools(), ...this.#tellUsage()]
  }

  #readCitations({ citations }: JsonObject): Event[] {
    if (!Array.isArray(citations)) return []
    const fresh = citations.slice(this.#cited)
    this.#cited += fresh.length
    return fresh.map((citation) => ({ type: 'citation', citation }))
  }

  /** One that comes before the finish is not the last word. */
  #readUsage(chunk: JsonObject, choices: readonly JsonObject[]): Event[] {
    const groq = chunk['x_groq']
    const usage = readUsage(chunk['usage'] ?? (isObject(groq) ? groq['usage'] : undefined))
    this.#usage = usage ?? this.#usage
    return choices.length === 0 || this.#finished ? this.#tellUsage() : []
  }

  #tellUsage(): Event[] {
    const usage = this.#usage
    this.#usage = undefined
    return usage ? [{ type: 'usage', usage }] : []
  }

  #readChoice(choice: JsonObject): Event[] {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0
    const said = choice[this.#told] ?? choice['delta'] ?? choice['message']
    const events = isObject(said)
      ? [...readTexts(said), ...this.#readCalls(said, index)]
      : readTexts({ content: choice['text'] })
    const reason = choice['finish_reason']
    if (typeof reason === 'string') {
      this.#finished = true
      events.push(...this.#endTools(index), { type: 'finish', reason: finishReason(reason) })
    }
    return index === 0 ? events : events.map((event) => ({ ...event, choice: index }))
  }

  #readCalls(delta: JsonObject, choice: number): Event[] {
    return objectsIn(delta['tool_calls']).flatMap((call, position) => {
      const index = typeof call['index'] === 'number' ? call['index'] : position
      const described = isObject(call['function']) ? call['function'] : {}
      const events: Event[] = []
      if (typeof described['name'] === 'string' && !this.#open.has(`${choice}/${index}`)) {
        this.#open.set(`${choice}/${index}`, { index, choice })
        const id = typeof call['id'] === 'string' ? { id: call['id'] } : {}
        events.push({ type: 'tool-start', index, name: described['name'], ...id })
      }
      const text = described['arguments']
      if (typeof text === 'string' && text !== '') {
        events.push({ type: 'tool-arguments', index, text })
      }
      return events
    })
  }

  #endTools(choice?: number): Event[] {
    const ended = [...this.#open].filter(
      ([, call]) => choice === undefined || call.choice === choice,
    )
    for (const [key] of ended) this.#open.delete(key)
    return ended.map(([, call]) =>
      choice === undefined && call.choice > 0
        ? { type: 'tool-end', index: call.index, choice: call.choice }
        : { type: 'tool-end', index: call.index },
    )
  }
}

const textFields = ['content', 'refusal', 'reasoning', 'reasoning_content']
const silentFields = ['role', 'token_id', 'channel']

const isEmptyDelta = (delta: unknown): boolean =>
  isObject(delta) &&
  Object.entries(delta).every(
    ([name, value]) =>
      silentFields.includes(name) ||
      (textFields.includes(name) && (value ?? '') === '') ||
      (name === 'tool_calls' && value === null),
  )

function readTexts(said: JsonObject): Event[] {
  const events: Event[] = []
  const reasoning = said['reasoning_content'] ?? said['reasoning']
  if (typeof reasoning === 'string' && reasoning !== '') {
    events.push({ type: 'reasoning', text: reasoning })
  }
  if (typeof said['content'] === 'string' && said['content'] !== '') {
    events.push({ type: 'text', text: said['content'] })
  }
  if (typeof said['refusal'] === 'string' && said['refusal'] !== '') {
    events.push({ type: 'refusal', text: said['refusal'] })
  }
  return events
}

function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const [input, output] = [value['prompt_tokens'], value['completion_tokens']]
  if (typeof input !== 'number' || typeof output !== 'number') return undefined
  const cached = detail(value['prompt_tokens_details'], 'cached_tokens')
  const reasoning = detail(value['completion_tokens_details'], 'reasoning_tokens')
  // Some count the reasoning beside the completion, which only their sum gives away.
  const isBeside = reasoning > 0 && value['total_tokens'] === input + output + reasoning
  return {
    inputTokens: input,
    outputTokens: isBeside ? output + reasoning : output,
    ...(cached > 0 ? { cachedTokens: cached } : {}),
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
  }
}

const detail = (details: unknown, name: string): number =>
  isObject(details) && typeof details[name] === 'number' ? details[name] : 0
