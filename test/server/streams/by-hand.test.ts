/** What somebody does to streams that hang, and to several at once, as their clients receive it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../../src/index.ts'
import { chatBody, chatPath } from '../../support/ask.ts'
import { H2Client } from '../../support/h2-client.ts'
import { openStream, type StreamingClient } from '../../support/streaming-client.ts'

let double: Double

beforeAll(async () => {
  const pacing = { ttft: 0, itl: 0 }
  double = await start({
    scenarios: [
      {
        name: 'shop',
        rules: [
          {
            name: 'scripted',
            when: { user: 'scripted' },
            pacing,
            reply: [{ text: 'One' }, 'hang'],
          },
          { name: 'all', pacing, reply: 'One two three.' },
        ],
      },
    ],
  })
})

afterAll(() => double.close())

const control = async (method: string, path: string, body?: object) => {
  const text = body ? { body: JSON.stringify(body) } : {}
  const reply = await fetch(double.url(`/_stuntdouble${path}`), { method, ...text })
  return { status: reply.status, body: JSON.parse(await reply.text()) }
}

interface Client {
  readonly body: () => string
  readonly until: (condition: (body: string, ending: string) => boolean) => Promise<void>
  readonly leave: () => void
}

type Open = (content: string, headers: Record<string, string>) => Promise<Client>

const protocols: Readonly<Record<string, Open>> = {
  'HTTP/1.1': async (content, headers) => {
    const body = chatBody(content)
    const client = openStream({ port: double.port, path: chatPath, headers, body })
    const ending = ({ end, received }: StreamingClient): string =>
      end === 'open' && received.endsWith('\r\n0\r\n\r\n') ? 'end' : end
    return {
      body: () => client.body,
      until: (condition) => client.until((one) => condition(one.body, ending(one))),
      leave: () => client.socket.destroy(),
    }
  },
  'HTTP/2': async (content, headers) => {
    const client = await H2Client.open(double.port)
    const stream = client.request({ path: chatPath, headers, body: chatBody(content) })
    const known: Record<string, string> = { 'reset 2': 'rst', lost: 'fin' }
    const ending = (): string => {
      const how = client.reply(stream).ending
      return known[how] ?? how
    }
    return {
      body: () => client.reply(stream).body,
      until: (condition) => client.until(() => condition(client.reply(stream).body, ending())),
      leave: () => client.cancel(stream),
    }
  },
}

let sessions = 0

/** An open stream that hangs, and the number under which it is known. */
async function hanging(protocol: string, how: string) {
  const session = `h${++sessions}`
  const faults: Record<string, string> = { fault: 'hang; at=frame:2', head: 'hang; at=time:0' }
  const fault = faults[how]
  const named = { 'x-stuntdouble-session': session }
  const held = how === 'hand' ? { 'x-stuntdouble-pause': 'frame:2' } : {}
  const headers = { ...named, ...held, ...(fault ? { 'x-stuntdouble-fault': fault } : {}) }
  const open = protocols[protocol]
  if (!open) throw new Error(protocol)
  const client = await open(how === 'script' ? 'scripted' : 'any', headers)
  await double.waitFor({ for: how === 'head' ? 'request' : 'written', session })
  if (how === 'hand') {
    await double.waitFor({ for: 'paused', session })
    double.streams.of({ session }).end('hang')
  }
  const [stream] = double.streams.list({ session })
  if (!stream) throw new Error('there is no stream')
  expect(stream.state).toBe('hanging')
  return { client, session, id: stream.id }
}

const received = { end: 'end', close: 'fin', reset: 'rst' }

const cases = Object.keys(protocols).flatMap((protocol) =>
  ['fault', 'script', 'hand'].flatMap((hangs) =>
    (['end', 'close', 'reset'] as const).map((how) => ({ protocol, hangs, how })),
  ),
)

describe('a stream that hangs', () => {
  it.each(cases)('by $hangs, over $protocol, gets the ending $how by hand', async (one) => {
    const { protocol, hangs, how } = one
    const { client, session, id } = await hanging(protocol, hangs)
    await client.until((body) => body.includes('\n\n'))
    const before = client.body()
    expect((await control('POST', `/streams/${id}/push`, { raw: ': late\n\n' })).status).toBe(200)
    const ended = await control('POST', `/streams/${id}/end?how=${how}`)
    expect(ended.status).toBe(200)
    await client.until((_, ending) => ending === received[how])
    expect(client.body()).toMatch(/: late\n\n$/)
    expect(client.body().length).toBeGreaterThan(before.length)
    const [entry] = await double.waitFor({ for: 'ended', session })
    expect(entry).toMatchObject({ ended: how, pushedBytes: 8, bytes: client.body().length })
    client.leave()
  })

  it.each(Object.keys(protocols))(
    'before its head, over %s, is reset by hand',
    async (protocol) => {
      const { client, session, id } = await hanging(protocol, 'head')
      const clean = await control('POST', `/streams/${id}/end`)
      expect([clean.status, clean.body.error.message]).toEqual([
        422,
        expect.stringContaining('its head is not sent yet'),
      ])
      expect((await control('POST', `/streams/${id}/end?how=close`)).status).toBe(200)
      await client.until((_, ending) => ending === 'fin')
      const [entry] = await double.waitFor({ for: 'ended', session })
      expect(entry?.faults).toMatchObject([{ from: 'request' }, { from: 'hand', afterHead: false }])
      client.leave()
    },
  )

  it.each([
    ['pause', 'hangs, with nothing left to play'],
    ['resume', 'hangs, with nothing left to play'],
    ['step', 'hangs, with nothing left to play'],
    ['end?how=hang', 'it hangs already'],
  ])('refuses %s, and says why', async (action, why) => {
    const { client, id } = await hanging('HTTP/1.1', 'fault')
    const { status, body } = await control('POST', `/streams/${id}/${action}`)
    expect([status, body.error.message]).toEqual([422, expect.stringContaining(why)])
    client.leave()
    await double.waitFor({ for: 'idle' })
  })
})

describe('an ending made by hand', () => {
  it('is told of by the journal, by waiting and by the metrics, as a fault is', async () => {
    const session = 'traced'
    const headers = { 'x-stuntdouble-session': session, 'x-stuntdouble-pause': 'frame:2' }
    using client = openStream({ port: double.port, path: chatPath, headers, body: chatBody('any') })
    await double.waitFor({ for: 'paused', session })
    const counted = async (): Promise<number> => {
      const metrics = await (await fetch(double.url('/_stuntdouble/metrics'))).text()
      return Number(/^stuntdouble_faults_total (\d+)$/m.exec(metrics)?.[1])
    }
    const before = await counted()
    const waiting = double.waitFor({ for: 'fault', kind: 'reset', session })
    double.streams.of({ session }).end('reset')
    await client.until(({ end }) => end === 'rst')
    const [entry] = await waiting
    const { body } = client
    expect(entry?.faults).toEqual([
      { kind: 'reset', byte: body.length, atMs: expect.any(Number), afterHead: true, from: 'hand' },
    ])
    expect(await counted()).toBe(before + 1)
  })
})

describe('what is done to several streams at once', () => {
  it('is done to those to which it can be, and says of each what happened', async () => {
    const session = 'mix'
    const named = { 'x-stuntdouble-session': session }
    const held = { ...named, 'x-stuntdouble-pause': 'byte:5' }
    const ask = { port: double.port, path: chatPath }
    using hung = openStream({
      ...{ ...ask, body: chatBody('any') },
      headers: { ...named, 'x-stuntdouble-fault': 'hang; at=frame:1' },
    })
    await double.waitFor({ for: 'written', session })
    using whole = openStream({ ...ask, headers: held, body: chatBody('any', { stream: false }) })
    await double.waitFor({ for: 'paused', session })
    using paused = openStream({ ...ask, headers: held, body: chatBody('any') })
    await double.waitFor({ for: 'paused', session, count: 2 })
    const ids = double.streams.list({ session }).map(({ id }) => id)

    const pushed = await control('POST', `/streams/push?session=${session}`, { raw: 'pushed' })
    expect(pushed.status).toBe(200)
    expect(pushed.body).toMatchObject([
      { id: ids[0], done: true, state: 'hanging' },
      { id: ids[1], done: false, why: expect.stringContaining('content-length') },
      { id: ids[2], done: true, state: 'paused' },
    ])
    await hung.until(({ body }) => body.endsWith('pushed'))
    await paused.until(({ body }) => body.endsWith('pushed'))
    expect(whole.body).not.toContain('pushed')

    const resumed = double.streams.of({ session }).resume()
    expect(resumed).toEqual([
      { id: ids[0], done: false, why: expect.stringContaining('hangs') },
      { id: ids[1], done: true },
      { id: ids[2], done: true },
    ])
    await double.waitFor({ for: 'ended', session, count: 2 })
    const ended = await control('POST', `/streams/end?session=${session}&how=reset`)
    expect(ended.body).toMatchObject([{ id: ids[0], done: true }])
    await hung.until(({ end }) => end === 'rst')
  })

  it('is refused where it can be done to none, with the reason for each', async () => {
    const first = await hanging('HTTP/1.1', 'fault')
    const second = await hanging('HTTP/1.1', 'fault')
    const { status, body } = await control('POST', '/streams/step?rule=shop/all')
    expect([status, body.error.message]).toEqual([
      422,
      expect.stringMatching(/none of 2 streams; the first, \d+: stream \d+ hangs/),
    ])
    expect(body.streams).toMatchObject([
      { id: first.id, done: false, why: expect.stringContaining('hangs') },
      { id: second.id, done: false, why: expect.stringContaining('hangs') },
    ])
    expect(() => double.streams.of({ rule: 'shop/all' }).step()).toThrow(/none of 2 streams/)
    double.streams.end('close')
    await double.waitFor({ for: 'idle' })
    expect((await control('POST', '/streams/step?rule=shop/all')).body).toEqual([])
    first.client.leave()
    second.client.leave()
  })
})
