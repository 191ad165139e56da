/**
 * Reads a request to the Responses API as strictly as the vendor: unknown fields, wrong types, items
 * and content parts that there are not, and calls that do not fit their outputs.
 */

import type { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import { isApiError, type Memory } from '../../core/dialect.ts'
import type { HttpRequest } from '../../core/http.ts'
import { accepts } from '../shapes/accepts.ts'
import {
  type BodyIssue,
  bracketPath,
  checkBody,
  firstIssue,
  withinUnion,
} from '../shapes/checked.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { openAi } from './openai.ts'
import { type Mistake, missing, mistaken, refuse, unreadable, wrongValue } from './refuse.ts'
import { mistake } from './responses-error.ts'
import {
  contextOf,
  messagesOf,
  type ResponsesRequest,
  recallItem,
  recallResponse,
  unpaired,
} from './responses-input.ts'
import { heardParts, needed, requestSchema, spokenParts } from './responses-schema.ts'
import { misshapenChoice, undeclaredChoice } from './tool-choice.ts'

type Body = z.infer<typeof requestSchema>

export function parseResponses(
  http: HttpRequest,
  dialect: string,
  memory: Memory | undefined,
): ResponsesRequest | ApiError {
  const request = readRequest(http, dialect, memory)
  if (isApiError(request) || request.model !== undefined) return request
  // A prompt that is kept at the service names its model.
  return isObject(request.body) && isObject(request.body['prompt'])
    ? request
    : refuseWith(missing('model'))
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
    unreadable: unreadable(openAi),
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
  return {
    dialect,
    http,
    body,
    items,
    model: data.model,
    ...dialogueOf(messages),
    tools: (data.tools ?? []).flatMap(({ name }) => name ?? []),
    stream: data.stream ?? false,
    dialogue: typeof data.conversation === 'string' ? data.conversation : data.conversation?.id,
    choices: 1,
  }
}

/** What is well formed field by field, and yet no request. */
function problemOf(data: Body): ApiError | undefined {
  const { input, previous_response_id: previous, conversation, prompt } = data
  if (input == null && !previous && !prompt && !conversation) return refuseWith(missing('input'))
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
  const choice = choiceMistake(data)
  return choice ? refuseWith(choice) : itemProblem(input)
}

const refuseWith = (found: Mistake): ApiError => mistaken(openAi, found)

/** Tools that bring others, whose names are not in the request. */
const bringsTools = /^(?:namespace|tool_search|mcp|programmatic_tool_calling)$/
const bringsToolsLater = /^(?:additional_tools|tool_search_output|item_reference)$/

function choiceMistake(data: Body): Mistake | undefined {
  const { tools, tool_choice: choice, input, prompt, previous_response_id: previous } = data
  if (choice == null) return undefined
  const misshapen = misshapenChoice(choice)
  if (misshapen) return misshapen
  const offered = tools ?? []
  const items = Array.isArray(input) ? input : []
  const areKnown =
    !prompt &&
    !previous &&
    !offered.some(({ type }) => bringsTools.test(type)) &&
    !items.some(({ type = '' }) => bringsToolsLater.test(type))
  if (!areKnown) return undefined
  if (isObject(choice)) {
    const declared = offered.flatMap(({ name }) => name ?? [])
    return undeclaredChoice(choice, { nested: false, declared })
  }
  if (choice !== 'required' || offered.length > 0) return undefined
  const message = "Tool choice 'required' must be specified with 'tools' parameter."
  return { message, param: 'tool_choice', code: null }
}

function itemProblem(input: Body['input']): ApiError | undefined {
  if (!Array.isArray(input)) return undefined
  for (const [at, one] of input.entries()) {
    const { type = 'message' } = one
    const schema: z.ZodType | undefined = Object.entries(needed).find(
      ([name]) => name === type,
    )?.[1]
    if (!schema || accepts(schema, one)) continue
    const { error } = schema.safeParse(one)
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

const moved: Readonly<Record<string, string>> = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
}

function refuseIssue(issue: BodyIssue): ApiError {
  if (issue.issue?.code === 'unrecognized_keys') {
    return unknownField(bracketPath([...issue.path, issue.issue.keys[0] ?? '']))
  }
  const { path, kind } = issue
  return kind === 'missing'
    ? refuseWith(missing(bracketPath(path)))
    : refuse(openAi, ['include'])(issue)
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
