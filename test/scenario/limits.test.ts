import { describe, expect, it } from 'vitest'
import { formatMistake } from '../../src/core/errors.ts'
import { parseLimits } from '../../src/scenario/given-limits.ts'
import { parseScenario } from '../../src/scenario/load.ts'

describe('a limit in short', () => {
  it.each([
    ['3rpm', 'requests', 3, 60_000],
    ['90k tpm', 'tokens', 90_000, 60_000],
    ['5rps', 'requests', 5, 1000],
    ['1krph', 'requests', 1000, 3_600_000],
    ['14400rpd', 'requests', 14_400, 86_400_000],
    ['400kitpm', 'inputTokens', 400_000, 60_000],
    ['80kotpm', 'outputTokens', 80_000, 60_000],
    ['5 requests/10s', 'requests', 5, 10_000],
    ['1 request per minute', 'requests', 1, 60_000],
    ['1000 output tokens/hour', 'outputTokens', 1000, 3_600_000],
    ['2 concurrent', 'concurrent', 2, 0],
  ])('%s is read', (text, counted, most, perMs) => {
    expect(parseLimits(text)).toMatchObject([{ name: text, counted, most, perMs, as: 'window' }])
  })
})

describe('a limit in full', () => {
  it.each([
    [{ requests: 3 }, '3rpm'],
    [{ tokens: 10, per: '1s' }, '10tps'],
    [{ inputTokens: 10, per: '10s' }, '10 inputTokens/10000ms'],
    [{ concurrent: 2, queue: { length: 1 } }, '2 concurrent'],
  ])('%j is named %s unless it has a name', (written, name) => {
    expect(parseLimits(written)).toMatchObject([{ name }])
  })
})

const rules = 'rules: [{ reply: Hi }]\n'

describe('a wrong limit', () => {
  it.each([
    ['limits: 3rpx', '1:9: expected a limit such as 3rpm'],
    ['limits:\n  - 3rpm\n  - 0rpm', '3:5: expected a limit such as 3rpm'],
    ['limits:\n  - { per: 1m }', '2:5: a limit needs one of requests, tokens'],
    [
      'limits: [{ requests: 1, tokens: 2 }]',
      '1:10: a limit has one of requests and tokens, not both',
    ],
    ['limits: [{ request: 1 }]', '1:12: unknown key "request"; did you mean "requests"?'],
    ['limits: [{ requests: none }]', '1:22: expected a number, found "none"'],
    ['limits: [{ requests: 1, per: soon }]', '1:30: expected a duration such as 250ms'],
    ['limits: [{ requests: 1, per: 0 }]', '1:30: per must be from 1ms to 24h'],
    ['limits: [{ concurrent: 1, per: 1m }]', '1:10: "per" means nothing beside concurrent'],
    [
      'limits: [{ requests: 1, queue: { length: 1 } }]',
      '1:10: "queue" means nothing beside requests',
    ],
    ['limits: [{ requests: 1, by: [user] }]', '1:30: unknown value "user"'],
    ['limits: [{ requests: 1, dialects: [openai-chad] }]', '1:36: unknown dialect "openai-chad"'],
    ['models: [a]\nlimits: [{ requests: 1, models: [b] }]', '2:34: "b" is not among `models`'],
    [
      'limits:\n  - 3rpm\n  - { requests: 3 }',
      '3:5: another limit is named "3rpm"; names must differ',
    ],
  ])('%s is told with its place', async (written, told) => {
    const { mistakes } = await parseScenario(`${written}\n${rules}`, 'file.yaml')
    expect(
      mistakes.map(formatMistake).map((text) => text.slice(0, `file.yaml:${told}`.length)),
    ).toEqual([`file.yaml:${told}`])
  })

  it('is told of each, however many there are', async () => {
    const written = 'limits:\n  - 0rpm\n  - 3rpm\n  - { request: 1 }\n  - 3rpx\n'
    const { mistakes } = await parseScenario(written + rules, 'file.yaml')
    expect(mistakes.map(({ line, column }) => [line, column])).toEqual([
      [2, 5],
      [4, 7],
      [5, 5],
    ])
    expect(() => parseLimits(['0rpm', '3rpx'])).toThrow(
      /^limits\.0: expected a limit.*"0rpm"\nlimits\.1: expected a limit.*"3rpx"$/,
    )
  })

  it('outside a scenario is told as well', () => {
    expect(() => parseLimits(['3rpm', 'often'])).toThrow(
      /^limits\.1: expected a limit such as 3rpm/,
    )
    expect(() => parseLimits(['3rpm', '3rpm'])).toThrow('limits: two are named "3rpm"')
  })
})
