/**
 * Reads a request to `/v2/chat` as strictly as the service where a mistake would break the reply.
 * Fields that only steer a model pass unread, but for the ranges of numbers.
 */

import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { type BodyIssue, bracketPath, checkBody } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { isObject, type JsonObject, kindOf } from '../shapes/json-body.ts'
import { invalid, unreadable } from './error.ts'

const part = z.looseObject({ type: z.string('string') }, 'object')

const content = z.union([z.string(), z.array(part)], 'string or list of content objects').nullish()

const toolCall = z.looseObject(
  {
    id: z.string('string'),
    type: z.literal('function', 'must be "function"').nullish(),
    function: z.looseObject(
      { name: z.string('string'), arguments: z.string('string').nullish() },
      'object',
    ),
  },
  'object',
)

const message = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.literal('user'), content }),
    z.looseObject({ role: z.literal('system'), content }),
    z.looseObject({
      role: z.literal('assistant'),
      content,
      tool_plan: z.string('string').nullish(),
      tool_calls: z.array(toolCall, 'list of tool calls').nullish(),
    }),
    z.looseObject({ role: z.literal('tool'), content, tool_call_id: z.string('string') }),
  ],
  'must be one of "user", "assistant", "system", "tool"',
)

const tool = z.looseObject(
  {
    type: z.literal('function', 'must be "function"').nullish(),
    function: z.looseObject({ name: z.string('string') }, 'object'),
  },
  'object',
)

/** A number that is left out, or stands between these two. */
const between = (low: number, high: number) =>
  z
    .number('number')
    .min(low, `must be between ${low} and ${high}`)
    .max(high, `must be between ${low} and ${high}`)
    .nullish()

export const sampling = {
  stream: z.boolean('boolean').nullish(),
  temperature: between(0, 2),
  p: between(0, 1),
  k: between(0, 500),
  frequency_penalty: between(0, 1),
  presence_penalty: between(0, 1),
  max_tokens: z.int('integer').min(0, 'must not be negative').nullish(),
  stop_sequences: z
    .array(z.string('string'), 'list of strings')
    .max(5, 'must hold no more than 5')
    .nullish(),
}

/** One of some words; left out, the service chooses. */
export const oneOf = (words: readonly string[]) =>
  z.enum(words, `must be one of ${words.map((word) => `"${word}"`).join(', ')}`).nullish()

const citationModes = ['ENABLED', 'DISABLED', 'FAST', 'ACCURATE', 'OFF']

const schema = z.looseObject({
  ...sampling,
  safety_mode: oneOf(['CONTEXTUAL', 'STRICT', 'OFF']),
  tool_choice: oneOf(['REQUIRED', 'NONE']),
  citation_options: z.looseObject({ mode: oneOf(citationModes) }, 'object').nullish(),
  model: z.string('string').min(1, 'must not be empty'),
  messages: z.array(message, 'list of messages').min(1, 'must hold at least one message'),
  tools: z.array(tool, 'list of tools').nullish(),
  thinking: z.looseObject({ type: z.string('string').nullish() }, 'object').nullish(),
})

export function parseCohere(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const checked = checkBody(http, { schema, refuse, unreadable })
  if ('code' in checked) return checked
  const { data, body } = checked
  if (data.tool_choice === 'REQUIRED' && (data.tools ?? []).length === 0) {
    return invalid('invalid request: tool_choice REQUIRED needs tools', 'tool_choice')
  }
  const messages = data.messages.map((said) => ({ role: said.role, text: textOf(said.content) }))
  return {
    dialect,
    http,
    body,
    model: data.model,
    ...dialogueOf(messages),
    tools: (data.tools ?? []).map((offered) => offered.function.name),
    stream: data.stream ?? false,
    dialogue: undefined,
    choices: 1,
  }
}

/** A model that is told not to think says what it plans before it calls a tool. */
export function plans({ body, tools }: ChatRequest): boolean {
  const thinking = isObject(body) ? body['thinking'] : undefined
  return tools.length > 0 && isObject(thinking) && thinking['type'] === 'disabled'
}

/** The words of a schema are the type that was expected, or the rule that was broken. */
export function refuse({ path, message: words, kind, found, issue }: BodyIssue): ApiError {
  const name = bracketPath(path)
  if (kind === 'missing' && !words.startsWith('must')) {
    return invalid(`invalid request: ${name} is required`, name)
  }
  if (kind === 'type' || issue?.code === 'invalid_union') {
    const expected = words.startsWith('must') ? words : `should be of type ${words}`
    return invalid(`invalid type: parameter ${name} is ${kindOf(found)} but ${expected}.`, name)
  }
  return invalid(`invalid request: ${name} ${words}`, name)
}

function textOf(said: string | readonly JsonObject[] | null | undefined): string {
  if (typeof said === 'string') return said
  return (said ?? []).flatMap(partText).join('\n')
}

/** Results of tools come as documents, whose data are a text or an object. */
function partText(said: JsonObject): string[] {
  const { text, document } = said
  if (typeof text === 'string') return [text]
  if (!isObject(document)) return []
  const { data } = document
  return data === undefined ? [] : [typeof data === 'string' ? data : JSON.stringify(data)]
}
