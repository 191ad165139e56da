import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { scenarioJsonSchema } from '../../src/scenario/json-schema.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { reference } from './reference.ts'

const published = new URL('../../docs/scenario-reference.md', import.meta.url)

const text = reference()

const examples = [...text.matchAll(/^## (\w+)\n[\s\S]*?```yaml\n([\s\S]*?)```/gm)].map(
  ([, section = '', yaml = '']) => ({ section, yaml }),
)

/** Made once: it is what takes the time. */
let accepting: z.ZodType | undefined

describe('docs/scenario-reference.md', () => {
  it('is what the schema gives (UPDATE=1 writes it)', async () => {
    if (process.env['UPDATE'] === '1') await writeFile(published, text)
    expect(await readFile(published, 'utf8')).toBe(text)
  })

  it('has an example in every section', () => {
    expect(examples.map(({ section }) => section)).toEqual(
      [...text.matchAll(/^## (\w+)$/gm)].map(([, section]) => section),
    )
  })

  it.each(examples)('has an example of $section without a mistake', async ({ yaml }) => {
    expect((await parseScenario(yaml, 'example.yaml')).mistakes).toEqual([])
  })

  it.each(examples)('has an example of $section that the published schema accepts', ({ yaml }) => {
    accepting ??= z.fromJSONSchema(scenarioJsonSchema())
    expect(accepting.safeParse(parse(yaml)).error).toBeUndefined()
  })
})
