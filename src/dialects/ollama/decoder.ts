/** Ollama's lines back to events, of `chat` and of `generate`. What it cannot name stays raw. */
import { looseText } from '../../core/bytes.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { isObject, type JsonObject, objectsIn } from '../shapes/json-body.ts'
import { jsonDecoder } from '../shapes/json-decoder.ts'
import { readError } from './error.ts'

export function ollamaDecoder(): Push<Frame, Event> {
  let started = false
  let calls = 0

  function read(line: JsonObject): Event[] | undefined {
    const error = readError(line)
    if (error) return [{ type: 'error', error }]
    const said = saidIn(line)
    if (!said) return undefined
    const events: Event[] = started ? [] : [{ type: 'start' }]
    started = true
    if (said.thinking !== '') events.push({ type: 'reasoning', text: said.thinking })
    if (said.text !== '') events.push({ type: 'text', text: said.text })
    for (const call of said.calls) events.push(...callEvents(call, calls++))
    return line['done'] === true ? [...events, ...endEvents(line)] : events
  }

  return jsonDecoder({ read })
}

interface Said {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly JsonObject[]
}

function saidIn(line: JsonObject): Said | undefined {
  const { message, response } = line
  if (isObject(message)) return saidAs(message['content'], message)
  return typeof response === 'string' ? saidAs(response, line) : undefined
}

const saidAs = (text: unknown, where: JsonObject): Said => ({
  text: typeof text === 'string' ? text : '',
  thinking: typeof where['thinking'] === 'string' ? where['thinking'] : '',
  calls: objectsIn(where['tool_calls']),
})

function callEvents(call: JsonObject, index: number): Event[] {
  const described = isObject(call['function']) ? call['function'] : {}
  const name = typeof described['name'] === 'string' ? described['name'] : ''
  const id = typeof call['id'] === 'string' ? { id: call['id'] } : {}
  return [
    { type: 'tool-start', index, name, ...id },
    { type: 'tool-arguments', index, text: JSON.stringify(described['arguments'] ?? {}) },
    { type: 'tool-end', index },
  ]
}

/** Services of older versions gave no reason. */
function endEvents(line: JsonObject): Event[] {
  const reason = line['done_reason']
  const usage = usageIn(line)
  return [
    { type: 'finish', reason: typeof reason === 'string' ? reason : 'stop' },
    ...(usage ? [{ type: 'usage', usage } as const] : []),
  ]
}

/** Counts of zero are left out; where the prompt was still in the cache, so is its count. */
function usageIn(line: JsonObject): Usage | undefined {
  const [input, output] = [line['prompt_eval_count'], line['eval_count']]
  if (typeof input !== 'number' && typeof output !== 'number') return undefined
  return { inputTokens: numberOr0(input), outputTokens: numberOr0(output) }
}

const numberOr0 = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** An answer in one piece, or an error body. */
export function decodeWhole(body: Uint8Array): Event[] {
  const decoder = ollamaDecoder()
  const events = decoder.push({ bytes: body, data: looseText(body) })
  return [...events, ...decoder.end()].filter(({ type }) => type !== 'raw')
}
