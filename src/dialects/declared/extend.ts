/**
 * A description that differs from another one: what it says is laid over its base. Sections are
 * merged key by key; a list or a template replaces the base's, since half of one and half of
 * another would be nobody's wire format.
 */
import { suggestion } from '../../core/suggest.ts'
import { isObject } from '../shapes/json-body.ts'
import { type DialectDescription, dialectSchema } from './schema.ts'

export interface Problem {
  /** Where in the description. */
  readonly path: (string | number)[]
  readonly message: string
}

export interface Problems {
  readonly problems: Problem[]
}

/** Sections whose members are templates, or are replaced as one thing; `*` is any key. */
const wholePieces = [
  'stream.frames.*',
  'stream.reads.*',
  'stream.heartbeat',
  'whole',
  'errors.body',
  'errors.validation.body',
  'errors.codes.*.body',
]

/** Laid over its bases, and without `extends`. Without a name it takes that of its base. */
export function resolveDialect(
  description: DialectDescription,
  known: ReadonlyMap<string, DialectDescription>,
): DialectDescription | Problems {
  const layers = [description]
  const seen = new Set<DialectDescription>([description])
  let top = description
  while (top.extends !== undefined) {
    const base = known.get(top.extends)
    if (!base) return problem(`no dialect is called "${top.extends}"${near(top.extends, known)}`)
    if (seen.has(base)) return problem(`"${top.extends}" extends itself in a circle`)
    seen.add(base)
    layers.push(base)
    top = base
  }
  const merged = layers.reduceRight<unknown>((base, layer) => merge(base, layer, []), {})
  const { extends: _, ...resolved } = dialectSchema.parse(merged)
  return resolved
}

const problem = (message: string): Problems => ({ problems: [{ path: ['extends'], message }] })

const near = (written: string, known: ReadonlyMap<string, DialectDescription>): string =>
  known.size === 0 ? '' : suggestion(written, [...known.keys()])

function merge(base: unknown, over: unknown, path: readonly string[]): unknown {
  if (over === undefined) return base
  if (!isObject(base) || !isObject(over) || isWholePiece(path)) return over
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    merged[key] = merge(base[key], value, [...path, key])
  }
  return merged
}

const isWholePiece = (path: readonly string[]): boolean =>
  wholePieces.some((pattern) => {
    const keys = pattern.split('.')
    return keys.length === path.length && keys.every((key, i) => key === '*' || key === path[i])
  })
