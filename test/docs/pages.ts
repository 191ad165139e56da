/**
 * The pages that people read, and the fenced blocks in them. What follows the language in a fence
 * says what the block is for; readers never see it:
 *
 *   yaml, yaml NAME     a scenario, or a dialect; checked, and written to NAME
 *   js NAME, jsonl NAME written to NAME, for a command further on
 *   json NAME, yml NAME the same: a file of another tool
 *   ts test=PATH        the same as that test, which runs with all the others
 *   ts from=PATH        an excerpt of that file
 *   sh, sh exit=N       run; one that starts a server leaves it running
 *   text output         what the command before it printed
 *   text show           what `show --dialect chatapi` prints for the scenario before it
 *   text                read by people only
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** These have tests of their own, or none to run. */
const testedElsewhere = ['docs/adding-a-fault.md', 'docs/adding-a-dialect.md']

export const allPages: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  ...pagesIn('docs'),
  ...pagesIn('docs/formats'),
]

function pagesIn(folder: string): string[] {
  const names = existsSync(`${root}${folder}`) ? readdirSync(`${root}${folder}`) : []
  return names.filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`)
}

export const pagesThatRun = allPages.filter((page) => !testedElsewhere.includes(page))

export const read = (page: string): string => readFileSync(`${root}${page}`, 'utf8')

export interface Block {
  /** For messages: `README.md:12`. */
  readonly place: string
  readonly language: string
  /** What follows the language. */
  readonly role: string
  readonly text: string
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let open: { place: string; language: string; role: string; lines: string[] } | undefined
  for (const [index, line] of read(page).split('\n').entries()) {
    if (/^(?: +```| *~~~)/.test(line))
      throw new Error(`${page}:${index + 1}: begin fences by \`\`\``)
    const fence = /^```(\S*) *(.*)$/.exec(line)
    if (fence && open) {
      const { lines, ...block } = open
      blocks.push({ ...block, text: lines.map((one) => `${one}\n`).join('') })
      open = undefined
    } else if (fence) {
      const [, language = '', role = ''] = fence
      open = { place: `${page}:${index + 1}`, language, role, lines: [] }
    } else open?.lines.push(line)
  }
  if (open) throw new Error(`${open.place}: the block is never closed`)
  return blocks
}

/** The text outside of fenced blocks. */
export const proseOf = (page: string): string => read(page).replaceAll(/^```[\s\S]*?^```$/gm, '')
