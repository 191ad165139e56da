/**
 * What Bedrock's Converse and Amazon's own models have in common: the names and members of a reply's
 * events and content blocks, both ways. Source: the API reference of Bedrock and recorded streams.
 */

import type { ReplyContext } from '../../core/dialect.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Message } from '../../core/frame.ts'
import { alphanumeric, type Random } from '../../core/random.ts'
import { finishWords } from '../shapes/finish-words.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import type { Part, PartsGrammar } from '../shapes/parts-encoder.ts'
import { exceptionMessage } from './error.ts'

const finishes = finishWords({
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'content_filtered',
})

export const stopWord = finishes.word

export const finishReason = finishes.reason

export const callIds = (reply: ReplyContext): (() => string) => {
  const random = reply.random.fork('calls')
  return () => `tooluse_${alphanumeric(random, 22)}`
}

export const signatureOf = (random: Random): string => alphanumeric(random.fork('signature'), 64)

/**
 * The events of a reply; `write` makes the message of one out of its name and its members. The last
 * of them is `metadata`, or `messageStop` where no usage is known.
 */
export function converseGrammar(
  reply: ReplyContext,
  write: (event: string, members: object) => Message,
): PartsGrammar {
  const grow = (part: Part, delta: object): Message =>
    write('contentBlockDelta', { contentBlockIndex: part.index, delta })
  return {
    callId: callIds(reply),
    begin: () => [write('messageStart', { role: 'assistant' })],
    open: (part) => {
      if (part.kind !== 'tool') return []
      const start = { toolUse: { name: part.name, toolUseId: part.id } }
      return [write('contentBlockStart', { contentBlockIndex: part.index, start })]
    },
    delta: (part, text) => [grow(part, deltaOf(part.kind, text))],
    close: (part) => [
      ...(part.kind === 'reasoning'
        ? [grow(part, { reasoningContent: { signature: signatureOf(reply.random) } })]
        : []),
      write('contentBlockStop', { contentBlockIndex: part.index }),
    ],
    citation: (part, citation) => [grow(part, { citation })],
    finish: (reason, usage, atMs) => [
      write('messageStop', { stopReason: stopWord(reason) }),
      ...(usage
        ? [
            write('metadata', {
              metrics: { latencyMs: Math.round(atMs) },
              usage: usageObject(usage),
            }),
          ]
        : []),
    ],
    error: (error) => [exceptionMessage(error)],
  }
}

function deltaOf(kind: Part['kind'], text: string): object {
  if (kind === 'tool') return { toolUse: { input: text } }
  return kind === 'reasoning' ? { reasoningContent: { text } } : { text }
}

/** What came from the cache is not counted as input here. */
export function usageObject({ inputTokens, outputTokens, cachedTokens }: Usage): object {
  const cached = cachedTokens === undefined ? {} : { cacheReadInputTokens: cachedTokens }
  return {
    ...cached,
    inputTokens: inputTokens - (cachedTokens ?? 0),
    outputTokens,
    serverToolUsage: {},
    totalTokens: inputTokens + outputTokens,
  }
}

/** Reads the events of a stream, each by its name and members. */
export class ConverseReader {
  /** Indexes of the calls, by that of their content block. */
  readonly #open = new Map<unknown, number>()
  #calls = 0

  read(message: JsonObject, event: string): Event[] | undefined {
    switch (event) {
      case 'messageStart':
        return [{ type: 'start' }]
      case 'contentBlockStart':
        return this.#start(message)
      case 'contentBlockDelta':
        return this.#delta(message)
      case 'contentBlockStop':
        return this.#stop(message['contentBlockIndex'])
      case 'messageStop': {
        const word = message['stopReason']
        if (typeof word !== 'string') return undefined
        return [...this.end(), { type: 'finish', reason: finishReason(word) }]
      }
      case 'metadata':
        return readUsage(message['usage'])
      default:
        return undefined
    }
  }

  end(): Event[] {
    return [...this.#open.keys()].flatMap((block) => this.#stop(block))
  }

  #start({ contentBlockIndex, start }: JsonObject): Event[] | undefined {
    const use = isObject(start) ? start['toolUse'] : undefined
    if (!isObject(use) || typeof use['name'] !== 'string') return undefined
    const index = this.#calls++
    this.#open.set(contentBlockIndex, index)
    const id = typeof use['toolUseId'] === 'string' ? { id: use['toolUseId'] } : {}
    return [{ type: 'tool-start', index, name: use['name'], ...id }]
  }

  #delta({ contentBlockIndex, delta }: JsonObject): Event[] | undefined {
    if (!isObject(delta)) return undefined
    if (typeof delta['text'] === 'string') return [{ type: 'text', text: delta['text'] }]
    const { toolUse, reasoningContent, citation } = delta
    if (isObject(toolUse) && typeof toolUse['input'] === 'string') {
      const index = this.#open.get(contentBlockIndex) ?? 0
      const text = toolUse['input']
      return text === '' ? [] : [{ type: 'tool-arguments', index, text }]
    }
    if (isObject(reasoningContent)) return readReasoning(reasoningContent)
    return citation === undefined ? undefined : [{ type: 'citation', citation }]
  }

  #stop(block: unknown): Event[] {
    const index = this.#open.get(block)
    this.#open.delete(block)
    return index === undefined ? [] : [{ type: 'tool-end', index }]
  }
}

/** A signature says nothing to a person; thoughts that are sealed cannot be named. */
export function readReasoning({ text, signature }: JsonObject): Event[] | undefined {
  if (typeof text === 'string') return [{ type: 'reasoning', text }]
  return typeof signature === 'string' ? [] : undefined
}

export function readUsage(value: unknown): Event[] | undefined {
  if (!isObject(value)) return undefined
  const { inputTokens: input, outputTokens, cacheReadInputTokens: cachedTokens } = value
  if (typeof input !== 'number' || typeof outputTokens !== 'number') return undefined
  if (typeof cachedTokens !== 'number') {
    return [{ type: 'usage', usage: { inputTokens: input, outputTokens } }]
  }
  const inputTokens = input + cachedTokens
  return [{ type: 'usage', usage: { inputTokens, outputTokens, cachedTokens } }]
}
