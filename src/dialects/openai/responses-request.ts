/**
 * Reads a request to the Responses API as strictly as the vendor: unknown fields, wrong types, items
 * and content parts that there are not, and calls that do not fit their outputs.
 */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import { isApiError, type Memory } from '../../core/dialect.ts'
import type { HttpRequest } from '../../core/http.ts'
import {
  type BodyIssue,
  bracketPath,
  checkBody,
  firstIssue,
  withinUnion,
} from '../shapes/checked.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { openAi } from './openai.ts'
import { mistaken, refuse, wrongValue } from './refuse.ts'
import { mistake } from './responses-error.ts'
import {
  contextOf,
  messagesOf,
  type ResponsesRequest,
  recallItem,
  recallResponse,
  unpaired,
} from './responses-input.ts'

const roles = ['assistant', 'system', 'developer', 'user'] as const

const heardParts = ['input_text', 'input_image', 'input_file', 'input_audio'] as const
const spokenParts = ['output_text', 'refusal'] as const
const contentTypes = [...heardParts, ...spokenParts, 'summary_text', 'computer_screenshot'] as const

/** Calls of tools and what else may stand in an input, besides messages. */
const itemTypes = [
  'additional_tools',
  'apply_patch_call',
  'apply_patch_call_output',
  'code_interpreter_call',
  'compaction',
  'compaction_trigger',
  'computer_call',
  'computer_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'file_search_call',
  'function_call',
  'function_call_output',
  'image_generation_call',
  'item_reference',
  'local_shell_call',
  'local_shell_call_output',
  'mcp_approval_request',
  'mcp_approval_response',
  'mcp_call',
  'mcp_list_tools',
  'message',
  'program',
  'program_output',
  'reasoning',
  'shell_call',
  'shell_call_output',
  'tool_search_call',
  'tool_search_output',
  'web_search_call',
] as const

const part = z.looseObject({ type: z.enum(contentTypes), text: z.string().optional() })

/** An item without a type is a message in its short form. */
const item = z.looseObject({ type: z.enum(itemTypes).optional() })

/** What items have to have, by their type; all others pass. */
const needed = {
  message: z.looseObject({ role: z.enum(roles), content: z.union([z.string(), z.array(part)]) }),
  function_call: z.looseObject({ call_id: z.string(), name: z.string(), arguments: z.string() }),
  function_call_output: z.looseObject({
    call_id: z.string(),
    output: z.union([z.string(), z.array(part)]),
  }),
  custom_tool_call: z.looseObject({ call_id: z.string(), name: z.string(), input: z.string() }),
  custom_tool_call_output: z.looseObject({
    call_id: z.string(),
    output: z.union([z.string(), z.array(part)]),
  }),
  reasoning: z.looseObject({ summary: z.array(z.looseObject({ text: z.string() })) }),
  item_reference: z.looseObject({ id: z.string() }),
} as const

const toolTypes = [
  'apply_patch',
  'code_interpreter',
  'computer',
  'computer_use_preview',
  'custom',
  'file_search',
  'function',
  'image_generation',
  'local_shell',
  'mcp',
  'namespace',
  'programmatic_tool_calling',
  'shell',
  'tool_search',
  'web_search',
  'web_search_2025_08_26',
  'web_search_preview',
  'web_search_preview_2025_03_11',
] as const

const tool = z
  .looseObject({ type: z.enum(toolTypes), name: z.string().optional() })
  .superRefine(({ type, name }, context) => {
    if (name !== undefined || (type !== 'function' && type !== 'custom')) return
    context.addIssue({ code: 'custom', path: ['name'], message: 'A tool needs a name.' })
  })

const anything = z.unknown().optional()

const requestSchema = z.strictObject({
  background: z.boolean().nullish(),
  context_management: anything,
  conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
  include: z.array(z.string()).nullish(),
  input: z.union([z.string(), z.array(item)]).nullish(),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  max_tool_calls: z.int().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  model: z.string().optional(),
  moderation: anything,
  parallel_tool_calls: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  prompt: z.looseObject({ id: z.string() }).nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: anything,
  prompt_cache_retention: z.string().nullish(),
  reasoning: z.looseObject({}).nullish(),
  safety_identifier: z.string().nullish(),
  service_tier: z.string().nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  text: z.looseObject({}).nullish(),
  tool_choice: anything,
  tools: z.array(tool).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().nullish(),
})

type Body = z.infer<typeof requestSchema>

export function parseResponses(
  http: HttpRequest,
  dialect: string,
  memory: Memory | undefined,
): ResponsesRequest | ApiError {
  const request = readRequest(http, dialect, memory)
  if (isApiError(request) || request.model !== undefined) return request
  // A prompt that is kept at the service names its model.
  return isObject(request.body) && isObject(request.body['prompt']) ? request : missing('model')
}

/** The same for whoever wants no answer, and need not say by which model. */
export function readRequest(
  http: HttpRequest,
  dialect: string,
  memory: Memory | undefined,
): ResponsesRequest | ApiError {
  const checked = checkBody(http, {
    schema: requestSchema,
    refuse: (issue) => refuseIssue(withinUnion(issue)),
    unreadable: (message) => mistake({ code: null, message }),
  })
  if (isApiError(checked)) return checked
  const { body, data } = checked
  const problem = problemOf(data)
  if (problem) return problem
  const items = allItems(data, body['input'], memory)
  if (!Array.isArray(items)) return items
  const { instructions } = data
  const messages = [
    ...(instructions ? [{ role: 'system', text: instructions }] : []),
    ...messagesOf(items),
  ]
  const system = messages.filter(({ role }) => role === 'system').map(({ text }) => text)
  return {
    dialect,
    http,
    body,
    items,
    model: data.model,
    messages,
    system: system.length === 0 ? undefined : system.join('\n\n'),
    user: messages.findLast(({ role }) => role === 'user')?.text,
    tools: (data.tools ?? []).flatMap(({ name }) => name ?? []),
    stream: data.stream ?? false,
    dialogue: typeof data.conversation === 'string' ? data.conversation : data.conversation?.id,
    choices: 1,
  }
}

/** What is well formed field by field, and yet no request. */
function problemOf(data: Body): ApiError | undefined {
  const { input, previous_response_id: previous, conversation, prompt } = data
  if (input == null && !previous && !prompt && !conversation) return missing('input')
  if (previous && conversation) {
    return mistake({
      code: 'mutually_exclusive_parameters',
      param: 'previous_response_id',
      message: "Only one of 'previous_response_id' and 'conversation' can be given.",
    })
  }
  if (data.background && data.store === false) {
    return mistake({
      code: 'invalid_value',
      param: 'background',
      message: "A response in the background has to be stored; 'store' must not be false.",
    })
  }
  if (data.stream_options && !data.stream) {
    return mistake({
      code: 'invalid_value',
      param: 'stream_options',
      message: "'stream_options' is only allowed where 'stream' is true.",
    })
  }
  return itemProblem(input)
}

function itemProblem(input: Body['input']): ApiError | undefined {
  if (!Array.isArray(input)) return undefined
  for (const [at, one] of input.entries()) {
    const { type = 'message' } = one
    const schema = Object.entries(needed).find(([name]) => name === type)?.[1]
    const { error } = schema?.safeParse(one) ?? {}
    if (error) {
      const issue = withinUnion(firstIssue(error, one))
      return refuseIssue({ ...issue, path: ['input', at, ...issue.path] })
    }
  }
  return misplacedPart(input)
}

/** A user has no output, and an assistant no input. */
function misplacedPart(input: readonly JsonObject[]): ApiError | undefined {
  for (const [at, { role, content }] of input.entries()) {
    if (!Array.isArray(content)) continue
    const wanted: readonly unknown[] = role === 'assistant' ? spokenParts : heardParts
    const index = content.findIndex((one) => isObject(one) && !wanted.includes(one['type']))
    if (index < 0) continue
    const { type } = content[index]
    return mistaken(openAi, wrongValue(`input[${at}].content[${index}]`, type, wanted))
  }
  return undefined
}

/** The items of the request after those of the response that it goes on from. */
function allItems(data: Body, input: unknown, memory: Memory | undefined): JsonObject[] | ApiError {
  const before = previousItems(data.previous_response_id, memory)
  if (!Array.isArray(before)) return before
  const items = [...before]
  const given = typeof input === 'string' ? [{ role: 'user', content: input }] : input
  for (const item of Array.isArray(given) ? given : []) {
    const referred = item.type === 'item_reference' ? recallItem(item.id, memory) : item
    if (!referred) return unknownItem(item.id)
    items.push(referred)
  }
  const message = unpaired(items)
  return message === undefined ? items : mistake({ code: null, param: 'input', message })
}

function previousItems(
  id: string | null | undefined,
  memory: Memory | undefined,
): JsonObject[] | ApiError {
  if (!id) return []
  const kept = recallResponse(id, memory)
  if (kept) return contextOf(kept)
  return mistake({
    code: 'previous_response_not_found',
    param: 'previous_response_id',
    message: `Previous response with id '${id}' not found.`,
  })
}

const unknownItem = (id: string): ApiError =>
  mistake({
    code: null,
    param: 'input',
    status: 404,
    message: `Item with id '${id}' not found. Items of responses that are not stored cannot be referred to.`,
  })

const missing = (param: string): ApiError =>
  mistake({
    code: 'missing_required_parameter',
    param,
    message: `Missing required parameter: '${param}'.`,
  })

const moved: Readonly<Record<string, string>> = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
}

function refuseIssue(issue: BodyIssue): ApiError {
  if (issue.issue?.code === 'unrecognized_keys') return unknownField(issue.issue.keys[0] ?? '')
  return issue.kind === 'missing' ? missing(bracketPath(issue.path)) : refuse(openAi)(issue)
}

function unknownField(name: string): ApiError {
  const place = moved[name]
  if (place === undefined) {
    const message = `Unknown parameter: '${name}'.`
    return mistake({ code: 'unknown_parameter', param: name, message })
  }
  const message = `Unsupported parameter: '${name}'. In the Responses API this is '${place}'.`
  return mistake({ code: 'unsupported_parameter', param: name, message })
}
