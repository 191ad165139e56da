/**
 * All kinds of faults, and how one is asked for in a list: `reset: { at: { frame: 4 } }`, with
 * `probability` and `seed` beside it. A new kind is one file and one line here.
 */
import { z } from 'zod'
import { suggestion } from '../core/suggest.ts'
import { afterTerminator } from './after-terminator.ts'
import { badGzip } from './bad-gzip.ts'
import { close } from './close.ts'
import { corrupt } from './corrupt.ts'
import { delay } from './delay.ts'
import { drop } from './drop.ts'
import { duplicate } from './duplicate.ts'
import { end } from './end.ts'
import { error } from './error.ts'
import type { FaultKind, FaultSpec } from './fault.ts'
import { garbage } from './garbage.ts'
import { goaway } from './goaway.ts'
import { hang } from './hang.ts'
import { head } from './head.ts'
import { type FaultForms, readItem } from './header-item.ts'
import { splitHeader } from './header-parts.ts'
import { heartbeats } from './heartbeats.ts'
import { inject } from './inject.ts'
import { jitter } from './jitter.ts'
import { merge } from './merge.ts'
import { noTerminator } from './no-terminator.ts'
import { forwardIssues, isMapping, jsonSchemaOf, placedSentence, wholeNumber } from './options.ts'
import { faultProfiles, profileOptions } from './profiles.ts'
import { refuse } from './refuse.ts'
import { replace } from './replace.ts'
import { reset } from './reset.ts'
import { resume } from './resume.ts'
import { shortChunk } from './short-chunk.ts'
import { slice } from './slice.ts'
import { stall } from './stall.ts'
import { swap } from './swap.ts'
import { throttle } from './throttle.ts'
import { truncateJson } from './truncate-json.ts'
import { wrongLength } from './wrong-length.ts'

export const faultKinds: readonly FaultKind<unknown>[] = [
  end,
  close,
  reset,
  hang,
  refuse,
  head,
  error,
  delay,
  stall,
  throttle,
  jitter,
  heartbeats,
  slice,
  merge,
  duplicate,
  drop,
  swap,
  corrupt,
  truncateJson,
  replace,
  inject,
  noTerminator,
  afterTerminator,
  garbage,
  shortChunk,
  wrongLength,
  badGzip,
  goaway,
  resume,
]

const kindByName = new Map(faultKinds.map((kind) => [kind.name, kind]))

/** A profile's name may stand wherever that of a fault may. */
const profileKinds: readonly Nameable[] = faultProfiles.map(({ name, summary }) => ({
  name,
  summary,
  schema: profileOptions,
}))

const schemaByName = new Map<string, z.ZodType>(
  [...faultKinds, ...profileKinds].map(({ name, schema }) => [name, schema]),
)

/** Of kinds and profiles: whatever may stand where a fault is named. */
export const faultNames: readonly string[] = [...schemaByName.keys()]

export const faultKind = (name: string): FaultKind<unknown> | undefined => kindByName.get(name)

const probability = z
  .number({ error: 'must be a number from 0 to 1' })
  .min(0, { error: 'must be at least 0' })
  .max(1, { error: 'must be at most 1' })
  .describe('The chance that the fault acts at all, drawn from the seed once a request.')

const seed = wholeNumber(0)
  .max(Number.MAX_SAFE_INTEGER, { error: 'must be a whole number below 2^53' })
  .describe('Draws its chance from this seed, so that it acts in the same way on every request.')

/** What may stand beside the name of any fault. */
const besides = { probability, seed } as const

const isBeside = (key: string): key is keyof typeof besides => Object.hasOwn(besides, key)

/** Built when somebody first asks, and once: a plan has it in many places, and it is large. */
let published: readonly object[] | undefined

function allForms(): readonly object[] {
  const all = [...faultKinds, ...profileKinds]
  return [...all.filter(takesNothing).map(bareJsonSchema), asLine, ...all.map(itemSchema)]
}

const asLine = {
  type: 'string',
  pattern: '[;=]',
  description: 'One fault as in the header `x-stuntdouble-fault`: `reset; at=frame:4`.',
}

/** One item of a list of faults, as a scenario writes it. Its JSON Schema is that of the input. */
export const faultSchema: z.ZodType<FaultSpec> = z
  .unknown()
  .transform(readFault)
  .meta({
    description: 'A fault, or a profile of several: what is done to the stream, and where.',
    get anyOf() {
      published ??= allForms()
      return published
    },
  })

export type { FaultSpec }

/** For whoever reads a fault from text. */
export const faultForms: FaultForms = {
  names: faultNames,
  read: (written) => faultSchema.safeParse(written),
}

interface Written {
  readonly name: string
  readonly schema: z.ZodType
  readonly options: unknown
  readonly beside: Readonly<Record<keyof typeof besides, unknown>>
}

function readFault(written: unknown, context: z.RefinementCtx): FaultSpec {
  const line = typeof written === 'string' && /[;=,]/.test(written) ? readLine(written) : undefined
  if (typeof line === 'object') return line
  const found = line ?? findKind(written)
  if (typeof found === 'string') {
    context.issues.push({ code: 'custom', message: found, input: written })
    return z.NEVER
  }
  const options = found.schema.safeParse(found.options)
  const chance = probability.default(1).safeParse(found.beside.probability)
  const own = seed.optional().safeParse(found.beside.seed)
  if (!options.success && isMapping(written)) {
    forwardIssues(options.error, context, [found.name], written)
  } else if (!options.success) {
    // A bare name has no key that an issue could stand at.
    for (const { path, message: said } of options.error.issues) {
      const message = placedSentence([found.name, ...path], said)
      context.issues.push({ code: 'custom', message, input: written })
    }
  }
  if (!chance.success) forwardIssues(chance.error, context, ['probability'], written)
  if (!own.success) forwardIssues(own.error, context, ['seed'], written)
  if (!options.success || !chance.success || !own.success) return z.NEVER
  return {
    kind: found.name,
    options: options.data,
    probability: chance.data,
    ...(own.data === undefined ? {} : { seed: own.data }),
    written: typeof written === 'string' || isMapping(written) ? written : found.name,
  }
}

/** One fault in the words of the header, or what is wrong. */
function readLine(text: string): FaultSpec | string {
  const items = splitHeader(text)
  if (typeof items === 'string') return items
  const [item = [], ...more] = items
  if (more.length === 0) return readItem(item, faultForms)
  return `${items.length} faults stand in one item; write a list with an item for each`
}

/** The kind or profile that is meant, or what is wrong. */
function findKind(written: unknown): Written | string {
  if (typeof written === 'string') return named(written, {}, {})
  if (!isMapping(written)) return 'a fault is a mapping such as reset: { at: { frame: 4 } }'
  const keys = Object.keys(written).filter((key) => !isBeside(key))
  const [name, second] = keys
  if (name === undefined) return `names no fault; known are ${faultNames.join(', ')}`
  const unknown = keys.find((key) => !schemaByName.has(key))
  if (unknown !== undefined) return unknownFault(unknown)
  if (second !== undefined) {
    return `${name} and ${second} stand in one item; begin a new one with "-" for each fault`
  }
  return named(name, written[name] ?? {}, written)
}

function named(
  name: string,
  options: unknown,
  { probability, seed }: { readonly probability?: unknown; readonly seed?: unknown },
): Written | string {
  const schema = schemaByName.get(name)
  return schema ? { name, schema, options, beside: { probability, seed } } : unknownFault(name)
}

const unknownFault = (name: string): string =>
  `unknown fault "${name}"${suggestion(name, faultNames)}`

type Nameable = Pick<FaultKind<unknown>, 'name' | 'summary' | 'schema'>

const takesNothing = (kind: Nameable): boolean => kind.schema.safeParse({}).success

const bareJsonSchema = (kind: Nameable): object => ({
  const: kind.name,
  description: kind.summary,
})

const itemSchema = (kind: Nameable): object => ({
  type: 'object',
  description: kind.summary,
  properties: {
    [kind.name]: jsonSchemaOf(kind.schema),
    probability: jsonSchemaOf(probability),
    seed: jsonSchemaOf(seed),
  },
  required: [kind.name],
  additionalProperties: false,
})
