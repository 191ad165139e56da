/**
 * Reads Mistral's requests as strictly as the vendor: fields that it does not know are refused, and
 * so is an order of messages that its models were not made for.
 */

import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { HttpRequest } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { type BodyIssue, checkBody, withinUnion } from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { refused, unprocessable } from './error.ts'

const chunkTypes = [
  ...['text', 'image_url', 'document_url', 'reference'],
  ...['file', 'thinking', 'input_audio'],
]

const chunk = lazy(() => z.looseObject({ type: z.enum(chunkTypes), text: z.string().optional() }))
const content = lazy(() => z.union([z.string(), z.array(chunk())]))

const toolCall = lazy(() =>
  z.looseObject({
    id: z.string().nullish(),
    function: z.looseObject({
      name: z.string(),
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]),
    }),
  }),
)

const message = lazy(() =>
  z.discriminatedUnion('role', [
    z.strictObject({ role: z.literal('system'), content: content() }),
    z.strictObject({ role: z.literal('user'), content: content().nullable() }),
    z.strictObject({
      role: z.literal('assistant'),
      content: content().nullish(),
      tool_calls: z.array(toolCall()).nullish(),
      prefix: z.boolean().optional(),
    }),
    z.strictObject({
      role: z.literal('tool'),
      content: content().nullish(),
      tool_call_id: z.string().nullish(),
      name: z.string().nullish(),
    }),
  ]),
)

/** What chat and fill-in-the-middle have in common. */
const common = lazy(() => ({
  model: z.string(),
  temperature: z.number().min(0).max(1.5).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  max_tokens: z.int().min(0).nullish(),
  stream: z.boolean().optional(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  random_seed: z.int().min(0).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  prompt_cache_key: z.string().nullish(),
}))

const described = lazy(() => z.looseObject({ name: z.string() }))

/** A tool is a function unless it says otherwise; those of the service itself need none. */
const tool = lazy(() =>
  z
    .looseObject({ type: z.string().optional(), function: described().optional() })
    .refine((one) => (one.type ?? 'function') !== 'function' || one.function !== undefined, {
      path: ['function'],
    }),
)

const toolChoice = lazy(() =>
  z.union([
    z.enum(['auto', 'none', 'any', 'required']),
    z.looseObject({ type: z.string().optional(), function: described() }),
  ]),
)

const chatSchema = lazy(() =>
  z.strictObject({
    ...common(),
    messages: z.array(message()).min(1),
    response_format: z
      .looseObject({ type: z.enum(['text', 'json_object', 'json_schema']).optional() })
      .nullish(),
    tools: z.array(tool()).nullish(),
    tool_choice: toolChoice().nullish(),
    presence_penalty: z.number().min(-2).max(2).nullish(),
    frequency_penalty: z.number().min(-2).max(2).nullish(),
    n: z.int().min(1).nullish(),
    prediction: z.unknown().optional(),
    parallel_tool_calls: z.boolean().optional(),
    reasoning_effort: z.string().nullish(),
    prompt_mode: z.enum(['reasoning']).nullish(),
    guardrails: z.unknown().optional(),
    service_tier: z.string().nullish(),
    safe_prompt: z.boolean().optional(),
  }),
)

const fimSchema = lazy(() =>
  z.strictObject({
    ...common(),
    prompt: z.string(),
    suffix: z.string().nullish(),
    min_tokens: z.int().min(0).nullish(),
  }),
)

type Chat = z.infer<ReturnType<typeof chatSchema>>
type Message = Chat['messages'][number]

const fimPath = '/fim/completions'

export const parseMistral = (http: HttpRequest): ChatRequest | ApiError =>
  http.path.endsWith(fimPath) ? parseFim(http) : parseChat(http)

function parseChat(http: HttpRequest): ChatRequest | ApiError {
  const read = checkBody(http, { schema: chatSchema(), refuse, unreadable })
  if ('code' in read) return read
  const { body, data } = read
  const misplaced = checkOrder(data.messages)
  if (misplaced) return misplaced
  const messages = data.messages.map((said) => ({ role: said.role, text: textOf(said.content) }))
  return {
    ...request(http, body, data, messages),
    tools: (data.tools ?? []).flatMap(
      ({ type, function: described }) => described?.name ?? type ?? [],
    ),
    choices: data.n ?? 1,
  }
}

/** The prompt stands for what the user says; the suffix can be matched in the body. */
function parseFim(http: HttpRequest): ChatRequest | ApiError {
  const read = checkBody(http, { schema: fimSchema(), refuse, unreadable })
  if ('code' in read) return read
  const { body, data } = read
  return {
    ...request(http, body, data, [{ role: 'user', text: data.prompt }]),
    tools: [],
    choices: 1,
  }
}

function request(
  http: HttpRequest,
  body: unknown,
  { model, stream }: { readonly model: string; readonly stream?: boolean | undefined },
  messages: readonly ChatMessage[],
): Omit<ChatRequest, 'tools' | 'choices'> {
  return {
    dialect: 'mistral',
    http,
    body,
    model,
    ...dialogueOf(messages),
    stream: stream ?? false,
    dialogue: undefined,
  }
}

function textOf(said: z.infer<ReturnType<typeof content>> | null | undefined): string {
  if (typeof said === 'string') return said
  return (said ?? []).flatMap(({ text }) => text ?? []).join('\n')
}

/** A result stands after the calls of the assistant, or after another result. */
function answersCall(before: Message | undefined): boolean {
  if (before?.role === 'assistant') return (before.tool_calls ?? []).length > 0
  return before?.role === 'tool'
}

export const isCallId = (id: string): boolean => /^[a-zA-Z0-9]{9}$/.test(id)

/** Ids that the SDK fills in where a message has none. */
const noId = 'null'

function checkOrder(messages: readonly Message[]): ApiError | undefined {
  const last = messages.at(-1)
  const awaited = last?.role === 'user' || last?.role === 'tool'
  const continued = last?.role === 'assistant' && last.prefix === true
  if (!awaited && !continued) {
    return refused(
      `Expected last role User or Tool (or Assistant with prefix True) for serving but got ${last?.role}`,
      'invalid_request_message_order',
      '3230',
    )
  }
  const orphan = messages.findIndex(
    ({ role }, at) => role === 'tool' && !answersCall(messages[at - 1]),
  )
  if (orphan >= 0) {
    const before = messages[orphan - 1]
    return refused(
      `Unexpected role 'tool'${before ? ` after role '${before.role}'` : ''}`,
      'invalid_request_message_order',
      '3230',
    )
  }
  for (const said of messages) {
    const calls = said.role === 'assistant' ? (said.tool_calls ?? []) : []
    const wrong = calls.find(({ id }) => id && id !== noId && !isCallId(id))
    if (wrong) {
      return refused(
        `Tool call id was ${wrong.id} but must be a-z, A-Z, 0-9, with a length of 9.`,
        'invalid_function_call',
        '3280',
      )
    }
  }
  return undefined
}

export const unreadable = (problem: string): ApiError =>
  unprocessable({
    type: 'json_invalid',
    loc: ['body'],
    msg: /not valid JSON/.test(problem) ? 'JSON decode error' : problem,
  })

/** Names a mistake as pydantic does, which is what the vendor checks with. */
export function refuse(outer: BodyIssue): ApiError {
  const { path, message: said, kind, found, issue } = withinUnion(outer)
  const loc = locationOf(path)
  const own = (type: string, msg: string, more: object = {}): ApiError =>
    unprocessable({ type, loc, msg, input: found, ...more })
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? ''
    return unprocessable({
      type: 'extra_forbidden',
      loc: [...loc, key],
      msg: 'Extra inputs are not permitted',
    })
  }
  if (kind === 'missing') return own('missing', 'Field required', { input: null })
  if (issue?.code === 'too_big') {
    const msg = `Input should be less than or equal to ${issue.maximum}`
    return own('less_than_equal', msg, { ctx: { le: issue.maximum } })
  }
  if (issue?.code === 'too_small' && issue.origin !== 'array') {
    if (issue.inclusive === false) {
      const msg = `Input should be greater than ${issue.minimum}`
      return own('greater_than', msg, { ctx: { gt: issue.minimum } })
    }
    const msg = `Input should be greater than or equal to ${issue.minimum}`
    return own('greater_than_equal', msg, { ctx: { ge: issue.minimum } })
  }
  if (issue?.code === 'invalid_value') {
    const expected = listed(issue.values.map((value) => `'${String(value)}'`))
    return own('enum', `Input should be ${expected}`, { ctx: { expected } })
  }
  const expected = issue?.code === 'invalid_type' ? typeNames[issue.expected] : undefined
  return expected ? own(...expected) : own('value_error', said)
}

/** `'a', 'b' or 'c'` */
const listed = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((some) => some !== '').join(' or ')

const typeNames: Readonly<Record<string, readonly [type: string, msg: string]>> = {
  string: ['string_type', 'Input should be a valid string'],
  number: ['float_type', 'Input should be a valid number'],
  int: ['int_type', 'Input should be a valid integer'],
  boolean: ['bool_type', 'Input should be a valid boolean'],
  array: ['list_type', 'Input should be a valid list'],
  object: ['model_attributes_type', 'Input should be a valid dictionary'],
  record: ['dict_type', 'Input should be a valid dictionary'],
}

const locationOf = (path: readonly PropertyKey[]): (string | number)[] => [
  'body',
  ...path.map((key) => (typeof key === 'number' ? key : String(key))),
]
