/**
 * A stream that was broken goes on where the client says it stopped, seen from bare sockets and by
 * an EventSource: what the two connections brought, joined, is the unbroken stream.
 */
import { EventSource } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../../src/core/bytes.ts'
import type { Dialect } from '../../../src/core/dialect.ts'
import { sse } from '../../../src/framing/index.ts'
import { type Double, start } from '../../../src/index.ts'
import { plausibleRequest } from '../../../src/recording/import/plausible-request.ts'
import { knownDialects } from '../../../src/scenario/load-dialects.ts'
import { VirtualClock } from '../../../src/time/clock.ts'
import { chatBody, chatPath } from '../../support/ask.ts'
import { h2Request } from '../../support/h2-client.ts'
import { type RawReply, rawRequest } from '../../support/raw-client.ts'
import { temporaryFolder, writeRecording } from '../../support/recording-file.ts'
import { openStream } from '../../support/streaming-client.ts'

const known = await knownDialects()
/** Others of OpenAI's form differ in nothing that matters here. */
const likeOpenAi =
  /^(?:azure|openai-responses-flat|groq|deepseek|perplexity|openrouter|xai|together|vllm|ollama)/
const eventDialects = known.filter(
  ({ framing, name }) => framing.name === 'sse' && !likeOpenAi.test(name),
)

const framesOf = (body: string) => sse().decoder().push(utf8(body))

/** What a client would say it has last. */
const lastIdOf = (body: string): string | undefined =>
  framesOf(body).findLast(({ id }) => id !== undefined)?.id

const dataOf = (body: string): (string | undefined)[] =>
  framesOf(body).flatMap(({ data }) => (data === undefined ? [] : [data]))

const idsOf = (body: string): (string | undefined)[] => framesOf(body).map(({ id }) => id)

const events = (count: number): string =>
  Array.from({ length: count }, (_, n) => `event: tick\ndata: ${n + 1}\n\n`).join('')

const eventPath = '/events'

/** A stream of events on a path of the application's own. */
const eventRule = (more: object, count = 6): object => ({
  when: { path: eventPath },
  reply: { status: 200, headers: { 'content-type': 'text/event-stream' }, body: events(count) },
  ...more,
})

const getEvents = (double: Double, headers: Record<string, string> = {}): Promise<RawReply> =>
  rawRequest({ port: double.port, method: 'GET', path: eventPath, headers })

const served = (...rules: readonly object[]): Promise<Double> => start({ scenarios: [{ rules }] })

const cutAt = (frame: number) => [{ reset: { at: { frame } } }]

const resumedBy = (body: string): Record<string, string> => {
  const id = lastIdOf(body)
  return id === undefined ? {} : { 'last-event-id': id }
}

const forget = (double: Double, session: string): Promise<Response> =>
  fetch(double.url(`/_stuntdouble/reset?session=${session}`), { method: 'POST' })

describe('in every dialect of server-sent events', () => {
  let double: Double

  beforeAll(async () => {
    const rules = [{ reply: [{ text: ['One ', 'two.'] }] }]
    double = await start({ scenarios: [{ resume: { retry: '1s' }, rules }] })
  })

  afterAll(() => double.close())

  const askOf = (dialect: Dialect) => {
    const { method, url, headers, body } = plausibleRequest(dialect, { user: 'hi', stream: true })
    const { pathname, search } = new URL(url)
    const session = { 'x-stuntdouble-session': dialect.name }
    return (more: Record<string, string> = {}): Promise<RawReply> =>
      rawRequest({
        port: double.port,
        method,
        path: `/${dialect.name}${pathname}${search}`,
        headers: { ...Object.fromEntries(headers), ...session, ...more },
        body: looseText(body),
      })
  }

  it.each(eventDialects.map((dialect) => [dialect.name, dialect] as const))(
    '%s goes on after any of its frames, with no byte lost and none twice',
    async (name, dialect) => {
      const ask = askOf(dialect)
      const unbroken = (await ask()).body
      const count = framesOf(unbroken).length
      const meant = framesOf(unbroken).filter(({ data }) => data !== undefined)
      // With the first, and not in a block of its own: a place counts the frames of the dialect.
      expect(meant[0]).toMatchObject({ retry: 1000, id: '1' })
      expect(meant.map(({ id }) => id)).toEqual(meant.map((_, n) => `${n + 1}`))
      const bare = framesOf(unbroken).findIndex(({ data }) => data !== undefined)
      const joined: string[] = []
      for (let frame = 0; frame <= count; frame++) {
        await forget(double, name)
        const first = await ask({ 'x-stuntdouble-fault': `reset; at=frame:${frame}` })
        const isBegun = lastIdOf(first.body) !== undefined
        // Without an id it is another request, which gets an answer of its own.
        if (!isBegun) await forget(double, name)
        const rest = await ask(resumedBy(first.body))
        expect([first.socket, isBegun]).toEqual(['rst', frame > bare])
        joined.push((isBegun ? first.body : '') + rest.body)
      }
      expect(new Set(joined)).toEqual(new Set([unbroken]))
      await forget(double, name)
    },
  )
})

describe('an EventSource', () => {
  it.each([
    ['ends', { end: { at: { frame: 3 } } }],
    ['closes', { close: { at: { frame: 3 }, after: '20ms' } }],
    ['resets', { reset: { at: { frame: 3 }, after: '20ms' } }],
  ])(
    'hears every event once of a stream that %s again and again, and then stops asking',
    async (_, fault) => {
      const resume = { retry: '5ms', ids: 'random', faults: 'each' }
      await using double = await served(eventRule({ resume, faults: [fault] }))
      const source = new EventSource(double.url(eventPath))
      const heard: unknown[] = []
      source.addEventListener('tick', (event) => heard.push('data' in event ? event.data : event))
      await expect.poll(() => source.readyState, { timeout: 5000 }).toBe(EventSource.CLOSED)
      expect(heard).toEqual(['1', '2', '3', '4', '5', '6'])
      // It came back by what it had heard, and every time to the stream that was its own.
      const came = double.journal.map(({ status, resumes }) => [status, resumes?.exchange])
      expect([came[0], came[1], came.at(-1)]).toEqual([
        [200, undefined],
        [200, 1],
        [204, 1],
      ])
    },
  )

  it('goes on by GET with what was asked by POST on the same path', async () => {
    await using double = await served(eventRule({ resume: true, faults: cutAt(2) }))
    const first = await rawRequest({ port: double.port, path: eventPath, body: { ask: 'this' } })
    const rest = await getEvents(double, resumedBy(first.body))
    expect(dataOf(first.body + rest.body)).toEqual(['1', '2', '3', '4', '5', '6'])
  })
})

describe('a client that comes back', () => {
  const slow = [{ text: ['1', '2', '3'] }, { wait: '400ms' }, { text: ['4', '5'] }]
  const slowRule = (resume: object, faults: object[] = cutAt(3)) => ({
    reply: slow,
    resume,
    faults,
  })
  const textsOf = (body: string): string[] =>
    [...body.matchAll(/"content":"(.)"/g)].map(([, text]) => text ?? '')

  // The stream takes 400 ms of its own time, and the client is away from its beginning to 150 ms.
  it.each([
    ['goes-on', 250],
    ['pauses', 400],
  ])(
    'gets what is past at once and the rest at its own time, where it %s unheard',
    async (unheard, leftMs) => {
      const clock = new VirtualClock()
      const scenario = { rules: [slowRule({ unheard })] }
      await using double = await start({ scenarios: [scenario], clock })
      const asked = { port: double.port, path: chatPath, body: chatBody('slow') }
      using first = openStream(asked)
      await first.until(({ end }) => end === 'rst')
      await expect.poll(() => double.open).toBe(0)
      await clock.advance(150)
      using rest = openStream({ ...asked, headers: resumedBy(first.body) })
      await rest.until(({ body }) => framesOf(body).length > 0)
      const atOnce = textsOf(rest.body)
      await clock.advance(leftMs - 1)
      // What was written by now has come when a later request is answered.
      await fetch(double.url('/_stuntdouble/health'))
      const before = textsOf(rest.body)
      await clock.advance(1)
      await rest.until(({ body }) => body.includes('[DONE]'))
      expect([textsOf(first.body), atOnce, before, textsOf(rest.body)]).toEqual([
        ['1', '2'],
        ['3'],
        ['3'],
        ['3', '4', '5'],
      ])
      expect(double.journal[1]?.resumes).toEqual({ exchange: 1, after: lastIdOf(first.body) })
    },
  )

  it.each([
    ['another id', { 'last-event-id': '77' }],
    ['an id that is no number', { 'last-event-id': 'never' }],
  ])('with %s that nobody knows is told so, or begins anew', async (_, header) => {
    const answers: (string | number)[] = []
    for (const unknown of ['anew', 204, 404, 410]) {
      await using double = await served(eventRule({ resume: { unknown }, faults: cutAt(2) }))
      await getEvents(double)
      const { status, body } = await getEvents(double, header)
      answers.push(status, dataOf(body).length)
    }
    expect(answers).toEqual([200, 2, 204, 0, 404, 0, 410, 0])
  })

  it('with an id older than the frames that are kept is refused like one that is unknown', async () => {
    const resume = { frames: 3, unknown: 404 }
    await using double = await served(eventRule({ resume, faults: cutAt(5) }))
    await getEvents(double)
    const [old, kept] = [
      await getEvents(double, { 'last-event-id': '2' }),
      await getEvents(double, { 'last-event-id': '3' }),
    ]
    expect([old.status, dataOf(kept.body)]).toEqual([404, ['4', '5', '6']])
  })

  it('gets 204 where it has everything', async () => {
    await using double = await served(eventRule({ resume: true }))
    const { body } = await getEvents(double)
    const { status } = await getEvents(double, resumedBy(body))
    expect([lastIdOf(body), status]).toEqual(['6', 204])
  })

  it('is not given the stream of another session, nor that of another key', async () => {
    const scenario = {
      auth: { keys: ['good', 'other'] },
      rules: [{ reply: [{ text: ['a', 'b', 'c'] }], resume: { unknown: 404 }, faults: cutAt(2) }],
    }
    await using double = await start({ scenarios: [scenario] })
    const asking = (headers: Record<string, string>) =>
      rawRequest({ port: double.port, path: chatPath, body: chatBody('hi'), headers })
    const good = { authorization: 'Bearer good', 'x-stuntdouble-session': 'mine' }
    const back = resumedBy((await asking(good)).body)
    expect((await asking({ ...good, ...back, authorization: 'Bearer bad' })).status).toBe(401)
    expect((await asking({ ...good, ...back, 'x-stuntdouble-session': 'his' })).status).toBe(404)
    expect((await asking({ ...good, ...back })).status).toBe(200)
  })

  it('begins anew after a reset of its session', async () => {
    await using double = await served(eventRule({ resume: { unknown: 404 }, faults: cutAt(2) }))
    await getEvents(double, { 'x-stuntdouble-session': 's' })
    await forget(double, 's')
    const headers = { 'x-stuntdouble-session': 's', 'last-event-id': '2' }
    expect((await getEvents(double, headers)).status).toBe(404)
  })
})

describe('over HTTP/2', () => {
  it('goes on where the first stream was reset', async () => {
    await using double = await served(eventRule({ resume: { retry: '1s' }, faults: cutAt(4) }))
    const get = (headers = {}) => ({ method: 'GET', path: eventPath, headers })
    const first = await h2Request(double.port, get())
    const again = await h2Request(double.port, get(resumedBy(first.body)))
    expect([first.ending, again.ending]).toEqual(['reset 2', 'end'])
    await using unbroken = await served(eventRule({ resume: { retry: '1s' } }))
    expect(first.body + again.body).toBe((await getEvents(unbroken)).body)
  })
})

describe('a recording that holds ids', () => {
  const event = (n: number): string => `id: e${n}\nevent: tick\ndata: ${n}\n\n`
  const body = ['retry: 9\n\n', ...[1, 2, 3, 4, 5, 6].map(event)].join('')
  const folder = temporaryFolder()

  const taped = (name: string, parts: readonly string[]): string => {
    const request = { method: 'POST', url: `http://127.0.0.1${eventPath}`, headers: [], body: '{}' }
    const head = { status: 200, headers: [['content-type', 'text/event-stream']] }
    const lines = [
      { recording: 1, by: 'a test', at: '2026-01-01T00:00:00.000Z' },
      { request },
      { atMs: 1, head },
      ...parts.map((text, n) => ({ atMs: n + 2, text })),
      { atMs: parts.length + 2, end: 'end' },
    ]
    return writeRecording(
      folder,
      name,
      lines.map((line) => JSON.stringify(line)),
    )
  }
  const byEvent = taped('by-event.jsonl', body.split(/(?<=\n\n)/))
  const askedAt = ({ port }: Double, headers: Record<string, string> = {}): Promise<RawReply> =>
    rawRequest({ port, path: eventPath, body: '{}', headers })
  const replaying = (reply: object, more: object = {}) => ({
    scenarios: [{ rules: [{ when: { path: eventPath }, reply, ...more }] }],
  })

  it.each([
    ['event by event', { recordings: [byEvent] }],
    ['in one piece', { recordings: [taped('whole.jsonl', [body])] }],
    ['byte by byte', { recordings: [taped('bytes.jsonl', [...body])], pace: 'instant' }],
    ['event by event, where a rule replays it', replaying({ replay: byEvent })],
  ])('can be gone on with after each of them, taped %s', async (_, sources) => {
    const joined: string[] = []
    for (const ending of ['close', 'reset']) {
      for (let frame = 2; frame <= 6; frame++) {
        await using double = await start({ ...sources, fault: `${ending}; at=frame:${frame}` })
        const first = await askedAt(double)
        const rest = await askedAt(double, resumedBy(first.body))
        expect([first.socket, lastIdOf(first.body)]).toEqual([
          ending === 'close' ? 'fin' : 'rst',
          `e${frame - 1}`,
        ])
        joined.push(first.body + rest.body)
      }
    }
    expect(new Set(joined)).toEqual(new Set([body]))
  })

  it('begins anew for a client without one, and where a rule has turned it off', async () => {
    const off = replaying({ replay: byEvent }, { resume: false, faults: cutAt(4) })
    await using double = await start(off)
    const first = await askedAt(double)
    const again = await askedAt(double, resumedBy(first.body))
    expect([dataOf(first.body), again.body]).toEqual([['1', '2', '3'], first.body])
    await using usual = await start({ recordings: [byEvent], fault: 'reset; at=frame:4' })
    const twice = [await askedAt(usual), await askedAt(usual)]
    expect(twice.map((reply) => reply.body)).toEqual([first.body, first.body])
  })
})

describe('a recorded client that came back', () => {
  const folder = temporaryFolder()
  const event = (id: string): string => `id: ${id}\ndata: ${id}\n\n`
  const taped = (name: string, headers: readonly object[], ids: readonly string[]): string => {
    const url = 'http://127.0.0.1/feed'
    const head = { status: 200, headers: [['content-type', 'text/event-stream']] }
    const lines = [
      { recording: 1, by: 'a test', at: '2026-01-01T00:00:00.000Z' },
      { request: { method: 'GET', url, headers } },
      { atMs: 1, head },
      ...ids.map((id, n) => ({ atMs: n + 2, text: event(id) })),
      { atMs: 9, end: 'client-left' },
    ]
    return writeRecording(
      folder,
      name,
      lines.map((line) => JSON.stringify(line)),
    )
  }
  const recordings = [
    taped('a.jsonl', [], ['a1', 'a2']),
    taped('b.jsonl', [['last-event-id', 'a2']], ['a3', 'a4']),
  ]
  /** What came of a feed that then falls silent. */
  const heard = async (double: Double, until: string, headers: Record<string, string> = {}) => {
    using stream = openStream({ port: double.port, method: 'GET', path: '/feed', headers })
    await stream.until(({ body }) => body.includes(`data: ${until}`))
    return dataOf(stream.body)
  }

  it('is answered by the tape of its very request, round after round', async () => {
    await using double = await start({ recordings })
    for (let round = 0; round < 2; round++) {
      expect(await heard(double, 'a2')).toEqual(['a1', 'a2'])
      expect(await heard(double, 'a4', { 'last-event-id': 'a2' })).toEqual(['a3', 'a4'])
    }
    const anew = { 'last-event-id': 'a2', 'x-stuntdouble-session': 'new' }
    expect(await heard(double, 'a4', anew)).toEqual(['a3', 'a4'])
  })
})

describe('a dialect of GET', () => {
  it('takes its prompt from the query, and an EventSource begins and goes on with it', async () => {
    const dialect = {
      name: 'feed',
      routes: [{ path: '/feed', method: 'GET' }],
      request: { query: { q: { is: 'prompt', required: true } } },
      stream: { frames: { text: { data: { t: '{{ text }}' } } } },
    }
    const rule = {
      when: { user: 'news' },
      reply: [{ text: ['1', '2', '3', '4'] }],
      resume: { retry: '5ms' },
      faults: [{ close: { at: { frame: 2 }, after: '20ms' } }],
    }
    await using double = await start({ scenarios: [{ dialects: [dialect], rules: [rule] }] })
    expect((await rawRequest({ port: double.port, method: 'GET', path: '/feed' })).status).toBe(400)
    const source = new EventSource(double.url('/feed?q=news'))
    const told: unknown[] = []
    source.addEventListener('message', (event) => told.push(JSON.parse(event.data).t))
    await expect.poll(() => source.readyState, { timeout: 5000 }).toBe(EventSource.CLOSED)
    expect(told).toEqual(['1', '2', '3', '4'])
  })
})

describe('a paused stream of the AI SDK', () => {
  it('is in flight however late it is, and is come back to as far as it has been said', async () => {
    const clock = new VirtualClock()
    await using double = await start({
      scenarios: [{ rules: [{ reply: 'One two three' }] }],
      clock,
    })
    const body = {
      id: 'c1',
      messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
    }
    const headers = { 'x-stuntdouble-pause': 'frame:3' }
    using first = openStream({ port: double.port, path: '/api/chat', body, headers })
    await first.until(() => framesOf(first.body).length === 3)
    await clock.advance(60_000)
    using again = openStream({ port: double.port, method: 'GET', path: '/api/chat/c1/stream' })
    await again.until(() => framesOf(again.body).length >= 3)
    await fetch(double.url('/_stuntdouble/health'))
    expect(again.body).toBe(first.body)
  })
})

describe('a resumption that goes wrong', () => {
  const resumedWith = async (fault: object): Promise<RawReply> => {
    await using double = await served(eventRule({ resume: true, faults: [...cutAt(2), fault] }))
    const first = await getEvents(double)
    expect(dataOf(first.body)).toEqual(['1', '2'])
    return await getEvents(double, resumedBy(first.body))
  }

  it.each([
    [{ resume: { skip: 2 } }, ['5', '6'], ['5', '6']],
    [{ resume: { repeat: 1 } }, ['2', '3', '4', '5', '6'], ['2', '3', '4', '5', '6']],
    [{ resume: { repeat: 9 } }, ['1', '2', '3', '4', '5', '6'], ['1', '2', '3', '4', '5', '6']],
    [{ resume: { wrongId: 'restarted' } }, ['3', '4', '5', '6'], ['1', '2', '3', '4']],
    [{ resume: { wrongId: 'stuck' } }, ['3', '4', '5', '6'], ['2', '2', '2', '2']],
    [
      { resume: { wrongId: 'none' } },
      ['3', '4', '5', '6'],
      [undefined, undefined, undefined, undefined],
    ],
  ])('by %j', async (fault, data, ids) => {
    const { body, complete } = await resumedWith(fault)
    expect([dataOf(body), idsOf(body), complete]).toEqual([data, ids, true])
  })

  it('by ids that nobody will know', async () => {
    const { body } = await resumedWith({ resume: { wrongId: 'unknown' } })
    expect(dataOf(body)).toEqual(['3', '4', '5', '6'])
    for (const id of idsOf(body)) expect(id).toMatch(/^[A-Za-z0-9]{12}$/)
  })

  it('as the header of the first request asked, which breaks nothing a second time', async () => {
    await using double = await served(eventRule({ resume: true }))
    const header = { 'x-stuntdouble-fault': 'reset; at=frame:2, resume; skip=1' }
    const first = await getEvents(double, header)
    const rests = [
      await getEvents(double, resumedBy(first.body)),
      await getEvents(double, { ...resumedBy(first.body), ...header }),
    ]
    for (const { body, socket } of rests)
      expect([dataOf(body), socket]).toEqual([['4', '5', '6'], 'open'])
    const another = { ...resumedBy(first.body), 'x-stuntdouble-fault': 'close; at=frame:1' }
    const { body, socket } = await getEvents(double, another)
    expect([dataOf(body), socket]).toEqual([['3'], 'fin'])
    expect(double.journal.map(({ faults }) => faults.map(({ kind }) => kind))).toEqual([
      ['reset'],
      ['resume'],
      ['resume'],
      ['close'],
    ])
  })
})
