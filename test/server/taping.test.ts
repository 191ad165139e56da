/**
 * The whole road: an upstream that misbehaves is taped through our server and replayed by it, and
 * the client must see the same thing three times. Then what was replayed is taped again, and the
 * two recordings must be the same but for times and the upstream's name.
 */
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'
import {
  type Act,
  chunk,
  head,
  lastChunk,
  rawUpstream,
  streamHead,
} from '../sources/raw-upstream.ts'
import { ask, chatBody, chatPath } from '../support/ask.ts'
import { type RawReply, rawRequest } from '../support/raw-client.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'stuntdouble-'))

const delta = (text: string, finish: string | null = null, index = 0): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta: { content: text }, finish_reason: finish }] })}\n\n`

const done = 'data: [DONE]\n\n'
const plain = (status: string, body: string, ...headers: string[]): string =>
  `${head(status, `content-length: ${Buffer.byteLength(body)}`, ...headers)}${body}`

const character = Buffer.from(delta('漢字'))
const cut = character.indexOf(0xe6) + 1

const upstreams: Record<string, readonly Act[]> = {
  'a good stream': [
    streamHead,
    chunk(delta('a')),
    'pause',
    chunk(delta('b')),
    'pause',
    chunk(done),
    lastChunk,
  ],
  'a character split between chunks': [
    streamHead,
    chunk(character.subarray(0, cut)),
    'pause',
    chunk(character.subarray(cut)),
    chunk(done),
    lastChunk,
  ],
  'three frames in a chunk': [
    streamHead,
    chunk(delta('a') + delta('b') + delta('c')),
    chunk(done),
    lastChunk,
  ],
  'a frame in five chunks': [
    streamHead,
    ...[0, 7, 20, 40, 60].flatMap((at, n, all): Act[] => [
      chunk(delta('five').slice(at, all[n + 1])),
      'pause',
    ]),
    lastChunk,
  ],
  'a FIN in mid-stream': [streamHead, chunk(delta('a')), chunk('data: {"cho'), 'FIN'],
  'a RST in mid-stream': [streamHead, chunk(delta('a')), 'pause', chunk(delta('b')), 'RST'],
  'a RST after a pause': [streamHead, chunk(delta('a')), 'pause', 'RST'],
  'a 429 that says when to come back': [
    plain(
      '429 Too Many Requests',
      '{"error":{"message":"slow down"}}',
      'content-type: application/json',
      'retry-after: 7',
    ),
  ],
  'a 502 in HTML': [
    plain('502 Bad Gateway', '<html><h1>502</h1></html>', 'content-type: text/html'),
  ],
  'a finish by length': [
    streamHead,
    chunk(delta('a')),
    chunk(delta('', 'length')),
    chunk(done),
    lastChunk,
  ],
  'a finish by content_filter': [
    streamHead,
    chunk(delta('', 'content_filter')),
    chunk(done),
    lastChunk,
  ],
  'two choices': [
    streamHead,
    chunk(delta('a')),
    chunk(delta('b', null, 1)),
    chunk(done),
    lastChunk,
  ],
  'an error frame': [
    streamHead,
    chunk(delta('a')),
    chunk('data: {"error":{"message":"boom"}}\n\n'),
    lastChunk,
  ],
  'comments between frames': [
    streamHead,
    chunk(': ping\n\n'),
    chunk(delta('a')),
    chunk(': ping\r\n\r\n'),
    chunk(done),
    lastChunk,
  ],
  'no terminator': [streamHead, chunk(delta('a')), lastChunk],
  'a format nobody knows': [
    head('200 OK', 'content-type: application/x-unknown', 'transfer-encoding: chunked'),
    chunk(Buffer.from([0, 255, 128, 1])),
    'pause',
    chunk('§'),
    lastChunk,
  ],
  'a body shorter than declared': [
    `${head('200 OK', 'content-type: text/plain', 'content-length: 10')}four`,
    'FIN',
  ],
  'no body at all': ['HTTP/1.1 204 No Content\r\n\r\n'],
}

const seen = ({ status, headers, chunks, socket, complete }: RawReply) => ({
  status,
  contentType: headers['content-type'],
  retryAfter: headers['retry-after'],
  length: headers['content-length'],
  chunks: chunks.map((bytes) => bytes.toString('base64')),
  socket,
  complete,
})

const linesOf = (directory: string): Record<string, unknown>[] => {
  const [name = ''] = readdirSync(directory).filter((file) => file.endsWith('.jsonl'))
  return readFileSync(join(directory, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** A recording without its times and without the upstream's name. */
const timeless = (lines: Record<string, unknown>[]): string[] =>
  lines.map(({ at, atMs, ...rest }) => JSON.stringify(rest).replaceAll(/127\.0\.0\.1:\d+/g, 'host'))

const request = {
  path: chatPath,
  body: chatBody('hi'),
  headers: { authorization: 'Bearer sk-abcdefghijklmnopqrstuvwx' },
  // A busy machine makes a pause longer, and what is taped long is replayed long.
  silenceMs: 1000,
}

describe('an upstream with', () => {
  it.each(Object.entries(upstreams))(
    '%s is relayed, taped, replayed and taped again',
    async (_, acts) => {
      const upstream = await rawUpstream(acts)
      const [first, second] = [folder(), folder()]
      const direct = await rawRequest({ ...request, port: upstream.port })
      const recorder = await start({ upstream: upstream.url, tapes: first })
      const relayed = await rawRequest({ ...request, port: recorder.port })
      await recorder.close()
      await upstream.close()

      const replayer = await start({ recordings: [first] })
      const replayed = await rawRequest({ ...request, port: replayer.port })
      const recorderAgain = await start({ upstream: replayer.url(), tapes: second })
      await rawRequest({ ...request, port: recorderAgain.port })
      await recorderAgain.close()
      await replayer.close()

      expect(seen(relayed)).toEqual(seen(direct))
      expect(seen(replayed)).toEqual(seen(direct))
      expect(timeless(linesOf(second))).toEqual(timeless(linesOf(first)))
      expect(readFileSync(join(first, readdirSync(first)[0] ?? ''), 'utf8')).not.toMatch(
        /abcdefghij/,
      )
    },
  )
})

describe('taping', () => {
  const slow: readonly Act[] = [streamHead, chunk(delta('a')), 'stay']

  it('says that the client left, and leaves the upstream at once', async () => {
    const upstream = await rawUpstream(slow)
    const tapes = folder()
    const recorder = await start({ upstream: upstream.url, tapes })
    const leaving = new AbortController()
    const reply = await ask(recorder, 'hi', { signal: leaving.signal })
    await reply.body?.getReader().read()
    leaving.abort()
    await upstream.left
    await recorder.close()
    await upstream.close()
    expect(linesOf(tapes).at(-1)).toMatchObject({ end: 'client-left' })
  })

  it('gives no ending to a tape that it stops itself while the client still listens', async () => {
    const upstream = await rawUpstream(slow)
    const tapes = folder()
    const recorder = await start({ upstream: upstream.url, tapes })
    const reply = await ask(recorder, 'hi')
    await reply.body?.getReader().read()
    await recorder.close()
    await upstream.close()
    const last = linesOf(tapes).at(-1) ?? {}
    expect(Object.keys(last)).toEqual(['atMs', 'text'])
  })

  it('writes files that only their owner can read', async () => {
    const upstream = await rawUpstream(upstreams['no terminator'] ?? [])
    const tapes = join(folder(), 'new')
    const recorder = await start({ upstream: upstream.url, tapes })
    await (await ask(recorder, 'hi')).text()
    await recorder.close()
    await upstream.close()
    const [name = ''] = readdirSync(tapes)
    expect(statSync(join(tapes, name)).mode & 0o777).toBe(0o600)
  })

  it('answers for an upstream that cannot be reached, and says it is not the upstream that speaks', async () => {
    const upstream = await rawUpstream([])
    await upstream.close()
    await using recorder = await start({ upstream: upstream.url, tapes: folder() })
    const reply = await ask(recorder, 'hi')
    expect([reply.status, reply.headers.get('x-stuntdouble-error')]).toEqual([
      502,
      'upstream-failed',
    ])
    expect(await reply.text()).toMatch(/ECONNREFUSED/)
  })

  it('asks rules first where scenarios are given, and tapes what none of them answers', async () => {
    const upstream = await rawUpstream(upstreams['a good stream'] ?? [])
    const tapes = folder()
    const scenarios = [{ rules: [{ when: { user: 'known' }, reply: 'from the rule' }] }]
    await using recorder = await start({ scenarios, upstream: upstream.url, tapes })
    const known = await ask(recorder, 'known')
    const unknown = await ask(recorder, 'unknown')
    expect(known.headers.get('x-stuntdouble-rule')).toBe('inline-1/rule 1')
    expect(unknown.headers.get('x-stuntdouble-rule')).toBe('upstream')
    await Promise.all([known.text(), unknown.text()])
    expect(readdirSync(tapes)).toHaveLength(1)
    await upstream.close()
  })

  it('breaks live traffic where it is asked to', async () => {
    const upstream = await rawUpstream(upstreams['three frames in a chunk'] ?? [])
    await using recorder = await start({ upstream: upstream.url, tapes: folder() })
    const headers = { 'x-stuntdouble-fault': 'reset; at=frame:2' }
    const reply = await rawRequest({ ...request, headers, port: recorder.port })
    expect([reply.body, reply.socket]).toEqual([delta('a') + delta('b'), 'rst'])
    await upstream.close()
  })

  it.each(['fraction:0.5', 'random'])('says why %s cannot be found on live traffic', async (at) => {
    const upstream = await rawUpstream(upstreams['a good stream'] ?? [])
    await using recorder = await start({ upstream: upstream.url, tapes: folder() })
    const reply = await ask(recorder, 'hi', {
      headers: { 'x-stuntdouble-fault': `reset; at=${at}` },
    })
    expect(reply.status).toBe(422)
    expect(await reply.text()).toMatch(/live|length/)
    await upstream.close()
  })
})

describe('replaying', () => {
  async function taped(...contents: string[]): Promise<string> {
    const tapes = folder()
    await using service = await start({
      scenarios: [{ rules: [{ name: 'count', reply: '{{ user }}: {{ hit }}' }] }],
    })
    await using recorder = await start({ upstream: service.url(), tapes })
    for (const content of contents) {
      await (await ask(recorder, content, { more: { stream: false, n: 1, seed: 2 } })).text()
    }
    return tapes
  }

  const said = async (double: { url(path: string): string }, content: string, more: object) =>
    JSON.parse(await (await ask(double, content, { more: { stream: false, ...more } })).text())
      .choices?.[0].message.content

  it('plays the same request in the order of its recordings, and then the last again', async () => {
    await using double = await start({ recordings: [await taped('hi', 'hi', 'other')] })
    const order = { seed: 2, n: 1 }
    expect([
      await said(double, 'hi', order),
      await said(double, 'other', order),
      await said(double, 'hi', order),
      await said(double, 'hi', order),
    ]).toEqual(['hi: 1', 'other: 3', 'hi: 2', 'hi: 2'])
  })

  it('answers a miss loudly, with the nearest recording and the first difference', async () => {
    await using double = await start({ recordings: [await taped('hello there')] })
    const reply = await ask(double, 'hello you', { more: { stream: false, a: 2, b: 1 } })
    expect([reply.status, reply.headers.get('x-stuntdouble-error')]).toEqual([404, 'miss'])
    const { error } = JSON.parse(await reply.text())
    expect(error.message).toMatch(
      /messages\[0\]\.content\s+taped: "hello there"\s+asked: "hello you"/,
    )
    expect(error.message).toMatch(/\.jsonl/)
  })

  it('breaks recordings, also at a fraction of their length', async () => {
    await using double = await start({ recordings: [await taped('hi')], pace: 'instant' })
    const body = chatBody('hi', { stream: false, a: 2, b: 1 })
    const headers = { 'x-stuntdouble-fault': 'close; at=fraction:0.5' }
    const whole = await rawRequest({ port: double.port, path: chatPath, body })
    const half = await rawRequest({ port: double.port, path: chatPath, body, headers })
    expect(half.body).toBe(whole.body.slice(0, Math.floor(whole.body.length / 2)))
    expect(half.socket).toBe('fin')
  })
})
