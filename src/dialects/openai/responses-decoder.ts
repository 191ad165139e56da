/**
 * The stream of the Responses API back to events, and whole responses too. What it cannot name, such
 * as the calls of tools that run at the service, stays raw.
 */
import { looseText } from '../../core/bytes.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { isObject, type JsonObject, objectsIn, parseObject } from '../shapes/json-body.ts'
import { type JsonReader, jsonDecoder } from '../shapes/json-decoder.ts'

import { readOpenAiError } from './error.ts'
import { readError, readErrorEvent } from './responses-error.ts'
import { finishReason } from './responses-object.ts'

export const responsesDecoder = (): Push<Frame, Event> => jsonDecoder(new ResponseReader())

type Read = (message: JsonObject) => readonly Event[] | undefined

class ResponseReader implements JsonReader {
  #started = false
  #failed = false
  #calls = 0
  /** Calls that are open, by the index of their item. */
  readonly #open = new Map<unknown, number>()
  /** Parts that have said something: the event that ends them brings nothing new. */
  readonly #said = new Set<string>()

  read(message: JsonObject): readonly Event[] | undefined {
    const { type } = message
    if (type === 'error') return this.#readError(message)
    return typeof type === 'string' ? this.#readers[type]?.(message) : undefined
  }

  end(): Event[] {
    return this.#endCalls()
  }

  readonly #readers: Readonly<Record<string, Read>> = {
    'response.created': () => this.#start(),
    'response.queued': () => this.#start(),
    'response.in_progress': () => this.#start(),
    'response.output_item.added': (message) => this.#added(message),
    'response.output_item.done': (message) => this.#done(message),
    'response.content_part.added': knownPart,
    'response.content_part.done': knownPart,
    'response.output_text.delta': (message) => this.#delta('text', message),
    'response.output_text.done': (message) => this.#rest('text', message, message['text']),
    'response.refusal.delta': (message) => this.#delta('refusal', message),
    'response.refusal.done': (message) => this.#rest('refusal', message, message['refusal']),
    'response.reasoning_summary_part.added': () => [],
    'response.reasoning_summary_part.done': () => [],
    'response.reasoning_summary_text.delta': (message) => this.#delta('reasoning', message),
    'response.reasoning_summary_text.done': (message) =>
      this.#rest('reasoning', message, message['text']),
    'response.reasoning_text.delta': (message) => this.#delta('reasoning', message),
    'response.reasoning_text.done': (message) => this.#rest('reasoning', message, message['text']),
    'response.output_text.annotation.added': ({ annotation }) => [
      { type: 'citation', citation: annotation },
    ],
    'response.function_call_arguments.delta': (message) => this.#arguments(message),
    'response.function_call_arguments.done': (message) =>
      this.#restOfCall(message, message['arguments']),
    'response.custom_tool_call_input.delta': (message) => this.#arguments(message),
    'response.custom_tool_call_input.done': (message) =>
      this.#restOfCall(message, message['input']),
    'response.completed': (message) => this.#finish(message),
    'response.incomplete': (message) => this.#finish(message),
    'response.failed': (message) => this.#fail(message),
  }

  #start(): Event[] {
    if (this.#started) return []
    this.#started = true
    return [{ type: 'start' }]
  }

  #added({ item, output_index }: JsonObject): Event[] | undefined {
    if (!isObject(item)) return undefined
    if (item['type'] === 'message' || item['type'] === 'reasoning') return []
    const opened = callStart(item, this.#calls)
    if (!opened) return undefined
    this.#open.set(output_index, this.#calls++)
    return [opened]
  }

  #done(message: JsonObject): Event[] | undefined {
    const { item, output_index } = message
    if (!isObject(item)) return undefined
    if (item['type'] === 'message' || item['type'] === 'reasoning') return []
    const index = this.#open.get(output_index)
    if (index !== undefined) {
      this.#open.delete(output_index)
      return [{ type: 'tool-end', index }]
    }
    const opened = callStart(item, this.#calls)
    if (!opened) return undefined
    return [opened, ...callRest(item, this.#calls++)]
  }

  #delta(type: 'text' | 'refusal' | 'reasoning', message: JsonObject): Event[] | undefined {
    const { delta } = message
    if (typeof delta !== 'string') return undefined
    this.#said.add(partOf(message))
    return delta === '' ? [] : [{ type, text: delta }]
  }

  /** Services that send no deltas tell the text with its end. */
  #rest(
    type: 'text' | 'refusal' | 'reasoning',
    message: JsonObject,
    text: unknown,
  ): Event[] | undefined {
    if (typeof text !== 'string') return undefined
    return text === '' || this.#said.has(partOf(message)) ? [] : [{ type, text }]
  }

  #arguments(message: JsonObject): Event[] | undefined {
    const { delta, output_index } = message
    if (typeof delta !== 'string') return undefined
    this.#said.add(partOf(message))
    // A stream that was joined late has calls whose beginning nobody saw.
    const index = this.#open.get(output_index) ?? this.#calls
    return delta === '' ? [] : [{ type: 'tool-arguments', index, text: delta }]
  }

  #restOfCall(message: JsonObject, text: unknown): Event[] | undefined {
    if (typeof text !== 'string') return undefined
    const index = this.#open.get(message['output_index'])
    if (text === '' || index === undefined || this.#said.has(partOf(message))) return []
    return [{ type: 'tool-arguments', index, text }]
  }

  #finish({ response }: JsonObject): Event[] | undefined {
    return isObject(response) ? [...this.#endCalls(), ...conclusion(response)] : undefined
  }

  /** The error event that comes before it has said it already, and in more words. */
  #fail({ response }: JsonObject): Event[] | undefined {
    if (this.#failed) return []
    if (!isObject(response)) return undefined
    this.#failed = true
    return [{ type: 'error', error: readError(response['error']) }]
  }

  #readError(message: JsonObject): Event[] | undefined {
    const error = readErrorEvent(message)
    if (!error) return undefined
    this.#failed = true
    return [{ type: 'error', error }]
  }

  #endCalls(): Event[] {
    const indexes = [...this.#open.values()]
    this.#open.clear()
    return indexes.map((index) => ({ type: 'tool-end', index }))
  }
}

const partOf = ({ output_index, content_index, summary_index }: JsonObject): string =>
  [output_index, content_index, summary_index].join('/')

const partTypes: readonly unknown[] = ['output_text', 'refusal', 'reasoning_text']

const knownPart: Read = ({ part }) =>
  isObject(part) && partTypes.includes(part['type']) ? [] : undefined

function callStart(item: JsonObject, index: number): Event | undefined {
  const { type, name, call_id } = item
  if (type !== 'function_call' && type !== 'custom_tool_call') return undefined
  if (typeof name !== 'string') return undefined
  return {
    type: 'tool-start',
    index,
    name,
    ...(typeof call_id === 'string' ? { id: call_id } : {}),
  }
}

function callRest(item: JsonObject, index: number): Event[] {
  const text = item['arguments'] ?? item['input']
  const said: Event[] =
    typeof text === 'string' && text !== '' ? [{ type: 'tool-arguments', index, text }] : []
  return [...said, { type: 'tool-end', index }]
}

/** How a response ended, with what it cost. */
function conclusion(response: JsonObject): Event[] {
  const { status, output, incomplete_details: details, usage } = response
  const used = readUsage(usage)
  const why = isObject(details) ? details['reason'] : undefined
  const called = objectsIn(output).some((item) => callStart(item, 0))
  const whole = called ? 'tool-calls' : 'stop'
  const reason = status === 'incomplete' ? finishReason(String(why ?? status)) : whole
  return [...(used ? [{ type: 'usage', usage: used } as const] : []), { type: 'finish', reason }]
}

function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const { input_tokens: input, output_tokens: output } = value
  if (typeof input !== 'number' || typeof output !== 'number') return undefined
  const cached = detail(value['input_tokens_details'], 'cached_tokens')
  const reasoning = detail(value['output_tokens_details'], 'reasoning_tokens')
  return {
    inputTokens: input,
    outputTokens: output,
    ...(cached > 0 ? { cachedTokens: cached } : {}),
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
  }
}

const detail = (details: unknown, name: string): number =>
  isObject(details) && typeof details[name] === 'number' ? details[name] : 0

/** A response that was not streamed, or an error body. */
export function decodeWhole(body: Uint8Array): Event[] {
  const value = parseObject(looseText(body))
  if (!value) return []
  if (value['object'] !== 'response') {
    const error = readOpenAiError(value)
    return error ? [{ type: 'error', error }] : []
  }
  const { status, output } = value
  const calls = { count: 0 }
  const said = objectsIn(output).flatMap((item) => itemEvents(item, calls))
  if (status === 'failed') return [...said, { type: 'error', error: readError(value['error']) }]
  if (status !== 'completed' && status !== 'incomplete') return said
  return [{ type: 'start' }, ...said, ...conclusion(value)]
}

function itemEvents(item: JsonObject, calls: { count: number }): Event[] {
  const opened = callStart(item, calls.count)
  if (opened) return [opened, ...callRest(item, calls.count++)]
  const parts = [...objectsIn(item['summary']), ...objectsIn(item['content'])]
  return parts.flatMap((part) => partEvents(part, item['type'] === 'reasoning'))
}

function partEvents(part: JsonObject, isThought: boolean): Event[] {
  const text = part['type'] === 'refusal' ? part['refusal'] : part['text']
  if (typeof text !== 'string') return []
  const type = isThought ? 'reasoning' : part['type'] === 'refusal' ? 'refusal' : 'text'
  const annotations = Array.isArray(part['annotations']) ? part['annotations'] : []
  return [{ type, text }, ...annotations.map((citation): Event => ({ type: 'citation', citation }))]
}
