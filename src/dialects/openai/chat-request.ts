/**
 * Reads a Chat Completions request: as strictly as the vendor for OpenAI itself, and for those that
 * are compatible with it as far as a mistake would break the reply.
 */

import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { checkBody } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { type ChatBody, looseRequest, strictRequest } from './chat-schema.ts'
import { strictMistake } from './chat-strict.ts'
import { mistaken, refuse, unreadable } from './refuse.ts'
import type { ChatVariant } from './variant.ts'

type Role = ChatBody['messages'][number]['role']

/** Reads what is sent to one service. */
export function chatReader(variant: ChatVariant): (http: HttpRequest) => ChatRequest | ApiError {
  const words = { refuse: refuse(variant, ['stop']), unreadable: unreadable(variant) }
  const loose = { schema: looseRequest, ...words }
  const strict = { schema: strictRequest, ...words }
  const { ownFields } = variant
  return (http) => {
    if (isNowhere(variant, http)) return { code: 'not-found' }
    if (!ownFields) {
      const checked = checkBody(http, loose)
      return 'code' in checked ? checked : readChat(variant, http, checked)
    }
    const checked = checkBody(http, strict)
    if ('code' in checked) return checked
    const mistake = strictMistake(checked.body, checked.data, ownFields)
    return mistake ? mistaken(variant, mistake) : readChat(variant, http, checked)
  }
}

function readChat(
  variant: ChatVariant,
  http: HttpRequest,
  { body, data }: { readonly body: JsonObject; readonly data: ChatBody },
): ChatRequest | ApiError {
  const model = http.params['deployment'] ?? data.model
  if (!model) return noModel(variant)
  if (data.stream_options && !data.stream) return optionsWithoutStream(variant)
  const { messages, system, user } = dialogueOf(
    data.messages.map(({ role, content }) => ({ role: neutralRole(role), text: textOf(content) })),
  )
  return {
    dialect: variant.name,
    http,
    body,
    model,
    messages,
    system,
    user,
    tools: (data.tools ?? []).flatMap((offered) => toolName(offered)),
    stream: data.stream ?? false,
    dialogue: undefined,
    choices: data.n ?? 1,
  }
}

/** A deployment is not found by its path alone, where the service wants to know the version. */
export const isNowhere = (
  { deploymentQuery: wanted }: ChatVariant,
  { params, query }: HttpRequest,
): boolean => wanted !== undefined && params['deployment'] !== undefined && !query.has(wanted)

export const noModel = (variant: ChatVariant): ApiError =>
  mistaken(variant, { message: 'you must provide a model parameter', code: null })

export const optionsWithoutStream = (variant: ChatVariant): ApiError =>
  mistaken(variant, {
    param: 'stream_options',
    message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    code: null,
  })

function neutralRole(role: Role): string {
  if (role === 'developer') return 'system'
  return role === 'function' ? 'tool' : role
}

function textOf(content: string | readonly JsonObject[] | null | undefined): string {
  if (typeof content === 'string') return content
  return (content ?? [])
    .flatMap((part) => (typeof part['text'] === 'string' ? [part['text']] : []))
    .join('\n')
}

function toolName(offered: JsonObject): string[] {
  const described = offered['function'] ?? offered['custom']
  return isObject(described) && typeof described['name'] === 'string' ? [described['name']] : []
}
