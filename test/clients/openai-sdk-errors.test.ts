/** Errors of every kind, as the SDK's own error classes: refused requests, retries, keys, checks. */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiErrorCode } from '../../src/index.ts'
import { type Double, start } from '../../src/index.ts'
import { ask, failure, openAi } from './sdk.ts'

const invalid = 'invalid_request_error'

interface Seen {
  readonly by: abstract new (...args: never[]) => Error
  readonly status: number
  readonly type: string
  readonly code: string | null
}

/** Every neutral code, and what the SDK makes of it. */
const seenAs: Readonly<Record<ApiErrorCode, Seen>> = {
  'invalid-request': {
    by: OpenAI.BadRequestError,
    status: 400,
    type: invalid,
    code: 'invalid_value',
  },
  'context-length': {
    by: OpenAI.BadRequestError,
    status: 400,
    type: invalid,
    code: 'context_length_exceeded',
  },
  'content-filter': {
    by: OpenAI.BadRequestError,
    status: 400,
    type: invalid,
    code: 'content_policy_violation',
  },
  unauthorized: {
    by: OpenAI.AuthenticationError,
    status: 401,
    type: invalid,
    code: 'invalid_api_key',
  },
  forbidden: { by: OpenAI.PermissionDeniedError, status: 403, type: invalid, code: 'forbidden' },
  'not-found': { by: OpenAI.NotFoundError, status: 404, type: invalid, code: 'not_found' },
  'model-not-found': {
    by: OpenAI.NotFoundError,
    status: 404,
    type: invalid,
    code: 'model_not_found',
  },
  'method-not-allowed': {
    by: OpenAI.APIError,
    status: 405,
    type: invalid,
    code: 'method_not_supported',
  },
  timeout: { by: OpenAI.APIError, status: 408, type: 'server_error', code: null },
  conflict: { by: OpenAI.ConflictError, status: 409, type: invalid, code: 'conflict' },
  'too-large': { by: OpenAI.APIError, status: 413, type: invalid, code: null },
  unprocessable: { by: OpenAI.UnprocessableEntityError, status: 422, type: invalid, code: null },
  'rate-limited': {
    by: OpenAI.RateLimitError,
    status: 429,
    type: 'requests',
    code: 'rate_limit_exceeded',
  },
  'quota-exceeded': {
    by: OpenAI.RateLimitError,
    status: 429,
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  },
  'server-error': { by: OpenAI.InternalServerError, status: 500, type: 'server_error', code: null },
  'bad-gateway': { by: OpenAI.InternalServerError, status: 502, type: 'server_error', code: null },
  unavailable: { by: OpenAI.InternalServerError, status: 503, type: 'server_error', code: null },
  overloaded: { by: OpenAI.InternalServerError, status: 503, type: 'server_error', code: null },
}

const codes = Object.keys(seenAs)

describe('a refused request', () => {
  let double: Double

  beforeAll(async () => {
    const rules = codes.flatMap((code) => [
      {
        when: { user: code },
        reply: {
          error: {
            code,
            message: `It is ${code}.`,
            param: 'messages[0]',
            headers: { 'x-request-id': `req_of_${code}` },
          },
        },
      },
      { when: { user: `plain ${code}` }, reply: { error: code } },
    ])
    double = await start({ scenarios: [{ rules }] })
  })

  afterAll(() => double.close())

  it.each(Object.entries(seenAs))('with %s is thrown as the SDK has it', async (name, seen) => {
    for (const stream of [true, false]) {
      const error = await failure(openAi(double).chat.completions.create({ ...ask(name), stream }))
      expect(error).toBeInstanceOf(seen.by)
      expect(error).toMatchObject({
        status: seen.status,
        type: seen.type,
        code: seen.code,
        param: 'messages[0]',
        requestID: `req_of_${name}`,
        message: `${seen.status} It is ${name}.`,
      })
    }
  })

  it.each(codes)('with %s has words of its own where the author gives none', async (code) => {
    const error = await failure(openAi(double).chat.completions.create(ask(`plain ${code}`)))
    expect(error).toMatchObject({ message: expect.stringMatching(/^\d{3} \w+.*\.$/), param: null })
  })
})

describe('an error within a script', () => {
  it('becomes the whole answer where nothing streams', async () => {
    const reply = [{ text: 'It begins, ' }, { error: { code: 'overloaded' } }]
    await using double = await start({ scenarios: [{ rules: [{ reply }] }] })
    const error = await failure(openAi(double).chat.completions.create(ask('hi')))
    expect(error).toBeInstanceOf(OpenAI.InternalServerError)
    expect(error).toMatchObject({ status: 503 })
  })
})

describe('a client that tries again', () => {
  /** Refuses so many times, then answers. */
  const refusing = (times: number, error: object): object => ({
    name: 'refusing',
    rules: [
      { name: 'refused', times, reply: { error } },
      { name: 'answered', reply: 'At last.' },
    ],
  })

  it('succeeds at the third try, when it is refused twice', async () => {
    const limited = { code: 'rate-limited', retryAfter: '5ms' }
    await using double = await start({ scenarios: [refusing(2, limited)] })
    const client = openAi(double, { maxRetries: 2 })
    const { choices } = await client.chat.completions.create(ask('hi'))
    expect(choices[0]?.message.content).toBe('At last.')
    expect(double.journal.map(({ rule, status }) => `${rule} ${status}`)).toEqual([
      'refusing/refused 429',
      'refusing/refused 429',
      'refusing/answered 200',
    ])
  })

  it('fails, when it is refused once more than it tries', async () => {
    const limited = { code: 'rate-limited', retryAfter: '5ms' }
    await using double = await start({ scenarios: [refusing(3, limited)] })
    const client = openAi(double, { maxRetries: 2 })
    const error = await failure(client.chat.completions.create(ask('hi')))
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(double.journal).toHaveLength(3)
  })

  it('waits as long as it is told to', async () => {
    // The SDK's own first pause is 500 ms at most: one that is longer was told.
    const limited = { code: 'rate-limited', retryAfter: '620ms' }
    await using double = await start({ scenarios: [refusing(1, limited)] })
    const startedMs = performance.now()
    const client = openAi(double, { maxRetries: 1 })
    const { choices } = await client.chat.completions.create(ask('hi'))
    expect(choices[0]?.message.content).toBe('At last.')
    expect(performance.now() - startedMs).toBeGreaterThan(610)
  })

  it.each(['server-error', 'overloaded', 'conflict', 'timeout'])(
    'does so after %s',
    async (code) => {
      const error = { code, headers: { 'retry-after-ms': '5' } }
      await using double = await start({ scenarios: [refusing(1, error)] })
      const { choices } = await openAi(double, { maxRetries: 1 }).chat.completions.create(ask('hi'))
      expect(choices[0]?.message.content).toBe('At last.')
    },
  )

  it.each([
    ['unauthorized', {}],
    ['rate-limited', { 'x-should-retry': 'false' }],
  ])('does not do so after %s with headers %j', async (code, headers) => {
    await using double = await start({ scenarios: [refusing(1, { code, headers })] })
    const client = openAi(double, { maxRetries: 2 })
    expect(await failure(client.chat.completions.create(ask('hi')))).toBeInstanceOf(OpenAI.APIError)
    expect(double.journal).toHaveLength(1)
  })
})

describe('keys', () => {
  const auth = { keys: ['good', { key: 'limited', models: ['gpt-4o-mini'] }] }

  it.each([
    { key: 'good', model: 'gpt-4o', status: 200 },
    { key: 'limited', model: 'gpt-4o-mini', status: 200 },
    { key: 'limited', model: 'gpt-4o', status: 403 },
    { key: 'unknown', model: 'gpt-4o', status: 401 },
  ])('$key and $model are answered with $status', async ({ key, model, status }) => {
    await using double = await start({ scenarios: [{ auth, rules: [{ reply: 'Welcome.' }] }] })
    const asked = openAi(double, { apiKey: key }).chat.completions.create({ ...ask('hi'), model })
    if (status === 200) {
      expect((await asked).choices[0]?.message.content).toBe('Welcome.')
      return
    }
    const wanted = status === 401 ? OpenAI.AuthenticationError : OpenAI.PermissionDeniedError
    const error = await failure(asked)
    expect(error).toBeInstanceOf(wanted)
    expect(error).toMatchObject({ status })
  })

  it('are asked for only where a scenario says so', async () => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'Welcome.' }] }] })
    const client = openAi(double, { apiKey: 'whatever' })
    const { choices } = await client.chat.completions.create(ask('hi'))
    expect(choices[0]?.message.content).toBe('Welcome.')
  })
})

describe('a request that the service would not take', () => {
  const user = { role: 'user', content: 'hi' }

  it.each([
    ['no model', { messages: [user] }, null],
    ['no messages', { model: 'm' }, 'messages'],
    ['an empty list of messages', { model: 'm', messages: [] }, 'messages'],
    ['a role nobody has', { model: 'm', messages: [{ ...user, role: 'me' }] }, 'messages[0].role'],
    [
      'a user who says nothing',
      { model: 'm', messages: [{ role: 'user' }] },
      'messages[0].content',
    ],
    ['a temperature of 3', { model: 'm', messages: [user], temperature: 3 }, 'temperature'],
    ['no choices at all', { model: 'm', messages: [user], n: 0 }, 'n'],
    ['stream in words', { model: 'm', messages: [user], stream: 'yes' }, 'stream'],
    [
      'options of a stream without one',
      { model: 'm', messages: [user], stream_options: { include_usage: true } },
      'stream_options',
    ],
  ])('%s is refused with 400 and the field', async (_case, body, param) => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'Fine.' }] }] })
    const error = await failure(openAi(double).post('/chat/completions', { body }))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error' })
  })
})

describe('a miss', () => {
  it('is thrown as not found, and says which rule came nearest and why it did not fit', async () => {
    const rules = [{ name: 'greeting', when: { user: 'hello' }, reply: 'Hello!' }]
    await using double = await start({ scenarios: [{ name: 'shy', rules }] })
    const error = await failure(openAi(double).chat.completions.create(ask('hullo')))
    expect(error).toBeInstanceOf(OpenAI.NotFoundError)
    expect(error).toMatchObject({ message: expect.stringContaining('greeting') })
    expect(error).toMatchObject({ message: expect.stringContaining('hullo') })
  })
})
