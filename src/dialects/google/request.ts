/**
 * Reads a request for content as strictly as Google does: unknown names, types, roles, empty parts,
 * the ranges of numbers, and results without the call that they answer.
 */

import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import { isApiError } from '../../core/dialect.ts'
import type { HttpRequest } from '../../core/http.ts'
import { dialogueOf } from '../shapes/dialogue.ts'
import { isObject, type JsonObject, objectsIn, readJsonObject } from '../shapes/json-body.ts'
import { type MessageType, readProto } from './proto-json.ts'
import { generateContentRequest, partData } from './request-fields.ts'
import type { Surface } from './surface.ts'
import { isStreaming } from './wire.ts'

/** The body of a request by the fields of its message. */
export function readBody(
  http: HttpRequest,
  type: MessageType,
  surface: Surface,
): { readonly body: JsonObject; readonly value: JsonObject } | ApiError {
  const body = readJsonObject(http)
  if (typeof body === 'string') {
    return { code: 'invalid-request', message: `Invalid JSON payload received. ${body}` }
  }
  const read = readProto(body, type, surface.package)
  return isApiError(read) ? read : { body, ...read }
}

export function parseGenerate(http: HttpRequest, surface: Surface): ChatRequest | ApiError {
  const read = readBody(http, generateContentRequest, surface)
  if (isApiError(read)) return read
  const { body, value } = read
  const mistake = mistakeIn(value, surface)
  if (mistake) return mistake
  const messages = messagesOf(value)
  return {
    dialect: surface.dialect,
    http,
    body,
    model: http.params['model'],
    ...dialogueOf(messages),
    tools: declarations(value).flatMap(({ name }) => (typeof name === 'string' ? [name] : [])),
    stream: isStreaming(http),
    dialogue: undefined,
    choices: numberIn(configOf(value), 'candidateCount') ?? 1,
  }
}

/** The messages of a request whose fields have been read. */
export function messagesOf(request: JsonObject): ChatMessage[] {
  const system = textOf(partsOf(request['systemInstruction']))
  return [
    ...(system === '' ? [] : [{ role: 'system', text: system }]),
    ...objectsIn(request['contents']).flatMap(messagesIn),
  ]
}

/** Results of calls are said by a tool, whoever sends them. */
function messagesIn(content: JsonObject): ChatMessage[] {
  const parts = partsOf(content)
  if (content['role'] === 'model') return [{ role: 'assistant', text: textOf(parts) }]
  const results = parts.flatMap(({ functionResponse }) =>
    isObject(functionResponse) ? [resultText(functionResponse['response'])] : [],
  )
  const tools = results.map((text) => ({ role: 'tool', text }))
  const text = textOf(parts)
  return results.length > 0 && text === '' ? tools : [...tools, { role: 'user', text }]
}

export const partsOf = (content: unknown): JsonObject[] =>
  isObject(content) ? objectsIn(content['parts']) : []

/** Without the thoughts that a client sends back. */
export const textOf = (parts: readonly JsonObject[]): string =>
  parts
    .flatMap(({ text, thought }) => (typeof text === 'string' && thought !== true ? [text] : []))
    .join('\n')

/** SDKs wrap a result that is only text into an object of one field. */
function resultText(response: unknown): string {
  if (!isObject(response)) return ''
  const [only, ...others] = Object.values(response)
  return typeof only === 'string' && others.length === 0 ? only : JSON.stringify(response)
}

const configOf = (request: JsonObject): JsonObject =>
  isObject(request['generationConfig']) ? request['generationConfig'] : {}

const numberIn = (object: JsonObject, name: string): number | undefined => {
  const value = object[name]
  return typeof value === 'number' ? value : undefined
}

const declarations = (request: JsonObject): JsonObject[] =>
  objectsIn(request['tools']).flatMap((tool) => objectsIn(tool['functionDeclarations']))

/** What the types cannot say. */
function mistakeIn(request: JsonObject, surface: Surface): ApiError | undefined {
  const contents = objectsIn(request['contents'])
  const refuse = (field: string, problem: string): ApiError => ({
    code: 'invalid-request',
    message: surface.refusal(field, problem),
  })
  if (contents.length === 0) return refuse('contents', 'contents is not specified')
  for (const [index, content] of contents.entries()) {
    const problem = contentProblem(content, `contents[${index}]`)
    if (problem) return refuse(...problem)
    const sentence = roleProblem(content, surface) ?? turnProblem(content, contents[index - 1])
    if (sentence) return { code: 'invalid-request', message: sentence }
  }
  const config = configOf(request)
  const problem = nameProblem(request) ?? rangeProblem(config) ?? schemaProblem(config)
  return problem && refuse(...problem)
}

type Problem = readonly [field: string, problem: string]

function contentProblem(content: JsonObject, path: string): Problem | undefined {
  const parts = partsOf(content)
  if (parts.length === 0) return [`${path}.parts`, 'contents.parts must not be empty.']
  const empty = parts.findIndex((part) => !partData.some((name) => name in part))
  if (empty < 0) return undefined
  const problem = "required oneof field 'data' must have one initialized field"
  return [`${path}.parts[${empty}].data`, problem]
}

const roles = ['user', 'model', 'function']

/** Vertex AI takes nobody's contents for the user's. */
function roleProblem({ role = '' }: JsonObject, { dialect }: Surface): string | undefined {
  const isKnown = role === '' ? dialect === 'gemini' : roles.includes(String(role))
  return isKnown ? undefined : 'Please use a valid role: user, model.'
}

const has = (content: JsonObject | undefined, name: string): number =>
  partsOf(content).filter((part) => name in part).length

/** A result answers a call of the turn before. */
function turnProblem(content: JsonObject, before: JsonObject | undefined): string | undefined {
  const results = has(content, 'functionResponse')
  if (results === 0) return undefined
  const calls = has(before, 'functionCall')
  if (calls === 0) {
    return 'Please ensure that function response turn comes immediately after a function call turn.'
  }
  return calls === results
    ? undefined
    : 'Please ensure that there are as many function response parts as function call parts in the turn before.'
}

function nameProblem(request: JsonObject): Problem | undefined {
  for (const [at, tool] of objectsIn(request['tools']).entries()) {
    for (const [index, { name }] of objectsIn(tool['functionDeclarations']).entries()) {
      if (typeof name === 'string' && /^[A-Za-z_][\w.:-]{0,127}$/.test(name)) continue
      const problem = 'Invalid function name. It begins with a letter or an underscore.'
      return [`tools[${at}].function_declarations[${index}].name`, problem]
    }
  }
  return undefined
}

/** Both ends are within. */
const ranges: readonly (readonly [name: string, field: string, low: number, high: number])[] = [
  ['candidateCount', 'candidate_count', 1, 8],
  ['temperature', 'temperature', 0, 2],
  ['topP', 'top_p', 0, 1],
  ['topK', 'top_k', 1, Number.POSITIVE_INFINITY],
  ['maxOutputTokens', 'max_output_tokens', 1, Number.POSITIVE_INFINITY],
]

function rangeProblem(config: JsonObject): Problem | undefined {
  for (const [name, field, low, high] of ranges) {
    const value = numberIn(config, name)
    if (value === undefined || (value >= low && value <= high)) continue
    const range = high === Number.POSITIVE_INFINITY ? `at least ${low}` : `from ${low} to ${high}`
    return [`generation_config.${field}`, `the value is ${value}, and must be ${range}.`]
  }
  return undefined
}

/** A schema needs a type of the answer that has one. */
function schemaProblem(config: JsonObject): Problem | undefined {
  const field = ['responseSchema', 'responseJsonSchema'].find((name) => config[name] !== undefined)
  const type = config['responseMimeType']
  if (field === undefined || /^(application\/json|text\/x\.enum)\b/.test(String(type)))
    return undefined
  const problem = 'it must be application/json where there is a schema of the answer.'
  return ['generation_config.response_mime_type', problem]
}
