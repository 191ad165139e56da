import {
  brotliCompressSync,
  constants,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
} from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { Headers } from '../../src/core/http.ts'
import {
  type Act,
  chunk,
  head,
  lastChunk,
  type RawUpstream,
  rawUpstream,
  streamHead,
} from './raw-upstream.ts'
import { chatRequest, open, plain, relay, saidByUs, tally } from './relaying.ts'

const upstreams: RawUpstream[] = []

afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()))
})

async function upstream(...acts: Act[]): Promise<RawUpstream> {
  const made = await rawUpstream(acts)
  upstreams.push(made)
  return made
}

describe('what is unusual on the wire reaches client and tape all the same', () => {
  const latin1 = Buffer.from(
    'HTTP/1.1 200 OK\r\nx-a: caf\xe9\r\ncontent-length: 2\r\n\r\nok',
    'latin1',
  )
  const many = Array.from({ length: 3000 }, (_, at) => `h${at}: v`)
  const cases: [string, readonly Act[], readonly unknown[], Headers?][] = [
    [
      'a 100 that nobody has asked for',
      ['HTTP/1.1 100 Continue\r\n\r\n', head('200 OK', 'content-length: 2'), 'ok'],
      [200, 'ok', 'end'],
    ],
    [
      'several 1xx',
      [
        'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n',
        streamHead,
        chunk('a'),
        lastChunk,
      ],
      [200, 'a', 'end'],
    ],
    [
      'values in Latin-1',
      [latin1],
      [200, 'ok', 'end'],
      [
        ['x-a', 'café'],
        ['content-length', '2'],
      ],
    ],
    [
      'values in several lines',
      [head('200 OK', 'x-a: one\r\n two', 'content-length: 2'), 'ok'],
      [200, 'ok', 'end'],
      [
        ['x-a', 'one two'],
        ['content-length', '2'],
      ],
    ],
    [
      'values that are empty',
      [head('200 OK', 'x-a:', 'x-b: ', 'content-length: 2'), 'ok'],
      [200, 'ok', 'end'],
      [
        ['x-a', ''],
        ['x-b', ''],
        ['content-length', '2'],
      ],
    ],
    [
      'the same name twice',
      [head('200 OK', 'Set-Cookie: a=1', 'set-cookie: b=2', 'content-length: 0')],
      [200, 'end'],
      [
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['content-length', '0'],
      ],
    ],
    ['3,000 headers', [head('200 OK', ...many, 'content-length: 2'), 'ok'], [200, 'ok', 'end']],
    [
      'a header of 60 kB',
      [head('200 OK', `x-a: ${'x'.repeat(60_000)}`, 'content-length: 2'), 'ok'],
      [200, 'ok', 'end'],
    ],
    ['no reason phrase', ['HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok'], [200, 'ok', 'end']],
    [
      'a status that nobody knows',
      [head('799 Odd', 'content-length: 2'), 'ok'],
      [799, 'ok', 'end'],
    ],
    ['HTTP/1.0', ['HTTP/1.0 200 OK\r\n\r\nok', 'FIN'], [200, 'ok', 'end']],
    [
      'a length beside chunks',
      [head('200 OK', 'transfer-encoding: chunked', 'content-length: 9'), chunk('ok'), lastChunk],
      [200, 'ok', 'end'],
    ],
    [
      'chunk extensions and trailers',
      [streamHead, '2;a=b\r\nok\r\n0\r\nx-sum: 1\r\n\r\n'],
      [200, 'ok', 'end'],
    ],
    [
      'more than the length says',
      [head('200 OK', 'content-length: 2'), 'okay'],
      [200, 'ok', 'end'],
    ],
    [
      'less than the length says',
      [head('200 OK', 'content-length: 9'), 'ok', 'FIN'],
      [200, 'ok', 'close'],
    ],
    [
      'a 304 with the length of what it spares',
      [head('304 Not Modified', 'content-length: 9')],
      [304, 'end'],
    ],
    [
      'a redirect',
      [head('307 Temporary Redirect', 'location: http://127.0.0.1:1/', 'content-length: 0')],
      [307, 'end'],
      [
        ['location', 'http://127.0.0.1:1/'],
        ['content-length', '0'],
      ],
    ],
  ]
  test.each(cases)('%s', async (_, acts, expected, headers) => {
    const { url } = await upstream(...acts)
    const { seen, taped, headers: received } = await relay({ url })
    expect(seen).toEqual(expected)
    expect(taped).toEqual(expected)
    if (headers) expect(received).toEqual(headers)
  })

  test('an answer to HEAD has no body, whatever its length', async () => {
    const { url, received } = await upstream(head('200 OK', 'content-length: 9'))
    const asked = await relay({ url }, chatRequest({ method: 'HEAD', body: Buffer.alloc(0) }))
    expect(asked.seen).toEqual([200, 'end'])
    expect(received[0]).toMatch(/^HEAD \/v1\/chat HTTP\/1\.1\r\n/)
  })

  test('a switch to another protocol is no answer', async () => {
    const { url } = await upstream(
      head('101 Switching Protocols', 'upgrade: websocket', 'connection: upgrade'),
    )
    const asked = await relay({ url })
    expect(asked.seen[0]).toBe(502)
    expect(saidByUs(asked)).toContain('switches to another protocol (101)')
  })

  test('a header with a character that none may have is no answer', async () => {
    const { url } = await upstream(head('200 OK', 'x-a: a\x01b', 'content-length: 2'), 'ok')
    const asked = await relay({ url })
    expect(asked.seen[0]).toBe(502)
    expect(saidByUs(asked)).toContain('its header x-a has a character that none may have')
    expect(asked.recording.failed).toContain('its header x-a')
  })

  test('a coding of the transfer that nobody asked for is no answer, and not taped', async () => {
    const coded = gzipSync('data: sk-proj-Ab3dEf6hIj9kLmN0pQrStUvWxYz\n\n')
    const { url } = await upstream(
      head('200 OK', 'transfer-encoding: gzip, chunked'),
      `${coded.length.toString(16)}\r\n`,
      coded,
      `\r\n${lastChunk}`,
    )
    const asked = await relay({ url })
    expect(asked.seen[0]).toBe(502)
    expect(saidByUs(asked)).toContain('its transfer-encoding is gzip, which nobody has asked for')
    expect(asked.recording.failed).toContain('transfer-encoding is gzip')
    expect(asked.taped).not.toContain(200)
  })

  test('an answer before the request is all sent is heard, every time', async () => {
    const { url } = await upstream(head('413 Too Large', 'content-length: 2'), 'no', 'FIN')
    const service = open({ url })
    const large = chatRequest({ body: Buffer.alloc(8 * 1024 * 1024) })
    const outcomes = await tally(20, async () => {
      const seen: unknown[] = []
      for await (const step of service.relay(large)) seen.push(plain(step))
      return JSON.stringify(seen)
    })
    expect(outcomes).toEqual({ '[413,"no","end"]': 20 })
  })
})

describe('a compressed answer reaches the client as it came, and the tape as text', () => {
  const key = 'sk-proj-Ab3dEf6hIj9kLmN0pQrStUvWxYz_1234567890-abcdef'
  const text = `data: {"key":"${key}","text":"grüße"}\n\n`
  const codings: Readonly<Record<string, Uint8Array>> = {
    gzip: gzipSync(text),
    'x-gzip': gzipSync(text),
    deflate: deflateSync(text),
    'deflate ': deflateRawSync(text),
    br: brotliCompressSync(text),
    'deflate, gzip': gzipSync(deflateSync(text)),
  }
  test.each(Object.entries(codings))('%s, at every split', async (coding, bytes) => {
    const middle = Math.floor(bytes.length / 2)
    for (const cut of [1, middle, bytes.length - 1]) {
      const { url, received } = await upstream(
        head(
          '200 OK',
          'content-type: text/event-stream',
          `Content-Encoding: ${coding}`,
          'transfer-encoding: chunked',
        ),
        Buffer.concat([
          chunk(bytes.subarray(0, cut)),
          chunk(bytes.subarray(cut)),
          Buffer.from(lastChunk),
        ]),
      )
      const asked = await relay({ url })
      const body = asked.steps.flatMap((step) => (step.do === 'write' ? [step.bytes] : []))
      expect(body.map((part) => part.length)).toEqual([cut, bytes.length - cut])
      expect(Buffer.concat(body)).toEqual(bytes)
      expect(asked.headers).toContainEqual(['Content-Encoding', coding.trim()])
      expect(asked.text).not.toContain('Ab3dEf')
      expect(asked.text).not.toContain('ncoding')
      const kept = asked.taped.slice(1, -1).join('')
      expect(kept).toHaveLength(Buffer.byteLength(text))
      expect(Buffer.from(kept, 'latin1').toString()).toMatch(
        new RegExp(`^data: {"key":".{${key.length}}","text":"grüße"}

$`),
      )
      expect(asked.taped.at(-1)).toBe('end')
      expect(received[0]).toContain('accept-encoding: identity')
    }
  })

  /** As a service compresses a stream: each part can be read when it arrives. */
  async function flushed(parts: readonly string[]): Promise<Uint8Array[]> {
    const gzip = createGzip()
    const out: Uint8Array[] = []
    for (const part of parts) {
      gzip.write(part)
      await new Promise<void>((resolve) => gzip.flush(constants.Z_SYNC_FLUSH, resolve))
      out.push(gzip.read())
    }
    return out
  }

  const gzipHead = head('200 OK', 'content-encoding: gzip', 'transfer-encoding: chunked')

  test('each chunk has its own text, its time and its place, also where the stream breaks', async () => {
    const parts = await flushed(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'])
    const { url } = await upstream(
      gzipHead,
      ...parts.flatMap((part): Act[] => [chunk(part), 'pause']),
      'RST',
    )
    const asked = await relay({ url })
    expect(asked.taped).toEqual([200, 'data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n', 'reset'])
    expect(asked.tapedAtMs).toEqual(asked.steps.map(({ atMs }) => atMs))
  })

  test.each([
    [
      'zstd',
      Buffer.from('whatever'),
      /coded with zstd, which cannot be read here and so is not kept/,
    ],
    [
      'gzip',
      Buffer.from(`no gzip ${key}`),
      /cannot be decoded from here on: incorrect header check/,
    ],
  ])('%s that cannot be read is not kept, and the tape says why', async (coding, bytes, why) => {
    const { url } = await upstream(
      head('200 OK', `content-encoding: ${coding}`, `content-length: ${bytes.length}`),
      bytes,
    )
    const asked = await relay({ url })
    expect(asked.seen).toEqual([200, bytes.toString(), 'end'])
    expect(asked.taped).toEqual([200, 'close'])
    expect(asked.recording.failed).toMatch(why)
    expect(asked.text).not.toContain('Ab3dEf')
  })
})

describe('deadlines that a user has set', () => {
  test('no head in time is a 504 of ours, and a failure on tape', async () => {
    const { url } = await upstream('stay')
    const asked = await relay({ url, headTimeoutMs: 30 })
    expect(asked.seen).toEqual([504, expect.anything(), 'end'])
    expect(saidByUs(asked)).toContain('no status line within 0.03 s (--head-timeout)')
    expect(asked.recording).toMatchObject({ status: undefined, ending: undefined })
    expect(asked.recording.failed).toContain('--head-timeout')
  })

  test('silence in mid-stream is a cut for the client, and ours on tape', async () => {
    const { url } = await upstream(streamHead, chunk('a'), 'pause', chunk('b'), 'stay')
    const asked = await relay({ url, idleTimeoutMs: 60 })
    expect(asked.seen).toEqual([200, 'a', 'b', 'close'])
    expect(asked.taped).toEqual([200, 'a', 'b', 'close'])
    expect(asked.recording.failed).toBe('silent for 0.06 s (--idle-timeout)')
  })

  test('a connection that is never made is a 504, too', async () => {
    // Connected, but a handshake is never answered.
    const { url } = await upstream('stay')
    const asked = await relay({ url: url.replace('http:', 'https:'), connectTimeoutMs: 30 })
    expect(asked.seen[0]).toBe(504)
    expect(saidByUs(asked)).toContain('no connection within 0.03 s (--connect-timeout)')
  })
})
