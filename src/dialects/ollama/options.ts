/**
 * What Ollama's decoder refuses of `options` and `keep_alive`. Source: `api/types.go` of Ollama, and
 * the package `time` of Go.
 */
import { isObject } from '../shapes/json-body.ts'

const types: Readonly<Record<string, readonly string[]>> = {
  integer: [
    ...['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'num_thread'],
    ...['num_keep', 'seed', 'num_predict', 'top_k', 'repeat_last_n'],
  ],
  float32: [
    ...['temperature', 'top_p', 'min_p', 'typical_p'],
    ...['repeat_penalty', 'presence_penalty', 'frequency_penalty'],
  ],
  boolean: ['use_mmap'],
  array: ['stop'],
}

const fits: Readonly<Record<string, (value: unknown) => boolean>> = {
  // The fraction of a number is cut off.
  integer: (value) => typeof value === 'number',
  float32: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
}

/** The first option of a wrong type, in the service's words; it lets those pass that it does not know. */
export function optionProblem(options: unknown): string | undefined {
  if (!isObject(options)) return undefined
  for (const [key, value] of Object.entries(options)) {
    const type = Object.keys(types).find((one) => types[one]?.includes(key))
    if (type === undefined || value === null) continue
    if (!fits[type]?.(value)) return `option "${key}" must be of type ${type}`
    if (type === 'array' && Array.isArray(value) && value.some((one) => typeof one !== 'string')) {
      return `option "${key}" must be of an array of strings`
    }
  }
  return undefined
}

/** A number of seconds, or a duration as Go writes one. */
export function keepAliveProblem(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === 'number') return undefined
  if (typeof value === 'string') return durationProblem(value)
  if (typeof value === 'boolean') return "Unsupported type: 'bool'"
  const type = Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
  return `Unsupported type: '${type}'`
}

const units = ['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h']

function durationProblem(text: string): string | undefined {
  const said = JSON.stringify(text)
  let rest = text.replace(/^[+-]/, '')
  if (rest === '0') return undefined
  do {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0]
    if (number === undefined) return `time: invalid duration ${said}`
    const unit = /^[^.\d]*/.exec(rest.slice(number.length))?.[0] ?? ''
    if (unit === '') return `time: missing unit in duration ${said}`
    if (!units.includes(unit))
      return `time: unknown unit ${JSON.stringify(unit)} in duration ${said}`
    rest = rest.slice(number.length + unit.length)
  } while (rest !== '')
  return undefined
}
