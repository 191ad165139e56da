/**
 * A stream that was broken goes on where the client says it stopped, seen from bare sockets and by
 * an EventSource: what the two connections brought, joined, is the unbroken stream.
 */
import { EventSource } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../src/core/bytes.ts'
import type { Dialect } from '../../src/core/dialect.ts'
import { sse } from '../../src/framing/index.ts'
import { type Double, start } from '../../src/index.ts'
import { plausibleRequest } from '../../src/recording/import/plausible-request.ts'
import { knownDialects } from '../../src/scenario/load-dialects.ts'
import { chatBody, chatPath } from '../support/ask.ts'
import { type RawReply, rawRequest } from '../support/raw-client.ts'

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
      expect(framesOf(unbroken)[0]).toMatchObject({ retry: 1000 })
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
  it('hears every event once, over as many connections as it takes, and then stops asking', async () => {
    const resume = { retry: '5ms', ids: 'random', faults: 'each' }
    // That of undici takes a broken connection for the last word, and comes back after an end.
    await using double = await served(
      eventRule({ resume, faults: [{ end: { at: { frame: 3 } } }] }),
    )
    const source = new EventSource(double.url(eventPath))
    const heard: unknown[] = []
    source.addEventListener('tick', (event) => heard.push('data' in event ? event.data : event))
    await expect.poll(() => source.readyState, { timeout: 5000 }).toBe(EventSource.CLOSED)
    expect(heard).toEqual(['1', '2', '3', '4', '5', '6'])
    // The `retry:` and two events, then three, then one, and then nothing is left.
    expect(double.journal.map(({ status }) => status)).toEqual([200, 200, 200, 204])
    expect(double.journal.map(({ resumes }) => resumes?.exchange)).toEqual([undefined, 1, 1, 1])
  })

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
  const askSlow = (double: Double, headers: Record<string, string> = {}) =>
    rawRequest({
      port: double.port,
      path: chatPath,
      body: chatBody('slow'),
      headers,
      silenceMs: 5000,
    })

  it('gets what is past at once and the rest at its own time', async () => {
    await using double = await served(slowRule({ unheard: 'goes-on' }))
    const first = await askSlow(double)
    const rest = await askSlow(double, resumedBy(first.body))
    expect([first.complete, rest.complete]).toEqual([false, true])
    const [begun, resumed] = double.journal
    expect(begun?.ended).toBe('reset')
    // The stream takes 400 ms in all, and goes on while nobody listens.
    const bothMs = (begun?.durationMs ?? 0) + (resumed?.durationMs ?? 0)
    expect(bothMs).toBeGreaterThan(0)
    expect(resumed?.resumes).toEqual({ exchange: 1, after: lastIdOf(first.body) })
  })

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
