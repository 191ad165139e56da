import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { openApi } from '../../src/server/open-api.ts'
import { ask } from '../support/ask.ts'
import { rawRequest } from '../support/raw-client.ts'

let double: Double

beforeAll(async () => {
  double = await start({
    scenarios: [
      {
        name: 'shop',
        rules: [
          { name: 'once', times: 1, reply: 'first' },
          { name: 'then', reply: 'later' },
        ],
      },
    ],
  })
})

beforeEach(async () => {
  await control('DELETE', '/journal')
  await control('POST', '/reset')
})

afterAll(() => double.close())

const control = (method: string, path: string, headers: Record<string, string> = {}) =>
  fetch(double.url(`/_stuntdouble${path}`), { method, headers })

const said = async (session?: string): Promise<string> => {
  const headers = session ? { 'x-stuntdouble-session': session } : {}
  const reply = await ask(double, 'hi', { headers, more: { stream: false } })
  const answer = JSON.parse(await reply.text())
  return answer.choices[0].message.content
}

/** There is nothing of the id that is asked for, and everything else is there. */
async function expectAnswered(method: string, path: string): Promise<void> {
  const inUrl = path.replace('{id}', '99').replace('{action}', 'resume')
  const query = path === '/wait' ? '?for=idle' : ''
  const adds = method === 'post' && path === '/faults'
  const reply = await fetch(double.url(`/_stuntdouble${inUrl}${query}`), {
    method: method.toUpperCase(),
    ...(adds ? { body: 'reset; at=frame:4' } : {}),
  })
  const isThere = !path.includes('{id}')
  expect(Math.floor(reply.status / 100), `${method} ${path}`).toBe(isThere ? 2 : 4)
  expect(reply.headers.get('x-stuntdouble-error'), `${method} ${path}`).not.toBe('bad-method')
  // The feed of events never ends by itself.
  if (isThere) await reply.body?.cancel()
  else expect(JSON.parse(await reply.text()).error.message, path).toMatch(/^stuntdouble: /)
}

describe('the control API', () => {
  it('tells that the server is well', async () => {
    const health = JSON.parse(await (await control('GET', '/health')).text())
    expect(health).toMatchObject({ status: 'ok', version: '0.1.0', open: 0 })
  })

  it('shows in the journal what was asked, what answered and how it ended', async () => {
    await said('a')
    await fetch(double.url('/v1/chat/completions?key=sk-verysecretkey1234567890'), {
      method: 'POST',
      body: '{"model":"m","api_key":"sk-anothersecret1234567890","messages":[]}',
    })
    const [first, second] = JSON.parse(await (await control('GET', '/journal')).text())
    expect(first).toMatchObject({
      method: 'POST',
      url: '/v1/chat/completions',
      dialect: 'openai-chat',
      session: 'a',
      rule: 'shop/once',
      seed: 1,
      status: 200,
      ended: 'end',
    })
    expect(first.bytes).toBeGreaterThan(100)
    expect(JSON.stringify(second)).not.toMatch(/verysecret|anothersecret/)
    expect(JSON.parse(await (await control('GET', '/journal?session=b')).text())).toEqual([])
  })

  it('empties the journal', async () => {
    await said()
    expect((await control('DELETE', '/journal')).status).toBe(204)
    expect(JSON.parse(await (await control('GET', '/journal')).text())).toEqual([])
  })

  it('empties the journal of one session alone, or from one exchange on', async () => {
    for (const session of ['a', 'b', 'a', 'b']) await said(session)
    const kept = async (): Promise<(string | number)[][]> => {
      const entries = JSON.parse(await (await control('GET', '/journal')).text())
      return entries.map(({ id, session }: { id: number; session: string }) => [session, id - from])
    }
    const [{ id: from }] = JSON.parse(await (await control('GET', '/journal')).text())
    expect((await control('DELETE', '/journal?session=b&since=1')).status).toBe(204)
    expect(await kept()).toEqual([
      ['a', 0],
      ['a', 2],
    ])
    expect((await control('DELETE', `/journal?since=${from}`)).status).toBe(204)
    expect(await kept()).toEqual([['a', 0]])
    expect((await control('DELETE', '/journal?session=none')).status).toBe(204)
    expect(await kept()).toEqual([['a', 0]])
  })

  it.each([
    ['DELETE', '/journal?sesion=b', 'unknown parameter "sesion"; did you mean "session"?'],
    ['DELETE', '/journal?since=now', 'since must be a whole number of at least 0, not "now"'],
    ['GET', '/health?session=b', 'unknown parameter "session"; it takes none'],
    ['GET', '/scenarios?session=b', 'unknown parameter "session"; it takes none'],
    ['GET', '/metrics?session=b', 'unknown parameter "session"; it takes none'],
    ['GET', '/openapi.json?session=b', 'unknown parameter "session"; it takes none'],
  ])('refuses %s %s, and does nothing', async (method, path, message) => {
    await said('b')
    const reply = await control(method, path)
    expect([reply.status, JSON.parse(await reply.text()).error.message]).toEqual([
      400,
      `stuntdouble: ${message}`,
    ])
    expect(double.journal).toHaveLength(1)
  })

  it('tells times to a thousandth of a millisecond, and headers without credentials', async () => {
    const headers = {
      ...{ authorization: 'Bearer sk-verysecretkey1234567890', 'x-own': 'nobody knows what' },
      ...{ 'user-agent': 'test/1', 'x-stuntdouble-session': 'a' },
      'x-stuntdouble-fault': 'delay=1ms, reset; at=frame:2',
    }
    for (const _ of [1, 2])
      await ask(double, 'hi', { headers }).then((one) => one.text().catch(String))
    const entries = JSON.parse(await (await control('GET', '/journal')).text())
    expect(entries[1].headers).toMatchObject({
      ...{ 'content-type': 'application/json', 'user-agent': 'test/1' },
      'x-stuntdouble-fault': 'delay=1ms, reset; at=frame:2',
    })
    expect(Object.keys(entries[1].headers)).not.toContain('authorization')
    expect(Object.keys(entries[1].headers)).not.toContain('x-own')
    const times = [...JSON.stringify(entries).matchAll(/Ms":(\d+\.?\d*)/g)].map(([, ms]) => ms)
    expect(times.length).toBeGreaterThan(10)
    for (const ms of times) expect(ms).toMatch(/^\d+(\.\d{1,3})?$/)
    expect(entries[1]).toMatchObject({
      previous: { idleMs: expect.any(Number) },
      faults: [{ kind: 'delay' }, { kind: 'reset', atMs: expect.any(Number) }],
    })
  })

  it('forgets one session or all', async () => {
    expect([await said('a'), await said('a'), await said('b'), await said('b')]).toEqual([
      'first',
      'later',
      'first',
      'later',
    ])
    await control('POST', '/reset?session=a')
    expect([await said('a'), await said('b')]).toEqual(['first', 'later'])
    await control('POST', '/reset')
    expect([await said('a'), await said('b')]).toEqual(['first', 'first'])
  })

  it('lists the scenarios and their rules', async () => {
    const [scenario] = JSON.parse(await (await control('GET', '/scenarios')).text())
    expect(scenario).toMatchObject({ name: 'shop', seed: 1 })
    expect(scenario.rules.map((rule: { name: string }) => rule.name)).toEqual(['once', 'then'])
  })

  it('gives its counters to Prometheus', async () => {
    await said()
    const metrics = await (await control('GET', '/metrics')).text()
    expect(metrics).toMatch(/^stuntdouble_exchanges_total\{ended="end"\} \d+$/m)
    expect(metrics).toMatch(/^stuntdouble_open_exchanges 0$/m)
  })

  it('describes itself, with every path and method that it has', async () => {
    expect(JSON.parse(await (await control('GET', '/openapi.json')).text())).toEqual(openApi)
    for (const [path, operations] of Object.entries(openApi.paths)) {
      for (const method of Object.keys(operations)) await expectAnswered(method, path)
    }
  })

  it('answers an unknown path with the nearest known one', async () => {
    const reply = await control('GET', '/jurnal')
    expect(reply.status).toBe(404)
    expect(JSON.parse(await reply.text()).error.message).toMatch(/did you mean "\/journal"/)
  })

  it('answers a wrong method with those that are right', async () => {
    const reply = await control('PUT', '/journal')
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, DELETE'])
  })

  it.each([
    ['a page of a foreign origin', { origin: 'https://evil.example' }],
    ['a page of another port', { origin: 'http://localhost:3000' }],
    ['a page that sends no origin', { 'sec-fetch-site': 'cross-site' }],
    ['a foreign name that resolves here', { host: 'evil.example' }],
    ['a foreign name with a port', { host: 'evil.example:4141' }],
  ])('refuses %s', async (_, headers) => {
    for (const path of ['/journal', '/health', '/nothing']) {
      const reply = await rawRequest({
        port: double.port,
        method: 'GET',
        path: `/_stuntdouble${path}`,
        headers,
      })
      expect(reply.status).toBe(403)
      expect(JSON.parse(reply.body).error.code).toBe('foreign-origin')
    }
  })

  it.each(['localhost:1', '127.0.0.1:1', '[::1]:1', 'app.localhost'])(
    'is served under the name %s',
    async (host) => {
      const reply = await rawRequest({
        port: double.port,
        method: 'GET',
        path: '/_stuntdouble/health',
        headers: { host },
      })
      expect(reply.status).toBe(200)
    },
  )
})
