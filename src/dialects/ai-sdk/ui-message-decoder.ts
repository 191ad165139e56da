/** The UI message stream back to events. What the application adds, such as data parts, stays raw. */
import type { Event } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { CallsById } from '../shapes/calls-by-id.ts'
import type { JsonObject } from '../shapes/json-body.ts'
import { jsonDecoder } from '../shapes/json-decoder.ts'

/** Understood, and no event: they only open, close or frame what others say. */
const silent = [
  'start-step',
  'text-start',
  'text-end',
  'reasoning-start',
  'reasoning-end',
  'finish-step',
]

export function uiMessageDecoder(): Push<Frame, Event> {
  const calls = new CallsById()
  return jsonDecoder({
    terminator: '[DONE]',
    read: (part) => read(part, calls),
    end: () => calls.endAll(),
  })
}

function read(part: JsonObject, calls: CallsById): Event[] | undefined {
  const { type, delta, toolCallId: id, toolName: name } = part
  if (typeof type !== 'string') return undefined
  if (silent.includes(type)) return []
  if (type === 'start') return [{ type: 'start' }]
  if (typeof delta === 'string') {
    if (type === 'text-delta') return [{ type: 'text', text: delta }]
    return type === 'reasoning-delta' ? [{ type: 'reasoning', text: delta }] : undefined
  }
  if (type === 'source-url') return [{ type: 'citation', citation: sourceOf(part) }]
  if (type === 'error') return readError(part)
  if (type === 'finish') return [...calls.endAll(), { type: 'finish', reason: reasonOf(part) }]
  return typeof id === 'string' ? readCall(type, { id, name, part }, calls) : undefined
}

interface Said {
  readonly id: string
  readonly name: unknown
  readonly part: JsonObject
}

function readCall(type: string, { id, name, part }: Said, calls: CallsById): Event[] | undefined {
  const { inputTextDelta, input } = part
  if (type === 'tool-input-delta' && typeof inputTextDelta === 'string') {
    return calls.say(id, inputTextDelta)
  }
  if (typeof name !== 'string') return undefined
  if (type === 'tool-input-start') return calls.start(id, name)
  if (type !== 'tool-input-available' && type !== 'tool-input-error') return undefined
  const isText = type === 'tool-input-error' && typeof input === 'string'
  return calls.complete({ id, name, arguments: isText ? input : (JSON.stringify(input) ?? '{}') })
}

function sourceOf({ type: _, ...source }: JsonObject): JsonObject {
  return source
}

const readError = ({ errorText }: JsonObject): Event[] | undefined =>
  typeof errorText === 'string'
    ? [{ type: 'error', error: { code: 'server-error', message: errorText } }]
    : undefined

/** Early 5.0 had no reason to tell. */
const reasonOf = ({ finishReason }: JsonObject): string =>
  typeof finishReason === 'string' ? finishReason : 'stop'
