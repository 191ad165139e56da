/** Requests to the Messages API and to the counting of its tokens: checked, and made neutral. */

import type { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { type BodyIssue, checkBody, dottedPath } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { type JsonObject, objectsIn } from '../shapes/json-body.ts'
import {
  budgetProblem,
  cacheProblem,
  conversationProblem,
  removedProblem,
  stopProblem,
  thinkingProblem,
  toolProblem,
} from './conversation.ts'
import { countSchema, messagesSchema, wordsFor } from './request-schema.ts'

type Parse = (http: HttpRequest, dialect: string) => ChatRequest | ApiError

export const parseMessages: Parse = parsing({
  usual: lazy(() => messagesSchema({ beta: false })),
  beta: lazy(() => messagesSchema({ beta: true })),
})

export const parseCount: Parse = parsing({
  usual: lazy(() => countSchema({ beta: false })),
  beta: lazy(() => countSchema({ beta: true })),
})

type Schema = () => z.ZodType<JsonObject>

function parsing(schemas: { readonly usual: Schema; readonly beta: Schema }): Parse {
  return (http, dialect) => {
    const isBeta = header(http.headers, 'anthropic-beta') !== undefined
    const unknown = refusedVersion(http)
    if (unknown) return unknown
    const checked = checkBody(http, { schema: (isBeta ? schemas.beta : schemas.usual)(), refuse })
    if ('code' in checked) return checked
    const problem =
      (versionOf(http) === newest ? removedProblem(checked.body) : undefined) ??
      toolProblem(checked.body) ??
      thinkingProblem(checked.body) ??
      cacheProblem(checked.body) ??
      stopProblem(checked.body) ??
      (isBeta ? undefined : problemIn(checked.body))
    if (problem !== undefined) return { code: 'invalid-request', message: problem }
    return chatRequest(http, dialect, checked.body)
  }
}

/** Some betas loosen these, such as thinking between calls, or keep messages at the vendor's. */
const problemIn = (body: JsonObject): string | undefined =>
  conversationProblem(objectsIn(body['messages'])) ?? budgetProblem(body)

const newest = '2026-10-21'

const versions = [newest, '2023-06-01', '2023-01-01']

const versionOf = ({ headers }: HttpRequest): string | undefined =>
  header(headers, 'anthropic-version')

/** Every request says for which version it was written. */
export function refusedVersion(http: HttpRequest): ApiError | undefined {
  const version = versionOf(http)
  if (version !== undefined && versions.includes(version)) return undefined
  const problem =
    version === undefined ? 'header is required' : `"${version}" is not a valid version`
  return { code: 'invalid-request', message: `anthropic-version: ${problem}` }
}

function refuse({ path, found, issue }: BodyIssue): ApiError {
  const extra = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const param = dottedPath([...path, ...extra])
  const words = issue ? wordsFor(issue, found) : 'Input should be valid'
  return { code: 'invalid-request', param, message: `${param}: ${words}` }
}

function chatRequest(http: HttpRequest, dialect: string, body: JsonObject): ChatRequest {
  const prompt = textsOf(body['system']).map((text) => ({ role: 'system', text }))
  const messages = [...prompt, ...objectsIn(body['messages']).flatMap(neutralMessages)]
  return {
    dialect,
    http,
    body,
    model: typeof body['model'] === 'string' ? body['model'] : undefined,
    ...dialogueOf(messages),
    tools: objectsIn(body['tools']).flatMap(({ name }) => (typeof name === 'string' ? [name] : [])),
    stream: body['stream'] === true,
    dialogue: undefined,
    choices: 1,
  }
}

/** Results of calls become messages of their own; what else the user says follows them. */
function neutralMessages({ role, content }: JsonObject): ChatMessage[] {
  const results = objectsIn(content).filter(({ type }) => type === 'tool_result')
  const said = { role: String(role), text: textsOf(content).join('\n') }
  if (results.length === 0) return [said]
  const answers = results.map((result) => ({
    role: 'tool',
    text: textsOf(result['content']).join('\n'),
  }))
  const isAllResults = Array.isArray(content) && content.length === results.length
  return isAllResults ? answers : [...answers, said]
}

function textsOf(content: unknown): string[] {
  if (typeof content === 'string') return [content]
  return objectsIn(content).flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
}
