/**
 * Reads a Chat Completions request as strictly as the vendor where a mistake would break the reply:
 * model, messages, roles, stream and the numbers. Fields that only steer a model pass unread.
 */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { isObject, type JsonObject, readJsonObject } from '../shapes/json-body.ts'

const roles = ['developer', 'system', 'user', 'assistant', 'tool', 'function'] as const

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() })

const message = z
  .looseObject({
    role: z.enum(roles, {
      error: ({ input }) =>
        `Invalid value: ${JSON.stringify(input) ?? 'none'}. Supported values are: ${roles.map((r) => `'${r}'`).join(', ')}.`,
    }),
    content: z
      .union([z.string(), z.array(contentPart), z.null()], {
        error: 'Expected a string or an array of objects, each with a type and perhaps a text.',
      })
      .optional(),
    tool_calls: z.array(z.unknown()).nullish(),
    function_call: z.unknown().optional(),
    audio: z.unknown().optional(),
    refusal: z.string().nullish(),
  })
  .refine(hasContent, { path: ['content'], error: 'Expected a string or an array, got null.' })

const tool = z.looseObject({
  type: z.string(),
  function: z.looseObject({ name: z.string() }).optional(),
})

const requestSchema = z.looseObject({
  model: z.string('You must provide a model parameter, a string.'),
  messages: z.array(message).min(1, 'Expected an array with at least one message.'),
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({
      include_usage: z.boolean().nullish(),
      include_obfuscation: z.boolean().nullish(),
    })
    .nullish(),
  n: z.int().min(1).max(128).nullish(),
  tools: z.array(tool).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
})

const instead = ['tool_calls', 'function_call', 'audio', 'refusal']

/** Only the assistant may say nothing, and only where it has called a tool, refused or spoken. */
function hasContent(said: Readonly<Record<string, unknown>>): boolean {
  if (typeof said['content'] === 'string' || Array.isArray(said['content'])) return true
  return said['role'] === 'assistant' && instead.some((field) => (said[field] ?? '') !== '')
}

export function parseOpenAiChat(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const body = readJsonObject(http)
  if (typeof body === 'string') return { code: 'invalid-request', message: body }
  const read = requestSchema.safeParse(body)
  if (!read.success) return invalidRequest(read.error)
  if (read.data.stream_options && !read.data.stream) {
    return {
      code: 'invalid-request',
      param: 'stream_options',
      message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    }
  }
  const messages = read.data.messages.map(({ role, content }) => ({
    role,
    text: textOf(content),
  }))
  return {
    dialect,
    http,
    body,
    model: read.data.model,
    messages,
    system: systemOf(messages),
    user: messages.findLast(({ role }) => role === 'user')?.text,
    tools: (read.data.tools ?? []).flatMap((offered) => toolName(offered)),
    stream: read.data.stream ?? false,
    dialogue: undefined,
    choices: read.data.n ?? 1,
  }
}

function invalidRequest(error: z.ZodError): ApiError {
  const issue = error.issues[0]
  const param = issue ? paramOf(issue.path) : ''
  const message = issue?.message ?? 'The request is invalid.'
  return {
    code: 'invalid-request',
    message: param === '' ? message : `Invalid '${param}': ${message}`,
    ...(param === '' ? {} : { param }),
  }
}

const paramOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === 'number'
        ? `${text}[${key}]`
        : text === ''
          ? `${String(key)}`
          : `${text}.${String(key)}`,
    '',
  )

function textOf(content: string | readonly JsonObject[] | null | undefined): string {
  if (typeof content === 'string') return content
  return (content ?? [])
    .flatMap((part) => (typeof part['text'] === 'string' ? [part['text']] : []))
    .join('\n')
}

function systemOf(messages: readonly ChatMessage[]): string | undefined {
  const texts = messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(({ text }) => text)
  return texts.length === 0 ? undefined : texts.join('\n\n')
}

function toolName(offered: JsonObject): string[] {
  const described = offered['function'] ?? offered['custom']
  return isObject(described) && typeof described['name'] === 'string' ? [described['name']] : []
}
