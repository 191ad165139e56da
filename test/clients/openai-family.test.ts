/** What is special in the APIs around Chat Completions, as the vendor's SDK reads it. */
import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { ask, failure, field, hear, openAi, textOf } from './sdk.ts'

const rules = [
  { name: 'deployed', when: { model: 'my-deployment' }, reply: 'From the deployment.' },
  { name: 'filtered', when: { user: 'filter' }, reply: { error: 'content-filter' } },
  { name: 'limited', when: { user: 'limit' }, reply: { error: 'rate-limited' } },
  {
    name: 'flagged',
    when: { path: '/v1/moderations', body: { '$.input': 'bad' } },
    reply: { status: 200, body: { results: [{ flagged: true }] } },
  },
  {
    name: 'sources',
    when: { user: 'sources' },
    reply: [{ text: 'So.' }, { citation: 'https://a' }],
  },
  { name: 'any', reply: 'Hello there.' },
]

let double: Double
let client: OpenAI

beforeAll(async () => {
  double = await start({ scenarios: [{ name: 'family', rules }] })
  client = openAi(double)
})

afterAll(() => double.close())

describe('the embeddings client', () => {
  const model = 'text-embedding-3-small'

  it('reads the base64 that it asks for as the same numbers', async () => {
    const { data, usage } = await client.embeddings.create({ model, input: 'hello' })
    const plain = await client.embeddings.create({
      model,
      input: 'hello',
      encoding_format: 'float',
    })
    expect(data[0]?.embedding).toHaveLength(1536)
    expect([...(data[0]?.embedding ?? [])]).toEqual(plain.data[0]?.embedding)
    expect(usage.prompt_tokens).toBeGreaterThan(0)
  })

  it('sees a mistake as its own error', async () => {
    const asked = client.embeddings.create({ model, input: 'hello', dimensions: 9999 })
    const error = await failure(asked)
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ param: 'dimensions', code: 'invalid_value' })
  })
})

describe('the moderations client', () => {
  it('finds nothing, but for what a rule of that path flags', async () => {
    const { results } = await client.moderations.create({ input: ['good', 'fine'] })
    expect(results.map(({ flagged }) => flagged)).toEqual([false, false])
    const flagged = await client.moderations.create({ input: 'bad' })
    expect(flagged.results[0]?.flagged).toBe(true)
  })
})

describe('the headers of OpenAI', () => {
  it('tell limits, a request id and a time', async () => {
    const { response, request_id } = await client.chat.completions.create(ask('hi')).withResponse()
    const { headers } = response
    expect(request_id).toMatch(/^req_[0-9a-f]{32}$/)
    expect(headers.get('x-ratelimit-limit-requests')).toBe('10000')
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('9999')
    expect(headers.get('x-ratelimit-reset-requests')).toBe('6ms')
    expect(Number(headers.get('x-ratelimit-remaining-tokens'))).toBeLessThan(2_000_000)
    expect(headers.get('x-ratelimit-reset-tokens')).toMatch(/^\d+ms$/)
    expect(Number(headers.get('openai-processing-ms'))).toBeGreaterThan(0)
  })

  it('say when to come back, where the scenario does not', async () => {
    const error = await failure(client.chat.completions.create(ask('limit')))
    if (!(error instanceof OpenAI.RateLimitError)) throw error
    expect(error.headers.get('retry-after')).toBe('1')
    expect(error.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(error.headers.get('x-ratelimit-reset-requests')).toBe('1s')
  })
})

describe('the Azure client', () => {
  const azure = (deployment?: string): AzureOpenAI =>
    new AzureOpenAI({
      endpoint: double.url(),
      apiKey: 'none',
      apiVersion: '2024-10-21',
      maxRetries: 0,
      ...(deployment === undefined ? {} : { deployment }),
    })

  it('asks its deployment, whatever model the question names', async () => {
    const { choices } = await azure('my-deployment').chat.completions.create(ask('hi'))
    expect(choices[0]?.message.content).toBe('From the deployment.')
  })

  it('is told what the filters found before anything is said', async () => {
    const { chunks } = await hear(azure().chat.completions.create({ ...ask('hi'), stream: true }))
    const [prelude, opening, first] = chunks
    expect(prelude).toMatchObject({ id: '', choices: [] })
    expect(prelude && field(prelude, 'prompt_filter_results')).toHaveLength(1)
    expect(opening?.choices[0]).toMatchObject({ content_filter_results: {} })
    expect(first?.choices[0]).toMatchObject({
      content_filter_results: { hate: { filtered: false } },
    })
    expect(textOf(chunks)).toBe('Hello there.')
  })

  it('sees which filter refused the prompt', async () => {
    const error = await failure(azure().chat.completions.create(ask('filter')))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({
      code: 'content_filter',
      param: 'prompt',
      error: { innererror: { code: 'ResponsibleAIPolicyViolation' } },
    })
  })

  it('is told in milliseconds when its limit is free again', async () => {
    const asked = azure().chat.completions.create(ask('hi')).withResponse()
    const { headers } = (await asked).response
    expect(headers.get('x-ratelimit-reset-requests')).toBe('500')
    expect(headers.get('apim-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers.get('x-ms-deployment-name')).toBe('gpt-4o')
  })

  it('gets embeddings of its deployment', async () => {
    const asked = { model: 'text-embedding-3-large', input: 'hello' }
    const { data } = await azure().embeddings.create(asked)
    expect(data[0]?.embedding).toHaveLength(3072)
  })
})

describe('the completions client', () => {
  it('reads every answer to every prompt, each after its prompt', async () => {
    const { choices } = await client.completions.create({
      model: 'gpt-3.5-turbo-instruct',
      prompt: ['a ', 'b '],
      n: 2,
      echo: true,
    })
    expect(choices.map(({ index, text }) => [index, text])).toEqual([
      [0, 'a Hello there.'],
      [1, 'a Hello there.'],
      [2, 'b Hello there.'],
      [3, 'b Hello there.'],
    ])
  })
})

describe('Perplexity', () => {
  it('tells its sources in every chunk that comes after them', async () => {
    const sonar = openAi(double, { baseURL: double.url('/perplexity') })
    const { chunks } = await hear(
      sonar.chat.completions.create({ ...ask('sources'), stream: true }),
    )
    const last = chunks.at(-1)
    expect(last && field(last, 'citations')).toEqual(['https://a'])
    expect(last?.object).toBe('chat.completion.done')
    expect(textOf(chunks)).toBe('So.')
  })
})
