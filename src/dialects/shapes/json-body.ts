/** Reading a JSON request body, with an error that a person can act on. */
import { wholeText } from '../../core/bytes.ts'
import { messageOf } from '../../core/errors.ts'
import { type HttpRequest, header } from '../../core/http.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The body as a JSON object, or what is wrong with it in one sentence. */
export function readJsonObject({ body, headers }: HttpRequest): JsonObject | string {
  const coding = header(headers, 'content-encoding')
  if (coding !== undefined && coding !== 'identity') {
    return `The request body is compressed (${coding}); it must be sent as it is.`
  }
  if (body.length === 0) return 'The request has no body; a JSON object is expected.'
  const text = wholeText(body)
  if (text === undefined) return 'The request body is not valid UTF-8.'
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
    return `The request body must be a JSON object, not ${kindOf(value)}.`
  } catch (error) {
    return `The request body is not valid JSON: ${messageOf(error)}.`
  }
}

/** The object that a text is, or undefined where it is none. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The objects of a list; empty where it is no list. */
export const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []

/** What a JSON value is, in words for an error message. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}
