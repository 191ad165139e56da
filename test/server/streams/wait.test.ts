/** Waiting for what happens: over HTTP and in the library, in the same words. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clock, type Double, start, VirtualClock } from '../../../src/index.ts'
import { ask, chatBody, chatPath } from '../../support/ask.ts'
import { openStream } from '../../support/streaming-client.ts'

let double: Double

const rules = [
  {
    name: 'broken',
    when: { user: 'broken' },
    reply: 'One two.',
    faults: [{ reset: { at: { frame: 2 } } }],
  },
  { name: 'slow', when: { user: 'slow' }, pacing: { ttft: 0, itl: '1h' }, reply: 'One two three.' },
  { name: 'quick', pacing: { ttft: 0, itl: 0 }, reply: 'One two.' },
]

beforeAll(async () => {
  double = await start({ scenarios: [{ name: 'shop', rules }] })
})

afterAll(() => double.close())

const said = (content: string, session: string): Promise<unknown> =>
  ask(double, content, { headers: { 'x-stuntdouble-session': session } })
    .then((reply) => reply.text())
    .catch(() => 'broken')

const control = async (path: string, init: RequestInit = {}) => {
  const reply = await fetch(double.url(`/_stuntdouble${path}`), init)
  return { status: reply.status, body: JSON.parse(await reply.text()) }
}

describe('GET /wait', () => {
  it('answers when so many requests have come, whoever was first', async () => {
    const waiting = control('/wait?for=request&count=2&session=a&rule=shop/quick')
    await said('hi', 'a')
    await said('hi', 'b')
    await said('hi', 'a')
    const { status, body } = await waiting
    expect([status, body.map((one: { session: string }) => one.session)]).toEqual([200, ['a', 'a']])
    // It is past by now, and still true.
    expect((await control('/wait?for=ended&count=2&session=a')).body).toHaveLength(2)
    expect((await control(`/wait?for=ended&session=a&since=${body[0].id}`)).body).toHaveLength(1)
  })

  it('tells of faults by their kind, and of those who leave', async () => {
    void said('broken', 'c')
    const { body } = await control('/wait?for=fault&kind=reset&session=c')
    expect(body[0].faults).toMatchObject([{ kind: 'reset', frame: 2, from: 'rule' }])
    using client = openStream({
      ...{ port: double.port, path: chatPath, body: chatBody('slow') },
      headers: { 'x-stuntdouble-session': 'd' },
    })
    await client.until(({ body }) => body.split('\n\n').length > 2)
    const written = await control('/wait?for=written&at=frame:2&session=d')
    expect(written.body[0]).toMatchObject({ rule: 'shop/slow', ended: 'open' })
    client.socket.destroy()
    const left = await control('/wait?for=client-left&session=d')
    expect(left.body[0]).toMatchObject({ ended: 'client-left', leftBy: 'FIN' })
    expect((await control('/wait?for=idle')).status).toBe(200)
  })

  it('gives 408 after its time, with what was seen', async () => {
    await said('hi', 'e')
    const { status, body } = await control('/wait?for=ended&count=2&session=e&timeout=1ms')
    expect(status).toBe(408)
    expect(body.error).toMatchObject({
      code: 'timeout',
      message: 'stuntdouble: ended, session e: 1 of 2 after 1 ms',
    })
    expect(body.seen).toMatchObject([{ session: 'e', ended: 'end' }])
  })

  it.each([
    ['/wait', 'wait: for: say what is waited for: one of request, head'],
    ['/wait?for=requests', 'wait: for: nobody can wait for "requests"; did you mean "request"?'],
    ['/wait?for=request&counts=2', 'unknown parameter "counts"; did you mean "count"?'],
    ['/wait?for=request&count=none', 'count must be a whole number of at least 1, not "none"'],
    ['/wait?for=request&timeout=soon', 'wait: timeout: "soon" is not a duration'],
    ['/wait?for=request&timeout=1h', 'wait: timeout: must be at most 10m'],
    ['/wait?for=request&at=frame:2', 'wait: at goes with for=written only'],
    [
      '/wait?for=written&at=event:x',
      'wait: at: "event" is no place that can be meant here; write frame:3 or byte:100',
    ],
    [
      '/wait?for=written&at=time:2s',
      'wait: at: "time" is no place that can be meant here; write frame:3 or byte:100',
    ],
    ['/wait?for=written&at=frame:-1', 'wait: at: frame must be a whole number of at least 0'],
    [
      '/wait?for=fault&kind=resset',
      'wait: kind: no fault is called "resset"; did you mean "reset"?',
    ],
    ['/wait?for=fault&kind=satellite', 'wait: kind: "satellite" is a profile of several faults'],
    ['/wait?for=idle&count=2', 'wait: there is nothing to count for idle'],
    ['/wait?for=idle&for=request', 'for is given twice'],
  ])('refuses %s in one sentence', async (path, message) => {
    const { status, body } = await control(path)
    expect([status, body.error.message]).toEqual([400, expect.stringContaining(message)])
  })

  it('forgets a client that leaves', async () => {
    const clock = new VirtualClock()
    const set: string[] = []
    let onCancel: () => void = () => {}
    const cancelled = new Promise<void>((resolve) => {
      onCancel = resolve
    })
    const watched: Clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      at: (deadlineMs, run) => {
        set.push(`at ${deadlineMs}`)
        const alarm = clock.at(deadlineMs, run)
        return { cancel: () => [alarm.cancel(), onCancel()] }
      },
    }
    const own = await start({ scenarios: [{ rules }], clock: watched })
    using client = openStream({
      ...{ port: own.port, method: 'GET' },
      path: '/_stuntdouble/wait?for=request&timeout=10m',
    })
    while (set.length === 0) await fetch(own.url('/_stuntdouble/health'))
    client.socket.destroy()
    await cancelled
    expect(set).toEqual(['at 600000'])
    await own.close()
  })
})

describe('waitFor in the library', () => {
  it('refuses a kind of fault that there is not', async () => {
    await expect(double.waitFor({ for: 'fault', kind: 'bogus' })).rejects.toMatchObject({
      ...{ code: 'bad-request', message: expect.stringContaining('no fault is called "bogus"') },
    })
  })

  it('waits by the clock that it was given', async () => {
    const clock = new VirtualClock()
    const own = await start({ scenarios: [{ rules }], clock })
    const waiting = own.waitFor({ for: 'request', timeout: '9m' })
    const given = expect(waiting).rejects.toMatchObject({
      ...{ code: 'timeout', message: 'request: 0 of 1 after 540000 ms', seen: [] },
    })
    await clock.advance(9 * 60_000)
    await given
    await own.close()
  })

  it('gives the entries, and knows which request of a session came after which', async () => {
    await said('hi', 'f')
    await said('hi', 'f')
    const [first, second] = await double.waitFor({ for: 'ended', count: 2, session: 'f' })
    expect(first?.previous).toBeUndefined()
    expect(second?.previous?.id).toBe(first?.id)
    expect(second?.previous?.gapMs).toBeGreaterThan(second?.previous?.idleMs ?? Number.NaN)
    for (const entry of [first, second]) {
      expect(entry?.requestedMs).toBeLessThanOrEqual(entry?.headMs ?? Number.NaN)
      expect(entry?.headMs).toBeLessThanOrEqual(entry?.firstByteMs ?? Number.NaN)
      expect(entry?.handedBytes).toBe(entry?.socketBytes)
      expect(entry?.socketBytes).toBeGreaterThan(entry?.bytes ?? Number.NaN)
    }
  })

  it('numbers connections, and the requests on each', async () => {
    const body = JSON.stringify(chatBody('hi'))
    const head = `POST ${chatPath} HTTP/1.1\r\nhost: x\r\nx-stuntdouble-session: g\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    using client = openStream({ port: double.port, method: 'GET', path: '/_stuntdouble/health' })
    await client.until((one) => one.received.includes('uptimeMs'))
    for (const n of [1, 2]) {
      client.socket.write(head)
      await double.waitFor({ for: 'ended', count: n, session: 'g' })
    }
    const entries = await double.waitFor({ for: 'ended', count: 2, session: 'g' })
    const [first, second] = entries.map(({ connection }) => connection)
    expect(first).toMatchObject({ request: 1, protocol: 'HTTP/1.1' })
    expect(second).toEqual({ ...first, request: 2 })
    // The client has received what the journal says was written, and nothing else.
    const both = entries.reduce((sum, { socketBytes = 0 }) => sum + socketBytes, 0)
    const received = (): number =>
      client.received.length - client.received.indexOf('HTTP/1.1 200', 9)
    await client.until(() => received() >= both)
    expect(received()).toBe(both)
  })
})

describe('GET /events', () => {
  it('is a stream of what happens to the exchanges of a session', async () => {
    using feed = openStream({
      ...{ port: double.port, method: 'GET', path: '/_stuntdouble/events?session=h' },
    })
    await feed.until(({ body }) => body.includes(': listening'))
    await said('hi', 'other')
    await said('broken', 'h')
    await feed.until(({ body }) => body.includes('event: ended'))
    const told = [...feed.body.matchAll(/^event: (.*)\ndata: (.*)$/gm)]
    expect(told.map(([, what]) => what)).toEqual(['request', 'fault', 'ended'])
    expect(told.map(([, , data = '']) => JSON.parse(data).session)).toEqual(['h', 'h', 'h'])
  })
})

describe('/streams', () => {
  it('lists, pauses, steps, pushes into and ends a stream by its id', async () => {
    using client = openStream({
      ...{ port: double.port, path: chatPath, body: chatBody('hi') },
      headers: { 'x-stuntdouble-pause': 'frame:1', 'x-stuntdouble-session': 'i' },
    })
    await control('/wait?for=paused&session=i')
    const [listed] = (await control('/streams?session=i')).body
    expect(listed).toMatchObject({ state: 'paused', frames: 1, chunks: 1, rule: 'shop/quick' })
    const post = (path: string, body?: object) =>
      control(`/streams/${listed.id}/${path}`, {
        method: 'POST',
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
    expect((await post('step?frames=2')).body).toMatchObject({ state: 'paused', frames: 3 })
    expect((await post('push', { comment: 'hello' })).body).toMatchObject({ chunks: 4 })
    await client.until(({ body }) => body.endsWith(': hello\n\n'))
    expect(client.body.split('\n\n')).toHaveLength(5)
    const one = await control(`/streams/${listed.id}`)
    if (process.platform === 'linux') expect(one.body.unacknowledgedBytes).toBe(0)
    expect((await post('push', { bytes: 'x' })).body.error.message).toMatch(
      /push needs what: one of raw/,
    )
    expect((await post('end?how=crash')).body.error.message).toMatch(
      /"crash" is no ending; known are/,
    )
    for (const form of ['raw', 'base64']) {
      const refused = await post('push', { [form]: '' })
      expect([refused.status, refused.body.error.message]).toEqual([
        400,
        `stuntdouble: ${form}: needs at least one byte`,
      ])
    }
    expect((await post('pauze')).body.error.message).toMatch(/did you mean "pause"/)
    expect((await post('end?how=reset')).status).toBe(200)
    await client.until(({ end }) => end === 'rst')
    await double.waitFor({ for: 'ended', session: 'i' })
    const over = await post('resume')
    expect([over.status, over.body.error.message]).toEqual([
      404,
      `stuntdouble: stream ${listed.id}: it is over (reset); none is open`,
    ])
  })

  it('refuses a pause that it cannot read, before anything is answered', async () => {
    const headers = { 'x-stuntdouble-pause': 'sometime' }
    const reply = await ask(double, 'hi', { headers })
    expect([reply.status, await reply.text()]).toEqual([
      400,
      expect.stringContaining(
        'x-stuntdouble-pause: \\"sometime\\" is no place; write frame:3, byte:100 or time:1.5s',
      ),
    ])
    const event = await ask(double, 'hi', { headers: { 'x-stuntdouble-pause': 'event:text' } })
    expect(await event.text()).toMatch(
      /event.*is no place.*; write frame:3, byte:100 or time:1.5s"/,
    )
  })
})
