/**
 * Reads a Chat Completions request as strictly as the vendor where a mistake would break the reply:
 * model, messages, roles, stream and the numbers. Fields that only steer a model pass unread.
 */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { checkBody } from '../shapes/checked.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { mistaken, refuse, unreadable } from './refuse.ts'
import type { ChatVariant } from './variant.ts'

const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer'] as const

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() })

const message = z
  .looseObject({
    role: z.enum(roles),
    content: z.union([z.string(), z.array(contentPart), z.null()]).optional(),
    tool_calls: z.array(z.unknown()).nullish(),
    function_call: z.unknown().optional(),
    audio: z.unknown().optional(),
    refusal: z.string().nullish(),
  })
  .refine(hasContent, {
    path: ['content'],
    error: "Invalid value for 'content': expected a string, got null.",
  })

const tool = z.looseObject({
  type: z.string(),
  function: z.looseObject({ name: z.string() }).optional(),
})

const requestSchema = z.looseObject({
  // The path names the deployment in some APIs; whoever needs it here is told so below.
  model: z.string().optional(),
  messages: z.array(message).min(1),
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

export function parseChat(variant: ChatVariant, http: HttpRequest): ChatRequest | ApiError {
  const checked = checkBody(http, {
    schema: requestSchema,
    refuse: refuse(variant),
    unreadable: unreadable(variant),
  })
  if ('code' in checked) return checked
  const { body, data } = checked
  const model = http.params['deployment'] ?? data.model
  if (model === undefined) return noModel(variant)
  if (data.stream_options && !data.stream) return optionsWithoutStream(variant)
  const messages = data.messages.map(({ role, content }) => ({
    role: neutralRole(role),
    text: textOf(content),
  }))
  return {
    dialect: variant.name,
    http,
    body,
    model,
    messages,
    system: systemOf(messages),
    user: messages.findLast(({ role }) => role === 'user')?.text,
    tools: (data.tools ?? []).flatMap((offered) => toolName(offered)),
    stream: data.stream ?? false,
    dialogue: undefined,
    choices: data.n ?? 1,
  }
}

export const noModel = (variant: ChatVariant): ApiError =>
  mistaken(variant, { message: 'you must provide a model parameter', code: null })

export const optionsWithoutStream = (variant: ChatVariant): ApiError =>
  mistaken(variant, {
    param: 'stream_options',
    message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    code: null,
  })

function neutralRole(role: (typeof roles)[number]): string {
  if (role === 'developer') return 'system'
  return role === 'function' ? 'tool' : role
}

function textOf(content: string | readonly JsonObject[] | null | undefined): string {
  if (typeof content === 'string') return content
  return (content ?? [])
    .flatMap((part) => (typeof part['text'] === 'string' ? [part['text']] : []))
    .join('\n')
}

function systemOf(messages: readonly ChatMessage[]): string | undefined {
  const texts = messages.filter(({ role }) => role === 'system').map(({ text }) => text)
  return texts.length === 0 ? undefined : texts.join('\n\n')
}

function toolName(offered: JsonObject): string[] {
  const described = offered['function'] ?? offered['custom']
  return isObject(described) && typeof described['name'] === 'string' ? [described['name']] : []
}
