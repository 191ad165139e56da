/** HTTP/2 without TLS on the same port: what is the same as over HTTP/1.1, and what cannot be. */
import {
  connect as connectHttp2,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { ask, askRaw, chatBody, chatPath } from '../support/ask.ts'
import { frame, H2Client, h2Request } from '../support/h2-client.ts'
import { rawExchange, requestBytes } from '../support/raw-client.ts'

let double: Double

const rules = [
  { when: { user: 'refuse' }, reply: 'never', faults: ['refuse'] },
  { when: { user: 'refuse by close' }, reply: 'never', faults: [{ refuse: { by: 'close' } }] },
  { when: { user: 'slow' }, reply: [{ text: 'begun' }, { wait: '10m' }, { text: 'late' }] },
  { when: { path: '/empty' }, reply: { status: 204 } },
  { when: { path: '/page' }, reply: { status: 200, body: 'a page' } },
  { when: { path: '/large' }, reply: { status: 200, body: 'x'.repeat(100_000) } },
  {
    when: { path: '/heads' },
    reply: {
      status: 200,
      headers: { Connection: 'keep-alive', 'Keep-Alive': 'timeout=5', 'X-Mixed-Case': 'fête' },
      body: 'x',
    },
  },
  {
    when: { path: '/short' },
    reply: { status: 200, headers: { 'content-length': '9' }, body: 'x' },
  },
  {
    when: {
      path: '/named',
      header: { host: 'named.example', cookie: 'a=1; b=2', ':path': { exists: false } },
    },
    reply: { status: 200, body: 'known' },
  },
  { name: 'words', reply: [{ text: ['one ', 'twö ', 'three'] }] },
]

beforeAll(async () => {
  double = await start({ scenarios: [{ rules }], maxBodyBytes: 100_000 })
})

afterAll(() => double.close())

const chat = (content: string, headers: Record<string, string> = {}, more: object = {}) =>
  h2Request(double.port, { path: chatPath, headers, body: chatBody(content, more) })

const page = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
  h2Request(double.port, { method, path, headers })

interface Seen {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly error: string | undefined
}

/** By Node's own client, which reads all headers. */
function askNode(headers: OutgoingHttpHeaders, body?: string): Promise<Seen> {
  return new Promise((resolve) => {
    const session = connectHttp2(double.url())
    const request = session.request(headers)
    let seen: Seen = { headers: {}, body: '', error: undefined }
    request.setEncoding('utf8')
    request.on('response', (received) => {
      seen = { ...seen, headers: received }
    })
    request.on('data', (part) => {
      seen = { ...seen, body: seen.body + part }
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      seen = { ...seen, error: error.message }
    })
    request.on('close', () => {
      session.destroy()
      resolve(seen)
    })
    request.end(body)
  })
}

describe('one port', () => {
  it('answers both protocols, and the same question with the same chunks', async () => {
    const one = await askRaw(double, 'hi')
    double.reset()
    const two = await chat('hi')
    expect([two.status, two.ending]).toEqual([200, 'end'])
    expect(two.chunks.map(String)).toEqual(one.chunks.map(String))
    expect(two.chunks).toHaveLength(6)
  })

  it('takes a preface that comes in any pieces', async () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
    for (let at = 1; at < preface.length; at += 1) {
      const received = await firstBytes([preface.slice(0, at), preface.slice(at) + settings], 5)
      // The server's own SETTINGS frame: a length, and its type, 4.
      expect(received[3]).toBe(4)
    }
  })

  it('takes a request by HTTP/1.1 that comes in any pieces', async () => {
    const request = requestBytes({ port: double.port, path: chatPath, body: chatBody('hi') })
    for (let at = 1; at < 8; at += 1) {
      const received = await firstBytes([request.slice(0, at), request.slice(at)], 12)
      expect(received.toString()).toBe('HTTP/1.1 200')
    }
  })

  it.each([
    ['a preface of another version', 'PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n'],
    ['a preface with a wrong end', 'PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n'],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00'],
  ])('refuses %s as what it is: no HTTP', async (_, sent) => {
    const reply = await rawExchange(double.port, sent)
    expect([reply.status, reply.socket]).toEqual([400, 'fin'])
    expect(JSON.parse(reply.body).error.type).toBe('stuntdouble_error')
  })

  it('refuses a preface that is cut off', async () => {
    const received = await firstBytes(['PRI * HTT', undefined], 12)
    expect(received.toString()).toBe('HTTP/1.1 400')
  })

  it('answers wrong frames by GOAWAY, and goes on', async () => {
    const client = await H2Client.open(double.port)
    client.send(frame('DATA', 0, 1, Buffer.from('no such stream')))
    await client.until(() => client.goaway !== undefined)
    expect(client.goaway).toBe(1)
    client.destroy()
    expect((await ask(double, 'hi')).status).toBe(200)
  })
})

const settings = frame('SETTINGS', 0, 0, Buffer.alloc(0)).toString('latin1')

/** Sends pieces one after the other, each in a packet of its own; undefined is a FIN. */
function firstBytes(pieces: readonly (string | undefined)[], length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: double.port, host: '127.0.0.1', allowHalfOpen: true })
    let received = Buffer.alloc(0)
    const next = (at: number): void => {
      if (at >= pieces.length) return
      const piece = pieces[at]
      if (piece === undefined) socket.end()
      else socket.write(Buffer.from(piece, 'latin1'), () => setTimeout(next, 5, at + 1))
    }
    socket.setNoDelay(true)
    socket.on('connect', () => next(0))
    socket.on('error', reject)
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data])
      if (received.length < length) return
      socket.destroy()
      resolve(received.subarray(0, length))
    })
  })
}

describe('a head over HTTP/2', () => {
  it('has names in lower case, and none that belong to a connection', async () => {
    const { headers, body } = await askNode({ ':path': '/heads' })
    expect(headers).toMatchObject({ ':status': 200, 'x-mixed-case': 'fête' })
    expect(headers['x-stuntdouble-rule']).toMatch(/^inline-1\//)
    expect(headers['date']).toMatch(/GMT$/)
    expect(Object.keys(headers)).not.toContain('keep-alive')
    expect(Object.keys(headers)).not.toContain('connection')
    expect(body).toBe('x')
  })

  it.each([
    ['a whole answer has its length', { stream: false }, {}, /^\d+$/],
    ['a stream has none', { stream: true }, {}, undefined],
    [
      'an answer whose length a fault changes has none',
      { stream: false },
      { 'x-stuntdouble-fault': 'inject; at=byte:3; raw=x' },
      undefined,
    ],
  ])('%s', async (_, more, headers, length) => {
    const seen = await askNode(
      { ':method': 'POST', ':path': chatPath, 'content-type': 'application/json', ...headers },
      JSON.stringify(chatBody('hi', more)),
    )
    expect(seen.error).toBeUndefined()
    if (length) expect(seen.headers['content-length']).toMatch(length)
    else expect(seen.headers['content-length']).toBeUndefined()
  })

  it.each([
    ['204', '/empty', 'GET'],
    ['HEAD', '/page', 'HEAD'],
    ['HEAD of the control API', '/_stuntdouble/health', 'HEAD'],
  ])('is all that comes for %s', async (_, path, method) => {
    const reply = await page(path, method)
    expect([reply.chunks.length, reply.ending]).toEqual([0, 'end'])
  })

  it('that declares more than comes is a protocol error to the client', async () => {
    expect((await askNode({ ':path': '/short' })).error).toMatch(/PROTOCOL_ERROR/)
  })
})

describe('a body over HTTP/2', () => {
  it('in one piece is one DATA frame, which also ends the stream', async () => {
    const client = await H2Client.open(double.port)
    const stream = client.request({ method: 'GET', path: '/page' })
    expect((await client.over(stream)).body).toBe('a page')
    const frames = client.frames.filter((one) => one.stream === stream)
    expect(frames.map(({ type, flags }) => `${type} ${flags}`)).toEqual(['HEADERS 4', 'DATA 1'])
    client.destroy()
  })

  it('in a chunk that is larger than a frame may be arrives whole', async () => {
    const reply = await page('/large')
    expect([reply.body.length, reply.ending]).toEqual([100_000, 'end'])
    expect(Math.max(...reply.chunks.map(({ length }) => length))).toBe(16_384)
  })

  it.each([
    'slice; bytes=7',
    'slice; in=utf8',
    'merge; frames=2',
    'duplicate; at=frame:1; count=2',
    'drop; at=frame:1',
    'corrupt; at=random; seed=4',
    'inject; at=byte:10; raw=nonsense',
    'inject; at=frame:2; comment=ping',
    'end; at=byte:33',
  ])('has the same chunks as over HTTP/1.1 after the fault %s', async (fault) => {
    const headers = { 'x-stuntdouble-fault': fault, 'x-stuntdouble-session': fault }
    const one = await askRaw(double, 'hi', headers)
    double.reset()
    const two = await chat('hi', headers)
    expect([two.status, two.ending]).toEqual([200, 'end'])
    expect(two.chunks.map((chunk) => chunk.toString('latin1'))).toEqual(
      one.chunks.map((chunk) => chunk.toString('latin1')),
    )
  })
})

describe('a refused request over HTTP/2', () => {
  it('gets REFUSED_STREAM, which leaves the connection as it is', async () => {
    const reply = await chat('refuse')
    expect([reply.status, reply.ending, reply.end]).toEqual([0, 'reset 7', 'open'])
  })

  it('by close loses the connection', async () => {
    const reply = await chat('refuse by close')
    expect([reply.status, reply.ending, reply.goaway, reply.end]).toEqual([0, 'lost', 0, 'fin'])
  })
})

describe('a request over HTTP/2', () => {
  it('is known without its pseudo headers, with a host and one cookie', async () => {
    const known = await askNode({
      ':path': '/named?a=1',
      ':authority': 'named.example',
      cookie: ['a=1', 'b=2'],
    })
    expect(known.body).toBe('known')
    const { method, url } = double.journal.at(-1) ?? {}
    expect([method, url]).toEqual(['GET', '/named?a=1'])
  })

  it('may end in trailers and ask before it sends its body', async () => {
    const session = connectHttp2(double.url())
    const request = session.request(
      { ':method': 'POST', ':path': chatPath, expect: '100-continue' },
      { waitForTrailers: true },
    )
    request.on('wantTrailers', () => request.sendTrailers({ 'x-checksum': '1' }))
    request.on('continue', () => request.end(JSON.stringify(chatBody('hi'))))
    const status = await new Promise((resolve) =>
      request.on('response', (headers) => resolve(headers[':status'])),
    )
    expect(status).toBe(200)
    session.destroy()
  })

  it.each([
    ['says', { 'content-length': '200000' }],
    ['does not say', {}],
  ])('that is too large and %s so gets a 413, and is told to stop', async (_, headers) => {
    const client = await H2Client.open(double.port)
    const body = Buffer.alloc(16_000, 'x')
    const stream = client.request({ path: chatPath, headers, body, unfinished: true })
    for (let sent = 0; sent < 7; sent += 1) client.send(frame('DATA', 0, stream, body))
    await client.until(() => client.reply(stream).ending.startsWith('reset'))
    const { body: said, ending } = client.reply(stream)
    expect([JSON.parse(said).error.code, ending]).toEqual(['body-too-large', 'reset 0'])
    const next = client.request({ path: chatPath, body: chatBody('hi') })
    expect((await client.over(next)).status).toBe(200)
    client.destroy()
  })

  it('may come from a page, after a preflight', async () => {
    const origin = 'https://app.example'
    const granted = await askNode({
      ':method': 'OPTIONS',
      ':path': chatPath,
      origin,
      'access-control-request-method': 'POST',
    })
    expect(granted.headers).toMatchObject({
      ':status': 204,
      'access-control-allow-origin': origin,
    })
    const { headers } = await askNode({ ':path': '/page', origin })
    expect(headers['access-control-allow-origin']).toBe(origin)
  })
})

describe('the control API over HTTP/2', () => {
  it('answers under the names of this machine alone', async () => {
    const path = '/_stuntdouble/health'
    const own = await askNode({ ':path': path, ':authority': 'localhost:1' })
    expect(JSON.parse(own.body)).toMatchObject({ status: 'ok' })
    const foreign = await askNode({ ':path': path, ':authority': 'evil.example' })
    expect(foreign.headers[':status']).toBe(403)
    const page = await askNode({ ':path': path, origin: 'https://evil.example' })
    expect(page.headers[':status']).toBe(403)
  })

  it('says with an error what is wrong', async () => {
    const { headers, body } = await askNode({ ':path': '/_stuntdouble/jurnal' })
    expect(headers[':status']).toBe(404)
    expect(JSON.parse(body).error.message).toMatch(/did you mean "\/journal"/)
    const fault = await askNode({ ':path': '/page', 'x-stuntdouble-fault': 'nonsense' })
    expect(fault.headers[':status']).toBe(400)
  })
})
