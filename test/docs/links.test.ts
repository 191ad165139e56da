/** What the docs point at must be there: pages, headings, files, scripts and options. */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { knownDialects } from '../../src/scenario/load-dialects.ts'
import { allPages, pagesThatRun, proseOf, read, root } from './pages.ts'

const linksOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/(?:\]\(|src=")([^)"\s]+)[)"]/g)].flatMap(([, target]) => target ?? [])

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))

function isBroken(page: string, link: string): boolean {
  if (/^https?:/.test(link)) return false
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, target))) return true
  return anchor !== undefined && !anchorsOf(target).includes(anchor)
}

const codeOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code ?? [])

const isPath = /^(?:src|test|docs|scenarios|schema)\/[\w./-]*$/

const commands = readdirSync(join(root, 'src/cli/commands'))
const known = commands.map((file) => read(`src/cli/commands/${file}`)).join('\n')

describe.each(allPages)('%s', (page) => {
  it('has no broken link', () => {
    expect(linksOf(page).filter((link) => isBroken(page, link))).toEqual([])
  })
})

describe.each(pagesThatRun)('%s', (page) => {
  it('names no file that does not exist', () => {
    const paths = codeOf(page).filter((code) => isPath.test(code))
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('names no script that does not exist', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const named = codeOf(page).flatMap((code) => /^npm run ([\w:-]+)/.exec(code)?.[1] ?? [])
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })

  it('names no option that does not exist', () => {
    const named = codeOf(page).flatMap(
      (code) => /^(?:stuntdouble .*)?(--[a-z-]+)/.exec(code)?.[1] ?? [],
    )
    expect(named.filter((option) => !known.includes(option))).toEqual([])
  })
})

describe('README.md', () => {
  it('names every dialect, and where it listens stands there or on a page that it links', async () => {
    const text = read('README.md')
    const linked = allPages.filter((page) => text.includes(`](${page})`)).map(read)
    for (const { name, routes } of await knownDialects()) {
      expect(text).toContain(`\`${name}\``)
      const paths = routes.map(({ path }) => path)
      const pages = [text, ...linked].filter((page) => page.includes(`\`${name}\``))
      const isTold = pages.some((page) => paths.some((path) => page.includes(path)))
      expect(isTold, `where ${name} listens`).toBe(true)
    }
  })

  it('links every page on a format', () => {
    const pages = allPages.filter((page) => page.startsWith('docs/formats/'))
    expect(pages.filter((page) => !read('README.md').includes(`](${page})`))).toEqual([])
  })
})
