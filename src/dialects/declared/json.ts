/** JSON written the way a vendor's library writes it: its spacing, its escapes. Nothing else. */
import { isObject } from '../shapes/json-body.ts'

export interface JsonStyle {
  /** `{"a": 1, "b": 2}`, as Python's json.dumps does. */
  readonly spaced: boolean
  /** Everything beyond ASCII as `\uXXXX`, as Python's json.dumps does. */
  readonly ascii: boolean
}

/** `undefined` is written as null: a template's key never disappears. */
export function writeJson(value: unknown, style: JsonStyle): string {
  const text = style.spaced ? writeSpaced(value) : (JSON.stringify(value) ?? 'null')
  return style.ascii ? escapeBeyondAscii(text) : text
}

function writeSpaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeSpaced).join(', ')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}: ${writeSpaced(member)}`,
  )
  return `{${members.join(', ')}}`
}

const escapeBeyondAscii = (text: string): string =>
  text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The parsed text, or undefined where it is no JSON. JSON has no undefined of its own. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
