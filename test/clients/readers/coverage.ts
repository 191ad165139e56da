/** The coverage table of the README, made from the checks that passed. */
import { z } from 'zod'
import { knownDialects } from '../../../src/scenario/load-dialects.ts'
import { read } from '../../docs/pages.ts'
import { checks } from './checks.ts'
import { readers } from './index.ts'

/** Cells by the dialect and the column that they stand in. */
export class Coverage {
  readonly #cells = new Map<string, string>()

  add(dialect: string, column: string, cell: string): void {
    this.#cells.set(`${dialect}/${column}`, cell)
  }

  /** Whether every reader has passed every check that is made of it: no holes. */
  get isWhole(): boolean {
    return readers.every((reader) =>
      checks.every(({ column, has }) => !has(reader) || this.#has(reader.dialect, column)),
    )
  }

  #has(dialect: string, column: string): boolean {
    return this.#cells.has(`${dialect}/${column}`)
  }

  /** Dialects stand in the order in which a server knows them. */
  async table(): Promise<string> {
    const columns = checks.map(({ column }) => column)
    const known = await knownDialects()
    const rows = known.flatMap(({ name }) => {
      const reader = readers.find(({ dialect }) => dialect === name)
      if (!reader) return []
      const cells = columns.map((column) => this.#cells.get(`${name}/${column}`) ?? '–')
      return [[`\`${name}\``, `${reader.sdk} ${versionOf(reader.sdk)}`, ...cells]]
    })
    const heading = ['dialect', 'read by', ...columns]
    const rule = heading.map((_, index) => (index < 2 ? '---' : ':-:'))
    return [heading, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
  }
}

const packages = z.object({ devDependencies: z.record(z.string(), z.string()) })

/** As it is pinned; of an alias, the version that it stands for. */
function versionOf(sdk: string): string {
  const version = packages.parse(JSON.parse(read('package.json'))).devDependencies[sdk]
  if (version === undefined) throw new Error(`${sdk} is no development dependency`)
  return version.replace(/^npm:.*@/, '')
}

const place = /(?<=<!-- from the tests -->\n)[\s\S]*?(?=<!-- until here -->)/

export const tableIn = (page: string): string | undefined => place.exec(page)?.[0]

export const withTable = (page: string, table: string): string => page.replace(place, () => table)
