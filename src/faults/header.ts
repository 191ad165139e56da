/**
 * Faults as a request asks for them in a header: `reset; at=frame:4; seed=9`, several joined by a
 * comma. Only another way of writing what a scenario writes: the one schema judges both.
 */
import type { FaultSpec } from './fault.ts'
import { faultSchema } from './registry.ts'

export type FaultHeader =
  | { readonly specs: FaultSpec[]; readonly seed?: number }
  | { readonly problem: string }

/** A quoted value is a JSON string, so that it may hold any character; a bare one ends at `,` or `;`. */
const partForm =
  /\s*(?:(?<name>[A-Za-z0-9-]+)\s*(?:=\s*(?:(?<quoted>"(?:[^"\\]|\\.)*")|(?<bare>[^",;]*)))?)?\s*(?<next>[,;]|$)/y

export function parseFaultHeader(text: string): FaultHeader {
  const items = split(text)
  if (typeof items === 'string') return { problem: items }
  const specs: FaultSpec[] = []
  const seeds = new Set<number>()
  for (const item of items) {
    const read = readItem(item)
    if (typeof read === 'string') return { problem: read }
    specs.push(read.spec)
    if (read.seed !== undefined) seeds.add(read.seed)
  }
  const [seed, another] = seeds
  if (another !== undefined) return { problem: `two seeds, ${seed} and ${another}; give one` }
  return seed === undefined ? { specs } : { specs, seed }
}

interface Part {
  readonly name: string
  readonly value: string | undefined
}

/** Faults, each as the parts that stand between its semicolons; or what is wrong. */
function split(text: string): Part[][] | string {
  const items: Part[][] = [[]]
  const form = new RegExp(partForm)
  while (form.lastIndex < text.length || items.at(-1)?.length === 0) {
    const start = form.lastIndex
    const groups = form.exec(text)?.groups
    if (!groups) return `cannot read "${text.slice(start).trim()}"; write reset; at=frame:4; seed=9`
    const { name, quoted, bare, next } = groups
    const value = quoted === undefined ? bare?.trim() : unquoted(quoted)
    if (value === null) return `${quoted} is no JSON string`
    if (name !== undefined) items.at(-1)?.push({ name, value })
    if (next !== ';' && items.at(-1)?.length === 0) return 'names no fault; write reset; at=frame:4'
    if (next === ',') items.push([])
  }
  return items
}

function unquoted(quoted: string): string | null {
  try {
    return String(JSON.parse(quoted))
  } catch {
    return null
  }
}

function readItem([kind, ...parts]: Part[]):
  | { spec: FaultSpec; seed: number | undefined }
  | string {
  if (!kind) return 'names no fault'
  if (kind.value !== undefined) {
    return `"${kind.name}=${kind.value}" stands where the name of a fault is due`
  }
  const options: Record<string, unknown> = {}
  const besides: { seed?: number; probability?: unknown } = {}
  for (const { name, value } of parts) {
    if (value === undefined) return `${name} needs a value: ${name}=...`
    if (Object.hasOwn(options, name)) return `${name} is given twice`
    if (name === 'seed') {
      if (!/^\d+$/.test(value)) return `seed: "${value}" is not a whole number`
      besides.seed = Number(value)
    } else if (name === 'probability') besides.probability = numberOrText(value)
    else options[name] = readOption(name, value)
  }
  const { seed, probability } = besides
  const chance = probability === undefined ? {} : { probability }
  const read = faultSchema.safeParse({ [kind.name]: options, ...chance })
  if (read.success) return { spec: read.data, seed }
  return read.error.issues.map(({ path, message }) => sentence(path, message)).join('; ')
}

const sentence = (path: readonly PropertyKey[], message: string): string =>
  path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`

function readOption(name: string, value: string): unknown {
  switch (name) {
    case 'at':
      return readPlace(value)
    case 'raw':
    case 'base64':
    case 'comment':
      return value
    case 'error':
      return { code: value }
    case 'event':
      return readJson(value)
    default:
      return numberOrText(value)
  }
}

/** `frame:4`, `event:text:2`, `time:1.2s`, `random`. */
function readPlace(value: string): unknown {
  const [form, first, nth] = value.split(':')
  if (form === undefined || first === undefined) return value
  const place = { [form]: numberOrText(first) }
  return nth === undefined ? place : { ...place, nth: numberOrText(nth) }
}

const numberOrText = (value: string): number | string =>
  /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value

function readJson(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
