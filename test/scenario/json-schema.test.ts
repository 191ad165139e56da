import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { planJsonSchema, scenarioJsonSchema } from '../../src/scenario/json-schema.ts'

const published = new URL('../../schema/scenario.json', import.meta.url)
const publishedPlan = new URL('../../schema/plan.json', import.meta.url)

const asText = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`
const text = asText(scenarioJsonSchema())

interface Node {
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Every `properties` of the schema: its path, and the schemas of its keys. */
function* properties(node: unknown, path = ''): Generator<{ path: string; keys: Node }> {
  if (!isNode(node)) return
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties' && isNode(value)) yield { path, keys: value }
    yield* properties(value, `${path}/${key}`)
  }
}

describe('schema/plan.json', () => {
  it('is what the schema in the source gives (UPDATE=1 writes it)', async () => {
    const plan = asText(planJsonSchema())
    if (process.env['UPDATE'] === '1') await writeFile(publishedPlan, plan)
    expect(await readFile(publishedPlan, 'utf8')).toBe(plan)
  })

  it('leads nowhere but to its own definitions', () => {
    const schema = planJsonSchema()
    const names = [...JSON.stringify(schema).matchAll(/#\/definitions\/([^"]+)/g)].map(
      ([, to]) => to,
    )
    expect(names.length).toBeGreaterThan(0)
    expect(Object.keys(schema['definitions'] ?? {})).toEqual(expect.arrayContaining(names))
  })
})

describe('schema/scenario.json', () => {
  it('is what the schema in the source gives (UPDATE=1 writes it)', async () => {
    if (process.env['UPDATE'] === '1') await writeFile(published, text)
    expect(await readFile(published, 'utf8')).toBe(text)
  })

  it('lets editors complete matchers, replies, steps, pacing and faults', () => {
    const all = [...properties(scenarioJsonSchema())].flatMap(({ keys }) => Object.keys(keys))
    for (const key of [
      'rules',
      'contains',
      'recording',
      'wait',
      'lognormal',
      'reset',
      'probability',
      'spaceAfterColon',
    ]) {
      expect(all).toContain(key)
    }
  })

  it('has a text to show for every key of a rule', () => {
    const rule = [...properties(scenarioJsonSchema())].find(({ path }) => path.endsWith('/rule'))
    for (const schema of Object.values(rule?.keys ?? {})) {
      expect(schema).toSatisfy(
        (node: Node) => 'description' in node || '$ref' in node || 'allOf' in node,
      )
    }
  })
})
