/** docs/faults.md against the registry: every fault has its section, and its table is the schema's. */
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { faultKinds } from '../../src/faults/registry.ts'
import { optionTable } from './option-tables.ts'
import { read, root } from './pages.ts'

const page = 'docs/faults.md'
const begin = '<!-- from the schema -->\n'
const finish = '<!-- until here -->'

const filled = (text: string): string =>
  faultKinds.reduce((whole, kind) => {
    const section = new RegExp(
      `(^### ${kind.name}\\n[\\s\\S]*?${begin})[\\s\\S]*?(?=${finish})`,
      'm',
    )
    return whole.replace(section, (_, before: string) => `${before}${optionTable(kind)}`)
  }, text)

describe('docs/faults.md', () => {
  it('has the tables that the schemas give (UPDATE=1 writes them)', () => {
    if (process.env['UPDATE'] === '1') writeFileSync(`${root}${page}`, filled(read(page)))
    expect(read(page)).toBe(filled(read(page)))
  })

  it.each(faultKinds)(
    'has a section on $name with its summary, its options and an example',
    (kind) => {
      const section = new RegExp(`^### ${kind.name}\\n([\\s\\S]*?)(?=^##)`, 'm').exec(
        read(page),
      )?.[1]
      expect(section).toContain(kind.summary)
      expect(section).toContain(`${begin}${optionTable(kind)}${finish}`)
      expect(section).toMatch(new RegExp(`^ +- (?:{ )?${kind.name}\\b`, 'm'))
    },
  )

  it('has every fault in the table at the top, with a link to its section', () => {
    const rows = [...read(page).matchAll(/^\| \[([a-z-]+)\]\(#([a-z-]+)\) \|/gm)]
    expect(rows.map(([, name]) => name).toSorted()).toEqual(
      faultKinds.map(({ name }) => name).toSorted(),
    )
    for (const [, name, anchor] of rows) expect(anchor).toBe(name)
  })

  it('lists every fault in the README', () => {
    for (const { name } of faultKinds) expect(read('README.md')).toContain(`\`${name}\``)
  })
})
