/**
 * Reads JSON as Google's services read it: by the fields of a Protocol Buffers message, whose names
 * may be written `likeThis` or `like_this`. What it gives has the first kind of names only.
 * Source: protobuf.dev, "ProtoJSON Format"; the sentences are those of Google's JSON parser.
 */
import type { ApiError } from '../../core/api-error.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'

type Scalar = 'string' | 'bool' | 'bytes' | 'int' | 'number'

/** A field may be anything where its form is not known well enough to refuse what is sent. */
type Type = Scalar | 'any' | MessageType | EnumType
type Field = Type | readonly [Type]

export interface MessageType {
  readonly message: string
  readonly fields: Readonly<Record<string, Field>>
  /** Fields of which there may be one only. */
  readonly oneof?: { readonly name: string; readonly fields: readonly string[] }
}

export interface EnumType {
  readonly enum: string
  readonly words: readonly string[]
}

const scalarNames: Readonly<Record<Scalar, string>> = {
  string: 'TYPE_STRING',
  bool: 'TYPE_BOOL',
  bytes: 'TYPE_BYTES',
  int: 'TYPE_INT32',
  number: 'TYPE_FLOAT',
}

const accepts: Readonly<Record<Scalar, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  bytes: (value) => typeof value === 'string',
  int: (value) => isNumeric(value) && Number.isInteger(Number(value)),
  number: isNumeric,
}

/** Numbers may be written as text, too. */
function isNumeric(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '' && Number.isFinite(Number(value))
  return typeof value === 'number'
}

/** In either alphabet, with or without its padding. */
function isBase64(text: string): boolean {
  const letters = text.replaceAll(/\s/g, '').replace(/={1,2}$/, '')
  return /^[\w+/-]*$/.test(letters) && letters.length % 4 !== 1
}

/** Words may be written in small letters and with hyphens; numbers stand for words, too. */
const isOneOf = ({ words }: EnumType, value: unknown): boolean =>
  typeof value === 'string'
    ? words.includes(value.toUpperCase().replaceAll('-', '_')) || /^\d+$/.test(value)
    : Number.isInteger(value)

/** The message, or what is wrong with it: the first mistake. */
export function readProto(
  body: JsonObject,
  type: MessageType,
  prefix: string,
): { readonly value: JsonObject } | ApiError {
  const reader = new ProtoReader(prefix)
  const value = reader.message(body, type, '')
  return reader.mistake ?? { value }
}

class ProtoReader {
  mistake: ApiError | undefined
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  message(object: JsonObject, { fields, oneof }: MessageType, path: string): JsonObject {
    const read: Record<string, unknown> = {}
    let isSet = false
    for (const [written, value] of Object.entries(object)) {
      const name = camelCase(written)
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field === undefined) this.#unknown(written, path)
      else if (value !== null) {
        const isOne = oneof?.fields.includes(name) ?? false
        if (isOne && isSet) this.#alreadySet(oneof?.name ?? '', name, path)
        isSet ||= isOne
        read[name] = this.#field(value, field, join(path, snakeCase(name)), written)
      }
    }
    return read
  }

  #field(value: unknown, field: Field, path: string, written: string): unknown {
    if (field === 'any') return value
    if (isList(field)) {
      const [element] = field
      const read = (one: unknown, at: string): unknown =>
        element === 'any' ? one : this.#single(one, element, at)
      // One alone stands for a list of one.
      if (!Array.isArray(value)) return [read(value, path)]
      return value.map((one, index) => read(one, `${path}[${index}]`))
    }
    if (Array.isArray(value)) {
      const parent = path.replace(/\.?[^.]+$/, '')
      const problem = 'Proto field is not repeating, cannot start list.'
      this.#refuse(parent, `Unknown name "${written}"${at(parent)}: ${problem}`)
      return undefined
    }
    return this.#single(value, field, path)
  }

  #single(value: unknown, type: Exclude<Type, 'any'>, path: string): unknown {
    if (typeof type === 'string') return this.#scalar(value, type, path)
    if ('enum' in type) {
      if (!isOneOf(type, value)) this.#badValue(value, this.#named(type.enum), path)
      return value
    }
    if (isObject(value)) return this.message(value, type, path)
    this.#badValue(value, this.#named(type.message), path)
    return undefined
  }

  #scalar(value: unknown, type: Scalar, path: string): unknown {
    if (!accepts[type](value)) this.#badValue(value, scalarNames[type], path)
    else if (type === 'bytes' && !isBase64(String(value))) {
      const shown = JSON.stringify(String(value).slice(0, 100))
      const message = `Invalid value at '${path}' (TYPE_BYTES), Base64 decoding failed for ${shown}`
      this.mistake ??= { code: 'invalid-request', param: path, message }
    }
    return type === 'int' || type === 'number' ? Number(value) : value
  }

  #named(type: string): string {
    return `type.googleapis.com/${this.#prefix}.${type}`
  }

  #alreadySet(oneof: string, field: string, path: string): void {
    const problem = `oneof field '${oneof}' is already set. Cannot set '${field}'`
    const message = `Invalid value at '${path}' (oneof), ${problem}`
    this.mistake ??= { code: 'invalid-request', param: path, message }
  }

  #unknown(name: string, path: string): void {
    this.#refuse(path, `Unknown name ${JSON.stringify(name)}${at(path)}: Cannot find field.`)
  }

  #refuse(field: string, problem: string): void {
    const message = `Invalid JSON payload received. ${problem}`
    this.mistake ??= { code: 'invalid-request', param: field, message }
  }

  #badValue(value: unknown, type: string, path: string): void {
    const message = `Invalid value at '${path}' (${type}), ${JSON.stringify(value)}`
    this.mistake ??= { code: 'invalid-request', param: path, message }
  }
}

const isList = (field: Field): field is readonly [Type] => Array.isArray(field)

const at = (path: string): string => (path === '' ? '' : ` at '${path}'`)

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

const camelCase = (name: string): string =>
  name.replace(/_+([a-z\d])/g, (_, letter: string) => letter.toUpperCase())

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
