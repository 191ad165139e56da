import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'

describe('start()', () => {
  it.each([
    [{ scenario: [] }, /no option "scenario"; did you mean "scenarios"/],
    [{ scenarios: 'a.yaml' }, /scenarios must be a list/],
    [{ workers: 2 }, /workers are processes.*run `stuntdouble serve --workers N`/],
    [{ port: -1 }, /port must be a whole number from 0 to 65535/],
    [{ port: 4999, upstream: 'http://127.0.0.1:4999' }, /is this server itself/],
    [{ scenarios: [{ rules: [{ replay: 'x' }] }] }, /inline-1:4:7: .*did you mean "reply"/],
    [{ dialects: ['openai-caht'] }, /did you mean "openai-chat"/],
    [{ fault: 'rest' }, /did you mean "reset"/],
    [{ recordings: ['nowhere.jsonl'] }, /nowhere\.jsonl:1:1: there is no such file/],
  ])('given %j says what is wrong', async (options, message) => {
    // @ts-expect-error some of these are what callers without types write
    await expect(start(options)).rejects.toThrow(message)
  })

  it('joins paths with and without a slash', async () => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'x' }] }] })
    expect(double.url('v1')).toBe(`http://127.0.0.1:${double.port}/v1`)
    expect(double.url('/v1')).toBe(double.url('v1'))
    expect(double.url()).toBe(`http://127.0.0.1:${double.port}`)
  })

  it('plays the demo when it is given nothing', async () => {
    await using double = await start()
    expect(double.stage.scenarios.map(({ name }) => name)).toEqual(['demo'])
  })
})
