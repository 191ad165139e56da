/**
 * How a Go service writes JSON and time, which Ollama is. Source: the packages `encoding/json` and
 * `time` of Go.
 */

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** Go writes JSON so that it can stand within HTML. */
export const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (sign) => escapes[sign] ?? sign)

const nsPerMs = 1_000_000

export const nanoseconds = (ms: number): number => Math.round(ms * nsPerMs)

/** RFC 3339 in UTC with up to nine digits of a second, as few as needed; `ns` is added to `ms`. */
export function goTime(ms: number, ns = 0): string {
  const time = new Date(Math.floor(ms) + Math.floor(ns / nsPerMs)).toISOString()
  const digits = time.slice(20, 23) + String(ns % nsPerMs).padStart(6, '0')
  const fraction = digits.replace(/0+$/, '')
  return `${time.slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`
}

/** What Go calls a JSON value that does not fit a field. */
export function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}
