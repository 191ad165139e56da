/** That the bench works, and that every server gives the whole reply; never how fast. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const bench = fileURLToPath(new URL('main.mjs', import.meta.url))
const run = promisify(execFile)

let folder: string
let printed: string
let report: { parts: Record<string, { figures: unknown }> }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stuntdouble-smoke-'))
  const json = join(folder, 'figures.json')
  const { stdout } = await run(process.execPath, [bench, '--smoke', '--json', json])
  printed = stdout
  report = JSON.parse(await readFile(json, 'utf8'))
}, 60_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Every number in a report, with its path. */
function numbersIn(value: unknown, path: string): [string, unknown][] {
  if (Array.isArray(value)) return value.flatMap((one, at) => numbersIn(one, `${path}[${at}]`))
  if (typeof value !== 'object' || value === null) return [[path, value]]
  return Object.entries(value).flatMap(([key, one]) => numbersIn(one, `${path}.${key}`))
}

describe('the bench', () => {
  test.each(['full-speed', 'paced', 'taping', 'start-up', 'recordings'])(
    'measures %s without an error and leaves no figure open',
    (part) => {
      const found = numbersIn(report.parts[part]?.figures, part)
      expect(found.length).toBeGreaterThan(5)
      expect(found.filter(([, value]) => value === null || value === undefined)).toEqual([])
      const errors = found.filter(([path]) => path.endsWith('.errors'))
      expect(errors.length).toBeGreaterThan(0)
      expect(errors.filter(([, count]) => count !== 0)).toEqual([])
    },
  )

  test('prints a table for each part', () => {
    for (const title of ['Full speed', 'Paced', 'Taping proxy', 'Start-up', 'Recordings']) {
      expect(printed).toContain(title)
    }
  })

  test('refuses a part that it does not know, and names those it does', async () => {
    const refused = run(process.execPath, [bench, '--parts', 'fast'])
    await expect(refused).rejects.toThrow(/no "fast"; there are full-speed, paced/)
  })
})
