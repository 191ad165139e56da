/** Reads the input of an agent's run, as strictly as the schema of the protocol's version 1.0. */

import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { type BodyIssue, bracketPath, checkBody } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { objectsIn } from '../shapes/json-body.ts'
import { plainProblem } from '../shapes/unreadable.ts'

const text = lazy(() => z.string())
const part = lazy(() =>
  z.looseObject({ type: z.enum(['text', 'image', 'audio', 'video', 'document']) }),
)
const content = lazy(() =>
  z.union([text(), z.array(part())], {
    error: 'A text or a list of parts is expected.',
  }),
)

const toolCall = lazy(() =>
  z.looseObject({
    id: text(),
    type: z.literal('function'),
    function: z.looseObject({ name: text(), arguments: text() }),
  }),
)

const message = lazy(() =>
  z.discriminatedUnion('role', [
    z.looseObject({ role: z.literal('developer'), id: text(), content: text() }),
    z.looseObject({ role: z.literal('system'), id: text(), content: text() }),
    z.looseObject({
      role: z.literal('assistant'),
      id: text(),
      content: text().optional(),
      toolCalls: z.array(toolCall()).optional(),
    }),
    z.looseObject({ role: z.literal('user'), id: text(), content: content() }),
    z.looseObject({ role: z.literal('tool'), id: text(), content: content(), toolCallId: text() }),
    z.looseObject({
      role: z.literal('activity'),
      id: text(),
      activityType: text(),
      content: z.record(text(), z.unknown()),
    }),
    z.looseObject({ role: z.literal('reasoning'), id: text(), content: text() }),
  ]),
)

const someValue = lazy(() =>
  z.unknown().refine((value) => value !== null, { error: 'Leave it out rather than say null.' }),
)

const input = lazy(() =>
  z.looseObject({
    threadId: text(),
    runId: text(),
    protocolVersion: text().optional(),
    parentRunId: text().optional(),
    messages: z.array(message()),
    tools: z
      .array(
        z.looseObject({ name: text(), description: text(), parameters: someValue().optional() }),
      )
      .default([]),
    context: z.array(z.looseObject({ description: text(), value: text() })).default([]),
    forwardedProps: someValue().optional(),
    resume: z
      .array(z.looseObject({ interruptId: text(), status: z.enum(['resolved', 'cancelled']) }))
      .optional(),
  }),
)

export function parseRunInput(http: HttpRequest): ChatRequest | ApiError {
  const read = checkBody(http, { schema: input(), refuse, unreadable })
  if ('code' in read) return read
  const { data, body } = read
  const messages = data.messages.flatMap((said) => neutral(said))
  return {
    dialect: 'ag-ui',
    http,
    body,
    model: undefined,
    ...dialogueOf(messages),
    tools: data.tools.map(({ name }) => name),
    stream: true,
    dialogue: data.threadId,
    choices: 1,
  }
}

/** What an agent thought or shows on a screen is no part of what was said. */
function neutral({ role, content: said }: z.infer<ReturnType<typeof message>>): ChatMessage[] {
  if (role === 'activity' || role === 'reasoning') return []
  return [{ role: role === 'developer' ? 'system' : role, text: textOf(said) }]
}

function textOf(said: unknown): string {
  if (typeof said === 'string') return said
  return objectsIn(said)
    .flatMap((one) => (typeof one['text'] === 'string' ? [one['text']] : []))
    .join('\n')
}

const unreadable = (problem: string): ApiError => ({
  code: 'invalid-request',
  message: plainProblem(problem),
})

function refuse({ path, message: said }: BodyIssue): ApiError {
  const param = bracketPath(path)
  return { code: 'invalid-request', message: `Invalid ${param || 'body'}: ${said}`, param }
}
