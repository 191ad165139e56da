/**
 * One fault of a line of text, in the form that a scenario has for it. Text has no types, so a value
 * may be meant in more ways than one: the schema is asked for each until one is right.
 */
import type { z } from 'zod'
import { suggestion } from '../core/suggest.ts'
import type { FaultSpec } from './fault.ts'
import type { Part, Value } from './header-parts.ts'
import { isMapping, placedSentence, unknownKeysOf } from './options.ts'

/** What may be written; handed in, since the registry reads text as well. */
export interface FaultForms {
  readonly names: readonly string[]
  read(written: unknown): z.ZodSafeParseResult<FaultSpec>
}

/** A place in the written fault, and what may be meant there, the likeliest first. */
interface Leaf {
  readonly path: readonly string[]
  readonly meanings: readonly unknown[]
}

/** Or what is wrong. */
export function readItem([kind, ...parts]: readonly Part[], forms: FaultForms): FaultSpec | string {
  const [name, ...below] = kind?.path ?? []
  if (kind === undefined || name === undefined) return 'names no fault'
  if (below.length > 0) {
    return `"${kind.path.join('.')}" stands where the name of a fault is due`
  }
  const { value: whole } = kind
  if (whole && !forms.names.includes(name)) {
    const said = `"${name}=${'bare' in whole ? whole.bare : '...'}"`
    return `${said} stands where the name of a fault is due${meant(name, forms.names)}`
  }
  const leaves: Leaf[] = whole ? [{ path: [name], meanings: meaningsOf([], whole) }] : []
  for (const { path, value } of parts) {
    const said = path.join('.')
    if (!value) return `${said} needs a value: ${said}=...`
    const isBeside = besides.includes(said)
    const leaf = { path: isBeside ? path : [name, ...path], meanings: meaningsOf(path, value) }
    if (whole && !isBeside) return `${name} has a value already, so that ${said} has no place`
    if (leaves.some((other) => overlaps(other.path, leaf.path))) return `${said} is given twice`
    leaves.push(leaf)
  }
  return judge(name, leaves, forms)
}

const besides: readonly string[] = ['probability', 'seed']

/** A name that is near, and was no option that stands too early. */
function meant(name: string, names: readonly string[]): string {
  const near = suggestion(name, names)
  return near.startsWith('; did you mean') && !besides.includes(name) ? near : ''
}

const startsWith = (path: readonly PropertyKey[], start: readonly PropertyKey[]): boolean =>
  start.every((key, at) => String(path[at]) === key)

const overlaps = (one: readonly string[], other: readonly string[]): boolean =>
  one.length < other.length ? startsWith(other, one) : startsWith(one, other)

/** Where a meaning is refused and the value has another, that one is tried. */
function judge(name: string, leaves: readonly Leaf[], forms: FaultForms): FaultSpec | string {
  const chosen = leaves.map(() => 0)
  let problem: string | undefined
  for (;;) {
    const written = leaves.length === 0 ? name : build(name, leaves, chosen)
    const read = forms.read(written)
    if (read.success) return read.data
    const { issues } = read.error
    const within = leaves.length === 0 && forms.names.includes(name) ? [name] : []
    problem ??= issues.map((issue) => sentence(issue, within)).join('; ')
    const refused = leaves.findIndex(
      ({ path, meanings }, at) =>
        (chosen[at] ?? 0) + 1 < meanings.length &&
        issues.some((issue) => startsWith(issue.path, path)),
    )
    if (refused < 0) return problem
    chosen[refused] = (chosen[refused] ?? 0) + 1
  }
}

function sentence(issue: z.core.$ZodIssue, within: readonly string[]): string {
  const [unknown] = unknownKeysOf(issue)
  const path = [...within, ...issue.path].map(String)
  if (path.length === 0) return issue.message
  const said = placedSentence(path, issue.message)
  if (unknown === undefined || path.length > 1) return said
  if (besideFaults.includes(unknown)) return `${path[0]}: ${ofControl(unknown)}`
  return `${said}; beside them all faults take probability and seed`
}

/** What narrows faults that are added at run time, all of them together. */
const besideFaults: readonly string[] = ['ttl', 'times', 'session', 'path', 'dialect', 'rule']

const ofControl = (option: string): string =>
  `${option} is no option of a fault; the control API takes it beside the faults, as ?${option}=... or { faults, ${option} }`

function build(
  name: string,
  leaves: readonly Leaf[],
  chosen: readonly number[],
): Record<string, unknown> {
  const fault = leaves.reduce<Record<string, unknown>>(
    (whole, { path, meanings }, at) => placed(whole, path, meanings[chosen[at] ?? 0]),
    {},
  )
  return Object.hasOwn(fault, name) ? fault : { [name]: {}, ...fault }
}

/** The same mapping with one value more. Never assigned by key, which `__proto__` would misuse. */
function placed(
  mapping: Readonly<Record<string, unknown>>,
  [key = '', ...below]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const before = Object.hasOwn(mapping, key) ? mapping[key] : {}
  const inner = below.length === 0 ? value : placed(isMapping(before) ? before : {}, below, value)
  return Object.fromEntries([...Object.entries(mapping), [key, inner]])
}

function meaningsOf(path: readonly string[], value: Value): unknown[] {
  if ('json' in value) return [value.json]
  const option = path.at(-1)
  if (option === 'at') return [readPlace('quoted' in value ? value.quoted : value.bare)]
  if ('quoted' in value) return [value.quoted, ...readJson(value.quoted)]
  const { bare } = value
  // `error=overloaded` is short for `error.code=overloaded`.
  if (option === 'error') return [{ code: bare }, bare]
  return [...plainValue(bare), bare]
}

/** `frame:4`, `event:text:2`, `time:1.2s`, `random`. */
function readPlace(value: string): unknown {
  const [form, first, nth] = value.split(':')
  if (form === undefined || first === undefined) return value
  const place = { [form]: numberOrText(first) }
  return nth === undefined ? place : { ...place, nth: numberOrText(nth) }
}

const numberForm = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

const numberOrText = (value: string): number | string =>
  numberForm.test(value) ? Number(value) : value

const constants = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** What a bare value is if it is not text. */
export function plainValue(bare: string): unknown[] {
  if (constants.has(bare)) return [constants.get(bare)]
  return numberForm.test(bare) ? [Number(bare)] : []
}

/** A mapping or a list may be quoted as a whole, too. */
function readJson(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? [value] : []
  } catch {
    return []
  }
}
