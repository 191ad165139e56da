import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../src/scenario/load.ts'

const mistakesOf = async (text: string): Promise<string[]> => {
  const { mistakes } = await parseScenario(text, 'a.yaml')
  return mistakes.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

const inRule = (resume: string, reply = 'hi', more = ''): string =>
  `rules:\n  - reply: ${reply}\n    resume: ${resume}\n${more}`

describe('resume', () => {
  it.each([
    [inRule('{ ids: counted }'), '3:20', 'counter, random or own'],
    [inRule('{ unknown: 500 }'), '3:24', 'anew, 204, 400, 404, 409, 410 or 412'],
    [inRule('{ keep: long }'), '3:21', 'a duration'],
    [inRule('{ retry: 1.5ms }'), '3:22', 'whole milliseconds'],
    [inRule('{ retry: 0.5 }'), '3:22', 'whole milliseconds'],
    [inRule('{ frames: 0 }'), '3:23', '1'],
    [inRule('{ kept: 5m }'), '3:', 'did you mean "keep"'],
    [inRule('{ unheard: waits }'), '3:24', 'goes-on or pauses'],
    [inRule('true', '{ error: { code: overloaded } }'), '3:5', 'an error is no stream'],
    [inRule('true', '{ upstream: true }'), '3:5', 'a live service answers'],
    [
      inRule('true', 'hi', '    when: { dialect: ollama }\n'),
      '3:5',
      'only server-sent events have ids, and ollama streams in another framing',
    ],
    [
      `resume: true\n${inRule('false')}  - when: { dialect: [ollama] }\n    reply: hi\n`,
      '1:1',
      'no rule can: only server-sent events',
    ],
    [
      inRule('true', '{ status: 200, body: hi }'),
      '3:5',
      'this answer is none: it needs status 200 and content-type text/event-stream',
    ],
    [
      inRule('true', "[{ raw: 'data: x' }]", '    when: { path: /raw }\n'),
      '3:5',
      'no dialect listens at /raw: plain text comes',
    ],
    [
      'rules:\n  - reply: hi\n    faults: [{ resume: { skip: 1 } }]\n',
      '3:14',
      'the rule or its scenario needs `resume: true`',
    ],
    [
      inRule(
        'false',
        'hi',
        '    faults:\n      - end: { at: { frame: 1 } }\n      - resume: { repeat: 1 }\n',
      ),
      '6:9',
      'never acts here',
    ],
  ])('that can never be is a mistake at its place: %s', async (text, at, says) => {
    const said = await mistakesOf(text)
    expect(
      said.some((one) => one.startsWith(at) && one.includes(says)),
      said.join('\n'),
    ).toBe(true)
  })

  it('stands in a scenario, and a rule changes single words of it or turns it off', async () => {
    const text = `resume: { ids: random, keep: 1s }\nrules:
  - { when: { user: a }, reply: hi, resume: { ids: own } }
  - { when: { user: b }, reply: hi, resume: false }
  - { reply: hi }\n`
    const { scenario, mistakes } = await parseScenario(text, 'a.yaml')
    expect(mistakes).toEqual([])
    const words = scenario?.rules.map(({ resume }) => resume && [resume.ids, resume.keepMs])
    expect(words).toEqual([['own', 1000], false, ['random', 1000]])
  })

  it.each([
    ['a path of a dialect', 'hi', 'when: { path: /v1/chat/completions }', 'resume: true'],
    ['a path below a prefix', 'hi', 'when: { path: /vanus/api/v1/demo }', 'resume: true'],
    ['any path', 'hi', "when: { path: '/my/*' }", 'resume: true'],
    [
      'events of its own',
      '{ status: 200, headers: { Content-Type: text/event-stream }, body: x }',
      'when: { path: /raw }',
      'resume: true',
    ],
    ['the fault, with it', 'hi', 'faults: [{ resume: { skip: 1 } }]', 'resume: true'],
    [
      'the fault, where the service keeps its answers',
      'hi',
      'faults: [{ resume: { skip: 1 } }]',
      'when: { dialect: [openai-chat, openai-responses] }',
    ],
  ])('is no mistake for %s', async (_, reply, ...more) => {
    const text = `rules:\n  - reply: ${reply}\n${more.map((line) => `    ${line}\n`).join('')}`
    expect(await mistakesOf(text)).toEqual([])
  })
})
