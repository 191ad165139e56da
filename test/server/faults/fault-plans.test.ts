/** Plans as clients meet them: which request gets what, and the same bytes again from the YAML. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { drawPlan } from '../../../src/faults/plan-draw.ts'
import { writtenOf } from '../../../src/faults/written.ts'
import { start } from '../../../src/index.ts'
import { planYaml } from '../../../src/scenario/load-plan.ts'
import { seededRandom } from '../../../src/time/random.ts'
import { askRaw } from '../../support/ask.ts'

const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-plans-'))
afterAll(() => rmSync(folder, { recursive: true }))

const cutAt = (frame: number) => ({ reset: { at: { frame } } })
const rule = { reply: [{ text: ['one ', 'two ', 'three ', 'four '] }] }

const framesOf = (reply: { body: string }): number => reply.body.split('\n\n').length - 1
const whole = 7

interface Asked {
  readonly content?: string
  readonly session?: string
}

const ask = async (double: { port: number }, { content = 'hi', session }: Asked = {}) =>
  framesOf(await askRaw(double, content, session ? { 'x-stuntdouble-session': session } : {}))

const askOften = async (double: { port: number }, times: number, asked?: Asked) => {
  const frames: number[] = []
  for (let at = 0; at < times; at++) frames.push(await ask(double, asked))
  return frames
}

describe('a plan of the server', () => {
  it('gives the nth request of a session its nth entry, and then leaves it alone', async () => {
    const plan = { requests: [cutAt(1), 'clean', [{ delay: 1 }, cutAt(3)]] }
    await using double = await start({ scenarios: [{ rules: [rule] }], plan })
    expect(await askOften(double, 5, { session: 'a' })).toEqual([1, whole, 3, whole, whole])
    expect(await askOften(double, 2, { session: 'b' })).toEqual([1, whole])
    expect(
      double.journal.map(({ faults }) =>
        faults.map(({ kind, from, entry }) => [kind, from, entry]),
      ),
    ).toEqual([
      [['reset', 'server', 1]],
      [],
      [
        ['delay', 'server', 3],
        ['reset', 'server', 3],
      ],
      [],
      [],
      [['reset', 'server', 1]],
      [],
    ])
    double.reset('a')
    expect(await askOften(double, 1, { session: 'a' })).toEqual([1])
    expect(await askOften(double, 1, { session: 'b' })).toEqual([3])
  })

  it('does not count what is no answer: lists of models, misses, the control API', async () => {
    const scenarios = [{ rules: [{ ...rule, when: { user: 'hi' } }] }]
    await using double = await start({ scenarios, plan: { requests: [cutAt(2), cutAt(4)] } })
    for (const path of ['/v1/models', '/_stuntdouble/health', '/nothing']) {
      expect((await fetch(double.url(path))).ok).toBe(path !== '/nothing')
    }
    await askRaw(double, 'nobody answers this')
    expect(await askOften(double, 3)).toEqual([2, 4, whole])
  })
})

describe('a plan in a scenario', () => {
  it('counts the answers of its rule, or of all rules, and stands beside other faults', async () => {
    const rules = [
      {
        name: 'a',
        when: { user: 'a' },
        ...rule,
        plan: { after: 'loop', requests: [cutAt(1), 'clean'] },
      },
      { name: 'b', when: { user: 'b' }, ...rule, plan: [cutAt(5)] },
    ]
    const scenarios = [
      { rules, plan: { after: 'repeat-last', requests: ['clean', 'clean', cutAt(4)] } },
    ]
    await using double = await start({ scenarios })
    const contents = ['a', 'b', 'a', 'a', 'b']
    const frames: number[] = []
    for (const content of contents) frames.push(await ask(double, { content }))
    expect(frames).toEqual([1, 5, 4, 1, 4])
  })

  it('is read from a file beside it, whose mistakes are told where they stand', async () => {
    const scenario = join(folder, 'scenario.yaml')
    writeFileSync(scenario, 'rules:\n  - reply: Hello there\n    plan: ./cuts.yaml\n')
    writeFileSync(join(folder, 'cuts.yaml'), 'requests:\n  - reset: { at: { frame: 2 } }\n')
    await using double = await start({ scenarios: [scenario] })
    expect(await ask(double)).toBe(2)
    writeFileSync(join(folder, 'cuts.yaml'), 'requests:\n  - rset: { at: { frame: 2 } }\n')
    await expect(start({ scenarios: [scenario] })).rejects.toThrow(
      `${join(folder, 'cuts.yaml')}:2:5: unknown fault "rset"; did you mean "reset"?`,
    )
    writeFileSync(scenario, 'rules:\n  - reply: Hello there\n    plan: ./none.yaml\n')
    await expect(start({ scenarios: [scenario] })).rejects.toThrow(
      /scenario.yaml:3:11: there is no plan at .*none.yaml/,
    )
  })

  it('is skipped in a folder of scenarios, and refused as a scenario', async () => {
    const plans = mkdtempSync(join(folder, 'both-'))
    writeFileSync(join(plans, 'plan.yaml'), 'requests: [refuse]\n')
    writeFileSync(join(plans, 'scenario.yaml'), 'rules: [{ reply: Hello }]\n')
    await using double = await start({ scenarios: [plans] })
    expect(double.stage.scenarios.map(({ name }) => name)).toEqual(['scenario'])
    await expect(start({ scenarios: [join(plans, 'plan.yaml')] })).rejects.toThrow(
      /plan.yaml:1:1: this is a plan of faults and plays nothing; give it by --plan/,
    )
  })
})

describe('a plan in a file that is watched', () => {
  it('stays as it was after a bad edit, and each mistake is a line of the log', async () => {
    const file = join(folder, 'watched.yaml')
    writeFileSync(file, 'requests:\n  - refuse\n')
    const lines: string[] = []
    let told = (): void => {}
    const heard = new Promise<void>((resolve) => {
      told = resolve
    })
    const ignore = (): void => {}
    const error = (_: object, line: string): void => {
      lines.push(line)
      if (lines.length === 3) told()
    }
    const log = { debug: ignore, info: ignore, warn: ignore, error }
    await using double = await start({
      scenarios: [{ rules: [rule] }],
      plan: file,
      watch: true,
      log,
    })
    writeFileSync(file, 'requests:\n  - rset\n  - []\n')
    await heard
    expect(lines).toEqual([
      'the edit is not used, the last good version stays: 2 mistakes:',
      `${file}:2:5: unknown fault "rset"; did you mean "reset"?`,
      `${file}:3:5: an empty list is no fault; write \`clean\` for a request that is left as it is`,
    ])
    expect(double.stage.plan?.requests).toHaveLength(1)
  })
})

describe('a drawn plan', () => {
  it('gives the same bytes and endings again from its YAML', async () => {
    const kinds = [
      'reset',
      'close',
      'end',
      'slice',
      'duplicate',
      'drop',
      'corrupt',
      'refuse',
      'error',
    ]
    const drawing = { requests: 24, often: 0.9, kinds, frames: { low: 0, high: 6 } }
    const plan = drawPlan(drawing, seededRandom('9/plan'))
    const file = join(folder, 'drawn.yaml')
    writeFileSync(file, planYaml(plan))
    const seen: string[][] = []
    const requests = plan.requests.map((faults) =>
      faults.length === 0 ? 'clean' : faults.map(writtenOf),
    )
    for (const one of [{ requests }, file]) {
      await using double = await start({ scenarios: [{ rules: [rule] }], plan: one })
      const replies: string[] = []
      for (let at = 0; at < drawing.requests; at++) {
        const { status, chunks, socket, complete } = await askRaw(double, 'hi')
        const bytes = chunks.map((chunk) => chunk.toString('latin1'))
        replies.push(JSON.stringify({ status, bytes, socket, complete }))
      }
      seen.push(replies)
    }
    expect(new Set(seen[0]).size).toBeGreaterThan(12)
    expect(seen[1]).toEqual(seen[0])
  })
})
