/** Limits as a client on a bare socket meets them; time is a clock that the test advances. */
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Double, type StartOptions, start, VirtualClock } from '../../../src/index.ts'
import { chatBody, chatPath } from '../../support/ask.ts'
import { type RawReply, rawRequest, requestBytes } from '../../support/raw-client.ts'

const rules = [
  { name: 'silent', when: { user: 'silent' }, reply: [{ text: ['a'] }, 'hang'] },
  { name: 'reset', when: { user: 'reset' }, reply: [{ text: ['a'] }, 'reset'] },
  { name: 'twice', when: { user: 'once' }, times: 1, reply: 'the first time' },
  {
    name: 'long',
    when: { user: 'long' },
    reply: [{ text: 'x' }, { usage: { inputTokens: 9, outputTokens: 40 } }],
  },
  { name: 'any', when: { user: 'hi' }, reply: 'Hello' },
]

interface Served {
  readonly double: Double
  readonly clock: VirtualClock
}

async function serving(limits: unknown, more: StartOptions = {}): Promise<Served> {
  const clock = new VirtualClock()
  const double = await start({ scenarios: [{ name: 's', rules, limits }], clock, ...more })
  return { double, clock }
}

interface Asked {
  readonly user?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly more?: object
}

const ask = ({ port }: Double, { user = 'hi', path = chatPath, headers = {}, more }: Asked = {}) =>
  rawRequest({ port, path, headers, body: chatBody(user, { stream: false, ...more }) })

const statuses = (replies: readonly RawReply[]): readonly number[] =>
  replies.map(({ status }) => status)

async function askTimes(times: number, double: Double, asked?: Asked): Promise<RawReply[]> {
  const replies: RawReply[] = []
  for (let n = 0; n < times; n += 1) replies.push(await ask(double, asked))
  return replies
}

/** A client that holds on; `leave` is the socket's end. */
function hold({ port }: Double, user: string): Socket {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.write(requestBytes({ path: chatPath, body: chatBody(user) }))
  return socket
}

const part = (reply: RawReply | undefined, names: RegExp): Record<string, string> =>
  Object.fromEntries(Object.entries(reply?.headers ?? {}).filter(([name]) => names.test(name)))

describe('requests per minute', () => {
  it('are let in up to the limit, and the next one at the very millisecond it was told', async () => {
    const { double, clock } = await serving('2rpm')
    await using _ = double
    const [first] = await askTimes(1, double)
    await clock.advance(700.5)
    const [second, third] = await askTimes(2, double)
    expect(part(first, /ratelimit/)).toEqual({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '1m0s',
    })
    expect(part(second, /remaining|reset/)).toEqual({
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1m0s',
    })
    expect(third?.status).toBe(429)
    expect(part(third, /retry|rule|remaining/)).toEqual({
      'retry-after': '60',
      'retry-after-ms': '59300',
      'x-ratelimit-remaining-requests': '0',
      'x-stuntdouble-rule': 'limit/2rpm',
    })
    expect(JSON.parse(third?.body ?? '')).toEqual({
      error: {
        message:
          'Rate limit reached for gpt-4o on requests per min (RPM): Limit 2, Used 2, Requested 1. Please try again in 59.3s.',
        type: 'requests',
        param: null,
        code: 'rate_limit_exceeded',
      },
    })
    await clock.advance(59_298)
    expect(statuses(await askTimes(1, double))).toEqual([429])
    await clock.advance(2)
    expect(statuses(await askTimes(2, double))).toEqual([200, 429])
  })

  it('are counted apart by key, by model and by session, unless the limit says otherwise', async () => {
    const { double } = await serving('1rpm')
    await using _ = double
    const keyed = { headers: { authorization: 'Bearer other' } }
    const modelled = { more: { model: 'gpt-4o-mini' } }
    const session = { headers: { 'x-stuntdouble-session': 'mine' } }
    for (const asked of [{}, keyed, modelled, session]) {
      expect(statuses(await askTimes(2, double, asked))).toEqual([200, 429])
    }
    const { double: all } = await serving({ requests: 1, by: [] })
    await using __ = all
    expect(statuses([await ask(all), await ask(all, keyed), await ask(all, modelled)])).toEqual([
      200, 429, 429,
    ])
  })

  it('can hold for some models, keys or dialects alone', async () => {
    const { double } = await serving([
      { requests: 1, models: ['gpt-4o'], keys: ['k'], dialects: ['openai-chat'] },
    ])
    await using _ = double
    const keyed = { headers: { authorization: 'Bearer k' } }
    expect(statuses(await askTimes(2, double, keyed))).toEqual([200, 429])
    expect(statuses(await askTimes(2, double))).toEqual([200, 200])
    expect(statuses(await askTimes(2, double, { ...keyed, more: { model: 'm' } }))).toEqual([
      200, 200,
    ])
  })

  it('that are refused use up nothing of the rule that would have answered', async () => {
    const { double, clock } = await serving('1 request/1s')
    await using _ = double
    await ask(double)
    expect((await ask(double, { user: 'once' })).status).toBe(429)
    await clock.advance(1000)
    expect((await ask(double, { user: 'once' })).body).toContain('the first time')
  })

  it('that nothing answers, or that the dialect answers by itself, are not counted', async () => {
    const { double } = await serving('1rpm')
    await using _ = double
    const miss = await ask(double, { user: 'nobody says this' })
    const models = await rawRequest({ port: double.port, method: 'GET', path: '/v1/models' })
    expect(statuses([miss, models, await ask(double), await ask(double)])).toEqual([
      404, 200, 200, 429,
    ])
  })

  it('fill up evenly where the limit is a bucket', async () => {
    const { double, clock } = await serving({ requests: 6, as: 'bucket' })
    await using _ = double
    const replies = await askTimes(7, double)
    expect(
      replies.at(-1)?.headers['retry-after-ms'] ?? replies.at(-1)?.headers['retry-after'],
    ).toBe('10')
    await clock.advance(10_000)
    expect(statuses(await askTimes(2, double))).toEqual([200, 429])
  })

  it('begin anew by POST /_stuntdouble/reset, for one session or for all', async () => {
    const { double } = await serving('1rpm')
    await using _ = double
    const mine = { headers: { 'x-stuntdouble-session': 'mine' } }
    await Promise.all([ask(double), ask(double, mine)])
    await fetch(double.url('/_stuntdouble/reset?session=mine'), { method: 'POST' })
    expect(statuses([await ask(double), await ask(double, mine)])).toEqual([429, 200])
    await fetch(double.url('/_stuntdouble/reset'), { method: 'POST' })
    expect(statuses([await ask(double), await ask(double, mine)])).toEqual([200, 200])
  })

  it('are told of in the journal and in the metrics by the name of the limit', async () => {
    const { double } = await serving({ name: 'tier 1', requests: 1 })
    await using _ = double
    await askTimes(3, double)
    expect(double.journal.map(({ rule, status }) => [rule, status])).toEqual([
      ['s/any', 200],
      ['limit/tier 1', 429],
      ['limit/tier 1', 429],
    ])
    const metrics = await (await fetch(double.url('/_stuntdouble/metrics'))).text()
    expect(metrics).toContain('stuntdouble_limited_total{limit="tier 1"} 2')
  })

  it('meet a fault on top, as any answer does', async () => {
    const { double } = await serving('1rpm')
    await using _ = double
    await ask(double)
    const broken = await ask(double, { headers: { 'x-stuntdouble-fault': 'reset; at=byte:10' } })
    expect([broken.status, broken.socket, broken.complete]).toEqual([429, 'rst', false])
  })
})

const anthropicBody = {
  model: 'claude-x',
  max_tokens: 1000,
  messages: [{ role: 'user', content: 'long' }],
}

describe('tokens', () => {
  it('are counted in advance with max_tokens where the service does so', async () => {
    const { double } = await serving('100tpm')
    await using _ = double
    const asked = { more: { max_tokens: 80 } }
    const [first, second] = await askTimes(2, double, asked)
    const used = 100 - Number(first?.headers['x-ratelimit-remaining-tokens'])
    expect(used).toBeGreaterThan(80)
    expect(used).toBeLessThan(95)
    expect(second?.status).toBe(429)
    expect(JSON.parse(second?.body ?? '').error).toMatchObject({
      type: 'tokens',
      message: expect.stringContaining(`Limit 100, Used ${used}, Requested ${used}.`),
    })
    const huge = await ask(double, { more: { max_tokens: 4000 } })
    expect([huge.status, part(huge, /retry/)]).toEqual([429, {}])
    expect(huge.body).toContain('Request too large for gpt-4o')
  })

  it('that go out are counted when they have been said, streamed or not', async () => {
    const { double, clock } = await serving([{ name: 'out', outputTokens: 50 }, '1000itpm'])
    await using _ = double
    const post = (stream: boolean) =>
      rawRequest({
        port: double.port,
        path: '/v1/messages',
        headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
        body: { ...anthropicBody, stream },
      })
    const first = await post(true)
    expect(part(first, /output/)).toEqual({
      'anthropic-ratelimit-output-tokens-limit': '50',
      'anthropic-ratelimit-output-tokens-remaining': '50',
      'anthropic-ratelimit-output-tokens-reset': '2026-01-01T00:00:00Z',
    })
    await clock.advance(1500)
    const second = await post(false)
    expect(part(second, /output/)).toEqual({
      'anthropic-ratelimit-output-tokens-limit': '50',
      'anthropic-ratelimit-output-tokens-remaining': '10',
      'anthropic-ratelimit-output-tokens-reset': '2026-01-01T00:01:00Z',
    })
    const third = await post(true)
    expect(part(third, /retry|rule|output-tokens-rem/)).toEqual({
      'anthropic-ratelimit-output-tokens-remaining': '0',
      'retry-after': '59',
      'x-should-retry': 'true',
      'x-stuntdouble-rule': 'limit/out',
    })
    expect(JSON.parse(third.body).error).toEqual({
      type: 'rate_limit_error',
      message:
        'This request would exceed the rate limit of your organization: 50 output tokens per minute.',
    })
  })
})

interface Vendor {
  readonly name: string
  readonly path: string
  readonly body: object
  readonly limits?: unknown
  readonly headers?: Record<string, string>
  readonly told: Record<string, string>
}

const user = [{ role: 'user', content: 'hi' }]

/** The header fields of the first answer under `10 requests/10s` and of no other limit. */
const vendors: readonly Vendor[] = [
  {
    name: 'Azure',
    path: '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
    body: { messages: user },
    told: {
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '10000',
    },
  },
  {
    name: 'Mistral',
    path: '/v1/chat/completions',
    body: { model: 'mistral-small', messages: user },
    headers: { host: 'api.mistral.ai' },
    told: { 'x-ratelimit-limit-req-10-second': '10', 'x-ratelimit-remaining-req-10-second': '9' },
  },
  {
    name: 'Cohere',
    path: '/v2/chat',
    body: { model: 'command-r', messages: user },
    told: { 'x-trial-endpoint-call-limit': '10', 'x-trial-endpoint-call-remaining': '9' },
  },
  {
    name: 'Gemini',
    path: '/v1beta/models/gemini-2.5-flash:generateContent',
    body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    told: {},
  },
]

const limitFields = /^(?:x-ratelimit|ratelimit|x-trial|x-endpoint)/

describe('the headers of a service', () => {
  it.each(vendors)(
    'count down as those of $name do',
    async ({ path, body, headers = {}, told }) => {
      const { double } = await serving('10 requests/10s', {
        dialects: path === chatPath ? ['mistral'] : [],
      })
      await using _ = double
      const reply = await rawRequest({ port: double.port, path, headers, body })
      expect(reply.status).toBe(200)
      expect(part(reply, limitFields)).toEqual(told)
    },
  )

  it.each([
    [
      'OpenAI',
      chatPath,
      { model: 'gpt-4o', messages: user },
      'Too many concurrent requests for gpt-4o: Limit 1.',
    ],
    ['Cohere', '/v2/chat', { model: 'command-r', messages: user }, 'You are past the rate limit'],
    [
      'Gemini',
      '/v1beta/models/gemini-2.5-flash:generateContent',
      { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
      'Too many requests',
    ],
  ])(
    'of %s say nothing of requests where those at one time alone are counted',
    async (_, path, body, told) => {
      const { double } = await serving({ concurrent: 1, by: [] })
      await using _double = double
      const socket = hold(double, 'silent')
      await double.waitFor({ for: 'written' })
      const reply = await rawRequest({ port: double.port, path, body })
      socket.destroy()
      expect(reply.status).toBe(429)
      expect(reply.body).toContain(told)
      expect(reply.body).not.toContain('QuotaFailure')
      expect(part(reply, /^retry|ratelimit|trial|monthly/)).toEqual({})
    },
  )

  it('of Gemini are none, and its body says when to come again', async () => {
    const { double, clock } = await serving('1 request/10s')
    await using _ = double
    const path = '/v1beta/models/gemini-2.5-flash:generateContent'
    const body = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }
    await rawRequest({ port: double.port, path, body })
    await clock.advance(1766)
    const refused = JSON.parse((await rawRequest({ port: double.port, path, body })).body)
    const byType = (name: string) =>
      refused.error.details.find((detail: object) => JSON.stringify(detail).includes(name))
    expect(byType('RetryInfo')).toMatchObject({ retryDelay: '8.234s' })
    expect(byType('QuotaFailure').violations[0]).toMatchObject({ quotaValue: '1' })
  })

  it('are the plain RateLimit fields where it has none of its own', async () => {
    const clock = new VirtualClock()
    const scenario = { rules: [{ when: { path: '/own' }, reply: { status: 200, body: 'yes' } }] }
    await using double = await start({ scenarios: [scenario], limits: '1 request/10s', clock })
    const post = () => rawRequest({ port: double.port, path: '/own', body: {} })
    const first = await post()
    await clock.advance(2500)
    const second = await post()
    expect(part(first, /ratelimit|retry/)).toEqual({
      'ratelimit-limit': '1',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '10',
      'ratelimit-policy': '1;w=10',
    })
    expect([second.status, second.headers['retry-after']]).toEqual([429, '8'])
  })
})

describe('exchanges at one time', () => {
  it.each(['silent', 'reset'])('free their place at their very end (%s)', async (user) => {
    const { double } = await serving('1 concurrent')
    await using _ = double
    const held = hold(double, user)
    await expect.poll(() => double.journal.length).toBe(1)
    if (user === 'silent') {
      expect((await ask(double)).status).toBe(429)
      held.destroy()
    }
    await expect.poll(() => double.open).toBe(0)
    expect((await ask(double)).status).toBe(200)
  })

  it('are refused in the words that the service has for it, or that the limit asks for', async () => {
    const { double } = await serving([{ concurrent: 1, error: 'overloaded', by: [] }])
    await using _ = double
    const held = hold(double, 'silent')
    await expect.poll(() => double.open).toBe(1)
    const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }
    const body = { ...anthropicBody, model: 'gpt-4o' }
    const claude = await rawRequest({ port: double.port, path: '/v1/messages', headers, body })
    expect([claude.status, JSON.parse(claude.body).error.type]).toEqual([529, 'overloaded_error'])
    expect((await ask(double)).status).toBe(503)
    held.destroy()
  })

  it('wait in a queue, first come first, and no longer than they may', async () => {
    const queue = { length: 2, wait: '5s' }
    const { double, clock } = await serving([{ concurrent: 1, queue, error: 'unavailable' }])
    await using _ = double
    const held = hold(double, 'silent')
    await expect.poll(() => double.open).toBe(1)
    const waiting = async (): Promise<string> =>
      /waiting_requests (\d)/.exec(
        await (await fetch(double.url('/_stuntdouble/metrics'))).text(),
      )?.[1] ?? ''
    const second = ask(double, { more: { user: 'second' } })
    await expect.poll(waiting).toBe('1')
    const left = hold(double, 'hi')
    await expect.poll(waiting).toBe('2')
    expect((await ask(double)).status).toBe(503)
    left.destroy()
    await expect.poll(waiting).toBe('1')
    await clock.advance(3000)
    const third = ask(double)
    await expect.poll(waiting).toBe('2')
    await clock.advance(2000)
    expect((await second).status).toBe(503)
    await clock.advance(1000)
    held.destroy()
    expect((await third).status).toBe(200)
    const told = double.journal.map(({ rule, status, ended, queuedMs }) => [
      rule,
      status ?? ended,
      queuedMs,
    ])
    expect(told.slice(1)).toEqual([
      ['limit/1 concurrent', 503, undefined],
      ['limit/1 concurrent', 'client-left', 0],
      ['limit/1 concurrent', 503, 5000],
      ['s/any', 200, 3000],
    ])
  })

  it('that wait are let in when all is reset, and by a server that drains', async () => {
    const limit = { concurrent: 1, queue: { length: 9 } }
    const { double } = await serving([limit])
    const held = hold(double, 'silent')
    await expect.poll(() => double.open).toBe(1)
    const second = ask(double)
    await expect
      .poll(async () => await (await fetch(double.url('/_stuntdouble/metrics'))).text())
      .toMatch(/waiting_requests 1/)
    double.reset()
    expect((await second).status).toBe(200)
    const again = hold(double, 'silent')
    await expect.poll(() => double.open).toBe(2)
    const third = ask(double)
    await expect
      .poll(async () => await (await fetch(double.url('/_stuntdouble/metrics'))).text())
      .toMatch(/waiting_requests 1/)
    await double.drain()
    expect((await third).status).toBe(200)
    held.destroy()
    again.destroy()
  })
})
