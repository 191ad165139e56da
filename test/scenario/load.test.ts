import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatMistake } from '../../src/core/errors.ts'
import { loadScenarios, parseScenario } from '../../src/scenario/load.ts'
import { malformed } from './malformed.ts'
import { scenarioFrom } from './parse.ts'

const mistakesIn = async (text: string): Promise<string[]> =>
  (await parseScenario(text, 'bad.yaml')).mistakes.map(formatMistake)

for (const [group, rows] of Object.entries(malformed)) {
  describe(`a scenario with a mistake in its ${group}`, () => {
    it.each(rows)('is told once, at $at: $says', async ({ text, at, says }) => {
      const mistakes = await mistakesIn(text)
      expect(mistakes).toEqual([expect.stringContaining(`bad.yaml:${at}: `)])
      expect(mistakes[0]).toContain(says)
    })
  })
}

describe('parseScenario', () => {
  it('reports every mistake of a file, in the order of the lines', async () => {
    const text = [
      'sede: 1',
      'pacing: gpt-5o',
      'rules:',
      '  - name: a',
      "    when: { user: { matches: '(' } }",
      "    reply: '{{ usr }}'",
      '  - name: b',
      '    reply: { txt: hi }',
      '    times: -1',
    ].join('\n')
    expect(await mistakesIn(text)).toEqual([
      'bad.yaml:1:1: unknown key "sede"; did you mean "seed"?',
      'bad.yaml:2:9: unknown value "gpt-5o"; did you mean "gpt-4o"?',
      'bad.yaml:5:30: not a regular expression: unterminated group',
      'bad.yaml:6:16: unknown variable "usr"; did you mean "user"?',
      'bad.yaml:8:14: unknown key "txt"; did you mean "text"?',
      'bad.yaml:9:12: expected a number of at least 1, found -1',
    ])
  })

  it('finds a mistake behind an alias where the anchor stands', async () => {
    const text = 'rules:\n  - times: 1\n    reply: &r { txt: hi }\n  - reply: *r\n'
    expect(await mistakesIn(text)).toEqual([
      'bad.yaml:3:17: unknown key "txt"; did you mean "text"?',
    ])
  })

  it('lets one rule borrow from another by a merge key', async () => {
    const text = 'rules:\n  - &r { times: 1, reply: hi }\n  - { <<: *r, name: again }\n'
    expect((await scenarioFrom(text)).rules.map(({ times }) => times)).toEqual([1, 1])
  })

  it('refuses aliases that multiply without bound', async () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (const [name, from] of ['ba', 'cb', 'dc', 'ed', 'fe']) {
      lines.push(`${name}: &${name} [${Array(10).fill(`*${from}`).join(', ')}]`)
    }
    expect(await mistakesIn(lines.join('\n'))).toEqual([expect.stringContaining('alias')])
  })

  it('never throws, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.json(), async (text, json) => {
        await parseScenario(text, 'any.yaml')
        await parseScenario(json, 'any.yaml')
        await parseScenario(`rules: [{ reply: ${json} }]`, 'any.yaml')
      }),
      { numRuns: 60 },
    )
  })

  it('has a default for everything but the rules', async () => {
    const scenario = await scenarioFrom('rules: [{ reply: hi }]', 'some/where/desk.yaml')
    expect(scenario).toMatchObject({
      name: 'desk',
      seed: 1,
      now: Date.UTC(2026, 0, 1),
      pacing: { head: { fixed: 0 }, ttft: { fixed: 0 }, itl: { fixed: 0 } },
      dialects: [],
      auth: undefined,
      models: undefined,
    })
    expect(scenario.rules).toMatchObject([
      { name: 'rule 1', index: 0, line: 1, times: undefined, state: undefined, faults: [] },
    ])
  })

  it('keeps what it is told', async () => {
    const scenario = await scenarioFrom(
      [
        'name: desk',
        'seed: 7',
        'now: 2026-03-01T12:00:00+01:00',
        'models: [gpt-4o]',
        'auth: { keys: [abc, { key: def, models: [gpt-4o] }] }',
        'dialects: [openai-chat]',
        'rules:',
        '  - name: first',
        '    times: 2',
        '    state: { from: start, to: asked }',
        '    reply: hi',
        '    faults: [{ reset: { at: { frame: 4 } }, probability: 0.25 }, refuse]',
        '  - reply: ho',
      ].join('\n'),
    )
    expect(scenario).toMatchObject({
      name: 'desk',
      seed: 7,
      now: Date.UTC(2026, 2, 1, 11),
      models: ['gpt-4o'],
      auth: { keys: [{ key: 'abc' }, { key: 'def', models: ['gpt-4o'] }] },
      dialects: [{ kind: 'known', name: 'openai-chat' }],
    })
    expect(scenario.rules[0]).toMatchObject({
      name: 'first',
      line: 8,
      times: 2,
      state: { from: ['start'], to: 'asked' },
      faults: [
        { kind: 'reset', probability: 0.25 },
        { kind: 'refuse', probability: 1 },
      ],
    })
    expect(scenario.rules[1]).toMatchObject({ name: 'rule 2', line: 13 })
  })

  it('reads `now: real`', async () => {
    expect((await scenarioFrom('now: real\nrules: [{ reply: hi }]')).now).toBe('real')
  })

  it('accepts a rule with a path after one that answers everything', async () => {
    const text = 'rules: [{ reply: hi }, { when: { path: /health }, reply: ok }]'
    expect((await scenarioFrom(text)).rules).toHaveLength(2)
  })
})

describe('dialects in a scenario', () => {
  const minimal = [
    'name: tiny',
    'routes: [{ path: /tiny }]',
    'request: { body: { prompt: { type: string, required: true, is: prompt } } }',
    "stream: { frames: { text: { data: { t: '{{ text }}' } } } }",
  ]

  it('can be described in the scenario itself and named in `when`', async () => {
    const scenario = await scenarioFrom(
      [
        'dialects:',
        `  - ${minimal.join('\n    ')}`,
        'rules: [{ when: { dialect: tiny }, reply: hi }]',
      ].join('\n'),
    )
    expect(scenario.dialects).toMatchObject([{ kind: 'declared', dialect: { name: 'tiny' } }])
  })

  it('that extend nothing known are a mistake at their place', async () => {
    const text = 'dialects:\n  - { name: mine, extends: opnai }\nrules: [{ reply: hi }]'
    expect(await mistakesIn(text)).toEqual([expect.stringContaining('bad.yaml:2:')])
  })
})

describe('loadScenarios', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scenarios-'))
  })

  afterEach(() => rm(folder, { recursive: true }))

  async function write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true })
      await writeFile(join(folder, name), text)
    }
  }

  const good = 'rules: [{ reply: hi }]'

  it('takes all scenario files of a folder in order, but no dialects and nothing else', async () => {
    await write({
      'b.yaml': good,
      'a.yml': good,
      'notes.txt': 'no scenario',
      '.hidden.yaml': '[',
      'dialects/x.yaml': '[',
      'more/c.yaml': good,
    })
    const { scenarios, mistakes } = await loadScenarios([folder])
    expect(mistakes).toEqual([])
    expect(scenarios.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  it('keeps the good scenarios beside the bad ones, and says what is wrong with each', async () => {
    await write({ 'a.yaml': 'rules: [', 'b.yaml': good, 'c.yaml': 'rules: [{ replay: hi }]' })
    const { scenarios, mistakes } = await loadScenarios([folder])
    expect(scenarios.map(({ name }) => name)).toEqual(['b'])
    expect(mistakes.map(({ file }) => file)).toEqual([
      join(folder, 'a.yaml'),
      join(folder, 'c.yaml'),
      join(folder, 'c.yaml'),
    ])
  })

  it('loads a file once, however often it is named', async () => {
    await write({ 'a.yaml': good })
    const { scenarios, mistakes } = await loadScenarios([folder, join(folder, 'a.yaml')])
    expect(scenarios).toHaveLength(1)
    expect(mistakes).toEqual([])
  })

  it('refuses two scenarios of one name, since they would share their states', async () => {
    await write({ 'a.yaml': good, 'b.yaml': `name: a\n${good}` })
    const { scenarios, mistakes } = await loadScenarios([folder])
    expect(scenarios).toHaveLength(1)
    expect(mistakes).toMatchObject([{ file: join(folder, 'b.yaml'), line: 1, column: 7 }])
  })

  it.each([
    ['missing.yaml', 'no such file or folder'],
    ['', 'no scenario'],
  ])('says so where there is nothing to load: "%s"', async (path, says) => {
    const { mistakes } = await loadScenarios([join(folder, path)])
    expect(mistakes).toMatchObject([{ message: expect.stringContaining(says) }])
  })

  it('names every file it has read, dialects included, even one that is not there yet', async () => {
    const tiny =
      "name: tiny\nroutes: [{ path: /t }]\nstream: { frames: { text: { data: '{{ text }}' } } }\n"
    await write({
      'a.yaml': `dialects: [./dialects/tiny.yaml, later.yaml]\n${good}`,
      'dialects/tiny.yaml': tiny,
    })
    const { files } = await loadScenarios([join(folder, 'a.yaml')])
    expect(files).toEqual(
      ['a.yaml', 'dialects/tiny.yaml', 'later.yaml'].map((f) => join(folder, f)),
    )
  })

  it('places a mistake in a dialect file in that file', async () => {
    await write({
      'a.yaml': `dialects: [dialects/tiny.yaml]\n${good}`,
      'dialects/tiny.yaml': 'name: tiny\nrouts: []\n',
    })
    const { mistakes } = await loadScenarios([join(folder, 'a.yaml')])
    expect(mistakes.map(formatMistake)).toEqual([
      `${join(folder, 'dialects/tiny.yaml')}:2:1: unknown key "routs"; did you mean "routes"?`,
    ])
  })

  it('finds a recording relative to the scenario', async () => {
    await write({
      'scenarios/a.yaml': 'rules: [{ reply: { recording: ../taped/x.jsonl } }]',
      'taped/x.jsonl': '',
    })
    const { scenarios } = await loadScenarios([join(folder, 'scenarios')])
    expect(scenarios[0]?.rules[0]?.reply).toEqual({
      kind: 'recording',
      file: join(folder, 'taped/x.jsonl'),
      pacing: undefined,
    })
  })
})
