/**
 * Chat Completions chunks back to events. Reads what the vendor and its compatible services send,
 * such as `reasoning_content`; what it cannot name stays raw.
 */
import { looseText } from '../../core/bytes.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { isObject, type JsonObject, parseObject } from '../shapes/json-body.ts'
import { finishReason } from './chat-encoder.ts'
import { readOpenAiError } from './error.ts'

export function openAiChatDecoder(): Push<Frame, Event> {
  return new ChunkDecoder()
}

class ChunkDecoder implements Push<Frame, Event> {
  #started = false
  /** Calls that are open, so that each is ended once. */
  readonly #open = new Map<string, { index: number; choice: number }>()

  push(frame: Frame): Event[] {
    if (frame.incomplete) return [raw(frame)]
    if (frame.data === undefined) {
      return frame.comment === undefined ? [raw(frame)] : [{ type: 'comment', text: frame.comment }]
    }
    if (frame.data.trim() === '[DONE]') return this.#endTools()
    const chunk = parseObject(frame.data)
    const events = chunk ? this.#readChunk(chunk) : []
    return events.length === 0 && !(chunk && saysNothing(chunk)) ? [raw(frame)] : events
  }

  end(): Event[] {
    return this.#endTools()
  }

  #readChunk(chunk: JsonObject): Event[] {
    const error = readOpenAiError(chunk)
    if (error) return [{ type: 'error', error }]
    const events: Event[] = []
    const choices = Array.isArray(chunk['choices']) ? chunk['choices'].filter(isObject) : []
    if (!this.#started && choices.length > 0) {
      this.#started = true
      events.push({ type: 'start' })
    }
    for (const choice of choices) events.push(...this.#readChoice(choice))
    const usage = readUsage(chunk['usage'])
    if (usage) events.push({ type: 'usage', usage })
    return events
  }

  #readChoice(choice: JsonObject): Event[] {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0
    const said = isObject(choice['delta']) ? choice['delta'] : choice['message']
    const events = isObject(said) ? [...readTexts(said), ...this.#readCalls(said, index)] : []
    const reason = choice['finish_reason']
    if (typeof reason === 'string') {
      events.push(...this.#endTools(index), { type: 'finish', reason: finishReason(reason) })
    }
    return index === 0 ? events : events.map((event) => ({ ...event, choice: index }))
  }

  #readCalls(delta: JsonObject, choice: number): Event[] {
    const calls = Array.isArray(delta['tool_calls']) ? delta['tool_calls'].filter(isObject) : []
    return calls.flatMap((call, position) => {
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

/** Such as the role of a further choice: understood, and no event. */
function saysNothing({ choices }: JsonObject): boolean {
  if (!Array.isArray(choices) || choices.length === 0) return false
  return choices.every((choice) => isObject(choice) && isEmptyDelta(choice['delta']))
}

const textFields = ['content', 'refusal', 'reasoning', 'reasoning_content']

const isEmptyDelta = (delta: unknown): boolean =>
  isObject(delta) &&
  Object.entries(delta).every(
    ([name, value]) => name === 'role' || (textFields.includes(name) && (value ?? '') === ''),
  )

const raw = ({ bytes }: Frame): Event => ({ type: 'raw', bytes })

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
  return {
    inputTokens: input,
    outputTokens: output,
    ...(cached > 0 ? { cachedTokens: cached } : {}),
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
  }
}

const detail = (details: unknown, name: string): number =>
  isObject(details) && typeof details[name] === 'number' ? details[name] : 0

/** A completion that was not streamed, or an error body. */
export function decodeWhole(body: Uint8Array): Event[] {
  const value = parseObject(looseText(body))
  if (!value) return []
  const decoder = new ChunkDecoder()
  const events = decoder.push({ bytes: body, data: JSON.stringify(value) })
  return [...events, ...decoder.end()].filter(({ type }) => type !== 'raw')
}
