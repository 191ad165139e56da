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

type Row = Record<string, unknown>

let folder: string
let printed: string
let report: { parts: Record<string, Record<string, Row[]>>; goals: { wanted: string }[] }
let drawn: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stuntdouble-smoke-'))
  const [json, svg] = [join(folder, 'deep', 'figures.json'), join(folder, 'chart.svg')]
  const command = [bench, '--smoke', '--json', json, '--svg', svg]
  // One that found an error fails, too, and its rows say more than that.
  const ended = await run(process.execPath, command).catch((error) => error)
  expect(ended.stderr).toBe('')
  printed = ended.stdout
  report = JSON.parse(await readFile(json, 'utf8'))
  drawn = await readFile(svg, 'utf8')
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the bench', () => {
  test.each([
    ['full-speed', 'rows', ['repliesPerSecond', 'cpuMicrosPerReply', 'clientBusy', 'speedRatio']],
    ['full-speed', 'cold', ['replies', 'cpuMicrosPerReply', 'cpuRatio']],
    ['ttft', 'rows', ['p50Ms', 'p99Ms', 'addedP99Ms']],
    [
      'paced',
      'rows',
      ['clientLagMs', 'firstLagMs', 'ownLagMs', 'lengthOver', 'cpuMicrosPerFrame', 'cpuRatio'],
    ],
    ['taping', 'chunks', ['p50Micros', 'p99Micros', 'addedP99Micros']],
    ['start-up', 'rows', ['medianMs', 'ratio']],
    ['replay', 'rows', ['megabytesPerSecond', 'speedRatio']],
  ])('measures %s, %s, without an error and leaves no figure open', (part, list, keys) => {
    const rows = report.parts[part]?.[list] ?? []
    expect(rows.length).toBeGreaterThan(1)
    for (const row of rows) {
      expect(row).toMatchObject({ errors: 0, reasons: [] })
      for (const key of keys) expect(JSON.stringify({ [key]: row[key] })).toMatch(/^(?!.*null).*\d/)
    }
  })

  test('knows how late stuntdouble and the floors say that they wrote', () => {
    const rows = report.parts['paced']?.['rows'] ?? []
    const told = { p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) }
    for (const row of rows) expect(row).toMatchObject({ serverLagMs: told })
  })

  test('asks stuntdouble also what it was never asked before', () => {
    const servers = report.parts['full-speed']?.['rows']?.map(({ server }) => server)
    expect(servers).toContain('stuntdouble-new')
  })

  test('prints a table for each part, and holds no goal against tiny figures', () => {
    for (const title of [
      'Full speed',
      'Cold',
      'Time to',
      'Paced',
      'Memory',
      'Taping proxy',
      'Start-up',
    ]) {
      expect(printed).toContain(title)
    }
    expect(report.goals.map(({ wanted }) => wanted)).toContain('at most 1 ms')
    expect(printed).not.toContain('reached')
  })

  test('draws what it measured', () => {
    expect(drawn).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
    expect(drawn.match(/class="ours"/g)?.length).toBeGreaterThan(2)
    expect(drawn).not.toMatch(/NaN|undefined/)
  })

  test('refuses a part that it does not know, and names those it does', async () => {
    const refused = run(process.execPath, [bench, '--parts', 'fast'])
    await expect(refused).rejects.toThrow(/no "fast"; there are full-speed, ttft, paced/)
  })
})
