/**
 * What the log, the journal and our own messages may say of a request: never its secrets.
 * Must stay cheap where nothing is secret, since every exchange is logged.
 */
import type { HttpRequest } from '../core/http.ts'
import type { RedactSettings } from '../core/recording-settings.ts'
import { Redactor, redactRequest } from '../recording/redact/redact.ts'
import { secretsOfHeaders } from '../recording/redact/secrets.ts'

const general = new WeakMap<RedactSettings, Redactor>()

function generalRedactor(settings: RedactSettings): Redactor {
  const known = general.get(settings) ?? new Redactor([], settings)
  general.set(settings, known)
  return known
}

/** The path without its secrets, also those that the request's headers carry. */
export function maskedPath(
  { path, headers }: Pick<HttpRequest, 'path' | 'headers'>,
  settings: RedactSettings,
): string {
  const plain = plainText(path)
  const carried = secretsOfHeaders(headers).filter((secret) => plain.includes(secret))
  const redactor = carried.length > 0 ? new Redactor(carried, settings) : generalRedactor(settings)
  return redactor.text(path)
}

function plainText(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** A message about a request. */
export const maskedText = (text: string, http: HttpRequest, settings: RedactSettings): string =>
  redactRequest(http, settings).redactor.text(text)

/** Every text in a value, however deep. */
export function maskedValue<T>(value: T, redactor: Redactor): T
export function maskedValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.text(value)
  if (Array.isArray(value)) return value.map((one) => maskedValue<unknown>(one, redactor))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]): [string, unknown] => [
    key,
    maskedValue<unknown>(one, redactor),
  ])
  return Object.fromEntries(entries)
}
