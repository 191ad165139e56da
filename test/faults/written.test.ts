/** Whatever a scenario can say of a fault, a line of text can say, too, and says the same. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WrittenFault } from '../../src/faults/fault.ts'
import { parseFaultHeader } from '../../src/faults/header.ts'
import { jsonSchemaOf } from '../../src/faults/options.ts'
import { faultProfiles } from '../../src/faults/profiles.ts'
import { faultKinds, faultSchema } from '../../src/faults/registry.ts'
import { faultText, writtenOf } from '../../src/faults/written.ts'
import { anyOfSchema } from './any-of-schema.ts'
import { faults, meanings } from './asked.ts'

const readBack = (text: string) => {
  const read = parseFaultHeader(text)
  if ('problem' in read) throw new Error(`${text}: ${read.problem}`)
  return read.specs
}

const beside = fc.record(
  { probability: fc.double({ min: 0, max: 1, noNaN: true }), seed: fc.nat() },
  { requiredKeys: [] },
)

describe('a fault as text', () => {
  test.each<[WrittenFault, string]>([
    ['refuse', 'refuse'],
    [{ refuse: null }, 'refuse'],
    [{ delay: '300ms' }, 'delay=300ms'],
    [{ delay: '300ms', probability: 0.5 }, 'delay=300ms; probability=0.5'],
    [{ reset: { at: { frame: 4 } } }, 'reset; at=frame:4'],
    [{ close: { at: { event: 'text', nth: 2 } }, seed: 9 }, 'close; at=event:text:2; seed=9'],
    [{ drop: { at: 'random', count: 2 } }, 'drop; at=random; count=2'],
    [
      { inject: { at: { time: '1.2s' }, error: { code: 'overloaded', message: 'No; ¡no!' } } },
      'inject; at=time:1.2s; error.code=overloaded; error.message="No; \\u00a1no!"',
    ],
    [{ inject: { at: { byte: 0 }, comment: '7' } }, 'inject; at=byte:0; comment="7"'],
    [
      { inject: { at: { byte: 0 }, event: { type: 'citation', citation: [1, { a: ',' }] } } },
      'inject; at=byte:0; event.type=citation; event.citation=[1,{"a":","}]',
    ],
  ])('%j is written %s', (written, text) => {
    expect(faultText(written)).toBe(text)
    expect(meanings(readBack(text))).toEqual(meanings(faults(written)))
  })

  test.each(faultKinds)('says all that a scenario can say of $name', (kind) => {
    const options = anyOfSchema(jsonSchemaOf(kind.schema))
    const item = fc
      .record({ options, beside })
      .map((drawn) => ({ [kind.name]: drawn.options, ...drawn.beside }))
      .filter((written) => faultSchema.safeParse(written).success)
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 2 }), (written) => {
        const text = faultText(written)
        expect(text).toMatch(/^[\x20-\x7e]+$/)
        expect(meanings(readBack(text))).toEqual(meanings(faults(...written)))
        expect(faultText(readBack(text))).toBe(text)
      }),
      { numRuns: 25 },
    )
  })

  test.each(faultProfiles)('says all that a scenario can say of $name', ({ name }) => {
    const written = { [name]: { strength: 0.5 }, probability: 0.25, seed: 3 }
    expect(meanings(readBack(faultText(written)))).toEqual(meanings(faults(written)))
  })

  test('keeps what a profile made of a fault’s chance', () => {
    const [spec] = faults({ reset: { at: 'random' }, probability: 0.5 })
    if (!spec) throw new Error('no spec')
    const changed = { ...spec, probability: 0.25, seed: 4 }
    expect(writtenOf(changed)).toEqual({ reset: { at: 'random' }, probability: 0.25, seed: 4 })
  })
})
