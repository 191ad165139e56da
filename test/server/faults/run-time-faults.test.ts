/** Faults that are added while the server runs, by HTTP and by the library. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Double, start } from '../../../src/index.ts'
import { RunTimeFaults } from '../../../src/server/faults/run-time-faults.ts'
import { VirtualClock } from '../../../src/time/clock.ts'
import { askRaw } from '../../support/ask.ts'
import { rawRequest } from '../../support/raw-client.ts'

let double: Double

beforeAll(async () => {
  const rules = [
    { name: 'a', when: { user: 'a' }, reply: [{ text: ['one ', 'two ', 'three '] }] },
    { name: 'b', reply: [{ text: ['one ', 'two ', 'three '] }] },
  ]
  double = await start({ scenarios: [{ name: 'shop', rules }] })
})

beforeEach(() => double.faults.clear())

afterAll(() => double.close())

const control = async (method: string, path: string, body?: unknown) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const init = body === undefined ? {} : { body: text ?? '' }
  const reply = await fetch(double.url(`/_stuntdouble${path}`), { method, ...init })
  const said = await reply.text()
  return { status: reply.status, json: said === '' ? undefined : JSON.parse(said) }
}

const framesOf = (reply: { body: string }): number => reply.body.split('\n\n').length - 1
const whole = 6

const ask = async (content = 'b', session?: string): Promise<number> =>
  framesOf(await askRaw(double, content, session ? { 'x-stuntdouble-session': session } : {}))

describe('faults at run time', () => {
  it.each<[string, unknown]>([
    ['one line, as in the header', 'reset; at=frame:2'],
    ['a list in YAML', '- reset: { at: { frame: 2 } }'],
    ['one fault in YAML', 'reset: { at: { frame: 2 } }'],
    ['a list in JSON', [{ reset: { at: { frame: 2 } } }]],
    ['a mapping that has them as one line', { faults: 'reset; at=frame:2', session: 'default' }],
    ['a mapping in YAML', 'ttl: 1m\nfaults:\n  - reset: { at: { frame: 2 } }\n'],
  ])('are added as %s', async (_, body) => {
    const { status, json } = await control('POST', '/faults', body)
    expect([status, json.faults[0].text]).toEqual([201, 'reset; at=frame:2'])
    expect(await ask()).toBe(2)
  })

  it('act a number of times, and are listed with how often each acted', async () => {
    const { json } = await control(
      'POST',
      '/faults?times=2',
      'reset; at=frame:2, stall; at=frame:90; for=1ms',
    )
    expect([await ask(), await ask(), await ask()]).toEqual([2, 2, whole])
    const { json: listed } = await control('GET', '/faults')
    expect(listed).toEqual([
      {
        id: json.id,
        faults: [
          { fault: { reset: { at: { frame: 2 } } }, text: 'reset; at=frame:2', acted: 2 },
          {
            fault: { stall: { at: { frame: 90 }, for: '1ms' } },
            text: 'stall; at=frame:90; for=1ms',
            acted: 0,
          },
        ],
        requests: 2,
        times: 2,
      },
    ])
    expect(double.journal.at(-2)?.faults).toMatchObject([
      { kind: 'reset', from: 'control', id: json.id },
    ])
  })

  it.each<[string, Record<string, string>, number[]]>([
    ['a session', { session: 's' }, [whole, 2, whole]],
    ['a rule', { rule: 'a' }, [2, 2, whole]],
    ['a rule of a scenario', { rule: 'shop/b' }, [whole, whole, 2]],
    ['some rules', { rule: 'sh*/a' }, [2, 2, whole]],
    ['recordings that may still come', { rule: 'recording/*' }, [whole, whole, whole]],
    ['a path', { path: '/v1/*/completions' }, [2, 2, 2]],
    ['another path', { path: '/v1/*' }, [whole, whole, whole]],
    ['a dialect', { dialect: 'openai-chat' }, [2, 2, 2]],
    ['another dialect', { dialect: 'anthropic' }, [whole, whole, whole]],
  ])('are for %s alone', async (_, options, expected) => {
    const query = new URLSearchParams(options).toString()
    expect((await control('POST', `/faults?${query}`, 'reset; at=frame:2')).status).toBe(201)
    expect([await ask('a'), await ask('a', 's'), await ask('b')]).toEqual(expected)
  })

  it('make room for others once they are used up', async () => {
    double.faults.add('refuse', { session: 'keep' })
    double.faults.add('delay=1ms', { times: 1 })
    await ask()
    for (let at = 2; at < 1000; at += 1) double.faults.add('refuse', { session: 'other' })
    expect(double.faults.entries[1]).toMatchObject({ times: 1, requests: 1 })
    double.faults.add('refuse', { session: 'other' })
    expect(double.faults.entries[1]).toMatchObject({ session: 'other' })
    expect(() => double.faults.add('refuse')).toThrow(/^1000 lists of faults are set/)
  })

  it('act between those of the server and those of the request', async () => {
    double.faults.add([{ duplicate: { at: { frame: 0 } } }])
    const reply = await askRaw(double, 'b', { 'x-stuntdouble-fault': 'reset; at=frame:2' })
    expect(framesOf(reply)).toBe(2)
    expect(double.journal.at(-1)?.faults.map(({ kind, from }) => [kind, from])).toEqual([
      ['duplicate', 'control'],
      ['reset', 'request'],
    ])
  })

  it('count how often a profile acted, however many faults it is made of', async () => {
    const { id } = double.faults.add({ 'proxy-that-buffers': {} })
    await ask()
    expect(double.faults.get(id)?.faults).toMatchObject([{ text: 'proxy-that-buffers', acted: 1 }])
  })

  it('are removed one by one, all of a session, or all', async () => {
    const one = double.faults.add('refuse', { session: 'x' }).id
    const other = double.faults.add('refuse', { session: 'y' }).id
    const third = double.faults.add({ reset: { at: { frame: 1 } } }).id
    expect((await control('DELETE', `/faults/${one}`)).status).toBe(204)
    expect((await control('DELETE', `/faults/${one}`)).json.error).toMatchObject({
      code: 'no-faults',
      message: `stuntdouble: there are no faults ${one}; set are ${other}, ${third}`,
    })
    await control('POST', '/reset?session=y')
    expect(double.faults.entries.map(({ id }) => id)).toEqual([third])
    expect(await ask()).toBe(1)
    await control('DELETE', '/faults')
    expect([await ask(), (await control('GET', '/faults')).json]).toEqual([whole, []])
  })

  it.each<[string, unknown, string | RegExp]>([
    ['', '', /^the body is empty: write faults/],
    ['', 'rset; at=frame:2', 'faults: unknown fault "rset"; did you mean "reset"?'],
    ['', '- rset', 'faults: unknown fault "rset"; did you mean "reset"?'],
    [
      '',
      [{ delay: 1 }, { reset: { at: { fram: 1 } } }],
      'faults: 1.reset.at: unknown place "fram"; did you mean "frame"?',
    ],
    ['', 'rset: {}', 'unknown key "rset"; did you mean "reset"?'],
    ['', [], 'faults: the list is empty'],
    ['', { ttl: '3s' }, /^"faults" is missing/],
    ['', {}, /^the body names no fault; write faults as in the header/],
    ['?count=1', 'refuse', 'unknown option "count"; how many requests get the faults is `times`'],
    ['', { faults: 'refuse', count: 1 }, /^unknown option "count"; how many.* is `times`/],
    [
      '',
      { reset: { at: { frame: 1 } }, times: 1 },
      'write faults: beside times, as in { "faults": { "reset": ... }, "times": ... }',
    ],
    ['?path=v1/*', 'refuse', 'path: must begin with a slash, not "v1/*"; did you mean "/v1/*"?'],
    ['?path=http://x/v1', 'refuse', /^path: must begin with a slash.*did you mean "\/v1"\?$/],
    ['?rule=shp/a', 'refuse', 'rule: there is no "shp/a"; did you mean "shop/a"?'],
    ['?rule=shop/c*', 'refuse', /^rule: there is no "shop\/c\*"/],
    ['', { faults: 'refuse', tttl: '3s' }, 'unknown key "tttl"; did you mean "ttl"?'],
    ['', { faults: 'refuse', ttl: 'soon' }, /^ttl: "soon" is not a duration such as/],
    ['?ttl=0', 'refuse', 'ttl: must be longer than 0'],
    ['?times=0', 'refuse', 'times must be a whole number of at least 1, not "0"'],
    ['?tims=1', 'refuse', 'unknown parameter "tims"; did you mean "times"?'],
    [
      '?times=1',
      { faults: 'refuse', times: 2 },
      'times is given twice, in the body and in the query',
    ],
    [
      '?dialect=openai-chta',
      'refuse',
      'dialect: there is no "openai-chta"; did you mean "openai-chat"?',
    ],
    ['', '- [', /^body:1:\d+: YAML/],
  ])('are refused with one clear sentence: %s %j', async (query, body, message) => {
    const { status, json } = await control('POST', `/faults${query}`, body)
    expect(status).toBe(400)
    expect(json.error.message.replace(/^stuntdouble: /, '')).toMatch(message)
    expect(double.faults.entries).toEqual([])
  })

  it('take any script in a header, escaped or as UTF-8', async () => {
    for (const message of ['"\\u4f60\\u597d"', '"你好"']) {
      const reply = await rawRequest({
        port: double.port,
        path: '/v1/chat/completions',
        headers: { 'x-stuntdouble-fault': `inject; at=frame:0; comment=${message}` },
        body: { model: 'm', stream: true, messages: [{ role: 'user', content: 'b' }] },
      })
      expect(reply.body).toMatch(/^: ?你好\n/)
    }
  })
})

describe('the time of faults at run time', () => {
  it('is over when the clock says so, and no timer is set for it', async () => {
    const clock = new VirtualClock()
    const faults = new RunTimeFaults(clock)
    const target = { session: 'default', path: '/', dialect: undefined, rule: 'x/y' }
    faults.add('refuse', { ttl: '30s' })
    faults.add('refuse', { ttl: 45_000 })
    expect(faults.entries.map(({ leftMs }) => leftMs)).toEqual([30_000, 45_000])
    await clock.advance(29_999)
    expect([faults.drawFor(target).length, faults.entries[0]?.leftMs]).toEqual([2, 1])
    await clock.advance(1)
    expect(faults.drawFor(target)).toHaveLength(1)
    await clock.advance(20_000)
    expect([faults.drawFor(target), faults.entries]).toEqual([[], []])
  })
})
