/**
 * What the hooks of the AI SDK send to an application's route: a chat of messages made of parts
 * (version 5 and later) or with a string of content (before), or a prompt alone.
 */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { type BodyIssue, bracketPath, checkBody } from '../shapes/checked.ts'
import { isObject, type JsonObject, objectsIn, readJsonObject } from '../shapes/json-body.ts'

export const chatPath = '/api/chat'
export const completionPath = '/api/completion'

const part = z
  .looseObject({ type: z.string(), text: z.string().optional() })
  .refine(({ type, text }) => type !== 'text' || text !== undefined, {
    path: ['text'],
    error: 'A text part has a text.',
  })

const partsMessage = z.looseObject({
  id: z.string().optional(),
  role: z.enum(['system', 'user', 'assistant']),
  parts: z.array(part).min(1),
})

const contentMessage = z.looseObject({
  id: z.string().optional(),
  role: z.enum(['system', 'user', 'assistant', 'data']),
  content: z.string(),
  parts: z.array(part).optional(),
})

const chatOf = <T extends z.ZodType>(message: T) =>
  z.looseObject({ id: z.string().optional(), messages: z.array(message).min(1) })

const partsChat = chatOf(partsMessage)
const contentChat = chatOf(contentMessage)
const eitherChat = chatOf(z.union([partsMessage, contentMessage]))
const completion = z.looseObject({ prompt: z.string() })

/** Which version's messages a stream protocol goes with; text goes with those of both. */
export type MessageForm = 'parts' | 'content' | 'either'

const chats = { parts: partsChat, content: contentChat, either: eitherChat }

export function parseAiSdk(
  http: HttpRequest,
  dialect: string,
  form: MessageForm,
): ChatRequest | ApiError {
  if (http.path.endsWith(completionPath)) return parseCompletion(http, dialect)
  const read = checkBody<z.infer<typeof eitherChat>>(http, { schema: chats[form], refuse })
  if ('code' in read) return read
  const messages = read.data.messages.flatMap((message) => neutral(message))
  return request(http, dialect, read.body, messages, read.data.id)
}

function parseCompletion(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const read = checkBody(http, { schema: completion, refuse })
  if ('code' in read) return read
  return request(http, dialect, read.body, [{ role: 'user', text: read.data.prompt }])
}

function request(
  http: HttpRequest,
  dialect: string,
  body: JsonObject,
  messages: readonly ChatMessage[],
  chatId?: string,
): ChatRequest {
  const systems = messages.filter(({ role }) => role === 'system').map(({ text }) => text)
  const { model, tools } = body
  return {
    dialect,
    http,
    body,
    // The hooks send none of these; applications often add them.
    model: typeof model === 'string' ? model : undefined,
    tools: isObject(tools) ? Object.keys(tools) : [],
    messages,
    system: systems.length === 0 ? undefined : systems.join('\n\n'),
    user: messages.findLast(({ role }) => role === 'user')?.text,
    stream: true,
    dialogue: chatId,
    choices: 1,
  }
}

/**
 * An answer of several steps is one message here: each step is what the assistant says, and then
 * what its tools gave back.
 */
function neutral(message: JsonObject): ChatMessage[] {
  const role = String(message['role'])
  const parts = objectsIn(message['parts'])
  const { content } = message
  if (role !== 'assistant') {
    return [{ role, text: typeof content === 'string' ? content : textOf(parts) }]
  }
  if (parts.length === 0) {
    const results = objectsIn(message['toolInvocations']).flatMap(resultOf)
    return [{ role, text: String(content) }, ...results]
  }
  return stepsOf(parts).flatMap((step) => [
    { role, text: textOf(step) },
    ...step.flatMap(toolResult),
  ])
}

function stepsOf(parts: readonly JsonObject[]): JsonObject[][] {
  const steps: JsonObject[][] = []
  for (const one of parts) {
    if (one['type'] === 'step-start' || steps.length === 0) steps.push([])
    if (one['type'] !== 'step-start') steps.at(-1)?.push(one)
  }
  return steps
}

const textOf = (parts: readonly JsonObject[]): string =>
  parts
    .flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : []))
    .join('\n')

/** Of a tool part of either version, once its tool has answered. */
function toolResult(one: JsonObject): ChatMessage[] {
  const { type, state, output, errorText, toolInvocation } = one
  if (type === 'tool-invocation') return isObject(toolInvocation) ? resultOf(toolInvocation) : []
  const isTool = type === 'dynamic-tool' || String(type).startsWith('tool-')
  if (!isTool) return []
  if (state === 'output-available') return [toolMessage(output)]
  return state === 'output-error' ? [toolMessage(errorText)] : []
}

const resultOf = ({ state, result }: JsonObject): ChatMessage[] =>
  state === 'result' ? [toolMessage(result)] : []

const toolMessage = (output: unknown): ChatMessage => ({
  role: 'tool',
  text: typeof output === 'string' ? output : (JSON.stringify(output) ?? ''),
})

function refuse({ path, message }: BodyIssue): ApiError {
  const param = bracketPath(path)
  return { code: 'invalid-request', message: `Invalid ${param || 'body'}: ${message}`, param }
}

/** Which form of messages a request has; undefined where it is none of the AI SDK's. */
export function formOf(http: HttpRequest): Exclude<MessageForm, 'either'> | undefined {
  const body = readJsonObject(http)
  if (typeof body === 'string') return undefined
  const messages = objectsIn(body['messages'])
  const last = messages.at(-1)
  if (!last) return undefined
  const hasParts = Array.isArray(last['parts'])
  if (typeof last['content'] !== 'string') return hasParts ? 'parts' : undefined
  // Others than these hooks have content as well, always name a model, and know no chats.
  const { id, model } = body
  return hasParts || id !== undefined || model === undefined ? 'content' : undefined
}
