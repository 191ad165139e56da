import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Headers, HttpRequest } from '../../src/core/http.ts'
import type { Step } from '../../src/core/timeline.ts'
import { createTape, openRecording, type Tape } from '../../src/recording/store.ts'
import { openUpstream, type RelayOptions } from '../../src/sources/upstream.ts'
import { originForm } from '../../src/sources/upstream-url.ts'
import { RealClock } from '../../src/time/clock.ts'
import {
  type Act,
  chunk,
  head,
  lastChunk,
  type RawUpstream,
  rawUpstream,
  streamHead,
} from './raw-upstream.ts'

const clock = new RealClock()
let folder = ''
const upstreams: RawUpstream[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
})

afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()))
  rmSync(folder, { recursive: true })
})

async function upstream(...acts: Act[]): Promise<RawUpstream> {
  const made = await rawUpstream(acts)
  upstreams.push(made)
  return made
}

function request(
  url = '/v1/chat',
  headers: Headers = [],
  method = 'POST',
  body = '{"n":1}',
): HttpRequest {
  const at = new URL(url, 'http://x')
  return {
    ...{ method, url, headers, params: {} },
    path: at.pathname,
    query: at.searchParams,
    body: Buffer.from(body),
  }
}

/** Relays with a tape; the file is whole when this is done. */
function taping(asked: HttpRequest, to: string, options: RelayOptions = {}) {
  const tapes: Tape[] = []
  const steps = openUpstream({ url: to, clock }).relay(asked, {
    tape: (url, onOpen) => {
      const head = { by: 'test', arrivedMs: 0, request: asked, url }
      const tape = createTape(folder, head, onOpen)
      tapes.push(tape)
      return tape
    },
    ...options,
  })
  return { steps, file: () => tapes[0]?.path ?? '' }
}

const plain = (step: Step): unknown => {
  if (step.do === 'head') return [step.status, step.headers]
  return step.do === 'write' ? Buffer.from(step.bytes).toString('latin1') : step.do
}

const eventStream: Headers = [['Content-Type', 'text/event-stream']]
const [tick, cross] = [Buffer.from('✓').subarray(0, 2), Buffer.from('✓').subarray(2)]

describe('what an upstream does is what the client gets, and what is on tape', () => {
  const cases: readonly (readonly [string, readonly Act[], readonly unknown[]])[] = [
    [
      'chunks that arrive one by one',
      [streamHead, chunk('data: 1\n\n'), 'pause', chunk('data: 2\n\n'), 'pause', lastChunk],
      [[200, eventStream], 'data: 1\n\n', 'data: 2\n\n', 'end'],
    ],
    [
      'chunks that arrive together keep their borders',
      [
        Buffer.concat([
          Buffer.from(streamHead),
          chunk('a: 1\n'),
          chunk('\n'),
          Buffer.from(lastChunk),
        ]),
      ],
      [[200, eventStream], 'a: 1\n', '\n', 'end'],
    ],
    [
      'several frames in one chunk, and comments',
      [streamHead, chunk(': hi\n\ndata: 1\n\ndata: 2\n\n'), lastChunk],
      [[200, eventStream], ': hi\n\ndata: 1\n\ndata: 2\n\n', 'end'],
    ],
    [
      'a chunk that ends within a character',
      [streamHead, chunk(tick), 'pause', chunk(cross), lastChunk],
      [[200, eventStream], tick.toString('latin1'), cross.toString('latin1'), 'end'],
    ],
    [
      'a FIN in mid-stream',
      [streamHead, chunk('data'), 'FIN'],
      [[200, eventStream], 'data', 'close'],
    ],
    [
      'a RST in mid-stream',
      [streamHead, chunk('data'), 'RST'],
      [[200, eventStream], 'data', 'reset'],
    ],
    [
      'a FIN where the connection was to close anyway',
      [head('200 OK', 'Transfer-Encoding: chunked', 'Connection: close'), chunk('data'), 'FIN'],
      [[200, []], 'data', 'close'],
    ],
    [
      'a RST where the connection was to close anyway',
      [head('200 OK', 'Transfer-Encoding: chunked', 'Connection: close'), chunk('data'), 'RST'],
      [[200, []], 'data', 'reset'],
    ],
    [
      'a body that ends with the connection',
      [head('200 OK', 'Content-Type: text/plain'), 'all of it', 'FIN'],
      [[200, [['Content-Type', 'text/plain']]], 'all of it', 'end'],
    ],
    [
      'a body cut short of its length',
      [head('200 OK', 'Content-Length: 100', 'content-type: a'), '{"a', 'FIN'],
      [
        [
          200,
          [
            ['Content-Length', '100'],
            ['content-type', 'a'],
          ],
        ],
        '{"a',
        'close',
      ],
    ],
    ['a FIN before any head', ['FIN'], ['close']],
    ['a RST before any head', ['RST'], ['reset']],
    [
      'a stream that stops within the head of a chunk',
      [streamHead, 'f', 'FIN'],
      [[200, eventStream], 'close'],
    ],
    [
      'a 429 with its retry-after',
      [head('429 Too Many', 'retry-after: 7', 'content-length: 2'), '{}'],
      [
        [
          429,
          [
            ['retry-after', '7'],
            ['content-length', '2'],
          ],
        ],
        '{}',
        'end',
      ],
    ],
    [
      'an HTML page of a gateway',
      [
        head('502 Bad Gateway', 'content-type: text/html', 'Content-Length: 14'),
        '<h1>Bad</h1>\r\n',
      ],
      [
        [
          502,
          [
            ['content-type', 'text/html'],
            ['Content-Length', '14'],
          ],
        ],
        '<h1>Bad</h1>\r\n',
        'end',
      ],
    ],
    [
      'an error frame in mid-stream, and no terminator',
      [streamHead, chunk('data: {"error":{"code":"overloaded"}}\n\n'), lastChunk],
      [[200, eventStream], 'data: {"error":{"code":"overloaded"}}\n\n', 'end'],
    ],
    [
      'a format that nobody knows',
      [
        head('200 OK', 'content-type: x/y', 'Transfer-Encoding: chunked'),
        chunk(Uint8Array.of(0, 255, 10)),
        lastChunk,
      ],
      [[200, [['content-type', 'x/y']]], '\x00\xff\n', 'end'],
    ],
    ['no body at all', [head('204 No Content')], [[204, []], 'end']],
    [
      'a redirect, which is passed on and not followed',
      [head('302 Found', 'location: http://127.0.0.1:1/', 'content-length: 0')],
      [
        [
          302,
          [
            ['location', 'http://127.0.0.1:1/'],
            ['content-length', '0'],
          ],
        ],
        'end',
      ],
    ],
    [
      'early hints, which are not the answer',
      ['HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', streamHead, lastChunk],
      [[200, eventStream], 'end'],
    ],
    [
      'chunks that are no HTTP',
      [streamHead, chunk('data'), 'pause', 'zz\r\n'],
      [[200, eventStream], 'data', 'close'],
    ],
  ]
  for (const [name, acts, expected] of cases) {
    test(name, async () => {
      const { url } = await upstream(...acts)
      const { steps, file } = taping(request(), url)
      const seen: Step[] = []
      for await (const step of steps) seen.push(step)
      expect(seen.map(plain)).toEqual(expected)
      const recording = openRecording(file())
      expect([...recording.timeline()].map(plain)).toEqual(expected)
      expect([...recording.timeline()].map(({ atMs }) => atMs)).toEqual(
        seen.map(({ atMs }) => atMs),
      )
      expect(recording.ending).toBe(expected.at(-1))
    })
  }
})

test('a reset in the same instant as its data is told from a close, every time', async () => {
  const [reset, fin] = await Promise.all([
    upstream(streamHead, chunk('data'), 'RST'),
    upstream(streamHead, chunk('data'), 'FIN'),
  ])
  const seen: Record<string, number> = {}
  for (let i = 0; i < 200; i++) {
    for (const [name, { url }] of Object.entries({ reset, fin })) {
      const steps: string[] = [name]
      for await (const step of openUpstream({ url, clock }).relay(request())) steps.push(step.do)
      seen[steps.join(' ')] = (seen[steps.join(' ')] ?? 0) + 1
    }
  }
  expect(seen).toEqual({ 'reset head write reset': 200, 'fin head write close': 200 })
})

test('a chunk is handed on before the next has arrived, however long that takes', async () => {
  const { url } = await upstream(streamHead, chunk('data: 1\n\n'), 'stay')
  const { steps } = taping(request(), url)
  const walk = steps[Symbol.asyncIterator]()
  expect(plain((await walk.next()).value)).toEqual([200, eventStream])
  expect(plain((await walk.next()).value)).toBe('data: 1\n\n')
  await walk.return?.()
})

test.each(['return', 'signal'] as const)(
  'a client that leaves by %s takes the upstream with it, and the tape says so',
  async (how) => {
    const { url, left } = await upstream(streamHead, chunk('data: 1\n\n'), 'stay')
    const leaving = new AbortController()
    const { steps, file } = taping(request(), url, { signal: leaving.signal })
    const walk = steps[Symbol.asyncIterator]()
    await walk.next()
    await walk.next()
    const pending = walk.next()
    if (how === 'return') await walk.return?.()
    else leaving.abort()
    expect((await pending).done).toBe(true)
    await left
    await walk.next()
    expect(openRecording(file()).ending).toBe('client-left')
    expect([...openRecording(file()).timeline()].map(plain)).toEqual([
      [200, eventStream],
      'data: 1\n\n',
      'hang',
    ])
  },
)

test('a client that leaves before the head leaves a tape that says so', async () => {
  const { url, left, received } = await upstream('stay')
  const { steps, file } = taping(request(), url)
  const walk = steps[Symbol.asyncIterator]()
  const pending = walk.next()
  await vi.waitFor(() => expect(received).toHaveLength(1))
  await walk.return?.()
  await left
  expect((await pending).done).toBe(true)
  expect(openRecording(file())).toMatchObject({ ending: 'client-left', status: undefined })
})

test('closing the upstream leaves what is still running, and calls no end clean', async () => {
  const { url, left } = await upstream(streamHead, 'stay')
  const service = openUpstream({ url, clock })
  const walk = service.relay(request())[Symbol.asyncIterator]()
  await walk.next()
  const pending = walk.next()
  await service.close()
  await left
  expect(plain((await pending).value)).toBe('close')
  expect((await walk.next()).done).toBe(true)
})

test('a client that does not read makes the upstream wait, and loses nothing', async () => {
  const part = 'y'.repeat(64 * 1024)
  const parts = Array.from({ length: 200 }, () => chunk(part))
  const { url } = await upstream(streamHead, ...parts, lastChunk)
  const walk = openUpstream({ url, clock }).relay(request())[Symbol.asyncIterator]()
  await walk.next()
  const before = process.memoryUsage().arrayBuffers
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024)
  let length = 0
  let last = ''
  for (let next = await walk.next(); !next.done; next = await walk.next()) {
    if (next.value.do === 'write') length += next.value.bytes.length
    last = next.value.do
  }
  expect([length, last]).toEqual([200 * part.length, 'end'])
})

describe('what the upstream is asked', () => {
  const asked = async (
    path: string,
    headers: Headers,
    base = '',
    method = 'POST',
    body = '{"n":1}',
  ) => {
    const made = await upstream(head('200 OK', 'content-length: 0'))
    const steps = openUpstream({ url: made.url + base, clock }).relay(
      request(path, headers, method, body),
    )
    for await (const step of steps) void step
    const [top = '', sent = ''] = (made.received[0] ?? '').split('\r\n\r\n')
    const lines = top.split('\r\n').filter((line) => !/^host:/i.test(line))
    return { line: lines[0], headers: lines.slice(1), body: sent, top, port: made.port }
  }

  test('method, path, query, headers and body are the client’s; credentials are forwarded', async () => {
    const { line, headers, body } = await asked('/v1/x?b=2&a=%20', [
      ['Authorization', 'Bearer secret'],
      ['X-Custom', 'Ü'.normalize()],
      ['cookie', 'a=1'],
    ])
    expect(line).toBe('POST /v1/x?b=2&a=%20 HTTP/1.1')
    expect(headers).toEqual(
      expect.arrayContaining([
        'Authorization: Bearer secret',
        'X-Custom: Ü',
        'cookie: a=1',
        'content-length: 7',
      ]),
    )
    expect(body).toBe('{"n":1}')
  })

  test('headers of the connection and of ours stay behind, and nothing compressed is asked for', async () => {
    const { headers, top, port } = await asked('/', [
      ['Host', 'evil.example'],
      ['Connection', 'keep-alive, X-Hop'],
      ['X-Hop', '1'],
      ['Keep-Alive', 'timeout=5'],
      ['TE', 'trailers'],
      ['Transfer-Encoding', 'chunked'],
      ['Upgrade', 'h2c'],
      ['Expect', '100-continue'],
      ['Proxy-Authorization', 'Basic x'],
      ['Accept-Encoding', 'gzip, br'],
      ['x-stuntdouble-session', 's'],
      ['Content-Length', '999'],
    ])
    expect(top).toContain(`host: 127.0.0.1:${port}`)
    expect(headers.map((line) => line.toLowerCase()).sort()).toEqual([
      'accept-encoding: identity',
      'connection: keep-alive',
      'content-length: 7',
    ])
  })

  test.each(['GET', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'])(
    '%s is relayed as well',
    async (method) => {
      expect((await asked('/x', [], '', method, '')).line).toBe(`${method} /x HTTP/1.1`)
    },
  )

  test.each([
    ['/v1/x', '/openai', '/openai/v1/x'],
    ['/v1/x', '/openai/', '/openai/v1/x'],
    ['//evil.example/x', '', '//evil.example/x'],
    ['http://evil.example/x?y=1', '', '/x?y=1'],
    ['http://evil.example', '/base', '/base/'],
    ['/../../admin', '/base', '/base/admin'],
    ['/a/%2e%2e/%2E./admin', '/base', '/base/admin'],
    ['*', '', '/'],
  ])(
    'the target %s under base path "%s" goes to %s of the one upstream',
    async (target, base, path) => {
      const made = await upstream(head('200 OK', 'content-length: 0'))
      const steps = openUpstream({ url: made.url + base, clock }).relay({
        ...request(),
        url: target,
      })
      for await (const step of steps) void step
      expect(made.received[0]?.split('\r\n')[0]).toBe(`POST ${path} HTTP/1.1`)
    },
  )

  test('a path of bytes that are no ASCII is escaped', () => {
    expect(originForm('/ä b', false)).toBe('/%C3%A4%20b')
  })
})

describe('an upstream that is not reached', () => {
  test('gives an error of ours that says which and why, and is not on tape as an answer', async () => {
    const made = await rawUpstream([])
    await made.close()
    const { steps, file } = taping(request('/v1?key=abcdefgh'), made.url)
    const seen: Step[] = []
    for await (const step of steps) seen.push(step)
    const [first, second] = seen
    expect(first).toMatchObject({ do: 'head', status: 502 })
    expect(first && plain(first)).toEqual([
      502,
      expect.arrayContaining([['x-stuntdouble-error', 'upstream-failed']]),
    ])
    const { error } = JSON.parse(String(second && plain(second)))
    expect(error.code).toBe('upstream-failed')
    expect(error.message).toContain(made.url)
    expect(error.message).toContain('ECONNREFUSED')
    expect(seen.at(-1)?.do).toBe('end')
    expect(openRecording(file())).toMatchObject({ status: undefined, ending: undefined })
    expect(openRecording(file()).failed).toContain('ECONNREFUSED')
    expect(readFileSync(file(), 'utf8')).not.toContain('abcdefgh')
  })

  test('or does not speak HTTP', async () => {
    const { url } = await upstream('SSH-2.0-OpenSSH_9\r\n')
    const { steps, file } = taping(request(), url)
    const seen: string[] = []
    for await (const step of steps) seen.push(step.do)
    expect(seen).toEqual(['head', 'write', 'end'])
    expect(openRecording(file()).failed).toBeTruthy()
  })

  test.each([
    ['nonsense', /"nonsense" is no URL/],
    ['ftp://example.com', /must be http, https, or h2c/],
    ['https://user:pass@example.com', /must hold no user name or password/],
    ['https://example.com/?key=1', /must hold no query/],
  ])('%s cannot be an upstream', (url, message) => {
    expect(() => openUpstream({ url, clock })).toThrow(message)
  })
})

test('no secret reaches the disk, wherever it stands and however the stream cuts it', async () => {
  const key = 'sk-proj-Ab3dEf6hIj9kLmN0pQrStUvWxYz_1234567890-abcdef'
  const echo = `data: {"error":"Incorrect API key provided: ${key}"}\n\n`
  const parts = [...echo].map((character) => chunk(character))
  const { url, received } = await upstream(
    head(
      '401 Unauthorized',
      'content-type: text/event-stream',
      `x-request-id: r-${key}`,
      'set-cookie: s=1',
      'Transfer-Encoding: chunked',
    ),
    Buffer.concat(parts),
    lastChunk,
  )
  const { steps, file } = taping(
    request(`/v1?key=${key}`, [['authorization', `Bearer ${key}`]], 'POST', `{"q":"${key}"}`),
    url,
  )
  const body: string[] = []
  for await (const step of steps) if (step.do === 'write') body.push(String(plain(step)))
  expect(body.join('')).toBe(echo)
  expect(received[0]).toContain(key)
  const tape = readFileSync(file(), 'utf8')
  expect(tape).not.toMatch(/Ab3dEf|set-cookie/)
  const kept = [...openRecording(file()).timeline()].filter((step) => step.do === 'write')
  expect(kept.map((step) => step.do === 'write' && step.bytes.length)).toEqual(
    body.map((part) => part.length),
  )
})

test('record, replay, record gives the same file, but for times and where it was sent', async () => {
  const key = 'gsk_abcdefghijklmnopqrstuvwxyz0123456789'
  const first = await upstream(
    head(
      '200 OK',
      'Content-Type: x/y',
      'Date: now',
      'x-request-id: 7',
      'Transfer-Encoding: chunked',
    ),
    ...[chunk(`data: ${key}\n\n`), 'pause', chunk(tick), 'pause', chunk(cross), 'pause'],
    ...[chunk('a'), 'pause', 'RST'],
  )
  const asked = request(
    `/v1?key=${key}`,
    [['content-type', 'a/b']],
    'POST',
    `{"password":"${key}"}`,
  )
  const record = async (url: string): Promise<string> => {
    const { steps, file } = taping(asked, url)
    for await (const step of steps) void step
    return file()
  }
  const file = await record(first.url)
  const acts = [...openRecording(file).timeline()].flatMap((step): Act[] => {
    if (step.do === 'write') return [chunk(step.bytes), 'pause']
    if (step.do !== 'head') return [step.do === 'reset' ? 'RST' : 'FIN']
    const headers = step.headers.map(([name, value]) => `${name}: ${value}`)
    return [head(`${step.status} OK`, ...headers, 'Date: later', 'Transfer-Encoding: chunked')]
  })
  const again = await record((await upstream(...acts)).url)
  const comparableFile = (path: string): string =>
    readFileSync(path, 'utf8').replaceAll(/"atMs":[\d.]+|127\.0\.0\.1:\d+/g, '')
  expect(comparableFile(again)).toBe(comparableFile(file))
  expect(comparableFile(file)).not.toContain(key)
  expect(comparableFile(file)).toContain('"end":"reset"')
})
