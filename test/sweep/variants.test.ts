import { describe, expect, it } from 'vitest'
import { endings } from '../../src/core/timeline.ts'
import { openReply, StuntdoubleError, sweep } from '../../src/index.ts'
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
    const error = thrownBy(() => variantsOf(reply, { only: ['something-else-entirely'] }))
    expect(error).toMatch(/known are clean, cut\/end, cut\/close, .*http,/)
    expect(error).not.toContain('split/byte')
  })

  it('leave out what the format has no form for', async () => {
    const other = variantsOf(await openReply({ scenario, dialect: 'ollama' }))
    const families = new Set(other.map(({ family }) => family))
    expect(families).toContain('truncate-json')
    expect(families).not.toContain('inject/comment')
  })
})

function thrownBy(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof StuntdoubleError && error.code === 'usage') return error.message
    throw error
  }
  return 'nothing was thrown'
}

/** What plain JavaScript may hand in. */
const any = (value: unknown) => JSON.parse(JSON.stringify(value))

describe('options', () => {
  it.each<[options: unknown, said: string]>([
    [{ budget: 0 }, "budget must be a whole number from 1, or 'all'; not 0"],
    [{ budget: 1.5 }, 'not 1.5'],
    [{ budget: '5' }, 'not "5"'],
    [{ only: [] }, 'only is empty, and chooses nothing'],
    [
      { only: 'cut' },
      "only must be a list of names such as ['cut/reset', 'http/500'], not \"cut\"",
    ],
    [{ only: [7] }, 'there is 7 in it'],
    [{ ony: ['cut'] }, 'there is no "ony"; did you mean "only"?'],
    [{ seed: -1 }, 'seed must be a whole number from 0, not -1'],
    [{ seed: 'x' }, 'not "x"'],
    [{ silence: 'long' }, 'silence must be a duration such as 250ms, 1.5s or 2m, not "long"'],
    [{ retryAfter: '0s' }, 'retryAfter must be a duration'],
    [[], 'its options must be an object, not an empty list'],
  ])('such as %j are refused at once', (options, said) => {
    expect(thrownBy(() => sweep(reply, any(options)))).toContain(said)
  })

  it('choose by names, beginnings and patterns alike', () => {
    const namesOf = (only: string[]) => variantsOf(reply, { only }).map(({ name }) => name)
    expect(namesOf(['cut/reset/*'])).toEqual(namesOf(['cut/reset']))
    expect(namesOf(['cut/reset/frame-1', 'http/500'])).toEqual(['cut/reset/frame-1', 'http/500'])
    expect(namesOf(['cut/*/frame-1'])).toHaveLength(endings.length)
    expect(variantsOf(reply, { budget: 'all' })).toEqual(plans)
  })
})

it.each<[source: unknown, said: string]>([
  [{}, 'nothing says what is swept; give { scenario }, { recording }, or { timeline, dialect }'],
  [null, 'must be an object, not null'],
  [{ timeline: [] }, 'a timeline needs a dialect'],
  [{ scenario, recording: 'a.jsonl' }, 'scenario and recording are given'],
  [{ scenaro: scenario }, 'there is no "scenaro"; did you mean "scenario"?'],
  [{ recording: 'a.jsonl', rule: 'hi' }, 'rule says nothing of a recording'],
  [{ scenario, seed: 'x' }, 'seed must be a whole number from 0'],
])('a reply from %j is refused', async (source, said) => {
  const opened = openReply(any(source))
  await expect(opened).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(said),
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
