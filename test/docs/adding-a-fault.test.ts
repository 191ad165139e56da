import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { withFaults } from '../../src/faults/apply.ts'
import type { Fault } from '../../src/faults/fault.ts'
import { faultKinds } from '../../src/faults/registry.ts'
import { seededRandom } from '../../src/time/random.ts'
import { bodyOf, contextFor, faults, shown, textSteps } from '../faults/toy-stream.ts'
import { lossy } from './lossy.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

const page = read('../../docs/adding-a-fault.md')

const steps = textSteps(...Array.from({ length: 100 }, (_, i) => String(i)))

const run = (fault: Fault): typeof steps => [
  ...steps.flatMap((step) => fault.push(step)),
  ...fault.end(),
]

function lossyAt(at: unknown, seed: string): Fault {
  const options = lossy.schema.parse({ at })
  return lossy.create(options, contextFor(steps, { random: seededRandom(seed) }))
}

describe('the tutorial on adding a fault', () => {
  test('ends in the code that is tested here', () => {
    const code = read('./lossy.ts')
      .replaceAll("'../../src/faults/", "'./")
      .replaceAll("'../../src/core/", "'../core/")
    expect(page).toContain(`\`\`\`ts\n${code}\`\`\``)
  })

  test('names the files and the places that exist', () => {
    const paths = [...page.matchAll(/`((?:src|test)\/[\w/.-]+\.ts)`/g)].map(([, path]) => path)
    expect(new Set(paths)).toEqual(
      new Set([
        ...['src/faults/registry.ts', 'src/faults/lossy.ts', 'test/faults/toy-stream.ts'],
        ...['test/faults/every-kind.test.ts', 'test/faults/laws.test.ts'],
      ]),
    )
    for (const at of ['{ frame: 4 }', '{ byte: 100 }', '{ token: 10 }']) expect(page).toContain(at)
    expect(faultKinds.map((kind) => kind.name)).not.toContain('lossy')
  })

  test('gives a fault that loses about half of the chunks from its place on', () => {
    const out = run(lossyAt({ frame: 40 }, '9'))
    const start = bodyOf(steps.slice(0, 41))
    expect(bodyOf(out).subarray(0, start.length)).toEqual(start)
    expect(out.length).toBeGreaterThan(41 + 15)
    expect(out.length).toBeLessThan(41 + 45)
    expect(out.at(-1)?.do).toBe('end')
  })

  test('gives a fault that loses the same chunks for the same seed', () => {
    expect(shown(run(lossyAt('random', '9')))).toEqual(shown(run(lossyAt('random', '9'))))
    expect(shown(run(lossyAt({ byte: 0 }, '9')))).not.toEqual(shown(run(lossyAt({ byte: 0 }, '8'))))
  })

  test('begins with a fault that does nothing', () => {
    const nothing: Fault = { push: (step) => [step], end: () => [] }
    expect(run(nothing)).toEqual(steps)
    expect(page).toContain(
      'const nothing: Fault = {\n  push: (step) => [step],\n  end: () => [],\n}',
    )
    expect([...withFaults(steps, faults(), contextFor(steps))]).toEqual(steps)
  })
})
