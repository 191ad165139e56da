/** Who leaves, who waits and who is waited for, where many streams share a connection. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { ask, chatBody, chatPath, textOf } from '../support/ask.ts'
import { H2Client } from '../support/h2-client.ts'
import { hugeBytes, hugeReply } from '../support/huge-reply.ts'

const rules = [
  { name: 'huge', when: { user: 'huge' }, reply: hugeReply() },
  { name: 'hang', when: { user: 'hang' }, reply: [{ text: ['a', 'b'] }, 'hang'] },
  {
    name: 'slow',
    when: { user: 'slow' },
    reply: [{ text: 'begun' }, { wait: '10m' }, { text: 'late' }],
  },
  {
    name: 'reset at 0',
    when: { user: 'reset at 0' },
    reply: 'never',
    faults: [{ reset: { at: { frame: 0 } } }],
  },
  {
    name: 'short',
    when: { user: 'short' },
    pacing: { itl: 20 },
    reply: [{ text: ['a', 'b', 'c'] }],
  },
]
const scenarios = [{ name: 's', rules }]

const asked = (content: string) => ({ path: chatPath, body: chatBody(content) })

let double: Double

beforeAll(async () => {
  double = await start({ scenarios })
})

afterAll(() => double.close())

const endedLast = (): string | undefined => double.journal.at(-1)?.ended

describe('a client on HTTP/2 that leaves', () => {
  it.each(['slow', 'hang', 'huge'])('a %s stream by RST_STREAM stops its work', async (user) => {
    const client = await H2Client.open(double.port, { window: 100_000 })
    const stream = client.request(asked(user))
    await client.until(() => client.reply(stream).chunks.length > 0)
    expect(double.open).toBe(1)
    client.cancel(stream)
    await expect.poll(() => double.open).toBe(0)
    expect(endedLast()).toBe('client-left')
    const next = client.request(asked('short'))
    expect(textOf((await client.over(next)).body)).toBe('abc')
    client.destroy()
  })

  it.each([
    ['by FIN', (client: H2Client) => client.sayNoMore()],
    ['by closing', (client: H2Client) => client.destroy()],
  ])('its connection %s stops all that was on it', async (_, leave) => {
    const client = await H2Client.open(double.port)
    const streams = ['slow', 'hang', 'slow'].map((user) => client.request(asked(user)))
    await client.until(() => streams.every((stream) => client.reply(stream).chunks.length > 0))
    expect(double.open).toBe(3)
    leave(client)
    await expect.poll(() => double.open).toBe(0)
    expect(endedLast()).toBe('client-left')
    client.destroy()
  })

  it('in the midst of its request is no trouble', async () => {
    const client = await H2Client.open(double.port)
    const stream = client.request({ ...asked('short'), unfinished: true })
    client.cancel(stream)
    const next = client.request(asked('short'))
    expect(textOf((await client.over(next)).body)).toBe('abc')
    client.destroy()
  })
})

describe('a client on HTTP/2 that reads slowly', () => {
  it('holds up its own stream, and no other on the connection', async () => {
    const client = await H2Client.open(double.port, { window: 100_000 })
    const huge = client.request(asked('huge'))
    const slow = client.request(asked('slow'))
    const short = client.request(asked('short'))
    expect(textOf((await client.over(short)).body)).toBe('abc')
    expect(client.reply(slow).ending).toBe('open')
    await client.until(() => client.bytesOf(huge) === 100_000)
    client.allow(huge, hugeBytes)
    const reply = await client.over(huge)
    expect([client.bytesOf(huge), reply.ending]).toEqual([hugeBytes, 'end'])
    client.destroy()
  })

  it('gets all that was sent before a stream is reset, its head included', async () => {
    const client = await H2Client.open(double.port)
    const huge = client.request(asked('huge'))
    await client.until(() => client.reply(huge).chunks.length > 0)
    client.pause()
    const reset = client.request(asked('reset at 0'))
    await expect.poll(() => double.journal.at(-1)?.rule).toBe('s/reset at 0')
    client.resume()
    const reply = await client.over(reset)
    expect([reply.status, reply.chunks.length, reply.ending]).toEqual([200, 0, 'reset 2'])
    await client.over(huge)
    expect(client.bytesOf(huge)).toBe(hugeBytes)
    client.destroy()
  })
})

describe('a drain with clients on HTTP/2', () => {
  it('lets streams in flight end, cuts the silent ones, and takes no new ones', async () => {
    const draining = await start({ scenarios })
    const client = await H2Client.open(draining.port)
    const [short = 0, hang = 0] = ['short', 'hang'].map((user) => client.request(asked(user)))
    await client.until(() => client.reply(hang).chunks.length === 3)
    const drained = draining.drain()
    await client.until(() => client.goaway !== undefined)
    const late = client.request(asked('short'))
    expect(textOf((await client.over(short)).body)).toBe('abc')
    expect((await client.over(hang)).ending).toBe('reset 2')
    // This client leaves its side open: nobody is waited for without end.
    await drained
    expect([client.goaway, client.reply(late).status]).toEqual([0, 0])
    await client.until(() => client.end !== 'open')
  })

  it('does not wait for those that ask nothing, or never end what they ask', async () => {
    const draining = await start({ scenarios })
    const idle = await H2Client.open(draining.port)
    const begun = await H2Client.open(draining.port)
    begun.request({ ...asked('short'), unfinished: true })
    await Promise.all([idle, begun].map((client) => client.until(() => client.frames.length > 1)))
    await draining.drain()
    await Promise.all([idle, begun].map((client) => client.until(() => client.end !== 'open')))
  })

  it('does not wait at all when it is told to close', async () => {
    const closing = await start({ scenarios })
    const client = await H2Client.open(closing.port)
    const slow = client.request(asked('slow'))
    await client.until(() => client.reply(slow).chunks.length > 0)
    await closing.close()
    await client.until(() => client.end !== 'open')
    expect(client.reply(slow).ending).not.toBe('end')
  })
})

describe('taping a client on HTTP/2', () => {
  it('asks the upstream by HTTP/1.1 and keeps the exchange as it was', async () => {
    const tapes = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
    const recorder = await start({ upstream: double.url(), tapes })
    const client = await H2Client.open(recorder.port)
    const stream = client.request({
      ...asked('short'),
      headers: { 'x-tenant': 'acme', te: 'trailers' },
    })
    const reply = await client.over(stream)
    expect([reply.status, reply.ending, textOf(reply.body)]).toEqual([200, 'end', 'abc'])
    client.destroy()
    // The client has its last byte before the disk has: only a closed recorder has written all.
    await recorder.close()
    const [file = ''] = readdirSync(tapes)
    const [, request = '', head = '', ...rest] = readFileSync(join(tapes, file), 'utf8')
      .trimEnd()
      .split('\n')
    const { method, url, headers } = JSON.parse(request).request
    expect([method, url]).toEqual(['POST', double.url(chatPath)])
    expect(headers.map(([name]: [string]) => name)).not.toContainEqual(expect.stringMatching(/^:/))
    expect(JSON.parse(head).head.status).toBe(200)
    const texts = rest.map((line) => JSON.parse(line).text).filter(Boolean)
    expect(texts.join('')).toBe(reply.body)
    await using replayed = await start({ recordings: [tapes] })
    expect(await (await ask(replayed, 'short')).text()).toBe(reply.body)
  })
})
