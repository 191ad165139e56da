/**
 * Every kind of fault there is, as a bare socket sees it over HTTP/1.1 and frame by frame over
 * HTTP/2, on a scenario, on a recording and on live traffic: to the byte, and to the borders.
 */
import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultKinds } from '../../../src/faults/registry.ts'
import { faultText } from '../../../src/faults/written.ts'
import { type Double, start } from '../../../src/index.ts'
import {
  chunk,
  lastChunk,
  type RawUpstream,
  rawUpstream,
  streamHead,
} from '../../sources/raw-upstream.ts'
import { chatBody, chatPath } from '../../support/ask.ts'
import { H2Client, h2Request } from '../../support/h2-client.ts'
import { type RawReply, rawExchange, rawRequest, requestBytes } from '../../support/raw-client.ts'
import { temporaryFolder, writeRecording } from '../../support/recording-file.ts'
import { framed, frames, type Row, rows, texts } from './fault-rows.ts'

const sources = ['a scenario', 'a recording', 'live traffic'] as const

const path = '/chatapi'
const bodyFor = (content: string): object => ({ messages: [{ role: 'user', content }] })

interface Case {
  readonly name: string
  readonly row: Row
  /** A rule may have it only where streams can be gone on with, which are others to begin with. */
  readonly byHeader: boolean
}

const cases: Case[] = Object.entries(rows).flatMap(([kind, members]) =>
  members.map((row) => ({
    name: JSON.stringify(row.fault),
    row,
    byHeader: kind === 'resume',
  })),
)

const headersFor = ({ row, byHeader }: Case): Readonly<Record<string, string>> =>
  byHeader ? { 'x-stuntdouble-fault': faultText(row.fault) } : {}

let double: Double
let upstream: RawUpstream

beforeAll(async () => {
  upstream = await rawUpstream([streamHead, ...frames.map((frame) => chunk(frame)), lastChunk])
  const recording = writeRecording(temporaryFolder(), 'stream.jsonl', [
    '{"recording":1,"by":"a test","at":"2026-01-01T00:00:00.000Z","dialect":"chatapi"}',
    '{"request":{"method":"POST","url":"http://127.0.0.1/chatapi","headers":[],"body":"{}"}}',
    '{"atMs":0,"head":{"status":200,"headers":[["content-type","text/event-stream"]]}}',
    ...frames.map((text) => JSON.stringify({ atMs: 0, text })),
    '{"atMs":0,"end":"end"}',
  ])
  const replies = [[{ text: texts }], { recording }, { upstream: 'service' }]
  const rules = sources.flatMap((source, at) =>
    cases.map(({ name, row, byHeader }) => ({
      name: `${source} ${name}`,
      when: { user: `${source} ${name}` },
      reply: replies[at],
      faults: byHeader ? [] : [row.fault],
    })),
  )
  const upstreams = [{ name: 'service', url: upstream.url }]
  double = await start({ scenarios: [{ upstreams, rules }], tapes: false })
})

afterAll(async () => {
  await double.close()
  await upstream.close()
})

it('has a row for every kind that is registered', () => {
  expect(Object.keys(rows).sort()).toEqual(faultKinds.map(({ name }) => name).sort())
})

const sockets = { end: 'open', close: 'fin', reset: 'rst', hang: 'open' } as const
const streams = { end: 'end', close: 'lost', reset: 'reset 2', hang: 'open' } as const

/** Bytes that are to come as others, by a mark, and whether they did. */
function marked(chunks: readonly string[], { overwritten: [from, to] = [0, 0] }: Row): string[] {
  let seen = 0
  return chunks.map((text) => {
    const start = seen
    seen += text.length
    return [...text].map((one, i) => (start + i >= from && start + i < to ? '?' : one)).join('')
  })
}

function expectOverwritten(body: string, { overwritten: [from, to] = [0, 0] }: Row): void {
  const before = frames.join('')
  for (let at = from; at < to; at++) expect(body[at]).not.toBe(before[at])
}

const latin1 = (chunks: readonly Buffer[]): string[] => chunks.map((one) => one.toString('latin1'))

function expectHead(headers: IncomingHttpHeaders, { head = {} }: Row): void {
  const { status = 200, headers: wanted = { 'content-type': /^text\/event-stream/ } } = head
  expect(Number(headers[':status'] ?? 0)).toBe(status)
  for (const [name, value] of Object.entries(status === 0 ? {} : wanted)) {
    if (value === undefined) expect(headers).not.toHaveProperty(name)
    else
      expect(headers[name]).toEqual(value instanceof RegExp ? expect.stringMatching(value) : value)
  }
}

describe.each(sources)('on %s', (source) => {
  it.concurrent.each(cases)('$name comes as it should over HTTP/1.1', async (one) => {
    const { name, row } = one
    const begunMs = performance.now()
    const body = bodyFor(`${source} ${name}`)
    const reply = await rawRequest({ port: double.port, path, headers: headersFor(one), body })
    const { http1 = {}, ending = 'end' } = row
    if (http1.never !== undefined) return expectNever(reply, http1.never)
    expect(performance.now() - begunMs).toBeGreaterThanOrEqual(row.leastMs ?? 0)
    expectHead({ ':status': `${reply.status}`, ...reply.headers }, row)
    const chunks = latin1(reply.chunks)
    const last = ending === 'end' ? lastChunk : ''
    // What is overwritten is known by its borders alone.
    if (row.overwritten) expect(marked(chunks, row)).toEqual(marked(row.chunks, row))
    else expect(reply.wire).toBe(http1.wire ?? framed(row.chunks) + last)
    expectOverwritten(chunks.join(''), row)
    expect(reply.socket).toBe(http1.socket ?? sockets[ending])
  })

  it.concurrent.each(cases)('$name comes as it should over HTTP/2', async (one) => {
    const { name, row } = one
    const request = { path, headers: headersFor(one), body: bodyFor(`${source} ${name}`) }
    const reply = await h2Request(double.port, request)
    const { http2 = {}, ending = 'end', head } = row
    if (http2.never !== undefined) return expectNever(reply, http2.never)
    const chunks = latin1(reply.chunks)
    expect(marked(chunks, row)).toEqual(marked(row.chunks, row))
    expectOverwritten(chunks.join(''), row)
    expect(reply.ending).toBe(http2.ending ?? streams[ending])
    expect(reply.goaway).toBe(http2.goaway ?? (ending === 'close' ? 0 : undefined))
    expect(reply.end).toBe(ending === 'close' ? 'fin' : 'open')
    if (head === undefined) expect(reply.status).toBe(200)
    else if (head.status !== 0) expectHead(await headOverHttp2(request), row)
  })
})

describe('what a protocol has', () => {
  const chunksOnly = /only HTTP\/1\.1 sends a body in chunks, and the request came by HTTP\/1\.0/
  const asked = async (fault: string, more: object): Promise<RawReply> => {
    const headers = { 'x-stuntdouble-fault': fault }
    const body = bodyFor(`a scenario ${JSON.stringify({ delay: '60ms' })}`)
    return await rawRequest({ port: double.port, path, headers, body, ...more })
  }

  it.each([
    ['garbage; at=frame:1', { httpVersion: '1.0' }, chunksOnly],
    ['short-chunk; at=frame:1', { httpVersion: '1.0' }, chunksOnly],
    ['wrong-length; by=5, garbage; at=frame:1', {}, /garbage and wrong-length: .* never both/],
    ['wrong-length; by=-5000', {}, /the body has 89 bytes, and 5000 fewer cannot be declared/],
    ['reset; at=frame:1; code=CANCEL', {}, /reset\.code: only over HTTP\/2 has a reset a code/],
    [
      'head; status=204, drop; at=frame:1',
      {},
      /head and drop: an answer of that status has no body/,
    ],
  ])('is a 422 where it lacks what is asked for: %s', async (fault, more, why) => {
    const reply = await asked(fault, more)
    expect(reply.status).toBe(422)
    expect(JSON.parse(reply.body).error.message).toMatch(why)
  })

  it('is a length over HTTP/1.0, too, which may be wrong', async () => {
    const reply = await asked('wrong-length; by=5', { httpVersion: '1.0' })
    expect([reply.headers['content-length'], reply.wire]).toEqual(['94', frames.join('')])
    expect(reply.socket).toBe('fin')
  })

  it.each([
    ['garbage; at=byte:0', 'garbage: no size of a chunk\r\n'],
    ['short-chunk; at=byte:5', /^5\r\n[\s\S]{5}\r\n[0-9a-f]+\r\n[\s\S]*\}$/],
  ])('is chunks for an answer in one piece where a fault needs them: %s', async (fault, wire) => {
    const body = chatBody(`a scenario ${JSON.stringify({ delay: '60ms' })}`, { stream: false })
    const reply = await asked(fault, { body, path: chatPath })
    expect(reply.headers['content-length']).toBeUndefined()
    expect(reply.wire).toMatch(wire)
    expect(reply.socket).toBe('fin')
  })
})

describe('what a fault leaves of the connection', () => {
  const scenario = { user: (what: object) => bodyFor(`a scenario ${JSON.stringify(what)}`) }

  it('is a whole reply in which only gzip is wrong, in the words of zlib', async () => {
    const said = ['plain', 'checksum', 'truncated'].map(async (how) => {
      const body = scenario.user({ 'bad-gzip': { how } })
      const { chunks, complete } = await rawRequest({ port: double.port, path, body })
      expect(complete).toBe(true)
      expect(() => gunzipSync(Buffer.concat(chunks))).toThrow(
        { plain: 'incorrect header check', checksum: 'incorrect data check' }[how] ??
          'unexpected end of file',
      )
    })
    await Promise.all(said)
  })

  it.each([
    { 'bad-gzip': { how: 'checksum' } },
    { head: { status: 500, headers: { 'content-type': 'text/html', 'x-more': 'yes' } } },
    { error: { code: 'rate-limited', message: 'Later.', retryAfter: '7s' } },
  ])('is good for a second request after %j', async (fault) => {
    const request = { port: double.port, path, body: scenario.user(fault) }
    const twice = await rawExchange(double.port, requestBytes(request).repeat(2))
    const heads = twice.wire.match(/HTTP\/1\.1 \d+/g)
    expect([twice.status, ...(heads ?? [])]).toHaveLength(2)
  })

  it('is, after GOAWAY, all streams that were open by then', async () => {
    const client = await H2Client.open(double.port)
    const asked = [
      scenario.user({ stall: { for: '60ms', at: { frame: 2 } } }),
      scenario.user({ goaway: { at: { frame: 2 }, code: 'ENHANCE_YOUR_CALM' } }),
      scenario.user({ delay: '60ms' }),
    ].map((body) => client.request({ path, body }))
    const replies = await Promise.all(asked.map((stream) => client.over(stream)))
    client.destroy()
    expect(replies.map(({ body, ending }) => [body, ending])).toEqual(
      asked.map(() => [frames.join(''), 'end']),
    )
    const at = client.frames.findIndex(({ type }) => type === 'GOAWAY')
    expect(client.frames[at]?.payload.readUInt32BE(0)).toBe(asked.at(-1))
    const before = client.frames
      .slice(0, at)
      .filter(({ type, stream }) => type === 'DATA' && stream === asked[1])
    expect(before).toHaveLength(2)
  })
})

function expectNever(reply: Pick<RawReply, 'body'>, why: string): void {
  expect(JSON.parse(reply.body)).toEqual({
    error: { message: `stuntdouble: ${why}`, type: 'stuntdouble_error', code: 'not-possible' },
  })
}

/** What the bare client cannot read, since headers are packed. */
async function headOverHttp2(request: {
  path: string
  body: object
}): Promise<IncomingHttpHeaders> {
  const session = connect(double.url(''))
  const stream = session.request({
    ...{ ':method': 'POST', ':path': request.path, 'content-type': 'application/json' },
  })
  stream.on('error', () => {})
  stream.end(JSON.stringify(request.body))
  const [headers] = await once(stream, 'response')
  session.destroy()
  return headers
}
