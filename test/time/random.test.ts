import { describe, expect, it } from 'vitest'
import { alphanumeric, hex, integer, type Random, uuid } from '../../src/core/random.ts'
import { seededRandom } from '../../src/time/random.ts'

const draw = (random: Random, count = 5): number[] =>
  Array.from({ length: count }, () => random.next())

describe('seededRandom', () => {
  it('gives the same numbers for the same name, and others for another', () => {
    expect(draw(seededRandom('7/demo'))).toEqual(draw(seededRandom('7/demo')))
    expect(draw(seededRandom('7/demo'))).not.toEqual(draw(seededRandom('8/demo')))
  })

  it('gives these numbers on every machine', () => {
    expect(draw(seededRandom('1/demo'), 3)).toMatchInlineSnapshot(`
      [
        0.11457093735225499,
        0.052804592764005065,
        0.6337121764663607,
      ]
    `)
  })

  it('gives numbers from 0 to below 1, evenly', () => {
    const numbers = draw(seededRandom('even'), 20_000)
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = numbers.filter((x) => Math.floor(x * 10) === tenth).length
      expect(Math.abs(count - 2000)).toBeLessThan(200)
    }
  })

  it('forks sources that neither order nor other draws disturb', () => {
    const [one, two] = [seededRandom('seed'), seededRandom('seed')]
    const oneFirst = draw(one.fork('a'))
    draw(two, 3)
    const disturbed = two.fork('b')
    draw(disturbed, 4)
    expect(draw(two.fork('a'))).toEqual(oneFirst)
    expect(draw(one.fork('b'))).toEqual(draw(seededRandom('seed').fork('b')))
    expect(draw(one.fork('a').fork('b'))).not.toEqual(draw(one.fork('b').fork('a')))
  })
})

describe('what is drawn from a source', () => {
  it('stays between its borders and reaches both', () => {
    const random = seededRandom('integers')
    const seen = new Set(Array.from({ length: 500 }, () => integer(random, 3, 6)))
    expect([...seen].sort()).toEqual([3, 4, 5, 6])
  })

  it.each([
    ['letters and digits', (random: Random) => alphanumeric(random, 29), /^[A-Za-z0-9]{29}$/],
    ['hexadecimal digits', (random: Random) => hex(random, 32), /^[0-9a-f]{32}$/],
    [
      'a UUID of version 4',
      uuid,
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ],
  ])('has the form of %s', (_, make, form) => {
    const random = seededRandom('forms')
    const made = Array.from({ length: 50 }, () => make(random))
    for (const text of made) expect(text).toMatch(form)
    expect(new Set(made).size).toBe(50)
  })
})
