/**
 * Reads and checks requests as a description says. A request that the service would refuse becomes
 * an ApiError that names the field and what would be right; nothing here ever throws.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import { suggestion } from '../../core/suggest.ts'
import { isObject, kindOf, readJsonObject } from '../shapes/json-body.ts'
import type { BodyField, DialectDescription, TextField } from './schema.ts'
import { at } from './values.ts'

type Fields = Readonly<Record<string, BodyField>>
type Meaning = NonNullable<BodyField['is']>

export type ParseRequest = (http: HttpRequest) => ChatRequest | ApiError

export function compileRequest(description: DialectDescription, name: string): ParseRequest {
  const request = description.request ?? {}
  const fields = request.body ?? {}
  const read = compileReading(description)
  return (http) => {
    const body = readBody(http)
    if ('refused' in body) return body.refused
    const refused =
      checkTexts(http, request) ??
      (hasOnlyPlace(http) ? undefined : checkBody(body.value, fields, request.unknown))
    if (refused) return refused
    return { dialect: name, http, ...read(http, fillDefaults(body.value, fields)) }
  }
}

const refuse = (message: string, param?: string): ApiError => ({
  code: 'invalid-request',
  message,
  ...(param === undefined ? {} : { param }),
})

type Body = { readonly value: Readonly<Record<string, unknown>> } | { readonly refused: ApiError }

/** A GET says by its path, query and headers all that it wants, as that of an EventSource. */
const hasOnlyPlace = ({ method, body }: HttpRequest): boolean =>
  method === 'GET' && body.length === 0

function readBody(http: HttpRequest): Body {
  if (hasOnlyPlace(http)) return { value: {} }
  const refused = (message: string): Body => ({ refused: refuse(message) })
  const wrongType = checkContentType(header(http.headers, 'content-type'))
  if (wrongType) return refused(wrongType)
  const value = readJsonObject(http)
  return typeof value === 'string' ? refused(value) : { value }
}

/** A missing Content-Type passes, as it does with most servers. */
function checkContentType(written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  const type = written.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!/^application\/([\w.-]+\+)?json$/.test(type)) {
    return `Content-Type must be application/json, not ${type || 'empty'}`
  }
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(written)?.[1]
  if (charset === undefined || /^utf-?8$/i.test(charset)) return undefined
  return `The charset must be utf-8, not ${charset}`
}

interface TextPlaces {
  readonly headers?: Readonly<Record<string, TextField>> | undefined
  readonly query?: Readonly<Record<string, TextField>> | undefined
  readonly params?: Readonly<Record<string, TextField>> | undefined
}

/** Headers, query and path, in one list: where a text stands, what it is called, what it must be. */
function textFields(places: TextPlaces): { what: string; name: string; field: TextField }[] {
  const list = (what: string, fields: TextPlaces['headers'] = {}) =>
    Object.entries(fields).map(([name, field]) => ({ what, name, field }))
  return [
    ...list('header', places.headers),
    ...list('query parameter', places.query),
    ...list('path parameter', places.params),
  ]
}

function textOf(http: HttpRequest, what: string, name: string): string | undefined {
  if (what === 'header') return header(http.headers, name)?.trim() || undefined
  if (what === 'query parameter') return http.query.get(name) ?? undefined
  return Object.hasOwn(http.params, name) ? http.params[name] : undefined
}

function checkTexts(http: HttpRequest, places: TextPlaces): ApiError | undefined {
  for (const { what, name, field } of textFields(places)) {
    const value = textOf(http, what, name)
    if (value === undefined) {
      if (field.required) return refuse(`The ${what} ${name} is required`, name)
    } else if (field.oneOf && !field.oneOf.includes(value)) {
      return refuse(`The ${what} ${name} must be one of ${list(field.oneOf)}`, name)
    }
  }
  return undefined
}

function checkBody(
  body: Readonly<Record<string, unknown>>,
  fields: Fields,
  unknown: 'allow' | 'refuse' | undefined,
): ApiError | undefined {
  if (unknown === 'refuse') {
    const known = Object.keys(fields)
    const stranger = Object.keys(body).find((key) => !known.includes(key))
    if (stranger !== undefined) {
      return refuse(`"${stranger}" is not known${suggestion(stranger, known)}`, stranger)
    }
  }
  return checkFields(body, fields, '')
}

function checkFields(
  object: Readonly<Record<string, unknown>>,
  fields: Fields,
  within: string,
): ApiError | undefined {
  for (const [key, field] of Object.entries(fields)) {
    const path = within === '' ? key : `${within}.${key}`
    const refused = checkField(at(object, [key]), field, path)
    if (refused) return refused
  }
  return undefined
}

function checkField(value: unknown, field: BodyField, path: string): ApiError | undefined {
  if (value === undefined || (value === null && !field.required)) {
    return field.required ? refuse(`"${path}" is required`, path) : undefined
  }
  const fault = typeFault(value, field) ?? choiceFault(value, field) ?? sizeFault(value, field)
  if (fault) return refuse(`"${path}" ${fault}`, path)
  if (isObject(value) && field.fields) return checkFields(value, field.fields, path)
  if (Array.isArray(value) && field.items) return checkItems(value, field.items, path)
  return undefined
}

function checkItems(items: readonly unknown[], fields: Fields, path: string): ApiError | undefined {
  for (const [i, item] of items.entries()) {
    const here = `${path}[${i}]`
    if (!isObject(item)) return refuse(`"${here}" must be an object, not ${kindOf(item)}`, here)
    const refused = checkFields(item, fields, here)
    if (refused) return refused
  }
  return undefined
}

function typeFault(value: unknown, { type }: BodyField): string | undefined {
  if (type === undefined) return undefined
  const types = Array.isArray(type) ? type : [type]
  if (types.some((name) => hasType(value, name))) return undefined
  return `must be ${types.map(withArticle).join(' or ')}, not ${kindOf(value)}`
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'null') return value === null
  return typeof value === type
}

function choiceFault(value: unknown, { oneOf }: BodyField): string | undefined {
  if (!oneOf || oneOf.some((choice) => choice === value)) return undefined
  return `must be one of ${list(oneOf)}, not ${JSON.stringify(value)}`
}

function sizeFault(value: unknown, { min, max }: BodyField): string | undefined {
  const counted = typeof value === 'string' || Array.isArray(value)
  const size = counted ? value.length : value
  if (typeof size !== 'number') return undefined
  const unit = Array.isArray(value) ? ' long' : counted ? ' characters long' : ''
  if (min !== undefined && size < min) return `must be at least ${min}${unit}, not ${size}`
  if (max !== undefined && size > max) return `must be at most ${max}${unit}, not ${size}`
  return undefined
}

const list = (choices: readonly unknown[]): string =>
  choices.map((choice) => JSON.stringify(choice)).join(', ')

const withArticle = (type: string): string =>
  type === 'null' ? type : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`

/** The request as the service understands it: what was left out is what the service would assume. */
function fillDefaults(
  object: Readonly<Record<string, unknown>>,
  fields: Fields,
): Readonly<Record<string, unknown>> {
  const filled: Record<string, unknown> = { ...object }
  for (const [key, field] of Object.entries(fields)) {
    const value = at(object, [key]) ?? field.default
    if (value === undefined) continue
    filled[key] = isObject(value) && field.fields ? fillDefaults(value, field.fields) : value
  }
  return filled
}

type Read = Pick<
  ChatRequest,
  'body' | 'model' | 'messages' | 'system' | 'user' | 'tools' | 'stream' | 'dialogue' | 'choices'
>

/** What the fields mean, from the `is` of each. */
function compileReading(description: DialectDescription) {
  const request = description.request ?? {}
  const places = findMeanings(request.body ?? {}, [])
  const texts = textFields(request)
  const messages = compileMessages(request.body ?? {}, request.roles ?? {})
  const streams = compileStreaming(description)
  return (http: HttpRequest, body: Readonly<Record<string, unknown>>): Read => {
    const inBody = (meaning: Meaning): unknown => {
      const path = places.get(meaning)
      return path && at(body, path)
    }
    const text = (meaning: 'model' | 'session' | 'prompt'): string | undefined => {
      const found = texts.find(({ field }) => field.is === meaning)
      const outside = found && (textOf(http, found.what, found.name) ?? found.field.default)
      return outside ?? asString(inBody(meaning))
    }
    const said = [...messages(inBody('messages')), ...asMessage(text('prompt'))]
    const systems = said.filter(({ role }) => role === 'system' || role === 'developer')
    const system = [asString(inBody('system')), ...systems.map((message) => message.text)]
    const prompts = system.filter((part) => part !== undefined)
    return {
      body,
      model: text('model') ?? description.models?.default,
      messages: said,
      system: prompts.length === 0 ? undefined : prompts.join('\n\n'),
      user: said.findLast(({ role }) => role === 'user')?.text,
      tools: toolNames(inBody('tools')),
      stream: streams(http, inBody('stream')),
      dialogue: text('session'),
      choices: 1,
    }
  }
}

const asString = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

const asMessage = (prompt: unknown): ChatMessage[] =>
  typeof prompt === 'string' ? [{ role: 'user', text: prompt }] : []

/** Where each meaning stands in the body, the outermost first. */
function findMeanings(fields: Fields, within: readonly string[]): Map<Meaning, readonly string[]> {
  const places = new Map<Meaning, readonly string[]>()
  for (const [key, { is, fields: inner }] of Object.entries(fields)) {
    const path = [...within, key]
    if (is && !places.has(is)) places.set(is, path)
    for (const [meaning, deeper] of findMeanings(inner ?? {}, path)) {
      if (!places.has(meaning)) places.set(meaning, deeper)
    }
  }
  return places
}

function compileMessages(
  fields: Fields,
  roles: Readonly<Record<string, string>>,
): (value: unknown) => ChatMessage[] {
  const place = findMeanings(fields, []).get('messages') ?? []
  const items = Object.entries(fieldAt(fields, place)?.items ?? {})
  const roleKey = items.find(([, { is }]) => is === 'role')?.[0] ?? 'role'
  const contentKey = items.find(([, { is }]) => is === 'content')?.[0] ?? 'content'
  return (value) =>
    (Array.isArray(value) ? value : []).map((item) => {
      const role = asString(at(item, [roleKey])) ?? 'user'
      const known = Object.hasOwn(roles, role) ? roles[role] : undefined
      return { role: known ?? role, text: contentText(at(item, [contentKey])) }
    })
}

export function fieldAt(fields: Fields, path: readonly string[]): BodyField | undefined {
  const [key, ...rest] = path
  const field = key !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined
  return rest.length === 0 ? field : fieldAt(field?.fields ?? {}, rest)
}

/** Plain text, or the text parts of a list of parts, joined. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => asString(at(part, ['text'])) ?? '').join('')
}

function toolNames(tools: unknown): string[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool) => {
    const name = at(tool, ['function', 'name']) ?? at(tool, ['name'])
    return typeof name === 'string' ? [name] : []
  })
}

/** The Accept header can ask for a form of its own; otherwise the body's field decides. */
function compileStreaming(description: DialectDescription) {
  const forms = [description.whole ?? []].flat()
  const asked = forms.flatMap(({ accept }) => (accept === undefined ? [] : [accept]))
  const canStream = description.stream?.frames !== undefined
  return (http: HttpRequest, stream: unknown): boolean => {
    if (!canStream || forms.length === 0) return canStream
    if (asked.some((type) => accepts(http, type))) return false
    return typeof stream === 'boolean' ? stream : true
  }
}

/**
 * Whether the Accept header asks for this type before any other. That a client also takes it, as
 * axios takes text/plain after JSON, is not enough.
 */
export function accepts(http: HttpRequest, type: string): boolean {
  const ranges = (header(http.headers, 'accept') ?? '').split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    return { name, quality: quality ? Number(quality.slice(2)) : 1 }
  })
  const [first] = ranges.sort((a, b) => b.quality - a.quality)
  return first?.name === type.toLowerCase()
}
