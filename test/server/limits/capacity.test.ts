import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Double, type Log, type StartOptions, start } from '../../../src/index.ts'
import { Capacity, capacityWarning, usualCapacity } from '../../../src/server/limits/capacity.ts'
import { silentLog } from '../../../src/server/log.ts'
import { Counters } from '../../../src/server/metrics.ts'
import { VirtualClock } from '../../../src/time/clock.ts'
import { askRaw, chatBody, chatPath } from '../../support/ask.ts'
import { H2Client } from '../../support/h2-client.ts'
import { rawExchange, rawRequest, requestBytes } from '../../support/raw-client.ts'
import { openStream, type StreamingClient } from '../../support/streaming-client.ts'

const scenario = {
  name: 's',
  pacing: 'instant',
  rules: [
    { name: 'hang', when: { user: 'hang' }, reply: [{ text: ['a', 'b'] }, 'hang'] },
    { name: 'short', when: { user: 'short' }, reply: 'done' },
  ],
}

const clients: (StreamingClient | H2Client)[] = []

afterEach(() => {
  for (const client of clients.splice(0)) {
    if (client instanceof H2Client) client.destroy()
    else client.socket.destroy()
  }
})

/** A stream that is open, and stays so. */
async function hangs(double: Double): Promise<StreamingClient> {
  const client = openStream({ port: double.port, path: chatPath, body: chatBody('hang') })
  clients.push(client)
  await client.until(({ body }) => body.includes('b'))
  return client
}

function noted(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  const note = (_: object, message: string): void => void lines.push(message)
  return { log: { debug: note, info: () => {}, warn: note, error: note }, lines }
}

const full = (options: StartOptions): Promise<Double> =>
  start({ scenarios: [scenario], ...options })

const errorOf = (body: string): { code: string; message: string } => JSON.parse(body).error

describe('past the most streams', () => {
  it('a request gets a 503 that says which limit, how to raise it and when to come again', async () => {
    await using double = await full({ maxStreams: 2 })
    await hangs(double)
    await hangs(double)
    const reply = await askRaw(double, 'short')
    expect(reply).toMatchObject({ status: 503, complete: true, socket: 'open' })
    expect(reply.headers).toMatchObject({
      'x-stuntdouble-error': 'too-many-streams',
      'retry-after': '1',
      'content-type': 'application/json',
    })
    expect(errorOf(reply.body)).toEqual({
      type: 'stuntdouble_error',
      code: 'too-many-streams',
      message: 'stuntdouble: 2 streams are open and no more are taken; --max-streams raises that',
    })
  })

  it('its connection serves again once a stream has ended', async () => {
    await using double = await full({ maxStreams: 1 })
    const first = await hangs(double)
    const asked = requestBytes({ path: chatPath, body: chatBody('short') })
    const client = openStream({ port: double.port, path: chatPath, body: chatBody('short') })
    clients.push(client)
    await client.until(({ received }) => received.includes('too-many-streams'))
    first.socket.destroy()
    await expect.poll(() => double.open).toBe(0)
    client.socket.write(asked)
    await client.until(({ received }) => received.includes('"content":"done"'))
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 200'])
  })

  it('a client that is still sending gets its 503 all the same, at the end of what it sends', async () => {
    await using double = await full({ maxStreams: 1 })
    await hangs(double)
    const body = chatBody('x'.repeat(3_000_000))
    expect(await rawRequest({ port: double.port, path: chatPath, body })).toMatchObject({
      status: 503,
      complete: true,
    })
  })

  it('streams of one HTTP/2 connection count one by one, and the others go on', async () => {
    await using double = await full({ maxStreams: 2 })
    const client = await H2Client.open(double.port)
    clients.push(client)
    const open = ['hang', 'hang'].map((user) =>
      client.request({ path: chatPath, body: chatBody(user) }),
    )
    await client.until(() => open.every((stream) => client.bytesOf(stream) > 0))
    const refused = client.request({ path: chatPath, body: chatBody('short') })
    const reply = await client.over(refused)
    expect(reply.ending).toBe('end')
    expect(errorOf(reply.body).code).toBe('too-many-streams')
    expect(open.map((stream) => client.reply(stream).ending)).toEqual(['open', 'open'])
    client.cancel(open[0] ?? 0)
    await expect.poll(() => double.open).toBe(1)
    const taken = client.request({ path: chatPath, body: chatBody('short') })
    expect((await client.over(taken)).body).toContain('done')
  })

  it('requests of which the bodies are still to come count, too', async () => {
    await using double = await full({ maxStreams: 1 })
    const client = await H2Client.open(double.port)
    clients.push(client)
    client.request({ path: chatPath, body: chatBody('hang'), unfinished: true })
    const second = client.request({ path: chatPath, body: chatBody('short') })
    expect(errorOf((await client.over(second)).body).code).toBe('too-many-streams')
  })

  it('health, metrics and one line of the log say so', async () => {
    const { log, lines } = noted()
    await using double = await full({ maxStreams: 1, log })
    await hangs(double)
    for (let i = 0; i < 5; i += 1) expect((await askRaw(double, 'short')).status).toBe(503)
    const health = await (await fetch(double.url('/_stuntdouble/health'))).json()
    expect(health).toMatchObject({ status: 'full', open: 1, maxStreams: 1 })
    const metrics = await (await fetch(double.url('/_stuntdouble/metrics'))).text()
    expect(metrics).toContain('stuntdouble_refused_total{lacking="streams"} 5')
    expect(metrics).toContain('stuntdouble_streams_limit 1')
    expect(lines).toEqual([
      'full: 1 streams are open and no more are taken; --max-streams raises that',
    ])
  })

  it('every way in which a stream ends gives its place back', async () => {
    await using double = await full({ maxStreams: 1 })
    for (const fault of ['reset; at=frame:1', 'close; at=frame:1', 'refuse', 'end; at=frame:1']) {
      await askRaw(double, 'short', { 'x-stuntdouble-fault': fault })
    }
    await askRaw(double, 'nothing answers this')
    await askRaw(double, 'short', { 'x-stuntdouble-fault': 'no such fault' })
    await rawRequest({ port: double.port, path: chatPath, body: '{' })
    await expect.poll(() => double.open).toBe(0)
    expect((await askRaw(double, 'short')).status).toBe(200)
  })
})

describe('past the most connections', () => {
  it('a client is told by a 503, and its connection is closed by FIN', async () => {
    await using double = await full({ maxConnections: 2 })
    await hangs(double)
    await hangs(double)
    const reply = await askRaw(double, 'short')
    expect(reply).toMatchObject({ status: 503, complete: true })
    expect(reply.headers).toMatchObject({
      'x-stuntdouble-error': 'too-many-connections',
      'retry-after': '1',
      connection: 'close',
    })
    expect(errorOf(reply.body).message).toMatch(/^stuntdouble: 2 connections .*--max-connections/)
    const sent = requestBytes({ path: chatPath, body: chatBody('short') })
    expect(await endOf(connect(double.port, '127.0.0.1'), sent)).toBe('fin')
  })

  it('one of HTTP/2 is told by a GOAWAY after which every request may be sent again', async () => {
    await using double = await full({ maxConnections: 1 })
    await hangs(double)
    const client = await H2Client.open(double.port)
    clients.push(client)
    client.request({ path: chatPath, body: chatBody('short') })
    await client.until(() => client.end !== 'open')
    const frames = client.frames.map(({ type }) => type)
    expect(frames).toEqual(['SETTINGS', 'GOAWAY'])
    const goaway = client.frames[1]?.payload
    expect(goaway?.readUInt32BE(0)).toBe(0)
    expect(client.goaway).toBe(11)
    expect(goaway?.subarray(8).toString()).toMatch(/^too-many-connections: 1 connections/)
  })

  it('the control API still answers, and nothing else on the same connection', async () => {
    await using double = await full({ maxConnections: 1 })
    await hangs(double)
    const health = requestBytes({ method: 'GET', path: '/_stuntdouble/health' })
    const asked = requestBytes({ path: chatPath, body: chatBody('short') })
    const client = openStream({ port: double.port, method: 'GET', path: '/_stuntdouble/health' })
    clients.push(client)
    await client.until(({ received }) => received.includes('"status":"full"'))
    client.socket.write(health)
    client.socket.write(asked)
    await client.until(({ end }) => end !== 'open')
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 503',
    ])
    expect(client.received).toContain('too-many-connections')
  })

  it('a client that says nothing is told as well, after a moment', async () => {
    await using double = await full({ maxConnections: 1 })
    await hangs(double)
    expect(await rawExchange(double.port, '')).toMatchObject({ status: 503, socket: 'fin' })
  })

  it('a place is free again when a connection is closed, whatever it was', async () => {
    await using double = await full({ maxConnections: 1 })
    const first = await hangs(double)
    expect((await askRaw(double, 'short')).status).toBe(503)
    first.socket.destroy()
    await expect.poll(async () => (await askRaw(double, 'short')).status).toBe(200)
    await using other = await full({ maxConnections: 1 })
    const second = await H2Client.open(other.port)
    second.request({ path: chatPath, body: chatBody('hang') })
    await expect.poll(() => other.open).toBe(1)
    expect((await askRaw(other, 'short')).status).toBe(503)
    second.destroy()
    await expect.poll(async () => (await askRaw(other, 'short')).status).toBe(200)
  })

  it('of a crowd that says nothing some are told and the rest are closed, and nobody is harmed', async () => {
    const { log, lines } = noted()
    await using double = await full({ maxConnections: 1, log })
    const inside = await hangs(double)
    const crowd = await Promise.all(Array.from({ length: 100 }, () => outcome(double.port)))
    expect(crowd.filter((one) => one === '503')).toHaveLength(32)
    expect(crowd.filter((one) => one === 'closed')).toHaveLength(68)
    expect(lines).toHaveLength(1)
    expect(inside.end).toBe('open')
    inside.socket.destroy()
    await expect.poll(async () => (await askRaw(double, 'short')).status).toBe(200)
  })

  it('a drain waits for no connection that was refused', async () => {
    const double = await full({ maxConnections: 1 })
    await hangs(double)
    const silent = connect(double.port, '127.0.0.1')
    await new Promise((resolve) => silent.once('connect', resolve))
    await double.drain()
    silent.destroy()
  })
})

describe('where the heap is near its end', () => {
  const around = { log: silentLog, onRefused: () => {} }
  const roomy = { maxConnections: 10, maxStreams: 10 }
  const megabyte = 1024 * 1024

  it('no stream is taken but one a second, which finds out whether it was garbage', async () => {
    const clock = new VirtualClock()
    let used = 475
    const heap = () => ({ used: used * megabyte, limit: 500 * megabyte })
    const capacity = new Capacity({ ...roomy, heap }, { ...around, clock })
    expect([capacity.enter(), capacity.enter(), capacity.full]).toEqual([
      undefined,
      'memory',
      'memory',
    ])
    await clock.advance(1000)
    expect([capacity.enter(), capacity.enter()]).toEqual([undefined, 'memory'])
    used = 250
    await clock.advance(100)
    expect([capacity.enter(), capacity.enter(), capacity.full]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(capacity.streams).toBe(4)
  })

  it.each([
    { limit: 500, full: 450, end: 475 },
    { limit: 64, full: 48, end: 56 },
  ])('$limit MB are full from $full on, and from $end on nothing is tried', async (mb) => {
    const clock = new VirtualClock()
    let used = mb.full - 1
    const heap = () => ({ used: used * megabyte, limit: mb.limit * megabyte })
    const capacity = new Capacity({ ...roomy, heap }, { ...around, clock })
    const full: unknown[] = []
    for (used of [mb.full - 1, mb.full + 1, mb.end + 1]) {
      await clock.advance(1000)
      full.push(capacity.full, capacity.enter())
    }
    expect(full).toEqual([undefined, undefined, 'memory', undefined, 'memory', 'memory'])
  })

  it('the error says how to give it more', () => {
    const capacity = new Capacity(roomy, { ...around, clock: new VirtualClock() })
    expect(capacity.refuse('memory')).toMatchObject({
      code: 'too-little-memory',
      status: 503,
      message: expect.stringContaining('NODE_OPTIONS=--max-old-space-size'),
    })
  })
})

describe('what is taken unless somebody says otherwise', () => {
  it.each([
    [
      { fileLimit: 1024, filesEach: 1 },
      { maxConnections: 921, maxStreams: 50_000 },
    ],
    [
      { fileLimit: 1024, filesEach: 3 },
      { maxConnections: 307, maxStreams: 307 },
    ],
    [
      { fileLimit: 20_000, filesEach: 2 },
      { maxConnections: 9000, maxStreams: 9000 },
    ],
    [
      { fileLimit: 256, filesEach: 1 },
      { maxConnections: 192, maxStreams: 50_000 },
    ],
    [
      { fileLimit: 20, filesEach: 1 },
      { maxConnections: 1, maxStreams: 50_000 },
    ],
    [
      { fileLimit: undefined, filesEach: 1 },
      { maxConnections: 10_000, maxStreams: 50_000 },
    ],
  ])('follows from the files that may be open: %j', (around, usual) => {
    expect(usualCapacity(around)).toEqual(usual)
  })

  it('is warned of where it is more than may be open', () => {
    const around = { fileLimit: 1024, filesEach: 1 }
    expect(capacityWarning({ maxConnections: 921, maxStreams: 1 }, around)).toBeUndefined()
    expect(capacityWarning({ maxConnections: 5000, maxStreams: 1 }, around)).toBe(
      '--max-connections 5000 is too many: this process may open 1024 files, enough for 921 connections; raise `ulimit -n` first',
    )
  })

  it.each(['maxConnections', 'maxStreams'] as const)(
    '%s must be a number of them',
    async (name) => {
      for (const wrong of [0, -1, 1.5]) {
        await expect(start({ scenarios: [scenario], [name]: wrong })).rejects.toThrow(
          `start: ${name} must be a whole number of at least 1, not ${wrong}`,
        )
      }
    },
  )

  it('shows in the health of a server', async () => {
    await using double = await full({})
    const health = await (await fetch(double.url('/_stuntdouble/health'))).json()
    expect(health).toMatchObject({
      ...{ status: 'ok', connections: 1, maxStreams: 50_000 },
      maxConnections: expect.any(Number),
    })
  })
})

it('limits that come and go with reloads make no more than a hundred series and the rest', () => {
  const counters = new Counters()
  for (let i = 0; i < 500; i += 1) counters.countLimited(`limit ${i}`)
  counters.countLimited('limit 7')
  expect(counters.limited.size).toBe(101)
  expect([counters.limited.get('limit 7'), counters.limited.get('others')]).toEqual([2, 400])
})

/** How a connection ends on which something is asked. */
function endOf(socket: Socket, sent: string): Promise<'fin' | 'rst'> {
  return new Promise((resolve) => {
    socket.on('connect', () => socket.write(sent))
    socket.on('error', () => resolve('rst'))
    socket.on('end', () => resolve('fin'))
    socket.resume()
  })
}

/** What a client that says nothing is told before its connection ends. */
function outcome(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (data) => {
      received += data.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(received.slice(9, 12) || 'closed'))
  })
}
