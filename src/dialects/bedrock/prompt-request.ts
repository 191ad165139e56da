/** Requests of models that take one text and have no messages. */
import type { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { checkBody, dottedPath } from '../shapes/checked.ts'
import { modelOf } from './converse-request.ts'

/** These models check their input by a JSON schema, and answer its mistakes in its words. */
export function parsePrompt<T>(
  http: HttpRequest,
  dialect: string,
  schema: z.ZodType<T>,
  promptOf: (data: T) => string,
): ChatRequest | ApiError {
  const checked = checkBody(http, { schema, refuse: malformed })
  if ('code' in checked) return checked
  const user = promptOf(checked.data)
  return {
    dialect,
    http,
    body: checked.body,
    model: modelOf(http),
    messages: [{ role: 'user', text: user }],
    system: undefined,
    user,
    tools: [],
    stream: http.path.endsWith('-stream'),
    dialogue: undefined,
    choices: 1,
  }
}

function malformed({
  path,
  kind,
  message,
}: {
  path: readonly PropertyKey[]
  kind: string
  message: string
}): ApiError {
  const at = path.length < 2 ? '#' : `#/${dottedPath(path.slice(0, -1))}`
  const problem =
    kind === 'missing'
      ? `${at}: required key [${String(path.at(-1))}] not found`
      : `#/${path.map(String).join('/')}: ${message}`
  return {
    code: 'invalid-request',
    param: dottedPath(path),
    message: `Malformed input request: ${problem}, please reformat your input and try again.`,
  }
}
