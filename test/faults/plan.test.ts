/** Plans: what is drawn, what is written, and which request gets what. */
import { describe, expect, test } from 'vitest'
import { formatMistake } from '../../src/core/errors.ts'
import { entryFor, planSchema } from '../../src/faults/plan.ts'
import { drawPlan, type PlanDrawing } from '../../src/faults/plan-draw.ts'
import { faultKinds } from '../../src/faults/registry.ts'
import { faultText } from '../../src/faults/written.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { parsePlan, planYaml } from '../../src/scenario/load-plan.ts'
import { seededRandom } from '../../src/time/random.ts'

const draw = (seed: number, drawing: PlanDrawing) => drawPlan(drawing, seededRandom(`${seed}`))

const texts = (plan: ReturnType<typeof draw>): string[] =>
  plan.requests.map((one) => faultText(one))

describe('a plan', () => {
  test.each([
    ['clean', ['a', 'b', 'c', undefined, undefined, undefined, undefined]],
    ['repeat-last', ['a', 'b', 'c', 'c', 'c', 'c', 'c']],
    ['loop', ['a', 'b', 'c', 'a', 'b', 'c', 'a']],
  ])('after: %s says what comes after the last', (after, expected) => {
    const requests = ['a', 'b', 'c'].map((comment) => ({ inject: { at: { frame: 0 }, comment } }))
    const plan = planSchema.parse({ after, requests })
    const got = expected.map((_, at) => {
      const found = entryFor(plan, at + 1)
      return found && ['a', 'b', 'c'][found.entry - 1]
    })
    expect(got).toEqual(expected)
  })

  test('is written as a list, too, of single faults, lists of them, or clean', () => {
    const plan = planSchema.parse(['refuse', ['refuse', 'delay=20'], 'reset; at=frame:1', 'clean'])
    expect(plan.requests.map((one) => one.map(({ kind }) => kind))).toEqual([
      ['refuse'],
      ['refuse', 'delay'],
      ['reset'],
      [],
    ])
    expect(plan.after).toBe('clean')
  })

  test.each<[string, string]>([
    [
      'requests: 7',
      'p.yaml:1:11: requests must be a list: what the first request gets, what the second, …',
    ],
    ['requests: []', 'p.yaml:1:11: requests must have one entry at least'],
    [
      'request: [refuse]\nrequests: [refuse]',
      'p.yaml:1:1: unknown key "request"; did you mean "requests"?',
    ],
    ['requests:\n  - clean\n  - rset', 'p.yaml:3:5: unknown fault "rset"; did you mean "reset"?'],
    [
      'requests:\n  - - refuse\n    - reset: { at: { fram: 4 } }',
      'p.yaml:3:20: unknown place "fram"; did you mean "frame"?',
    ],
    [
      'after: loop\nrequests:\n  - refuse\nrequest:\n  - refuse',
      'p.yaml:4:1: unknown key "request"; did you mean "requests"?',
    ],
    [
      'requests:\n  - refuse\n  - []',
      'p.yaml:3:5: an empty list is no fault; write `clean` for a request that is left as it is',
    ],
    [
      'requests:\n  - reset; at=fram:1',
      'p.yaml:2:5: reset.at: unknown place "fram"; did you mean "frame"?',
    ],
    [
      'requests:\n  - refuse, delay=1s',
      'p.yaml:2:5: 2 faults stand in one item; write a list with an item for each',
    ],
    [
      'requests:\n  - refuse:\n      by: reset\n      bye: reset',
      'p.yaml:4:7: unknown key "bye"; did you mean "by"?',
    ],
    ['after: never\nrequests: [refuse]', 'p.yaml:1:8: after must be clean, repeat-last, loop'],
    ['refuse', 'p.yaml:1:1: a plan is a mapping with `requests`, or a list of what they get'],
  ])('says where it is wrong: %j', (text, mistake) => {
    expect(parsePlan(text, 'p.yaml').mistakes.map(formatMistake)).toEqual([mistake])
  })

  test('tells its mistakes in the order of the file', () => {
    const text = 'reqest: 1\nafter: never\nrequests:\n  - rset\nnaem: x\n'
    const lines = parsePlan(text, 'p.yaml').mistakes.map(({ line }) => line)
    expect(lines).toEqual([...lines].sort((a, b) => a - b))
    expect(new Set(lines)).toEqual(new Set([1, 2, 4]))
  })

  test.each([
    ['after: loop', '"requests" is missing|requests must be a list'],
    ['- rset\n- refuse', 'unknown fault "rset"'],
  ])('is known for one in a file where it is wrong: %j', async (text, told) => {
    const { isPlan, mistakes } = await parseScenario(text, 'p.yaml')
    expect(isPlan).toBe(true)
    expect(mistakes.map(formatMistake).join('\n')).toMatch(new RegExp(told))
  })
})

describe('a drawn plan', () => {
  test('is the same for the same seed, and another for another', () => {
    const drawing = { requests: 30 }
    expect(draw(9, drawing)).toEqual(draw(9, drawing))
    expect(texts(draw(9, drawing))).not.toEqual(texts(draw(10, drawing)))
  })

  test('keeps what it drew for the first requests when more are asked for', () => {
    expect(texts(draw(9, { requests: 30 })).slice(0, 10)).toEqual(texts(draw(9, { requests: 10 })))
  })

  test.each([
    { requests: 40, often: 1 },
    { requests: 40, profile: 'flaky-mobile', often: 1, kinds: ['drop'] },
    {
      requests: 40,
      often: 1,
      kinds: faultKinds.map(({ name }) => name),
      bytes: { low: 0, high: 99 },
    },
  ])('is read back from its YAML as it was: %j', (drawing) => {
    const plan = draw(3, { ...drawing, name: 'a: name', after: 'loop' })
    const read = parsePlan(planYaml(plan, 'one line\nand another'), 'plan.yaml')
    expect(read.mistakes).toEqual([])
    expect(read.plan).toMatchObject({ name: 'a: name', after: 'loop' })
    expect(read.plan?.requests.map((one) => faultText(one))).toEqual(texts(plan))
    expect(read.plan && planYaml(read.plan)).toBe(planYaml(plan))
  })

  test('draws every kind there is, with options that its schema takes', () => {
    for (const { name } of faultKinds) {
      const kinds = draw(1, { requests: 12, often: 1, kinds: [name] }).requests.flat()
      expect(kinds.map(({ kind }) => kind)).toEqual(Array(12).fill(name))
    }
  })

  test('leaves nothing to chance but seeds', () => {
    const all = { requests: 200, often: 1, kinds: faultKinds.map(({ name }) => name) }
    const drawn = [
      ...draw(1, all).requests,
      ...draw(1, { requests: 99, profile: 'satellite' }).requests,
    ]
    for (const spec of drawn.flat()) {
      expect(spec.probability).toBe(1)
      if (['corrupt', 'jitter', 'truncate-json'].includes(spec.kind))
        expect(spec.seed).toBeGreaterThan(0)
    }
  })

  test('keeps to the kinds, places and lengths that it is given', () => {
    const drawing = {
      ...{ requests: 200, often: 1, kinds: ['reset', 'stall'], longestMs: 300 },
      ...{ frames: { low: 3, high: 5 }, bytes: { low: 70, high: 90 } },
    }
    const drawn = draw(4, drawing).requests.flat()
    expect(drawn).toHaveLength(200)
    const places = new Set<string>()
    for (const { kind, options } of drawn) {
      expect(['reset', 'stall']).toContain(kind)
      if (typeof options !== 'object' || options === null || !('at' in options))
        throw new Error(kind)
      places.add(JSON.stringify(options.at))
      if ('for' in options) expect(options.for).toBeLessThanOrEqual(300)
    }
    expect([...places].filter((place) => place.includes('frame')).sort()).toEqual([
      '{"frame":3}',
      '{"frame":4}',
      '{"frame":5}',
    ])
    for (const place of places) expect(place).toMatch(/^\{"(frame":[345]|byte":([78]\d|90))\}$/)
  })

  test('breaks about as many requests as it is told to', () => {
    const broken = (often: number) =>
      draw(5, { requests: 400, often }).requests.filter((one) => one.length > 0).length
    expect([broken(0), broken(1)]).toEqual([0, 400])
    expect(broken(0.25)).toBeGreaterThan(60)
    expect(broken(0.25)).toBeLessThan(140)
  })

  test.each([
    [{ requests: 1, kinds: ['rset'] }, 'unknown fault "rset"; did you mean "reset"?'],
    [
      { requests: 1, profile: 'flaky-mobil' },
      'unknown profile "flaky-mobil"; did you mean "flaky-mobile"?',
    ],
  ])('says what it does not know: %j', (drawing, message) => {
    expect(() => draw(1, drawing)).toThrow(message)
  })
})
