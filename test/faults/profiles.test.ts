/** Profiles are plain data, so whatever can be wrong with them is found here. */
import { describe, expect, test } from 'vitest'
import { withFaults } from '../../src/faults/apply.ts'
import { expandProfiles } from '../../src/faults/expand.ts'
import { faultProfiles } from '../../src/faults/profiles.ts'
import { faultKinds } from '../../src/faults/registry.ts'
import { seededRandom } from '../../src/time/random.ts'
import { faults, meanings } from './asked.ts'
import { contextFor, shown, textSteps } from './toy-stream.ts'

const steps = textSteps(...'abcdefgh')

const played = (written: unknown, seed: number): string[] => {
  const random = seededRandom(`${seed}`)
  const seeded = (own: number) => seededRandom(`${own}/faults`)
  return shown(withFaults(steps, faults(written), contextFor(steps, { random, seeded })))
}

const seeds = Array.from({ length: 30 }, (_, seed) => seed)

describe.each(faultProfiles)('the profile $name', ({ name, summary, source, faults: members }) => {
  test('is made of faults, and says what it does and where its figures come from', () => {
    expect(meanings(expandProfiles(faults(name)))).toEqual(meanings(faults(...members)))
    for (const text of [summary, source]) expect(text).toMatch(/^[A-Z0-9].{20,}\.$/s)
  })

  test('is no kind of fault, and has no place that live traffic cannot find', () => {
    expect(faultKinds.map((kind) => kind.name)).not.toContain(name)
    expect(JSON.stringify(members)).not.toMatch(/random|fraction/)
  })

  test('does the same for the same seed, whatever the request’s own', () => {
    const [one, two] = seeds.map((seed) => played({ [name]: {}, seed: 7 }, seed))
    expect(one).toEqual(two)
  })

  test('does nothing at strength 0, and nothing at probability 0', () => {
    expect(played({ [name]: { strength: 0 } }, 1)).toEqual(shown(steps))
    expect(played({ [name]: {}, probability: 0 }, 1)).toEqual(shown(steps))
  })
})

test('a profile acts as the list of its faults would', () => {
  const written = faultProfiles.find(({ name }) => name === 'flaky-mobile')?.faults ?? []
  for (const seed of seeds) {
    const random = seededRandom(`${seed}`)
    const asList = withFaults(steps, faults(...written), contextFor(steps, { random }))
    expect(played('flaky-mobile', seed)).toEqual(shown(asList))
  }
})

test('the strength multiplies every chance, up to 1', () => {
  const [error, delay] = expandProfiles(faults({ overloaded: { strength: 2 } }))
  expect([error?.probability, delay?.probability]).toEqual([0.66, 1])
})

test('a profile breaks some of the requests and not others', () => {
  const different = new Set(seeds.map((seed) => played('overloaded', seed).join('\n')))
  expect(different.size).toBeGreaterThan(3)
})
