/**
 * Reads a Converse request as strictly as the service: the members that its API reference requires,
 * and the rules of a conversation. Members that it does not know pass, as they do there.
 */

import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { type BodyIssue, checkBody, dottedPath } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { serializationError } from './error.ts'

const toolName = lazy(() => z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/))

const block = lazy(() =>
  z.looseObject({
    text: z.string().optional(),
    image: z.looseObject({ format: z.enum(['png', 'jpeg', 'gif', 'webp']) }).optional(),
    toolUse: z
      .looseObject({ toolUseId: z.string(), name: toolName(), input: z.unknown() })
      .optional(),
    toolResult: z
      .looseObject({
        toolUseId: z.string(),
        content: z.array(z.looseObject({ text: z.string().optional() })),
        status: z.enum(['success', 'error']).optional(),
      })
      .optional(),
  }),
)

const message = lazy(() =>
  z.looseObject({
    role: z.enum(['user', 'assistant']),
    content: z.array(block()).min(1),
  }),
)

const tool = lazy(() =>
  z.looseObject({
    toolSpec: z.looseObject({ name: toolName(), inputSchema: z.looseObject({}) }).optional(),
  }),
)

const requestSchema = lazy(() =>
  z.looseObject({
    messages: z.array(message()).min(1).optional(),
    promptVariables: z.looseObject({}).optional(),
    system: z.array(z.looseObject({ text: z.string().optional() })).optional(),
    inferenceConfig: z
      .looseObject({
        maxTokens: z.int().min(1).optional(),
        temperature: z.number().min(0).max(1).optional(),
        topP: z.number().min(0).max(1).optional(),
        stopSequences: z.array(z.string()).optional(),
      })
      .optional(),
    toolConfig: z.looseObject({ tools: z.array(tool()).min(1) }).optional(),
  }),
)

type Body = z.infer<ReturnType<typeof requestSchema>>
type Block = z.infer<ReturnType<typeof block>>

export function parseConverse(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const checked = checkBody(http, { schema: requestSchema(), refuse })
  if ('code' in checked) return checked
  const { body, data } = checked
  const problem = conversationProblem(data)
  if (problem !== undefined) return { code: 'invalid-request', message: problem }
  const given = data.messages ?? []
  const messages = given.flatMap(({ role, content }) => neutralMessages(role, content))
  const prompts = (data.system ?? []).flatMap(({ text }) => text ?? [])
  return {
    dialect,
    http,
    body,
    model: modelOf(http),
    ...dialogueOf([...prompts.map((text) => ({ role: 'system', text })), ...messages]),
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
function conversationProblem({ messages, promptVariables, toolConfig }: Body): string | undefined {
  // A prompt that the service keeps brings messages of its own.
  if (!messages) {
    return promptVariables
      ? undefined
      : "1 validation error detected: Value null at 'messages' failed to satisfy constraint: Member must not be null"
  }
  if (messages[0]?.role !== 'user') {
    return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
  }
  const usesTools = messages.some(({ content }) =>
    content.some(({ toolUse, toolResult }) => toolUse || toolResult),
  )
  if (usesTools && !toolConfig) {
    return 'The toolConfig field must be defined when using toolUse and toolResult content blocks.'
  }
  for (const [at, { role, content }] of messages.entries()) {
    if (role === messages[at - 1]?.role) {
      return `A conversation must alternate between user and assistant roles; messages.${at} does not.`
    }
    const problem = blockProblem(content, at) ?? toolProblem(messages, at)
    if (problem !== undefined) return problem
  }
  return undefined
}

function blockProblem(content: readonly Block[], at: number): string | undefined {
  const bad = content.findIndex((part) => !isKnown(part))
  if (bad >= 0) {
    return `The content block at messages.${at}.content.${bad} has to have exactly one of these members: ${blockKinds.join(', ')}.`
  }
  const blank = content.findIndex(({ text }) => text?.trim() === '')
  return blank < 0
    ? undefined
    : `The text field in the ContentBlock object at messages.${at}.content.${blank} is blank. Add text to the text field, and try again.`
}

/** Every call is answered by the message after it, and nothing else is. */
function toolProblem(messages: NonNullable<Body['messages']>, at: number): string | undefined {
  const before = messages[at - 1]?.content ?? []
  const called = before.flatMap(({ toolUse }) => toolUse?.toolUseId ?? [])
  const content = messages[at]?.content ?? []
  const answered = content.flatMap(({ toolResult }) => toolResult?.toolUseId ?? [])
  const missing = called.filter((id) => !answered.includes(id))
  if (missing.length > 0) {
    return `Expected toolResult blocks at messages.${at}.content for the following Ids: ${missing.join(', ')}`
  }
  return answered.length > called.length
    ? `The number of toolResult blocks at messages.${at}.content exceeds the number of toolUse blocks of previous turn.`
    : undefined
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
