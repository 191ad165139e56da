import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type KnownScenario, knownYaml, readShipped } from '../../src/scenario/load-known.ts'
import { readYaml } from '../../src/scenario/load-yaml.ts'
import { scenarioSchema } from '../../src/scenario/schema.ts'

const folder = new URL('../../scenarios/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const shipped = readShipped(folder)

describe.each(names)('what the bundle knows of %s', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8')
  const known: KnownScenario = JSON.parse(shipped[text] ?? 'null')
  const read = readYaml(text, name)
  if (!('value' in read)) throw new Error(`${name} is no YAML`)

  it('is what reading it gives', () => {
    expect(known.value).toEqual(read.value)
    expect(known.written).toEqual(scenarioSchema.parse(read.value))
  })

  it.each([
    { path: ['name'], message: 'its name' },
    { path: ['rules', 0], message: 'its first rule' },
    { path: ['rules', 0, 'reply'], message: 'a place that is not kept' },
    { path: ['rules', 0], key: 'reply', message: 'a key of a place that is kept' },
  ])('has $message where it stands', (problem) => {
    expect(knownYaml(known, text, name).place(problem)).toEqual(read.place(problem))
  })
})
