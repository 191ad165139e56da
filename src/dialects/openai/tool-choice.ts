/** What OpenAI refuses in a `tool_choice`, in both of its APIs. */
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { type Mistake, missing, wrongValue } from './refuse.ts'

const param = 'tool_choice'
const modes = ['none', 'auto', 'required']

/** Any word but the three, and any object without a type. */
export function misshapenChoice(choice: unknown): Mistake | undefined {
  if (!isObject(choice)) {
    return modes.some((mode) => mode === choice) ? undefined : wrongValue(param, choice, modes)
  }
  return choice['type'] === undefined ? missing(`${param}.type`) : undefined
}

/** The name of a function or custom tool that must be called, in a form that may nest it. */
export function undeclaredChoice(
  choice: JsonObject,
  { nested, declared }: { nested: boolean; declared: readonly string[] },
): Mistake | undefined {
  const { type } = choice
  if (type !== 'function' && type !== 'custom') return undefined
  const holder = nested ? choice[type] : choice
  const place = nested ? `${param}.${type}` : param
  if (!isObject(holder)) return missing(place)
  const { name } = holder
  if (typeof name !== 'string') return missing(`${place}.name`)
  if (declared.includes(name)) return undefined
  return { message: `Tool choice '${name}' not found in 'tools' parameter.`, param, code: null }
}
