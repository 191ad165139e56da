import { once } from 'node:events'
import http2 from 'node:http2'
import { afterEach, describe, expect, test } from 'vitest'
import { makeTrust } from '../support/certificate.ts'
import {
  cancel,
  data,
  goAway,
  h2cUrl,
  h2Upstream,
  headers,
  internalError,
  noError,
  ok,
  paddedData,
  reset,
} from './h2-upstream.ts'
import { type Act, chunk, head, lastChunk, type RawUpstream, rawUpstream } from './raw-upstream.ts'
import { chatRequest, open, relay, saidByUs, tally } from './relaying.ts'

const { ca, server } = makeTrust()
const upstreams: { close(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()))
})

function kept(made: RawUpstream): RawUpstream {
  upstreams.push(made)
  return made
}

describe('over HTTP/2 each DATA frame is a chunk, and each ending is told as it was', () => {
  const early = headers([
    [':status', '103'],
    ['link', '</a>'],
  ])
  const sized = (bytes: number): Uint8Array =>
    headers([
      [':status', '200'],
      ['content-length', `${bytes}`],
    ])
  const cases: readonly (readonly [string, readonly Act[], readonly unknown[]])[] = [
    ['a whole stream', [ok, data('a'), 'pause', data('b', 'last')], [200, 'a', 'b', 'end']],
    [
      'frames that arrive together',
      [Buffer.concat([ok, data('a\n'), data('\n'), data('', 'last')])],
      [200, 'a\n', '\n', 'end'],
    ],
    ['padding', [ok, paddedData('abc', 200), data('', 'last')], [200, 'abc', 'end']],
    ['early hints', [Buffer.concat([early, ok, data('a', 'last')])], [200, 'a', 'end']],
    [
      'trailers',
      [Buffer.concat([ok, data('a'), headers([['grpc-status', '0']], 'last')])],
      [200, 'a', 'end'],
    ],
    ['less than its length says', [sized(3), data('a', 'last')], [200, 'a', 'reset']],
    ['more than its length says', [sized(0), data('a', 'last')], [200, 'a', 'reset']],
    ['as much as its length says', [sized(2), data('ab', 'last')], [200, 'ab', 'end']],
    ['no body at all', [headers([[':status', '204']], 'last')], [204, 'end']],
    ['an answer, and then a reset', [ok, data('a', 'last'), reset(noError)], [200, 'a', 'end']],
    [
      'RST_STREAM in the same packet as data',
      [Buffer.concat([ok, data('a'), reset(internalError)])],
      [200, 'a', 'reset'],
    ],
    ['RST_STREAM with CANCEL', [ok, data('a'), reset(cancel)], [200, 'a', 'reset']],
    ['RST_STREAM with NO_ERROR', [ok, data('a'), reset(noError)], [200, 'a', 'reset']],
    ['RST_STREAM before any head', [reset(internalError)], ['reset']],
    ['GOAWAY with an error', [ok, data('a'), goAway(internalError)], [200, 'a', 'close']],
    [
      'GOAWAY without one, after which the stream goes on',
      [ok, data('a'), goAway(noError), 'pause', data('b', 'last')],
      [200, 'a', 'b', 'end'],
    ],
    ['a FIN in mid-stream', [ok, data('a'), 'FIN'], [200, 'a', 'close']],
    ['a RST of the connection', [ok, data('a'), 'RST'], [200, 'a', 'reset']],
    ['a FIN before any head', ['FIN'], ['close']],
    ['a RST before any head', ['RST'], ['reset']],
  ]
  /** Those that are the connection's, and not the stream's. */
  const ofConnection = /^(?:a FIN|a RST|RST_STREAM in the same packet)/
  for (const [name, acts, expected] of cases) {
    const times = /RST|FIN|GOAWAY|reset/.test(name) ? 20 : 3
    for (const secure of ofConnection.test(name) ? [false, true] : [false]) {
      test(`${name}, ${secure ? 'with' : 'without'} TLS, every time`, async () => {
        const made = kept(await h2Upstream(acts, secure ? server : undefined))
        const upstream = open(secure ? { url: made.url, ca } : { url: h2cUrl(made) })
        const outcomes = await tally(times, async () => {
          const { seen, taped } = await relay(upstream)
          return JSON.stringify([seen, taped])
        })
        expect(outcomes).toEqual({ [JSON.stringify([expected, expected])]: times })
      })
    }
  }
})

test('a service that speaks both is asked over HTTP/2, unless that is not wanted', async () => {
  const service = http2.createSecureServer(
    { cert: server.cert, key: server.key, allowHTTP1: true },
    (request, response) => {
      response.end(request.httpVersion)
    },
  )
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  upstreams.push({ close: async () => void service.close() })
  const address = service.address()
  const url = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  expect((await relay({ url, ca })).seen).toEqual([200, '2.0', 'end'])
  expect((await relay({ url, ca, http1: true })).seen).toEqual([200, '1.1', 'end'])
})

test('headers are asked and answered in their order, each as often as it was sent', async () => {
  const seen: unknown[] = []
  const service = http2.createServer()
  service.on('stream', (stream, fields) => {
    seen.push(fields)
    let body = ''
    stream.on('data', (part) => {
      body += part
    })
    stream.on('end', () => {
      seen.push(body)
      stream.respond({ ':status': 201, 'set-cookie': ['a=1', 'b=2'], 'x-a': ['1', '2'] })
      stream.end()
    })
  })
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  upstreams.push({ close: async () => void service.close() })
  const address = service.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const relayed = await relay(
    { url: `h2c://127.0.0.1:${port}/base` },
    chatRequest({
      headers: [
        ['Host', 'elsewhere.example'],
        ['Connection', 'x-hop'],
        ['X-Hop', '1'],
        ['TE', 'trailers'],
        ['Authorization', 'Bearer secret'],
        ['X-Two', 'é'],
        ['x-two', '2'],
      ],
    }),
  )
  expect(seen).toEqual([
    expect.objectContaining({
      ':method': 'POST',
      ':path': '/base/v1/chat',
      ':authority': `127.0.0.1:${port}`,
      authorization: 'Bearer secret',
      'x-two': 'é, 2',
      'content-length': '7',
      'accept-encoding': 'identity',
    }),
    '{"n":1}',
  ])
  expect(seen[0]).not.toHaveProperty('x-hop')
  expect(seen[0]).not.toHaveProperty('te')
  expect(relayed.seen).toEqual([201, 'end'])
  expect(relayed.headers.filter(([name]) => name !== 'date')).toEqual([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['x-a', '1'],
    ['x-a', '2'],
  ])
})

test('a client that does not read makes it wait, and loses nothing', async () => {
  const part = 'y'.repeat(16 * 1024)
  const made = kept(
    await h2Upstream([ok, ...Array.from({ length: 300 }, () => data(part)), data('', 'last')]),
  )
  const walk = open({ url: h2cUrl(made) })
    .relay(chatRequest())
    [Symbol.asyncIterator]()
  await walk.next()
  let length = 0
  let last = ''
  for (let next = await walk.next(); !next.done; next = await walk.next()) {
    if (next.value.do === 'write') length += next.value.bytes.length
    last = next.value.do
  }
  expect([length, last]).toEqual([300 * part.length, 'end'])
})

test('a service that speaks HTTP/2 only, asked without it, is told how to ask', async () => {
  const made = kept(await h2Upstream([]))
  expect(saidByUs(await relay({ url: made.url }))).toContain('write its URL as h2c://')
})

test('what speaks no HTTP/2 is told so', async () => {
  const made = kept(await rawUpstream([head('400 Bad Request'), chunk('x'), lastChunk, 'FIN']))
  const relayed = await relay({ url: h2cUrl(made) })
  expect(relayed.seen[0]).toBe(502)
})
