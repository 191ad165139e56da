/**
 * The body of a request as a value that can be compared, whatever it is written in. Pure.
 * What a body is follows from its looks before its content type, which clients often get wrong.
 */
import { createHash } from 'node:crypto'
import { wholeText } from '../../core/bytes.ts'
import {
  isForm,
  isSecretField,
  isSecretNumber,
  levelPairs,
  levelPlaceholders,
} from '../redact/secrets.ts'
import { partsOf } from './canonical-multipart.ts'

export type BodyForm = 'none' | 'json' | 'form' | 'multipart' | 'text' | 'bytes'

interface CanonicalBody {
  readonly form: BodyForm
  /**
   * `json`: the value. `form`: a mapping of names to values. `multipart`: a list of parts with
   * `name`, `filename`, `type` and `value`. `text`: itself. `bytes`: their number and hash.
   */
  readonly body: unknown
}

/** @param fields further names whose values are secrets */
export function canonicalBody(
  bytes: Uint8Array,
  contentType: string | undefined,
  fields: readonly string[] = [],
): CanonicalBody {
  if (bytes.length === 0) return { form: 'none', body: '' }
  const parts = partsOf(bytes, contentType)
  if (parts) {
    const body = parts.map(({ name, filename, type, bytes: inner }) => ({
      ...(name === undefined ? {} : { name }),
      ...(filename === undefined ? {} : { filename }),
      ...(type === undefined ? {} : { type }),
      value: canonicalPart(inner, name, fields),
    }))
    return { form: 'multipart', body }
  }
  const text = wholeText(bytes)
  if (text === undefined) return { form: 'bytes', body: fingerprint(bytes) }
  const json = parseJson(text, fields)
  if (json !== undefined) return { form: 'json', body: json }
  if (isForm(contentType)) return { form: 'form', body: formBody(text, fields) }
  return { form: 'text', body: levelPlaceholders(text) }
}

/** Bytes that are no text are compared by what they hash to: nobody reads them in a message. */
const fingerprint = (bytes: Uint8Array): string =>
  `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`

function canonicalPart(
  bytes: Uint8Array,
  name: string | undefined,
  fields: readonly string[],
): unknown {
  if (name !== undefined && isSecretField(name, fields)) return 'REDACTED'
  const text = wholeText(bytes)
  if (text === undefined) return fingerprint(bytes)
  return nestedJson(text, fields) ?? levelPlaceholders(text)
}

/** `a=1&a=2&b=3` is `{ a: ['1', '2'], b: '3' }`: only the order of one name's values counts. */
function formBody(text: string, fields: readonly string[]): unknown {
  const values = new Map<string, unknown[]>()
  for (const pair of levelPairs(text, fields)) {
    if (pair === '') continue
    for (const [name, value] of new URLSearchParams(pair)) {
      values.set(name, [...(values.get(name) ?? []), nestedJson(value, fields) ?? value])
    }
  }
  const entries = [...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A list or a mapping written within a text. */
export const nestedJson = (text: string, fields: readonly string[] = []): unknown =>
  /^\s*[[{]/.test(text) ? parseJson(text, fields) : undefined

/** Undefined where it is no JSON, or too deep to walk. */
function parseJson(text: string, fields: readonly string[]): unknown {
  try {
    return level(JSON.parse(/[\d.]{16}/.test(text) ? withLongNumbers(text) : text), fields)
  } catch {
    return undefined
  }
}

/** Numbers with more digits than a double holds stay as they are written, or two would be one. */
const withLongNumbers = (text: string): string =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/gs, (found) =>
    found.startsWith('"') ? found : JSON.stringify(`number ${found}`),
  )

/** A number may be a secret, too, except under names that ordinary numbers have. */
const isLevelled = (key: string, inner: unknown, fields: readonly string[]): boolean =>
  (typeof inner === 'string' && isSecretField(key, fields)) ||
  (typeof inner === 'number' && isSecretNumber(key, fields))

/** Keys in order, secrets all alike. */
function level(value: unknown, fields: readonly string[]): unknown {
  if (typeof value === 'string') return levelPlaceholders(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((inner) => level(inner, fields))
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    entries.map(([key, inner]: [string, unknown]) => [
      key,
      isLevelled(key, inner, fields) ? 'REDACTED' : level(inner, fields),
    ]),
  )
}
