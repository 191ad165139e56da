/** The data stream back to events. Codes that say nothing of the answer, such as data, stay raw. */
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { CallsById } from '../shapes/calls-by-id.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'

export function dataStreamDecoder(): Push<Frame, Event> {
  const calls = new CallsById()
  return {
    push(frame) {
      const events = frame.incomplete ? undefined : readLine(frame.data ?? '', calls)
      return events ?? [{ type: 'raw', bytes: frame.bytes }]
    },
    end: () => calls.endAll(),
  }
}

function readLine(line: string, calls: CallsById): Event[] | undefined {
  const [, code, json] = /^([0-9a-k]):(.*)$/s.exec(line) ?? []
  if (code === undefined || json === undefined) return undefined
  const value = parse(json)
  if (typeof value === 'string') return readText(code, value)
  return isObject(value) ? readObject(code, value, calls) : undefined
}

function readText(code: string, text: string): Event[] | undefined {
  if (code === '0') return [{ type: 'text', text }]
  if (code === 'g') return [{ type: 'reasoning', text }]
  return code === '3'
    ? [{ type: 'error', error: { code: 'server-error', message: text } }]
    : undefined
}

function readObject(code: string, value: JsonObject, calls: CallsById): Event[] | undefined {
  switch (code) {
    case 'f':
      return [{ type: 'start' }]
    // The end of a step is told again by the end of the message.
    case 'e':
      return []
    case 'd':
      return readFinish(value, calls)
    case 'h':
      return [{ type: 'citation', citation: value }]
    default:
      return readCall(code, value, calls)
  }
}

function readCall(code: string, value: JsonObject, calls: CallsById): Event[] | undefined {
  const { toolCallId: id, toolName: name, argsTextDelta: text, args } = value
  if (typeof id !== 'string') return undefined
  if (code === 'c' && typeof text === 'string') return calls.say(id, text)
  if (typeof name !== 'string') return undefined
  if (code === 'b') return calls.start(id, name)
  return code === '9'
    ? calls.complete({ id, name, arguments: JSON.stringify(args) ?? '{}' })
    : undefined
}

function readFinish({ finishReason, usage }: JsonObject, calls: CallsById): Event[] | undefined {
  if (typeof finishReason !== 'string') return undefined
  const counted = readUsage(usage)
  return [
    ...calls.endAll(),
    { type: 'finish', reason: finishReason },
    ...(counted ? [{ type: 'usage', usage: counted } as const] : []),
  ]
}

function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const { promptTokens: inputTokens, completionTokens: outputTokens } = value
  const isCounted = typeof inputTokens === 'number' && typeof outputTokens === 'number'
  return isCounted ? { inputTokens, outputTokens } : undefined
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
