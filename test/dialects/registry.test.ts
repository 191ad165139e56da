/** What a dialect that is written in code must have beside its code. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { builtInDialects } from '../../src/dialects/registry.ts'
import { knownDialects } from '../../src/scenario/load-dialects.ts'
import { readers } from '../clients/readers/index.ts'
import { allPages, read, root } from '../docs/pages.ts'

/** Those that no SDK reads, and why. */
const withoutReader: Readonly<Record<string, string>> = {}

const conformanceTests = readdirSync(`${root}test/dialects`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => read(`test/dialects/${name}`))
  .filter((source) => source.includes('conformance('))

/** What the registry lists, by the names that its source gives them. */
const listed = /builtInDialects[^=]*= \[([^\]]*)\]/
  .exec(read('src/dialects/registry.ts'))?.[1]
  ?.match(/\w+/g)

const formatPages = allPages.filter((page) => page.startsWith('docs/formats/'))

describe('the registry', () => {
  it('has no name twice', async () => {
    const known = (await knownDialects()).map(({ name }) => name)
    expect(known.filter((name, index) => known.indexOf(name) !== index)).toEqual([])
  })

  it.each(listed ?? ['nothing'])('lists %s, which a conformance test lists, too', (identifier) => {
    const isNamed = new RegExp(`\\b${identifier}\\b`)
    expect(conformanceTests.filter((source) => isNamed.test(source))).not.toEqual([])
  })

  const names = builtInDialects.map(({ name }) => name)

  it.each(names)('lists %s, which an SDK reads', (name) => {
    const isRead = readers.some(({ dialect }) => dialect === name)
    expect(isRead || name in withoutReader).toBe(true)
  })

  it.each(names)('lists %s, which has a page that the README links', (name) => {
    const pages = formatPages.filter((page) => read(page).includes(`\`${name}\``))
    expect(pages.some((page) => read('README.md').includes(`](${page})`))).toBe(true)
  })

  it('knows every dialect that a reader is for, and each once', () => {
    const readFor = readers.map(({ dialect }) => dialect)
    expect(readFor.filter((name) => !names.includes(name))).toEqual([])
    expect(new Set(readFor).size).toBe(readFor.length)
  })
})
