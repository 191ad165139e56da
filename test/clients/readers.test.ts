/**
 * One scenario answers all dialects: the same rules, asked by each vendor's own SDK, and what it
 * makes of them. The coverage table of the README is what passes here.
 */
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { read, root } from '../docs/pages.ts'
import { checks } from './readers/checks.ts'
import { Coverage, tableIn, withTable } from './readers/coverage.ts'
import { readers } from './readers/index.ts'
import { scenarioFor } from './readers/scenario.ts'

// A check asks dozens of times; an SDK that never settles is found out much sooner by itself.
vi.setConfig({ testTimeout: 60_000 })

const finishReasons = new Set(readers.flatMap(({ finishes }) => Object.keys(finishes)))
const scenario = scenarioFor([...finishReasons])
const coverage = new Coverage()

describe.concurrent.each(
  readers.map((reader) => [`${reader.dialect}, as ${reader.sdk} reads it,`, reader] as const),
)('%s', (_, reader) => {
  // A server for each, so that each journal is short; all of them know all dialects.
  let double: Double
  beforeAll(async () => {
    double = await start({ scenarios: [scenario] })
  })
  afterAll(() => double.close())

  const able = checks.filter(({ has }) => has(reader))
  it.each(able.map((check) => [check.title, check] as const))('%s', async (_, { column, run }) => {
    const cell = await run({ reader, double })
    coverage.add(reader.dialect, column, cell ?? '✓')
  })
})

describe('one scenario', () => {
  it.each([
    ['text', 'stop'],
    ['two calls', 'tool-calls'],
  ])('says the same in every dialect: %s', async (user, reason) => {
    await using double = await start({ scenarios: [scenario] })
    const isText = user === 'text'
    const able = readers.filter(({ says }) => isText || says.calls)
    const heard = await Promise.all(
      able.map(async (reader) => {
        const asked = { user, stream: true, tools: !isText }
        const { text, calls, finish } = await reader.ask(double.url(), asked)
        // A format without finish reasons has none to differ in.
        const finished = finish === undefined || finish === reader.finishes[reason]
        return [reader.dialect, { text, calls, finished }] as const
      }),
    )
    const [, first] = heard[0] ?? []
    expect(heard).toEqual(able.map(({ dialect }) => [dialect, first]))
    expect(first?.finished).toBe(true)
  })
})

describe('the coverage table of the README', () => {
  it('is what passed here (UPDATE=1 writes it)', async () => {
    expect(coverage.isWhole, 'a table comes only from a run of all checks that passes').toBe(true)
    const table = await coverage.table()
    const page = read('README.md')
    if (process.env['UPDATE'] === '1') {
      writeFileSync(`${root}README.md`, withTable(page, table))
    }
    expect(tableIn(read('README.md'))).toBe(table)
  })
})
