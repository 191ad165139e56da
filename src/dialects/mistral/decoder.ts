/** Mistral's chunks and completions back to events: content as a string or a list, calls whole or in pieces. */
import { looseText } from '../../core/bytes.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { isObject, type JsonObject, objectsIn, parseObject } from '../shapes/json-body.ts'
import { jsonDecoder } from '../shapes/json-decoder.ts'
import { finishReason } from './encoder.ts'
import { readMistralError } from './error.ts'

export function mistralDecoder(): Push<Frame, Event> {
  const reading = new Reading()
  return jsonDecoder({
    terminator: '[DONE]',
    read: (message) => reading.read(message),
    end: () => reading.endCalls(),
  })
}

/** A completion that was not streamed, or an error body. */
export function decodeWhole(body: Uint8Array): Event[] {
  const value = parseObject(looseText(body))
  if (!value) return []
  const reading = new Reading()
  const events = reading.read(value) ?? []
  return [...events, ...reading.endCalls()]
}

class Reading {
  #started = false
  /** Calls that are open, each by its choice and index. */
  readonly #open = new Map<string, { readonly index: number; readonly choice: number }>()

  read(chunk: JsonObject): Event[] | undefined {
    const error = readMistralError(chunk)
    if (error) return [{ type: 'error', error }]
    const choices = objectsIn(chunk['choices'])
    if (choices.length === 0) return undefined
    const events = choices.map((choice) => this.#readChoice(choice))
    if (events.includes(undefined)) return undefined
    const start: Event[] = this.#started ? [] : [{ type: 'start' }]
    this.#started = true
    const usage = readUsage(chunk['usage'])
    const counted: Event[] = usage ? [{ type: 'usage', usage }] : []
    return [...start, ...events.flatMap((some) => some ?? []), ...counted]
  }

  endCalls(choice?: number): Event[] {
    const ended = [...this.#open].filter(([, call]) => (choice ?? call.choice) === call.choice)
    for (const [key] of ended) this.#open.delete(key)
    return ended.map(([, call]) => ofChoice({ type: 'tool-end', index: call.index }, call.choice))
  }

  /** Undefined where it holds a part of content that has no name here. */
  #readChoice(choice: JsonObject): Event[] | undefined {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0
    const said = isObject(choice['delta']) ? choice['delta'] : choice['message']
    if (!isObject(said)) return undefined
    const spoken = readContent(said['content'])
    if (!spoken) return undefined
    const events = [...spoken, ...this.#readCalls(said['tool_calls'], index)].map((event) =>
      ofChoice(event, index),
    )
    const reason = choice['finish_reason']
    if (typeof reason !== 'string') return events
    const finish = ofChoice({ type: 'finish', reason: finishReason(reason) }, index)
    return [...events, ...this.endCalls(index), finish]
  }

  #readCalls(list: unknown, choice: number): Event[] {
    return objectsIn(list).flatMap((call, position) => {
      const index = typeof call['index'] === 'number' ? call['index'] : position
      const described = isObject(call['function']) ? call['function'] : {}
      const events: Event[] = []
      const key = `${choice}/${index}`
      if (typeof described['name'] === 'string' && !this.#open.has(key)) {
        this.#open.set(key, { index, choice })
        const id = typeof call['id'] === 'string' ? { id: call['id'] } : {}
        events.push({ type: 'tool-start', index, name: described['name'], ...id })
      }
      const text = argumentsText(described['arguments'])
      return text === '' ? events : [...events, { type: 'tool-arguments', index, text }]
    })
  }
}

const ofChoice = (event: Event, choice: number): Event =>
  choice === 0 ? event : { ...event, choice }

/** The vendor gives a string; its types allow an object, too. */
const argumentsText = (value: unknown): string =>
  typeof value === 'string' ? value : isObject(value) ? JSON.stringify(value) : ''

function readContent(content: unknown): Event[] | undefined {
  if (content === null || content === undefined || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) return undefined
  const events = content.map((part) => (isObject(part) ? readPart(part) : undefined))
  return events.includes(undefined) ? undefined : events.flatMap((some) => some ?? [])
}

function readPart(part: JsonObject): Event[] | undefined {
  const { type, text } = part
  if (type === 'text' && typeof text === 'string') return [{ type: 'text', text }]
  if (type === 'reference') return [{ type: 'citation', citation: part }]
  if (type !== 'thinking') return undefined
  return objectsIn(part['thinking']).flatMap((thought) =>
    typeof thought['text'] === 'string' ? [{ type: 'reasoning', text: thought['text'] }] : [],
  )
}

function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = value
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined
  const details = value['prompt_tokens_details']
  const cached = isObject(details) ? details['cached_tokens'] : undefined
  return {
    inputTokens,
    outputTokens,
    ...(typeof cached === 'number' && cached > 0 ? { cachedTokens: cached } : {}),
  }
}
