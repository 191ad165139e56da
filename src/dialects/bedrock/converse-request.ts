/**
 * Reads a Converse request as strictly as the service: the members that its API reference requires,
 * and the rules of a conversation. Members that it does not know pass, as they do there.
 */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { type BodyIssue, checkBody, dottedPath } from '../shapes/checked.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { serializationError } from './error.ts'

const block = z.looseObject({
  text: z.string().optional(),
  toolUse: z
    .looseObject({ toolUseId: z.string(), name: z.string(), input: z.unknown() })
    .optional(),
  toolResult: z
    .looseObject({
      toolUseId: z.string(),
      content: z.array(z.looseObject({ text: z.string().optional() })),
      status: z.enum(['success', 'error']).optional(),
    })
    .optional(),
})

const message = z.looseObject({
  role: z.enum(['user', 'assistant']),
  content: z.array(block).min(1),
})

const requestSchema = z.looseObject({
  messages: z.array(message).min(1),
  system: z.array(z.looseObject({ text: z.string().optional() })).optional(),
  inferenceConfig: z
    .looseObject({
      maxTokens: z.int().min(1).optional(),
      temperature: z.number().min(0).max(1).optional(),
      topP: z.number().min(0).max(1).optional(),
      stopSequences: z.array(z.string()).optional(),
    })
    .optional(),
  toolConfig: z
    .looseObject({
      tools: z.array(z.looseObject({ toolSpec: z.looseObject({ name: z.string() }).optional() })),
    })
    .optional(),
})

type Body = z.infer<typeof requestSchema>
type Block = z.infer<typeof block>

export function parseConverse(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const checked = checkBody(http, { schema: requestSchema, refuse })
  if ('code' in checked) return checked
  const { body, data } = checked
  const problem = conversationProblem(data)
  if (problem !== undefined) return { code: 'invalid-request', message: problem }
  const messages = data.messages.flatMap(({ role, content }) => neutralMessages(role, content))
  const system = data.system?.flatMap(({ text }) => text ?? []) ?? []
  return {
    dialect,
    http,
    body,
    model: modelOf(http),
    messages: [...system.map((text) => ({ role: 'system', text })), ...messages],
    system: system.length === 0 ? undefined : system.join('\n\n'),
    user: messages.findLast(({ role }) => role === 'user')?.text,
    tools: data.toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec?.name ?? []) ?? [],
    stream: http.path.endsWith('-stream'),
    dialogue: undefined,
    choices: 1,
  }
}

/** An id, an ARN or the name of an inference profile; the router has decoded it. */
export const modelOf = (http: HttpRequest): string | undefined => http.params['modelId']

function refuse({ path, kind, found, issue, message: words }: BodyIssue): ApiError {
  const at = dottedPath(path)
  const fails = (what: string): ApiError => ({
    code: 'invalid-request',
    param: at,
    message: `1 validation error detected: Value ${shownValue(found)} at '${at}' failed to satisfy constraint: ${what}`,
  })
  if (kind === 'missing') return fails('Member must not be null')
  if (issue?.code === 'invalid_value') {
    return fails(`Member must satisfy enum value set: [${issue.values.join(', ')}]`)
  }
  if (issue?.code === 'too_small' && issue.origin === 'array') {
    return fails(`Member must have length greater than or equal to ${issue.minimum}`)
  }
  if (issue?.code === 'too_small') {
    return fails(`Member must have value greater than or equal to ${issue.minimum}`)
  }
  if (issue?.code === 'too_big') {
    return fails(`Member must have value less than or equal to ${issue.maximum}`)
  }
  return serializationError(`${at}: ${words.replace('Invalid input: ', '')}`, at)
}

const shownValue = (value: unknown): string =>
  value === undefined ? 'null' : `'${typeof value === 'string' ? value : JSON.stringify(value)}'`

/** What is well formed and yet no conversation. */
function conversationProblem({ messages }: Body): string | undefined {
  if (messages[0]?.role !== 'user') {
    return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
  }
  for (const [at, { role, content }] of messages.entries()) {
    if (role === messages[at - 1]?.role) {
      return `A conversation must alternate between user and assistant roles; messages.${at} does not.`
    }
    const bad = content.findIndex((part) => !isKnown(part))
    if (bad >= 0) {
      return `The content block at messages.${at}.content.${bad} has to have exactly one of these members: ${blockKinds.join(', ')}.`
    }
    const blank = content.findIndex(({ text }) => text?.trim() === '')
    if (blank >= 0) {
      return `The text field in the ContentBlock object at messages.${at}.content.${blank} is blank. Add text to the text field, and try again.`
    }
  }
  return undefined
}

const blockKinds = [
  'text',
  'image',
  'document',
  'video',
  'audio',
  'toolUse',
  'toolResult',
  'guardContent',
  'cachePoint',
  'reasoningContent',
  'citationsContent',
  'searchResult',
]

const isKnown = (part: Block): boolean =>
  Object.keys(part).filter((name) => blockKinds.includes(name)).length === 1

/** Results of tools come in messages of the user; rules tell the two apart. */
function neutralMessages(role: 'user' | 'assistant', content: readonly Block[]): ChatMessage[] {
  const results = content.flatMap(({ toolResult }) =>
    toolResult ? [{ role: 'tool', text: toolResult.content.map(resultText).join('\n') }] : [],
  )
  const texts = content.flatMap(({ text }) => text ?? [])
  const said = results.length > 0 && texts.length === 0 ? [] : [{ role, text: texts.join('\n') }]
  return [...results, ...said]
}

function resultText(part: JsonObject): string {
  if (typeof part['text'] === 'string') return part['text']
  return isObject(part['json']) || Array.isArray(part['json']) ? JSON.stringify(part['json']) : ''
}
