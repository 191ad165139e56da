/** The JSON Schemas of files that people write, for editors: completion, checks and hover texts. */
import { z } from 'zod'
import { planSchema } from '../faults/plan.ts'
import { scenarioSchema } from './schema.ts'
import { settingsSchema } from './schema-settings.ts'

/** Draft 7, since that is what YAML extensions of editors read best. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { definitions, ...schema } = z.toJSONSchema(scenarioSchema, {
    io: 'input',
    target: 'draft-7',
  })
  const shared = new Shared()
  const root = shared.hoist({ title: 'stuntdouble scenario', ...schema })
  return {
    ...root,
    definitions: {
      ...(isNode(definitions) ? shared.hoist(definitions) : {}),
      ...shared.definitions,
    },
  }
}

/** Of a plan of faults in a file of its own. */
export function planJsonSchema(): Record<string, unknown> {
  const shared = new Shared()
  const whole = z.toJSONSchema(planSchema, { io: 'input', target: 'draft-7' })
  const root = shared.hoist({ title: 'stuntdouble plan of faults', ...whole })
  return { ...root, definitions: shared.definitions }
}

/** Of `settings.yaml` in a folder of recordings. */
export const settingsJsonSchema = (): Record<string, unknown> => ({
  title: 'stuntdouble settings of recordings',
  ...z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-7' }),
})

/** A repeated part is worth a definition of its own from this many characters on. */
const worthSharing = 500

/** The keys under which large parts are repeated, and what such a part is called. */
const sharedNames: ReadonlyMap<string, string> = new Map([
  ['at', 'place'],
  ['items', 'item'],
  ['requests', 'requests'],
])

/**
 * Gives each large part of the schema that occurs under the same key, such as the place of a fault,
 * one definition in place of its copies.
 */
class Shared {
  readonly definitions: Record<string, unknown> = {}
  readonly #nameByText = new Map<string, string>()

  hoist(schema: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(schema).map(([key, value]) => [key, this.#hoistValue(key, value)]),
    )
  }

  #hoistValue(key: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => (isNode(item) ? this.hoist(item) : item))
    if (!isNode(value)) return value
    const called = sharedNames.get(key)
    if (called === undefined) return this.hoist(value)
    const text = JSON.stringify(value)
    if (text.length < worthSharing) return this.hoist(value)
    const name = this.#nameByText.get(text) ?? this.#define(text, { called, value })
    return { $ref: `#/definitions/${name}` }
  }

  #define(
    text: string,
    { called, value }: { readonly called: string; readonly value: Record<string, unknown> },
  ): string {
    const same = [...this.#nameByText.values()].filter((name) => name.startsWith(called))
    const name = same.length === 0 ? called : `${called}${same.length + 1}`
    this.#nameByText.set(text, name)
    this.definitions[name] = this.hoist(value)
    return name
  }
}

const isNode = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
