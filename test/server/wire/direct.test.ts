/**
 * Connections whose plain requests are read past Node's server: their answers are those that Node's
 * would have written, and whatever a client does on them, it harms nobody. Seen from bare sockets.
 */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start, VirtualClock } from '../../../src/index.ts'
import { chatBody, chatPath, textOf } from '../../support/ask.ts'
import { rawRequest, requestBytes } from '../../support/raw-client.ts'
import { openStream, type StreamingClient } from '../../support/streaming-client.ts'
import { talk, undated } from '../../support/talk.ts'

/** A header that asks for nothing here, and that Node's server has to read. */
const forNode = { te: 'trailers' }

const goodbye = requestBytes({ method: 'GET', path: '/bye', headers: { connection: 'close' } })

type Fields = Record<string, string>

const page = (headers: Fields, status = 200, body: object = { body: 'hello' }) => ({
  status,
  headers,
  ...body,
})

/** Answers of a rule that are just what it says. */
const pages: Record<string, object> = {
  'an answer without headers': page({}),
  'an answer of no bytes': page({}, 200, {}),
  'headers in its own spelling': page({ 'X-Upper': 'A', 'x-empty': '', 'x-latin': 'é' }),
  'connection: close': page({ connection: 'close' }),
  'Connection: Keep-Alive': page({ Connection: 'Keep-Alive' }),
  'connection: keep-alive, Close': page({ connection: 'keep-alive, Close' }),
  'another wish for the connection': page({ connection: 'foo' }),
  'a time for which it is kept': page({ 'keep-alive': 'timeout=3' }),
  'both about the connection': page({ connection: 'keep-alive', 'Keep-Alive': 'timeout=3' }),
  'a date of its own': page({ date: 'Thu, 01 Jan 1970 00:00:00 GMT' }),
  'its length': page({ 'Content-Length': '5' }),
  'a length that is too long': page({ 'content-length': '9' }),
  'a length that is too long, kept alive': page({
    'content-length': '9',
    connection: 'keep-alive',
  }),
  'a coding of its own': page({ 'transfer-encoding': 'chunked' }),
  'no content': page({}, 204, {}),
  'no content, and close': page({ connection: 'close' }, 204, {}),
  'the old content': page({ etag: '"1"' }, 304, {}),
  'an empty form': page({}, 205, {}),
  'a status without a name': page({}, 299),
  'an error of a proxy': page({ server: 'nginx', 'retry-after': '3' }, 503),
}

const faults = [
  ...['head; status=503', 'head; status=204', 'no-terminator', 'slice; bytes=3', 'refuse'],
  ...['after-terminator; comment=x', 'garbage; at=frame:1', 'end; at=frame:2', 'end; at=byte:9'],
  ...['close; at=frame:1', 'reset; at=frame:1', 'corrupt; at=frame:1', 'duplicate; at=frame:1'],
  'no such fault',
]

const fewFaults = ['head; status=503', 'end; at=frame:2', 'close; at=frame:1']

const paths = Object.keys(pages).map((_, at) => `/page-${at}`)

const rules = [
  ...Object.values(pages).map((reply, at) => ({ when: { path: `/page-${at}` }, reply })),
  { when: { path: '/bye' }, reply: page({}, 200, { body: 'bye' }) },
  { when: { user: 'error' }, reply: { error: { code: 'rate-limited', retryAfter: '7s' } } },
  { when: { user: 'long' }, reply: 'and so on '.repeat(200) },
  { when: { user: 'hang' }, reply: [{ text: ['a', 'b'] }, 'hang'] },
  { when: { user: 'slow' }, pacing: { itl: 10 }, reply: [{ text: ['a', 'b', 'c', 'd'] }] },
  { reply: 'Hello there.' },
]

const playing = (more: object = {}): Promise<Double> =>
  start({ scenarios: [{ name: 's', pacing: 'instant', rules }], seed: 1, ...more })

describe('an answer is what a server of Node would have written:', () => {
  let ours: Double
  let theirs: Double

  beforeAll(async () => {
    const clock = new VirtualClock()
    ours = await playing({ clock })
    theirs = await playing({ clock })
  })

  afterAll(() => Promise.all([ours.close(), theirs.close()]))

  /** Up to the end of the connection, which the client asks for at once or by another request. */
  async function expectSame(request: Parameters<typeof requestBytes>[0]): Promise<string> {
    const ask = ({ port }: Double, more: Fields): Promise<string> => {
      const pieces = [requestBytes({ ...request, headers: { ...request.headers, ...more } })]
      return talk(port, request.headers?.['connection'] ? { pieces } : { pieces, last: goodbye })
    }
    const [here, there] = await Promise.all([ask(ours, {}), ask(theirs, forNode)])
    expect(undated(here)).toBe(undated(there))
    return here
  }

  it.each(Object.keys(pages))('%s', async (what) => {
    const path = paths[Object.keys(pages).indexOf(what)] ?? ''
    for (const headers of [{}, { connection: 'close' }, { origin: 'http://x.test' }]) {
      expect(await expectSame({ method: 'GET', path, headers })).toMatch(/^HTTP\/1\.1 \d{3} /)
    }
  })

  const streams = [true, false]
  const kinds = streams.flatMap((stream) =>
    ['hi', 'error', 'long'].map((user): [string, boolean] => [user, stream]),
  )

  it.each(kinds)('to "%s", streamed: %s, whatever fault it has', async (user, stream) => {
    for (const fault of user === 'hi' && stream ? ['', ...faults] : ['', ...fewFaults]) {
      const headers: Fields = fault === '' ? {} : { 'x-stuntdouble-fault': fault }
      await expectSame({ path: chatPath, headers, body: chatBody(user, { stream }) })
    }
  })
})

/** Opens a stream and hears its beginning. */
async function hearing(double: Double, user: string, more: Fields = {}): Promise<StreamingClient> {
  const asked = { port: double.port, path: chatPath, body: chatBody(user), headers: more }
  const client = openStream(asked)
  await client.until(({ body }) => body.includes('"a"'))
  return client
}

const chat = (user: string, headers: Fields = {}): string =>
  requestBytes({ path: chatPath, body: chatBody(user), headers })

/** As they came, the heads' statuses and the words of the streams. */
const statuses = (heard: string): string[] => heard.match(/(?<=HTTP\/1\.1 )\d{3}/g) ?? []

async function goesOn(double: Double): Promise<void> {
  const reply = await rawRequest({ port: double.port, method: 'GET', path: '/bye' })
  expect(reply).toMatchObject({ status: 200, body: 'bye' })
}

describe('on a connection that is read past a server of Node', () => {
  let double: Double

  beforeAll(async () => {
    double = await playing()
  })

  afterAll(() => double.close())

  it('a request that comes while a stream is played waits for its end', async () => {
    using client = await hearing(double, 'slow')
    client.socket.write(chat('hi') + goodbye)
    await client.until(({ end }) => end !== 'open')
    expect(statuses(client.received)).toEqual(['200', '200', '200'])
    const words = [...client.received.matchAll(/"content":"([^"]+)"/g)].map(([, word]) => word)
    expect(words.join('')).toBe('abcdHello there.')
    expect(client.received).toMatch(/bye$/)
  })

  it('many hundred that come at once are all answered, in their order', async () => {
    const many = Array.from({ length: 800 }, (_, at) =>
      requestBytes({ method: 'GET', path: paths[at % 2] ?? '', headers: { 'x-at': `${at}` } }),
    )
    using client = await hearing(double, 'slow')
    client.socket.write(many.join('') + goodbye)
    await client.until(({ end }) => end !== 'open')
    expect(statuses(client.received)).toHaveLength(802)
    const rest = client.received.slice(client.received.indexOf('0\r\n\r\n') + 5)
    const lengths = [...rest.matchAll(/content-length: (\d)/g)].map(([, length]) => length)
    expect(lengths).toEqual([...many.map((_, at) => (at % 2 === 0 ? '5' : '0')), '3'])
  })

  it('what follows a request that was to be the last is not answered', async () => {
    const pieces = [chat('hi', { connection: 'close' }) + chat('hi')]
    expect(statuses(await talk(double.port, { pieces }))).toEqual(['200'])
  })

  it('the control API is answered in between, and the count goes on', async () => {
    await using own = await playing()
    const get = (path: string, headers: Fields = {}): string =>
      requestBytes({ method: 'GET', path, headers })
    using client = openStream({ port: own.port, method: 'GET', path: '/bye' })
    await client.until(({ received }) => received.endsWith('bye'))
    client.socket.write(get('/bye') + get('/_stuntdouble/health'))
    await client.until(({ received }) => statuses(received).length === 3)
    client.socket.write(get('/bye') + get('/_stuntdouble/journal', { connection: 'close' }))
    await client.until(({ end }) => end !== 'open')
    const journal = client.received.slice(client.received.lastIndexOf('\r\n\r\n'))
    const records: readonly Counted[] = JSON.parse(journal)
    const { id } = records[0]?.connection ?? {}
    expect(records.map(({ connection }) => connection)).toEqual(
      [1, 2, 3].map((request) => ({ id, request, protocol: 'HTTP/1.1' })),
    )
  })

  it('a client that ends its side in the midst of a body is told so', async () => {
    const asked = chat('hi')
    for (const cut of [1, 30]) {
      const heard = await talk(double.port, { pieces: [asked.slice(0, -cut)] })
      expect(heard).toMatch(/^HTTP\/1\.1 400 [\s\S]*bad-request/)
    }
  })

  it('a client that ends its side while a stream is played is left at once', async () => {
    using client = await hearing(double, 'hang')
    client.socket.end()
    await client.until(({ end }) => end !== 'open')
    await expect.poll(() => double.open).toBe(0)
  })

  it.each([
    ['nothing', '', false],
    ['half a head', chat('hi').slice(0, 20), false],
    ['half a body', chat('hi').slice(0, -20), false],
    ['half a body that is left to Node', chat('hi', forNode).slice(0, -20), false],
    ['a stream that is played', chat('hang'), true],
    ['a stream that is played by Node', chat('hang', forNode), true],
    ['a stream that is played, and half a request', `${chat('hang')}POST /`, true],
    ['a stream that is played, and more of them', chat('hang') + chat('hang'), true],
  ])('a client that resets it after %s harms nobody', async (_, sent, isPlayed) => {
    const socket = connect(double.port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    if (sent !== '') await new Promise((resolve) => socket.write(sent, resolve))
    if (isPlayed) await new Promise((resolve) => socket.once('data', resolve))
    socket.resetAndDestroy()
    await goesOn(double)
    await expect.poll(() => double.open).toBe(0)
  })

  it('two that read slowly get each its own bytes', async () => {
    const users = ['first', 'second']
    await using wordy = await start({
      scenarios: [
        {
          pacing: 'instant',
          rules: users.map((user) => ({ when: { user }, reply: `${user} `.repeat(20_000) })),
        },
      ],
    })
    const readers = users.map((user) =>
      openStream({ port: wordy.port, path: chatPath, body: chatBody(user, { stream: false }) }),
    )
    for (const { socket } of readers) socket.pause()
    await expect.poll(() => wordy.journal.length).toBe(2)
    for (const { socket } of readers) socket.resume()
    for (const [at, reader] of readers.entries()) {
      const user = users[at] ?? ''
      await reader.until(({ received }) => received.endsWith('}'))
      const text = `${user} `.repeat(20_000)
      expect(reader.received.includes(text)).toBe(true)
      reader[Symbol.dispose]()
    }
  })
})

interface Counted {
  readonly connection: { readonly id: number }
}

describe('a server that stops', () => {
  /** A connection on which a request was answered, and more was sent since. */
  async function idle(double: Double, sent: string): Promise<StreamingClient> {
    const client = openStream({ port: double.port, method: 'GET', path: '/bye' })
    await client.until(({ received }) => received.endsWith('bye'))
    if (sent !== '') await new Promise((resolve) => client.socket.write(sent, resolve))
    await goesOn(double)
    return client
  }

  it('closes what is idle, plays what has begun and answers what is being sent', async () => {
    const clock = new VirtualClock()
    const double = await playing({ clock })
    const asked = chat('hi')
    const silent = await idle(double, '')
    const sending = await idle(double, asked.slice(0, -9))
    const played = await hearing(double, 'slow')
    const drained = double.drain()
    await silent.until(({ end }) => end !== 'open')
    sending.socket.write(asked.slice(-9))
    await sending.until(({ end }) => end !== 'open')
    await clock.advance(1000)
    await played.until(({ end }) => end !== 'open')
    expect(textOf(played.body)).toBe('abcd')
    expect(statuses(sending.received)).toEqual(['200', '200'])
    expect(sending.received).toMatch(/Connection: close[\s\S]*\[DONE\]/)
    await drained
  })

  it('waits for nobody who never sends the rest', async () => {
    const double = await playing()
    const sending = await idle(double, chat('hi').slice(0, -9))
    await double.drain()
    await sending.until(({ end }) => end !== 'open')
  })

  it('closes all there are, whichever came and went before', async () => {
    const double = await playing()
    for (const sent of ['', chat('hi', forNode)]) {
      const gone = await idle(double, sent)
      gone.socket.destroy()
    }
    await goesOn(double)
    const all = [
      await hearing(double, 'hang'),
      await hearing(double, 'hang', forNode),
      await idle(double, ''),
      await idle(double, chat('hi').slice(0, -9)),
    ]
    await double.close()
    await Promise.all(all.map((one) => one.until(({ end }) => end !== 'open')))
  })
})
