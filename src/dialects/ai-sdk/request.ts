/**
 * What the hooks of the AI SDK send to an application's route: a chat of messages made of parts
 * (version 5 and later) or with a string of content (before), or a prompt alone.
 */

import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import { type BodyIssue, bracketPath, checkBody } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { isObject, type JsonObject, objectsIn, readJsonObject } from '../shapes/json-body.ts'
import { plainProblem } from '../shapes/unreadable.ts'

export const chatPath = '/api/chat'
export const completionPath = '/api/completion'

/** Of any version; what an application adds begins with `data-`, and what its tools say with `tool-`. */
const partType =
  /^(?:text|reasoning|file|source|source-url|source-document|step-start|dynamic-tool|(?:tool|data)-.*)$/s

const part = z
  .looseObject({
    type: z.string().regex(partType, 'There is no part of this type.'),
    text: z.string().optional(),
  })
  .refine(({ type, text }) => type !== 'text' || text !== undefined, {
    path: ['text'],
    error: 'A text part has a text.',
  })

/** Version 4 calls it `mimeType`. */
const typedPart = part.refine(
  ({ type, mediaType }) => type !== 'file' || typeof mediaType === 'string',
  { path: ['mediaType'], error: 'A file has a media type.' },
)

const partsMessage = z.looseObject({
  id: z.string().optional(),
  role: z.enum(['system', 'user', 'assistant']),
  parts: z.array(typedPart).min(1),
})

const contentMessage = z.looseObject({
  id: z.string().optional(),
  role: z.enum(['system', 'user', 'assistant', 'data']),
  content: z.string(),
  parts: z.array(part).optional(),
})

const chatId = z.string().optional()

const chatOf = <T extends z.ZodType>(message: T) => ({
  all: z.looseObject({ id: chatId, messages: z.array(message).min(1) }),
  /** An application that keeps its chats may have the client send what is new, and nothing else. */
  last: z.looseObject({ id: chatId, message }),
})

const eitherMessage = z.union([partsMessage, contentMessage])
const completion = z.looseObject({ prompt: z.string() })

/** Which version's messages a stream protocol goes with; text goes with those of both. */
export type MessageForm = 'parts' | 'content' | 'either'

const chats = {
  parts: chatOf<typeof eitherMessage | typeof partsMessage>(partsMessage),
  content: chatOf<typeof eitherMessage | typeof contentMessage>(contentMessage),
  either: chatOf(eitherMessage),
}

export function parseAiSdk(
  http: HttpRequest,
  dialect: string,
  form: MessageForm,
): ChatRequest | ApiError {
  if (http.path.endsWith(completionPath)) return parseCompletion(http, dialect)
  const { all, last } = chats[form]
  const read = isLastAlone(http)
    ? checkBody<z.infer<typeof last>>(http, { schema: last, refuse, unreadable })
    : checkBody<z.infer<typeof all>>(http, { schema: all, refuse, unreadable })
  if ('code' in read) return read
  const { data } = read
  const said = 'messages' in data ? objectsIn(data.messages) : objectsIn([data.message])
  return request(http, dialect, read.body, said.flatMap(neutral), data.id)
}

function isLastAlone(http: HttpRequest): boolean {
  const body = readJsonObject(http)
  return typeof body !== 'string' && body['messages'] === undefined && isObject(body['message'])
}

function parseCompletion(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const read = checkBody(http, { schema: completion, refuse, unreadable })
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
  const { model, tools } = body
  return {
    dialect,
    http,
    body,
    // The hooks send none of these; applications often add them.
    model: typeof model === 'string' ? model : undefined,
    tools: isObject(tools) ? Object.keys(tools) : [],
    ...dialogueOf(messages),
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

const unreadable = (problem: string): ApiError => ({
  code: 'invalid-request',
  message: plainProblem(problem),
})

/**
 * Which of the three streams a request is for; undefined where it is for none. The hooks do not say
 * which they read: a client can, by what it accepts.
 */
export function streamOf(http: HttpRequest): 'parts' | 'content' | 'text' | undefined {
  const isText = header(http.headers, 'accept')?.startsWith('text/plain') ?? false
  return isText ? 'text' : formOf(http)
}

function formOf(http: HttpRequest): 'parts' | 'content' | undefined {
  const body = readJsonObject(http)
  if (typeof body === 'string') return undefined
  const last = objectsIn(body['messages'] ?? [body['message']]).at(-1)
  if (!last) return undefined
  const hasParts = Array.isArray(last['parts'])
  if (typeof last['content'] !== 'string') return hasParts ? 'parts' : undefined
  // Others than these hooks have content as well, always name a model, and know no chats.
  const { id, model } = body
  return hasParts || id !== undefined || model === undefined ? 'content' : undefined
}
