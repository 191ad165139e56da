/** Reads a request to `/v1/chat`: one message, and what was said before it. */

import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { checkBody } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { oneOf, refuse, sampling } from './chat-request.ts'
import { invalid, unreadable } from './error.ts'

const roles = { USER: 'user', CHATBOT: 'assistant', SYSTEM: 'system', TOOL: 'tool' } as const

const result = lazy(() =>
  z.looseObject({ outputs: z.array(z.unknown(), 'list of objects').nullish() }, 'object'),
)

const results = lazy(() => z.array(result(), 'list of tool results').nullish())

const turn = lazy(() =>
  z.looseObject(
    {
      role: z.enum(['USER', 'CHATBOT', 'SYSTEM', 'TOOL'], {
        error: 'must be one of "USER", "CHATBOT", "SYSTEM", "TOOL"',
      }),
      message: z.string('string').nullish(),
      tool_results: results(),
    },
    'object',
  ),
)

const tool = lazy(() =>
  z.looseObject({ name: z.string('string'), description: z.string('string') }, 'object'),
)

const schema = lazy(() =>
  z.looseObject({
    ...sampling,
    message: z.string('string'),
    model: z.string('string').nullish(),
    preamble: z.string('string').nullish(),
    chat_history: z.array(turn(), 'list of messages').nullish(),
    conversation_id: z.string('string').nullish(),
    tools: z.array(tool(), 'list of tools').nullish(),
    tool_results: results(),
    safety_mode: oneOf(['CONTEXTUAL', 'STRICT', 'NONE']),
  }),
)

export function parseCohereV1(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const checked = checkBody(http, { schema: schema(), refuse, unreadable })
  if ('code' in checked) return checked
  const { data, body } = checked
  const given = data.tool_results ?? []
  if (data.message === '' && given.length === 0) {
    return invalid(
      'invalid request: message must be at least 1 token long or tool results must be specified.',
      'message',
    )
  }
  const messages: ChatMessage[] = [
    ...(data.preamble ? [{ role: 'system', text: data.preamble }] : []),
    ...(data.chat_history ?? []).map((said) => ({
      role: roles[said.role],
      text: said.message ?? resultText(said.tool_results ?? []),
    })),
    ...(data.message === '' ? [] : [{ role: 'user', text: data.message }]),
    ...(given.length > 0 ? [{ role: 'tool', text: resultText(given) }] : []),
  ]
  return {
    dialect,
    http,
    body,
    model: data.model ?? undefined,
    ...dialogueOf(messages),
    tools: (data.tools ?? []).map(({ name }) => name),
    stream: data.stream ?? false,
    dialogue: data.conversation_id ?? undefined,
    choices: 1,
  }
}

const resultText = (given: readonly z.infer<ReturnType<typeof result>>[]): string =>
  given.map(({ outputs }) => JSON.stringify(outputs ?? [])).join('\n')
