/**
 * AG-UI's events back to neutral ones. State, steps, activities and what else belongs to the
 * interface alone stays raw.
 */
import { type ApiErrorCode, apiErrorStatus } from '../../core/api-error.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { CallsById } from '../shapes/calls-by-id.ts'
import { isObject, type JsonObject, objectsIn } from '../shapes/json-body.ts'
import { jsonDecoder } from '../shapes/json-decoder.ts'

/** Understood, and no event: they only open and close what others say. */
const silent = [
  'TEXT_MESSAGE_START',
  'TEXT_MESSAGE_END',
  'REASONING_START',
  'REASONING_MESSAGE_START',
  'REASONING_MESSAGE_END',
  'REASONING_END',
]

/** Those that say text, with the shorthands and the name that thoughts had before 1.0. */
const texts: Readonly<Record<string, 'text' | 'reasoning'>> = {
  TEXT_MESSAGE_CONTENT: 'text',
  TEXT_MESSAGE_CHUNK: 'text',
  REASONING_MESSAGE_CONTENT: 'reasoning',
  REASONING_MESSAGE_CHUNK: 'reasoning',
  THINKING_TEXT_MESSAGE_CONTENT: 'reasoning',
}

export function agUiDecoder(): Push<Frame, Event> {
  const reading = new Reading()
  return jsonDecoder({
    read: (event) => reading.read(event),
    end: () => reading.calls.endAll(),
  })
}

class Reading {
  readonly calls = new CallsById()
  /** The call that a shorthand without an id goes on with. */
  #chunked: string | undefined

  read(event: JsonObject): Event[] | undefined {
    const { type, delta } = event
    if (typeof type !== 'string') return undefined
    const kind = texts[type]
    if (kind) return typeof delta === 'string' ? [{ type: kind, text: delta }] : undefined
    if (silent.includes(type)) return []
    switch (type) {
      case 'RUN_STARTED':
        return [{ type: 'start' }]
      case 'RUN_FINISHED':
        return [...this.calls.endAll(), ...readFinish(event)]
      case 'RUN_ERROR':
        return readError(event)
      case 'TOOL_CALL_CHUNK':
        return this.#readChunk(event)
      default:
        return this.#readCall(type, event)
    }
  }

  #readCall(type: string, event: JsonObject): Event[] | undefined {
    const { toolCallId: id, toolCallName: name, delta } = event
    if (typeof id !== 'string') return undefined
    if (type === 'TOOL_CALL_START' && typeof name === 'string') return this.calls.start(id, name)
    if (type === 'TOOL_CALL_ARGS' && typeof delta === 'string') return this.calls.say(id, delta)
    return type === 'TOOL_CALL_END' ? this.calls.end(id) : undefined
  }

  /** A shorthand opens a call where it names one, and ends the one before. */
  #readChunk({ toolCallId, toolCallName: name, delta }: JsonObject): Event[] | undefined {
    const before = this.#chunked
    const id = typeof toolCallId === 'string' ? toolCallId : before
    if (id === undefined) return undefined
    const opens = id !== before && typeof name === 'string'
    const ended = opens && before !== undefined ? this.calls.end(before) : []
    const begun = opens ? this.calls.start(id, name) : []
    this.#chunked = id
    const said = typeof delta === 'string' ? this.calls.say(id, delta) : []
    return [...(ended ?? []), ...begun, ...said]
  }
}

/** Calls that are left to the application are the only reason that the protocol tells. */
function readFinish({ outcome, usage }: JsonObject): Event[] {
  const isPending = isObject(outcome) && Array.isArray(outcome['pendingToolCallIds'])
  const counted = readUsage(objectsIn(usage))
  return [
    { type: 'finish', reason: isPending ? 'tool-calls' : 'stop' },
    ...(counted ? [{ type: 'usage', usage: counted } as const] : []),
  ]
}

/** An entry for each model that was asked; they add up. */
function readUsage(entries: readonly JsonObject[]): Usage | undefined {
  if (entries.length === 0) return undefined
  const sum = (name: string): number =>
    entries.reduce((total, entry) => total + (Number(entry[name]) || 0), 0)
  const [reasoning, cached] = [sum('reasoningTokens'), sum('cachedInputTokens')]
  return {
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
    ...(cached > 0 ? { cachedTokens: cached } : {}),
  }
}

function readError(event: JsonObject): Event[] | undefined {
  const { message, code } = event
  if (typeof message !== 'string') return undefined
  if (isOurs(code)) return [{ type: 'error', error: { code, message } }]
  // Another agent's word is kept with all that stands beside it.
  return [{ type: 'error', error: { code: 'server-error', message, body: event } }]
}

const isOurs = (code: unknown): code is ApiErrorCode =>
  typeof code === 'string' && code in apiErrorStatus
