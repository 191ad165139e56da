/**
 * All kinds of faults, and how one is asked for in a list: `reset: { at: { frame: 4 } }`, with
 * `probability` beside it. A new kind is one file and one line here.
 */
import { z } from 'zod'
import { suggestion } from '../core/suggest.ts'
import { close } from './close.ts'
import { corrupt } from './corrupt.ts'
import { delay } from './delay.ts'
import { drop } from './drop.ts'
import { duplicate } from './duplicate.ts'
import { end } from './end.ts'
import type { FaultKind, FaultSpec } from './fault.ts'
import { hang } from './hang.ts'
import { inject } from './inject.ts'
import { merge } from './merge.ts'
import { forwardIssues, isMapping, jsonSchemaOf } from './options.ts'
import { refuse } from './refuse.ts'
import { reset } from './reset.ts'
import { slice } from './slice.ts'
import { stall } from './stall.ts'

export const faultKinds: readonly FaultKind<unknown>[] = [
  end,
  close,
  reset,
  hang,
  refuse,
  delay,
  stall,
  slice,
  merge,
  duplicate,
  drop,
  corrupt,
  inject,
]

const kindByName = new Map(faultKinds.map((kind) => [kind.name, kind]))
const names = [...kindByName.keys()]

export const faultKind = (name: string): FaultKind<unknown> | undefined => kindByName.get(name)

const probability = z
  .number({ error: 'must be a number from 0 to 1' })
  .min(0, { error: 'must be at least 0' })
  .max(1, { error: 'must be at most 1' })
  .describe('The chance that the fault acts at all, drawn from the seed once a request.')

/** One item of a list of faults, as a scenario writes it. Its JSON Schema is that of the input. */
export const faultSchema: z.ZodType<FaultSpec> = z
  .unknown()
  .transform(readFault)
  .meta({
    description: 'A fault: what is done to the stream, and where.',
    get anyOf() {
      return [...faultKinds.filter(takesNothing).map(bareJsonSchema), ...faultKinds.map(itemSchema)]
    },
  })

export type { FaultSpec }

interface Written {
  readonly kind: FaultKind<unknown>
  readonly options: unknown
  readonly probability: unknown
}

function readFault(written: unknown, context: z.RefinementCtx): FaultSpec {
  const found = findKind(written)
  if (typeof found === 'string') {
    context.issues.push({ code: 'custom', message: found, input: written })
    return z.NEVER
  }
  const { kind } = found
  const options = kind.schema.safeParse(found.options)
  const chance = probability.default(1).safeParse(found.probability)
  // A bare name has no key that an issue could stand at.
  const path = isMapping(written) ? [kind.name] : []
  if (!options.success) forwardIssues(options.error, context, path, written)
  if (!chance.success) forwardIssues(chance.error, context, ['probability'], written)
  if (!options.success || !chance.success) return z.NEVER
  return { kind: kind.name, options: options.data, probability: chance.data }
}

/** The kind that is meant, or what is wrong. */
function findKind(written: unknown): Written | string {
  if (typeof written === 'string') {
    const kind = kindByName.get(written)
    return kind ? { kind, options: {}, probability: undefined } : unknownFault(written)
  }
  if (!isMapping(written)) return 'a fault is a mapping such as reset: { at: { frame: 4 } }'
  const keys = Object.keys(written).filter((key) => key !== 'probability')
  const [name, second] = keys
  if (name === undefined) return `names no fault; known are ${names.join(', ')}`
  const unknown = keys.find((key) => !kindByName.has(key))
  if (unknown !== undefined) return unknownFault(unknown)
  if (second !== undefined) {
    return `${name} and ${second} stand in one item; begin a new one with "-" for each fault`
  }
  const kind = kindByName.get(name)
  if (!kind) return unknownFault(name)
  return { kind, options: written[name] ?? {}, probability: written['probability'] }
}

const unknownFault = (name: string): string => `unknown fault "${name}"${suggestion(name, names)}`

const takesNothing = (kind: FaultKind<unknown>): boolean => kind.schema.safeParse({}).success

const bareJsonSchema = (kind: FaultKind<unknown>): object => ({
  const: kind.name,
  description: kind.summary,
})

const itemSchema = (kind: FaultKind<unknown>): object => ({
  type: 'object',
  description: kind.summary,
  properties: { [kind.name]: jsonSchemaOf(kind.schema), probability: jsonSchemaOf(probability) },
  required: [kind.name],
  additionalProperties: false,
})
