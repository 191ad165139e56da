/** The stream of `/v2/chat` back to events, and one answer. What it cannot name stays raw. */
import { looseText } from '../../core/bytes.ts'
import type { Event } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { isObject, type JsonObject, objectsIn, parseObject } from '../shapes/json-body.ts'
import { jsonDecoder } from '../shapes/json-decoder.ts'
import { finishReason } from './chat-encoder.ts'
import { codeOf, readError } from './error.ts'
import { readUsage } from './usage.ts'

export const cohereDecoder = (): Push<Frame, Event> => jsonDecoder({ read, terminator: '[DONE]' })

function read(message: JsonObject): Event[] | undefined {
  const delta = isObject(message['delta']) ? message['delta'] : {}
  const said = isObject(delta['message']) ? delta['message'] : {}
  const index = typeof message['index'] === 'number' ? message['index'] : 0
  switch (message['type']) {
    case 'message-start':
      return [{ type: 'start' }]
    case 'content-start':
    case 'content-delta':
      return contentEvents(said['content'])
    case 'tool-plan-delta':
      return textEvents('reasoning', said['tool_plan'])
    case 'tool-call-start':
      return startEvents(said['tool_calls'], index)
    case 'tool-call-delta':
      return argumentEvents(said['tool_calls'], index)
    case 'tool-call-end':
      return [{ type: 'tool-end', index }]
    case 'citation-start':
      return [{ type: 'citation', citation: said['citations'] }]
    case 'content-end':
    case 'citation-end':
      return []
    case 'message-end':
      return endEvents(delta)
    default: {
      const error = readError(message)
      return error && [{ type: 'error', error }]
    }
  }
}

const textEvents = (type: 'text' | 'reasoning', text: unknown): Event[] =>
  typeof text === 'string' && text !== '' ? [{ type, text }] : []

/** Older streams had the content as a list. */
const contentEvents = (content: unknown): Event[] =>
  (Array.isArray(content) ? objectsIn(content) : [content]).flatMap((part) =>
    isObject(part)
      ? [...textEvents('reasoning', part['thinking']), ...textEvents('text', part['text'])]
      : [],
  )

function startEvents(call: unknown, index: number): Event[] {
  if (!isObject(call)) return []
  const described = isObject(call['function']) ? call['function'] : {}
  const name = typeof described['name'] === 'string' ? described['name'] : ''
  const id = typeof call['id'] === 'string' ? { id: call['id'] } : {}
  return [{ type: 'tool-start', index, name, ...id }, ...argumentEvents(call, index)]
}

function argumentEvents(call: unknown, index: number): Event[] {
  const described = isObject(call) && isObject(call['function']) ? call['function'] : {}
  const text = described['arguments']
  return typeof text === 'string' && text !== '' ? [{ type: 'tool-arguments', index, text }] : []
}

function endEvents(delta: JsonObject): Event[] {
  const { error, finish_reason: word } = delta
  if (typeof error === 'string') {
    return [{ type: 'error', error: { code: codeOf(error), message: error } }]
  }
  const usage = readUsage(delta['usage'])
  return [
    ...(typeof word === 'string' ? [{ type: 'finish', reason: finishReason(word) } as const] : []),
    ...(usage ? [{ type: 'usage', usage } as const] : []),
  ]
}

export function decodeWhole(body: Uint8Array): Event[] {
  const answer = parseObject(looseText(body))
  if (!answer) return []
  const { message } = answer
  if (!isObject(message)) {
    const error = readError(answer)
    return error ? [{ type: 'error', error }] : []
  }
  const calls = objectsIn(message['tool_calls'])
  const citations = Array.isArray(message['citations']) ? message['citations'] : []
  return [
    { type: 'start' },
    ...contentEvents(message['content']),
    ...citations.map((citation): Event => ({ type: 'citation', citation })),
    ...textEvents('reasoning', message['tool_plan']),
    ...calls.flatMap((call, index): Event[] => [
      ...startEvents(call, index),
      { type: 'tool-end', index },
    ]),
    ...endEvents(answer),
  ]
}
