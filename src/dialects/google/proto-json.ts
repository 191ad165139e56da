/**
 * Reads JSON as Google's services read it: by the fields of a Protocol Buffers message, whose names
 * may be written `likeThis` or `like_this`. What it gives has the first kind of names only.
 * Source: protobuf.dev, "ProtoJSON Format"; the sentences are those of Google's JSON parser.
 */
import type { ApiError } from '../../core/api-error.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'

type Scalar = 'string' | 'bool' | 'int' | 'number'

/** A field may be anything where its form is not known well enough to refuse what is sent. */
type Field = Scalar | 'any' | MessageType | readonly [Scalar | 'any' | MessageType]

export interface MessageType {
  readonly message: string
  readonly fields: Readonly<Record<string, Field>>
}

const scalarNames: Readonly<Record<Scalar, string>> = {
  string: 'TYPE_STRING',
  bool: 'TYPE_BOOL',
  int: 'TYPE_INT32',
  number: 'TYPE_FLOAT',
}

const accepts: Readonly<Record<Scalar, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  int: (value) => isNumeric(value) && Number.isInteger(Number(value)),
  number: isNumeric,
}

/** Numbers may be written as text, too. */
function isNumeric(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '' && Number.isFinite(Number(value))
  return typeof value === 'number'
}

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

  message(object: JsonObject, { fields }: MessageType, path: string): JsonObject {
    const read: Record<string, unknown> = {}
    for (const [written, value] of Object.entries(object)) {
      const name = camelCase(written)
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field === undefined) this.#unknown(written, path)
      else if (value !== null) {
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

  #single(value: unknown, type: Scalar | MessageType, path: string): unknown {
    if (typeof type === 'string') {
      if (!accepts[type](value)) this.#badValue(value, scalarNames[type], path)
      return type === 'int' || type === 'number' ? Number(value) : value
    }
    if (isObject(value)) return this.message(value, type, path)
    this.#badValue(value, `type.googleapis.com/${this.#prefix}.${type.message}`, path)
    return undefined
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

const isList = (field: Field): field is readonly [Scalar | 'any' | MessageType] =>
  Array.isArray(field)

const at = (path: string): string => (path === '' ? '' : ` at '${path}'`)

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

const camelCase = (name: string): string =>
  name.replace(/_+([a-z\d])/g, (_, letter: string) => letter.toUpperCase())

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
