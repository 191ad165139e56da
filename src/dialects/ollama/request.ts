/**
 * Reads requests to `/api/chat` and `/api/generate` as strictly as the service does, which is a Go
 * decoder and little more: any role will do, and null stands for a field that is left out. Fields
 * that only steer a model pass unread.
 */

import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import { wholeText } from '../../core/bytes.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { type BodyIssue, checkBody } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import type { JsonObject } from '../shapes/json-body.ts'
import { plainProblem } from '../shapes/unreadable.ts'
import { modelNotFound } from './error.ts'
import { goKind } from './go.ts'
import { goSyntaxError } from './go-json.ts'
import { keepAliveProblem, optionProblem } from './options.ts'

// The message of each type is what Go calls it, for the sentence that a mistake becomes.
const text = lazy(() => z.string('string').nullish())
const flag = lazy(() => z.boolean('bool').nullish())
const anyObject = (name: string) => z.record(z.string(), z.unknown(), name)

const image = lazy(() =>
  z.string('[]uint8').refine((data) => /^[\w+/]*={0,2}$/.test(data) && data.length % 4 === 0, {
    error: 'illegal base64 data in images',
  }),
)

const images = lazy(() => z.array(image(), '[]api.ImageData').nullish())

const toolCall = lazy(() =>
  z.looseObject(
    {
      function: z
        .looseObject(
          { name: text(), arguments: anyObject('api.ToolCallFunctionArguments').nullish() },
          'api.ToolCallFunction',
        )
        .nullish(),
    },
    'api.ToolCall',
  ),
)

const message = lazy(() =>
  z.looseObject(
    {
      role: text(),
      content: text(),
      thinking: text(),
      images: images(),
      tool_calls: z.array(toolCall(), '[]api.ToolCall').nullish(),
      tool_name: text(),
    },
    'api.Message',
  ),
)

const tool = lazy(() =>
  z.looseObject(
    {
      type: text(),
      function: z.looseObject({ name: text(), description: text() }, 'api.ToolFunction').nullish(),
    },
    'api.Tool',
  ),
)

const thinkLevels: readonly unknown[] = [true, false, 'high', 'medium', 'low', 'max', null]

const common = lazy(() => ({
  model: text(),
  stream: flag(),
  think: z
    .unknown()
    .optional()
    .refine((level) => level === undefined || thinkLevels.includes(level), {
      error: 'invalid think value (must be "high", "medium", "low", "max", true, or false)',
    }),
  options: anyObject('map[string]interface {}').nullish(),
  keep_alive: z
    .unknown()
    .optional()
    .refine((value) => keepAliveProblem(value) === undefined, {
      error: ({ input }) => keepAliveProblem(input),
    }),
  top_logprobs: z
    .int('int')
    .min(0, 'top_logprobs must be between 0 and 20')
    .max(20, 'top_logprobs must be between 0 and 20')
    .nullish(),
}))

const chatSchema = lazy(() =>
  z.looseObject({
    ...common(),
    messages: z.array(message(), '[]api.Message').nullish(),
    tools: z.array(tool(), 'api.Tools').nullish(),
  }),
)

const generateSchema = lazy(() =>
  z.looseObject({
    ...common(),
    prompt: text(),
    suffix: text(),
    system: text(),
    template: text(),
    raw: flag(),
    context: z.array(z.int('int'), '[]int').nullish(),
    images: images(),
  }),
)

/** Under whatever prefix the dialect is reached. */
export const isGenerate = ({ path }: HttpRequest): boolean => path.endsWith('/api/generate')

/** A request that says nothing only loads the model, or unloads it where it is not to be kept. */
export function loadReason({ http, body, messages }: ChatRequest): 'load' | 'unload' | undefined {
  const asked = isGenerate(http)
    ? messages.some(({ role }) => role === 'user')
    : messages.length > 0
  if (asked) return undefined
  const keep: unknown = typeof body === 'object' && body !== null && Reflect.get(body, 'keep_alive')
  return keep === 0 || keep === '0' || keep === '0s' ? 'unload' : 'load'
}

export function parseOllama(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  if (http.body.length === 0) return invalid('missing request body')
  return isGenerate(http) ? parseGenerate(http, dialect) : parseChat(http, dialect)
}

function parseChat(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const checked = checkBody(http, { schema: chatSchema(), ...wordsFor(http, 'ChatRequest') })
  if ('code' in checked) return checked
  const { data, body } = checked
  const model = data.model?.trim() ?? ''
  if (model === '') return invalid('model is required')
  const wrong = wrongOption(data.options)
  if (wrong) return wrong
  const messages = (data.messages ?? []).map(({ role, content }) => ({
    role: (role ?? '').toLowerCase(),
    text: content ?? '',
  }))
  const tools = (data.tools ?? []).flatMap(({ function: described }) => described?.name ?? [])
  return understood({ http, body, dialect, model, messages, tools, stream: data.stream })
}

function parseGenerate(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const checked = checkBody(http, {
    schema: generateSchema(),
    ...wordsFor(http, 'GenerateRequest'),
  })
  if ('code' in checked) return checked
  const { data, body } = checked
  const model = data.model?.trim() ?? ''
  if (model === '') return modelNotFound('')
  if (data.raw && (data.template || data.system || (data.context ?? []).length > 0)) {
    return invalid('raw mode does not support template, system, or context')
  }
  const wrong = wrongOption(data.options)
  if (wrong) return wrong
  const messages: ChatMessage[] = []
  if (data.system) messages.push({ role: 'system', text: data.system })
  if (data.prompt) messages.push({ role: 'user', text: data.prompt })
  return understood({ http, body, dialect, model, messages, tools: [], stream: data.stream })
}

interface Understood
  extends Pick<ChatRequest, 'http' | 'dialect' | 'model' | 'messages' | 'tools'> {
  readonly body: JsonObject
  readonly stream: boolean | null | undefined
}

function understood({ stream, ...given }: Understood): ChatRequest {
  const request: ChatRequest = {
    ...given,
    ...dialogueOf(given.messages),
    stream: stream ?? true,
    dialogue: undefined,
    choices: 1,
  }
  // The service answers it in one piece, whatever was asked for.
  return loadReason(request) ? { ...request, stream: false } : request
}

const invalid = (message: string): ApiError => ({ code: 'invalid-request', message })

/** Options are read only when the model is loaded, so that their mistakes are the server's. */
function wrongOption(options: unknown): ApiError | undefined {
  const problem = optionProblem(options)
  return problem === undefined ? undefined : { ...invalid(problem), status: 500, param: 'options' }
}

const wordsFor = (http: HttpRequest, struct: string) => ({
  refuse: refuseAs(struct),
  unreadable: (problem: string) => unreadable(http, struct, problem),
})

/** A body that is no JSON, or no object, in the words of Go. */
function unreadable(http: HttpRequest, struct: string, problem: string): ApiError {
  const text = wholeText(http.body)
  if (text === undefined || problem.includes('is compressed')) return invalid(problem)
  const mistake = goSyntaxError(text)
  if (mistake !== undefined) return invalid(mistake)
  const kind = /^\s*\[/.test(text) ? 'array' : /^\s*"/.test(text) ? 'string' : undefined
  if (kind === undefined) return invalid(plainProblem(problem))
  return invalid(`json: cannot unmarshal ${kind} into Go value of type api.${struct}`)
}

const refuseAs =
  (struct: string) =>
  ({ path, message: words, kind, found }: BodyIssue): ApiError => {
    const field = path.filter((key) => typeof key === 'string').join('.')
    if (kind === 'value') return { ...invalid(words), param: field }
    const into = `Go struct field ${struct}.${field} of type ${words}`
    return { ...invalid(`json: cannot unmarshal ${goKind(found)} into ${into}`), param: field }
  }
