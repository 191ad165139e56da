/** What stands in the bundle for packages that are loaded when something of them is asked for. */

import { describe, expect, it } from 'vitest'
import { z } from 'zod'
// @ts-expect-error: a script without types
import * as script from '../../.ci/when-asked.mjs'

const zodWhenAsked: (load: () => typeof z) => typeof z = script.zodWhenAsked
const whenAsked: <T>(load: () => Record<string, T>, name: string) => T = script.whenAsked

/** Ways to write a schema that ours are written in, with something right for each and wrong. */
const written: readonly [name: string, write: (with_: typeof z) => z.ZodType, values: unknown[]][] =
  [
    ['a text with rules', (z) => z.string().min(2).regex(/^a/).describe('a text'), ['ab', 'a', 3]],
    ['a number with a default', (z) => z.number().min(0).default(4), [undefined, 1, -1]],
    [
      'a mapping of others',
      (z) => z.strictObject({ a: z.array(z.int()), b: z.string().optional() }),
      [{ a: [1] }, { a: [1.5] }, { a: [], c: 1 }],
    ],
    [
      'a mapping that is changed',
      (z) => z.strictObject({ a: z.null() }).partial().extend({ b: z.boolean() }),
      [{ b: true }, { a: 1, b: true }, {}],
    ],
    [
      'a mapping that holds itself',
      (z) => {
        const tree = z.looseObject({
          get inner(): z.ZodType {
            return z.array(tree).optional()
          },
        })
        return tree
      },
      [{ inner: [{ inner: [] }] }, { inner: [{ inner: 3 }] }],
    ],
    [
      'one that is only named',
      (z) => {
        const list: z.ZodType = z.union([z.string(), z.lazy(() => z.array(list))])
        return list
      },
      [[['a']], [[1]]],
    ],
    [
      'a choice by a tag',
      (z) =>
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('a'), size: z.number() }),
          z.object({ kind: z.enum(['b', 'c']) }),
        ]),
      [{ kind: 'a', size: 1 }, { kind: 'b' }, { kind: 'd' }],
    ],
    [
      'one that is used twice',
      (z) => {
        const name = z.string().meta({ id: 'name' })
        return z.record(name, z.union([name, z.null()]))
      },
      [{ a: 'b' }, { a: 1 }],
    ],
  ]

describe('a schema that is written with the stand-in for zod', () => {
  it.each(written)('says what it says with zod: %s', (_, write, values) => {
    const late = zodWhenAsked(() => z)
    const real = write(z)
    const stood = write(late)
    expect(late.toJSONSchema(stood, { io: 'input' })).toEqual(z.toJSONSchema(real, { io: 'input' }))
    for (const value of values) {
      const { data, error } = stood.safeParse(value)
      const expected = real.safeParse(value)
      expect(data).toEqual(expected.data)
      expect(error?.issues).toEqual(expected.error?.issues)
    }
  })

  it.each(written)('does not load zod before it is asked something: %s', (_, write, [value]) => {
    let loads = 0
    const lateZod = zodWhenAsked(() => {
      loads += 1
      return z
    })
    const schema = write(lateZod).describe('written down')
    expect(loads).toBe(0)
    expect(schema.safeParse(value).success).toBe(true)
    expect(loads).toBe(1)
  })

  it('is of the kind that zod would say', () => {
    const late = zodWhenAsked(() => z)
    const schema = late.object({ a: late.string() })
    expect(schema).toBeInstanceOf(z.ZodObject)
    expect(schema).not.toBeInstanceOf(z.ZodArray)
    expect(schema.shape.a).toBeInstanceOf(z.ZodString)
  })

  it('is the one of which something was said in a registry', () => {
    const late = zodWhenAsked(() => z)
    const known = late.registry<{ words: string }>()
    const inner = late.string()
    known.add(inner, { words: 'a text' })
    const outer = late.object({ inner })
    expect(known.get(outer.shape.inner)).toEqual({ words: 'a text' })
    expect(known.get(inner)).toEqual({ words: 'a text' })
  })
})

describe('what stands for an export', () => {
  class Box {
    static readonly size = 3
    readonly held: string
    constructor(held: string) {
      this.held = held
    }
  }
  const twice = (value: number): number => value * 2

  it('is loaded when it is first used, and then is as the export itself', () => {
    let loads = 0
    const load = (): Record<string, typeof Box> => {
      loads += 1
      return { Box }
    }
    const Late = whenAsked(load, 'Box')
    expect(loads).toBe(0)
    const box = new Late('something')
    expect(box.held).toBe('something')
    expect(box).toBeInstanceOf(Box)
    expect(box).toBeInstanceOf(Late)
    expect(Late.size).toBe(3)
    expect(whenAsked(() => ({ twice }), 'twice')(4)).toBe(8)
  })
})
