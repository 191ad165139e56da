/**
 * Streams and whole answers of the Messages API back to events. Blocks that have no neutral event,
 * such as those of server tools, stay raw from their start to their stop.
 */
import { looseText } from '../../core/bytes.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { isObject, type JsonObject, objectsIn, parseObject } from '../shapes/json-body.ts'
import { type JsonReader, jsonDecoder } from '../shapes/json-decoder.ts'
import { readError } from './error.ts'
import { finishReason } from './message.ts'

export const messagesDecoder = (): Push<Frame, Event> => jsonDecoder(new MessageReader())

/** An open block; a call has its number among the calls. */
type Block = { readonly kind: 'said' | 'raw' } | { readonly kind: 'call'; readonly call: number }

class MessageReader implements JsonReader {
  #started = false
  /** Figures are cumulative, and the last may leave some out: each is the newest that was said. */
  #usage: JsonObject = {}
  readonly #blocks = new Map<unknown, Block>()
  #calls = 0

  read(message: JsonObject): readonly Event[] | undefined {
    switch (message['type']) {
      case 'message_start':
        return this.#start(message['message'])
      case 'content_block_start':
        return this.#open(message['index'], message['content_block'])
      case 'content_block_delta':
        return this.#grow(message['index'], message['delta'])
      case 'content_block_stop':
        return this.#close(message['index'])
      case 'message_delta':
        return this.#stop(message['delta'], message['usage'])
      case 'message_stop':
      case 'ping':
        return []
      default: {
        const error = readError(message)
        return error && [{ type: 'error', error }]
      }
    }
  }

  end(): Event[] {
    return this.#endCalls()
  }

  /** A message that was not streamed. */
  whole(message: JsonObject): Event[] {
    const events = [...(this.#start(message) ?? [])]
    for (const [index, block] of objectsIn(message['content']).entries()) {
      events.push(...(this.#open(index, block) ?? []), ...(this.#close(index) ?? []))
    }
    return [...events, ...(this.#stop(message, message['usage']) ?? [])]
  }

  #start(message: unknown): Event[] | undefined {
    if (this.#started || !isObject(message)) return undefined
    this.#started = true
    this.#addUsage(message['usage'])
    return [{ type: 'start' }]
  }

  /** A block may begin with something in it, as all of a whole answer does. */
  #open(index: unknown, block: unknown): Event[] | undefined {
    if (!isObject(block)) return undefined
    const { type, text, thinking, citations } = block
    if (type === 'tool_use' && typeof block['name'] === 'string') {
      return this.#openCall(index, block, block['name'])
    }
    const isSaid = type === 'text' || type === 'thinking'
    this.#blocks.set(index, { kind: isSaid ? 'said' : 'raw' })
    if (!isSaid) return undefined
    return type === 'text'
      ? [...saying('text', text), ...objectsIn(citations).map(citing)]
      : saying('reasoning', thinking)
  }

  #openCall(index: unknown, { id, input }: JsonObject, name: string): Event[] {
    const call = this.#calls++
    this.#blocks.set(index, { kind: 'call', call })
    const named = typeof id === 'string' ? { id } : {}
    const hasInput = isObject(input) && Object.keys(input).length > 0
    return [
      { type: 'tool-start', index: call, ...named, name },
      ...(hasInput ? saying('tool-arguments', JSON.stringify(input), call) : []),
    ]
  }

  #grow(index: unknown, delta: unknown): Event[] | undefined {
    const block = this.#blocks.get(index)
    if (!isObject(delta) || block?.kind === 'raw') return undefined
    switch (delta['type']) {
      case 'text_delta':
        return saying('text', delta['text'])
      case 'thinking_delta':
        return saying('reasoning', delta['thinking'])
      case 'input_json_delta': {
        const call = block?.kind === 'call' ? block.call : 0
        return saying('tool-arguments', delta['partial_json'], call)
      }
      case 'citations_delta':
        return [citing(delta['citation'])]
      case 'signature_delta':
        return []
      default:
        return undefined
    }
  }

  #close(index: unknown): Event[] | undefined {
    const block = this.#blocks.get(index)
    this.#blocks.delete(index)
    if (block?.kind === 'raw') return undefined
    return block?.kind === 'call' ? [{ type: 'tool-end', index: block.call }] : []
  }

  #stop(delta: unknown, usage: unknown): Event[] | undefined {
    if (!isObject(delta)) return undefined
    this.#addUsage(usage)
    const events: Event[] = []
    const { stop_reason: reason, stop_details: details } = delta
    if (isObject(details)) events.push(...saying('refusal', details['explanation']))
    if (typeof reason === 'string') {
      events.push(...this.#endCalls(), { type: 'finish', reason: finishReason(reason) })
    }
    const read = readUsage(this.#usage)
    return read ? [...events, { type: 'usage', usage: read }] : events
  }

  #addUsage(usage: unknown): void {
    if (!isObject(usage)) return
    const told = Object.entries(usage).filter(([, value]) => value !== null)
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) }
  }

  #endCalls(): Event[] {
    const open = [...this.#blocks].flatMap(([at, block]) =>
      block.kind === 'call' ? [{ at, call: block.call }] : [],
    )
    for (const { at } of open) this.#blocks.delete(at)
    return open.map(({ call }) => ({ type: 'tool-end', index: call }))
  }
}

const citing = (citation: unknown): Event => ({ type: 'citation', citation })

function saying(
  type: 'text' | 'reasoning' | 'refusal' | 'tool-arguments',
  text: unknown,
  index = 0,
): Event[] {
  if (typeof text !== 'string' || text === '') return []
  return [type === 'tool-arguments' ? { type, index, text } : { type, text }]
}

function readUsage(usage: JsonObject): Usage | undefined {
  const { input_tokens: input, output_tokens: output, output_tokens_details: details } = usage
  if (typeof input !== 'number' || typeof output !== 'number') return undefined
  const cached = count(usage['cache_read_input_tokens'])
  const reasoning = isObject(details) ? count(details['thinking_tokens']) : 0
  return {
    inputTokens: input + cached + count(usage['cache_creation_input_tokens']),
    outputTokens: output,
    ...(cached > 0 ? { cachedTokens: cached } : {}),
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
  }
}

const count = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** A message that was not streamed, or an error body. */
export function decodeWhole(body: Uint8Array): Event[] {
  const value = parseObject(looseText(body))
  if (!value) return []
  const error = readError(value)
  if (error) return [{ type: 'error', error }]
  if (value['type'] !== 'message') return []
  const reader = new MessageReader()
  return [...reader.whole(value), ...reader.end()]
}
