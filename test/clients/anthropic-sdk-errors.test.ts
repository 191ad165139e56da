/** Errors as whole answers, as the classes of Anthropic's own SDK: refused requests, retries, keys. */
import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'
import { anthropic, ask, replying } from './anthropic.ts'
import { failure } from './sdk.ts'

describe('an error as a whole answer', () => {
  it('has its type, the id of the request and the words of the scenario', async () => {
    await using double = await replying({ error: { code: 'rate-limited', message: 'Slowly!' } })
    const error = await failure(anthropic(double).messages.create(ask('hi')))
    expect(error).toBeInstanceOf(Anthropic.RateLimitError)
    expect(error).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      apiMessage: 'Slowly!',
      requestID: expect.stringMatching(/^req_011C/),
    })
  })

  it('is tried again where the service says so: 529, then an answer', async () => {
    await using double = await start({
      scenarios: [
        {
          rules: [
            {
              times: 1,
              reply: { error: { code: 'overloaded', headers: { 'retry-after-ms': '1' } } },
            },
            { reply: 'Here I am' },
          ],
        },
      ],
    })
    const asked = ask('hi')
    const { content } = await anthropic(double, { maxRetries: 1 }).messages.create(asked)
    expect(content).toMatchObject([{ text: 'Here I am' }])
    expect(double.journal).toHaveLength(2)
  })

  it('is not tried again where the request is at fault', async () => {
    await using double = await replying('Hello')
    const refused = anthropic(double, { maxRetries: 2 }).messages.create(ask(''))
    expect(await failure(refused)).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      apiMessage: expect.stringContaining('non-empty content'),
    })
    expect(double.journal).toHaveLength(1)
  })

  it('comes for a model that does not exist', async () => {
    const scenario = { models: ['claude-haiku-4-5'], rules: [{ reply: 'Hello' }] }
    await using double = await start({ scenarios: [scenario] })
    const error = await failure(anthropic(double).messages.create(ask('hi')))
    expect(error).toBeInstanceOf(Anthropic.NotFoundError)
    expect(error).toMatchObject({ apiMessage: 'model: claude-sonnet-4-6' })
  })

  it('comes for a key that is not known, in either header', async () => {
    const scenario = { auth: { keys: ['right'] }, rules: [{ reply: 'Hello' }] }
    await using double = await start({ scenarios: [scenario] })
    const ways = (key: string): ClientOptions[] => [
      { apiKey: key },
      { apiKey: null, authToken: null, defaultHeaders: { 'x-api-key': key } },
    ]
    for (const options of ways('wrong')) {
      const error = await failure(anthropic(double, options).messages.create(ask('hi')))
      expect(error).toBeInstanceOf(Anthropic.AuthenticationError)
    }
    for (const options of ways('right')) {
      const { content } = await anthropic(double, options).messages.create(ask('hi'))
      expect(content).toMatchObject([{ text: 'Hello' }])
    }
  })
})
