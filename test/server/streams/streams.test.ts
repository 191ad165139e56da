/** Streams that somebody holds in their hands: what the client on the wire has, step by step. */
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, type LiveStream, start } from '../../../src/index.ts'
import { chatBody, chatPath } from '../../support/ask.ts'
import { H2Client } from '../../support/h2-client.ts'
import { openStream, type StreamingClient } from '../../support/streaming-client.ts'

const scenario = {
  name: 'held',
  rules: [
    {
      name: 'quick',
      when: { user: 'quick' },
      pacing: { ttft: 0, itl: 0 },
      reply: 'One two three.',
    },
    {
      name: 'slow',
      when: { user: 'slow' },
      pacing: { ttft: 0, itl: '1h' },
      reply: 'One two three.',
    },
    { name: 'whole', when: { user: 'whole' }, pacing: { ttft: '1h' }, reply: 'One two three.' },
  ],
}

let double: Double
/** Begun by the first who needs it, since the client of live services is slow to load. */
let relaying: Promise<{ live: Double; upstream: Server }> | undefined

beforeAll(async () => {
  double = await start({ scenarios: [scenario] })
})

async function relay(): Promise<{ live: Double; upstream: Server }> {
  const upstream = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const n of [0, 1, 2, 3, 4]) response.write(`data: {"n":${n}}\n\n`)
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => upstream.once('listening', resolve))
  const address = upstream.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { upstream, live: await start({ upstream: `http://127.0.0.1:${port}`, tapes: false }) }
}

afterAll(async () => {
  await double.close()
  if (!relaying) return
  const { live, upstream } = await relaying
  await live.close()
  upstream.closeAllConnections()
  upstream.close()
})

const framesOf = (body: string): number => body.split('\n\n').length - 1

interface Held {
  readonly body: () => string
  readonly until: (condition: (body: string, ending: string) => boolean) => Promise<void>
  readonly ending: () => string
  readonly leave: () => void
  readonly at: string
}

interface Asked {
  readonly content: string
  readonly session: string
  readonly pause?: string
  readonly stream?: boolean
}

const headersOf = ({ session, pause }: Asked): Record<string, string> => ({
  'x-stuntdouble-session': session,
  ...(pause === undefined ? {} : { 'x-stuntdouble-pause': pause }),
})

const bodyOf = ({ content, stream = true }: Asked): object => chatBody(content, { stream })

/** One client, whatever it speaks. */
const protocols: Readonly<Record<string, (port: number, asked: Asked) => Promise<Held>>> = {
  'HTTP/1.1': async (port, asked) => {
    const client = openStream({
      port,
      path: chatPath,
      headers: headersOf(asked),
      body: bodyOf(asked),
    })
    const ending = (one: StreamingClient): string =>
      one.end === 'open' && one.received.endsWith('\r\n0\r\n\r\n') ? 'end' : one.end
    return {
      body: () => client.body,
      ending: () => ending(client),
      until: (condition) => client.until((one) => condition(one.body, ending(one))),
      leave: () => client.socket.destroy(),
      at: 'FIN',
    }
  },
  'HTTP/2': async (port, asked) => {
    const client = await H2Client.open(port)
    const stream = client.request({
      path: chatPath,
      headers: headersOf(asked),
      body: bodyOf(asked),
    })
    const ending = (): string => {
      const how = client.reply(stream).ending
      if (how === 'reset 2') return 'rst'
      return how === 'lost' ? 'fin' : how
    }
    return {
      body: () => client.reply(stream).body,
      ending,
      until: (condition) => client.until(() => condition(client.reply(stream).body, ending())),
      leave: () => client.cancel(stream),
      at: 'RST_STREAM CANCEL',
    }
  },
}

let sessions = 0

async function held(
  protocol: string,
  asked: Omit<Asked, 'session'>,
  at: Double = double,
): Promise<{ client: Held; stream: LiveStream; session: string }> {
  const session = `s${++sessions}`
  const open = protocols[protocol]
  if (!open) throw new Error(protocol)
  const client = await open(at.port, { ...asked, session })
  if (asked.pause) await at.waitFor({ for: 'paused', session })
  else await at.waitFor({ for: 'written', session })
  const [stream] = at.streams.list({ session })
  if (!stream) throw new Error('there is no stream')
  return { client, stream, session }
}

/** A round over the same connection or another: what the server has written has then arrived. */
const frames = (n: number) => (body: string) => framesOf(body) >= n

describe.each(Object.keys(protocols))('over %s', (protocol) => {
  it('a stream is held before its first frame, stepped by frames, and let go', async () => {
    const { client, stream } = await held(protocol, { content: 'quick', pause: 'frame:0' })
    expect([stream.state, stream.frames, client.body()]).toEqual(['paused', 0, ''])
    stream.step(2)
    await client.until(frames(2))
    expect([stream.state, framesOf(client.body())]).toEqual(['paused', 2])
    stream.step()
    await client.until(frames(3))
    expect(framesOf(client.body())).toBe(3)
    stream.resume()
    await client.until((_, ending) => ending === 'end')
    expect(client.body()).toMatch(/"One"[\s\S]*" two"[\s\S]*" three"[\s\S]*\[DONE\]\n\n$/)
    client.leave()
  })

  it('steps wait for no time, and a pause by bytes divides a chunk', async () => {
    const { client, stream } = await held(protocol, { content: 'slow', pause: 'byte:10' })
    await client.until((body) => body.length >= 10)
    expect(client.body()).toHaveLength(10)
    stream.step()
    await client.until(frames(1))
    stream.step(3)
    await client.until(frames(4))
    expect([framesOf(client.body()), client.body().endsWith('\n\n')]).toEqual([4, true])
    stream.end('end')
    await client.until((_, ending) => ending === 'end')
    client.leave()
  })

  it('something is pushed while it is paused, in the form of the dialect', async () => {
    const { client, stream } = await held(protocol, { content: 'quick', pause: 'frame:1' })
    stream.push({ comment: 'by hand' })
    stream.push({ event: { type: 'text', text: 'pushed' } })
    stream.push({ raw: 'data: raw\n\n' })
    await client.until((body) => body.includes('raw'))
    expect(client.body()).toMatch(
      /^data: \{.*\}\n\n: by hand\n\ndata: \{.*"pushed".*\}\n\ndata: raw\n\n$/,
    )
    stream.step()
    await client.until((body) => body.includes('"One"'))
    expect(framesOf(client.body())).toBe(5)
    stream.resume()
    await client.until((_, ending) => ending === 'end')
    client.leave()
  })

  it.each(['end', 'close', 'reset'] as const)('it is ended by hand: %s', async (how) => {
    const { client, stream, session } = await held(protocol, { content: 'quick', pause: 'frame:2' })
    await client.until(frames(2))
    stream.end(how)
    const expected = { end: 'end', close: 'fin', reset: 'rst' }[how]
    await client.until((_, ending) => ending === expected)
    expect(framesOf(client.body())).toBe(2)
    const [entry] = await double.waitFor({ for: 'ended', session })
    expect(entry).toMatchObject({ ended: how, frames: 2, wasPaused: true })
    client.leave()
  })

  it('the journal tells when and how the client left a stream that was paused', async () => {
    const { client, session } = await held(protocol, { content: 'quick', pause: 'frame:1' })
    await client.until(frames(1))
    client.leave()
    const [entry] = await double.waitFor({ for: 'client-left', session })
    expect(entry).toMatchObject({ ended: 'client-left', leftBy: client.at, frames: 1 })
    expect(entry?.leftMs).toBeGreaterThanOrEqual(entry?.firstByteMs ?? Number.NaN)
    expect(double.streams.list({ session })).toEqual([])
  })

  it('a live stream is stepped, too', async () => {
    relaying ??= relay()
    const { live } = await relaying
    const { client, stream } = await held(protocol, { content: 'any', pause: 'frame:1' }, live)
    await client.until(frames(1))
    stream.step(2)
    await client.until(frames(3))
    expect(client.body()).toBe('data: {"n":0}\n\ndata: {"n":1}\n\ndata: {"n":2}\n\n')
    stream.push({ raw: 'data: x\n\n' })
    stream.resume()
    await client.until((_, ending) => ending === 'end')
    expect(client.body()).toMatch(/2\}\n\ndata: x\n\ndata: \{"n":3\}\n\ndata: \{"n":4\}\n\n$/)
    client.leave()
  })
})

describe('a held stream', () => {
  it('is paused and let go with all others of its session', async () => {
    const { client, session } = await held('HTTP/1.1', { content: 'slow' })
    const other = await held('HTTP/1.1', { content: 'slow' })
    const all = double.streams.of({ session })
    all.pause()
    expect(double.streams.list().map((one) => [one.session, one.state])).toEqual([
      [session, 'paused'],
      [other.session, 'playing'],
    ])
    double.streams.end('reset')
    await client.until((_, ending) => ending === 'rst')
    await other.client.until((_, ending) => ending === 'rst')
    await double.waitFor({ for: 'idle' })
  })

  it('pauses before its head where it is asked for time 0', async () => {
    const { client, stream } = await held('HTTP/1.1', { content: 'quick', pause: 'time:0' })
    expect(() => stream.push({ raw: 'x' })).toThrow(/its head is not sent yet/)
    expect(() => stream.end('end')).toThrow(/its head is not sent yet/)
    stream.step()
    await client.until(frames(1))
    stream.end('reset')
    await client.until((_, ending) => ending === 'rst')
    expect(framesOf(client.body())).toBe(1)
  })

  it('takes no bytes where a content-length was told', async () => {
    const { client, stream } = await held('HTTP/1.1', {
      ...{ content: 'quick', pause: 'byte:5' },
      stream: false,
    })
    expect(() => stream.push({ raw: 'x' })).toThrow(/content-length/)
    stream.end('close')
    await client.until((_, ending) => ending === 'fin')
  })

  it('is told that a place has passed', async () => {
    const { client, stream } = await held('HTTP/1.1', { content: 'slow' })
    await client.until(frames(1))
    expect(() => stream.pause('byte:3')).toThrow(/byte:3 has passed/)
    expect(() => stream.pause('frame:0')).toThrow(/frame:0 has passed/)
    expect(() => stream.pause('soon')).toThrow(/write frame:3, byte:100 or time:1.5s/)
    client.leave()
    await double.waitFor({ for: 'idle' })
    expect(() => stream.pause()).toThrow(/is over/)
  })

  it('goes on when the server drains, and releases who waits', async () => {
    const own = await start({ scenarios: [scenario] })
    const { client } = await held('HTTP/1.1', { content: 'quick', pause: 'frame:1' }, own)
    await client.until(frames(1))
    const waiting = own.waitFor({ for: 'request', count: 9 })
    const drained = own.drain()
    await expect(waiting).rejects.toMatchObject({ code: 'draining' })
    await client.until((_, ending) => ending === 'end' || ending === 'fin')
    expect(client.body()).toMatch(/\[DONE\]\n\n$/)
    client.leave()
    await drained
  })
})
