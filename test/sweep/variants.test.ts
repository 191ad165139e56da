import { describe, expect, it } from 'vitest'
import { endings } from '../../src/core/timeline.ts'
import { openReply, sweep } from '../../src/index.ts'
import { smallerThan, spread } from '../../src/sweep/spread.ts'
import { variantsOf } from '../../src/sweep/variants.ts'

const scenario = { rules: [{ name: 'hi', reply: [{ text: ['Hi', ' you'] }] }] }
const reply = await openReply({ scenario, dialect: 'chatapi' })
const plans = variantsOf(reply)
const names = plans.map(({ name }) => name)
const bodyBytes = 'data:{"content":"Hi"}\n\ndata:{"content":" you"}\n\ndata:[DONE]\n\n'.length
const frames = 3

describe('the variants of a reply', () => {
  it('have names that are unique, and the same in every run', async () => {
    expect(new Set(names).size).toBe(names.length)
    const others = names.filter((name) => !name.startsWith('split/'))
    await expect(`${others.join('\n')}\n`).toMatchFileSnapshot('variants.golden.txt')
    expect(variantsOf(await openReply({ scenario, dialect: 'chatapi' }))).toEqual(plans)
  })

  it.each(endings)(
    'hold one %s after every frame, each of which lets so many through',
    (ending) => {
      const cuts = plans.filter(({ family }) => family === `cut/${ending}`)
      const expected = Array.from(
        { length: frames + 1 },
        (_, frame) => `cut/${ending}/frame-${frame}`,
      )
      expect(cuts.map(({ name }) => name)).toEqual(expected)
      const counts = [...sweep(reply, { only: [`cut/${ending}`] })].map((variant) => ({
        frames: variant.chunks.length,
        ending: variant.ending,
      }))
      expect(counts).toEqual(expected.map((_, count) => ({ frames: count, ending })))
    },
  )

  it('split the body at every byte where no chunk ends anyway', () => {
    const borders = new Set<number>()
    let whole = 0
    for (const { bytes } of [...sweep(reply, { only: ['clean'] })][0]?.chunks ?? []) {
      whole += bytes.length
      borders.add(whole)
    }
    expect(whole).toBe(bodyBytes)
    const splits = plans.filter(({ family }) => family === 'split').map(({ size }) => size)
    const all = Array.from({ length: bodyBytes - 1 }, (_, at) => at + 1)
    expect(splits).toEqual(all.filter((byte) => !borders.has(byte)))
  })

  it('play the same steps for the same seed, and others for another where chance is drawn', () => {
    const only = ['corrupt', 'truncate-json', 'jitter']
    const told = (seed: number) =>
      [...sweep(reply, { only, seed })].map((one) => [...one.timeline()])
    expect(told(7)).toEqual(told(7))
    expect(told(7)).not.toEqual(told(8))
  })

  it('that harm nobody bring the clean body but for comments', () => {
    const clean = textOf([...sweep(reply, { only: ['clean'] })][0]?.chunks ?? [])
    const only = [
      'split',
      'slice',
      'merge',
      'stall',
      'slow-head',
      'throttle',
      'jitter',
      'heartbeats',
    ]
    for (const variant of sweep(reply, { only })) {
      const text = textOf(variant.chunks).replaceAll(/^:.*\n\n/gm, '')
      expect(text, variant.name).toBe(clean)
      expect(variant.expect, variant.name).toBe('same')
    }
  })

  it('say what is wrong where none is of a name', () => {
    expect(() => variantsOf(reply, { only: ['cut/resett'] })).toThrow(
      'there is no variant "cut/resett"; did you mean "cut/reset"?',
    )
  })

  it('leave out what the format has no form for', async () => {
    const other = variantsOf(await openReply({ scenario, dialect: 'ollama' }))
    const families = new Set(other.map(({ family }) => family))
    expect(families).toContain('truncate-json')
    expect(families).not.toContain('inject/comment')
  })
})

const textOf = (chunks: readonly { bytes: Uint8Array }[]): string =>
  Buffer.concat(chunks.map(({ bytes }) => bytes)).toString('utf8')

describe('a budget', () => {
  it('is spread over all families before any has a second turn', () => {
    const families = new Set(plans.map(({ family }) => family))
    const first = variantsOf(reply, { budget: families.size })
    expect(new Set(first.map(({ family }) => family))).toEqual(families)
    expect(new Set(spread(plans))).toEqual(new Set(plans))
  })

  it('takes first, last and middle of a family before what lies between', () => {
    const splits = spread(plans.filter(({ family }) => family === 'split')).map(({ size }) => size)
    expect(splits.slice(0, 2)).toEqual([1, bodyBytes - 1])
    expect(splits[2]).toBeGreaterThan(bodyBytes / 3)
    expect(splits[2]).toBeLessThan((2 * bodyBytes) / 3)
  })
})

it('what is simpler than a variant is earlier in the same family', () => {
  const plan = plans.find(({ name }) => name === 'cut/close/frame-2')
  const simpler = plan ? smallerThan(plan, plans) : []
  expect(simpler.map(({ name }) => name)).toEqual(['cut/close/frame-0', 'cut/close/frame-1'])
})
