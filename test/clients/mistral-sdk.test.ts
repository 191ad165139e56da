/** What is special to Mistral, through its own SDK: routes, errors, ids, and what it does not read. */
import { Mistral } from '@mistralai/mistralai'
import { HTTPValidationError, SDKError } from '@mistralai/mistralai/models/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { failure } from './sdk.ts'

const rules = [
  { when: { user: 'two choices' }, reply: { choices: [{ text: 'This.' }, { text: 'That.' }] } },
  {
    when: { user: 'sources' },
    reply: [{ text: 'See' }, { citation: { reference_ids: [1, 2] } }],
  },
  { when: { user: 'weather', messages: 1 }, reply: { tool: { name: 'get_weather' } } },
  { when: { user: 'weather' }, reply: 'It says {{ messages.last.text }}.' },
  { when: { path: '/v1/fim/completions' }, reply: 'return 1' },
  { when: { user: 'break' }, reply: [{ text: 'Hi' }, { error: { code: 'overloaded' } }] },
  {
    when: { user: 'quota' },
    reply: { error: { code: 'rate-limited', retryAfter: '7s' } },
  },
  { reply: 'Hi.' },
]

let double: Double
let client: Mistral
beforeAll(async () => {
  double = await start({
    scenarios: [{ name: 'mistral', models: ['mistral-large-latest', 'codestral-latest'], rules }],
  })
  client = new Mistral({ serverURL: double.url(), apiKey: 'none' })
})
afterAll(() => double.close())

const model = 'mistral-large-latest'
const ask = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] })

describe("Mistral's SDK", () => {
  it('says who it is, so that the path it shares needs no settling', async () => {
    await client.chat.complete(ask('hello'))
    expect(double.journal.at(-1)?.dialect).toBe('mistral')
  })

  it('reads several choices, each with its end and the usage once', async () => {
    const texts = ['', '']
    const usages: unknown[] = []
    for await (const { data } of await client.chat.stream({ ...ask('two choices'), n: 2 })) {
      for (const { index, delta } of data.choices) texts[index] += String(delta.content ?? '')
      if (data.usage) usages.push(data.usage.totalTokens)
    }
    expect(texts).toEqual(['This.', 'That.'])
    expect(usages).toEqual([expect.any(Number)])
  })

  it('reads references among the text', async () => {
    const { choices } = await client.chat.complete(ask('sources'))
    expect(choices[0]?.message?.content).toEqual([
      { type: 'text', text: 'See' },
      { type: 'reference', referenceIds: [1, 2] },
    ])
  })

  it('sends back the id of a call, which is in a form that the service takes', async () => {
    const { choices } = await client.chat.complete(ask('weather'))
    const [call] = choices[0]?.message?.toolCalls ?? []
    if (!call) throw new Error('nothing was called')
    expect(call.id).toMatch(/^[A-Za-z0-9]{9}$/)
    const result = { role: 'tool' as const, toolCallId: call.id ?? '', content: 'blue' }
    const { choices: second } = await client.chat.complete({
      model,
      messages: [
        { role: 'user', content: 'weather' },
        { role: 'assistant', toolCalls: [call] },
        result,
      ],
    })
    expect(second[0]?.message?.content).toBe('It says blue.')
  })

  it('fills in the middle, streamed and whole', async () => {
    const request = { model: 'codestral-latest', prompt: 'def one():', suffix: '\n' }
    const { choices } = await client.fim.complete(request)
    expect(choices[0]?.message?.content).toBe('return 1')
    let text = ''
    for await (const { data } of await client.fim.stream(request)) {
      text += String(data.choices[0]?.delta.content ?? '')
    }
    expect(text).toBe('return 1')
  })

  it('lists the models of the scenario', async () => {
    const { data = [] } = await client.models.list()
    expect(data).toMatchObject([
      { id: model, type: 'base', capabilities: { completionChat: true } },
      { id: 'codestral-latest', capabilities: { completionFim: true } },
    ])
    const one = await client.models.retrieve({ modelId: model })
    expect(one).toMatchObject({ id: model })
    expect(await failure(client.models.retrieve({ modelId: 'other' }))).toMatchObject({
      statusCode: 404,
    })
  })

  it('embeds texts, the same one the same way', async () => {
    const request = { model: 'mistral-embed', inputs: ['a', 'b', 'a'] }
    const { data, usage } = await client.embeddings.create(request)
    const [a, b, again] = data.map(({ embedding = [] }) => embedding)
    expect(a).toHaveLength(1024)
    expect(again).toEqual(a)
    expect(b).not.toEqual(a)
    expect(usage.totalTokens).toBe(3)
    const short = await client.embeddings.create({ ...request, outputDimension: 8 })
    expect(short.data[0]?.embedding).toHaveLength(8)
  })

  it('throws its error of validation where the request is wrong', async () => {
    const error = await failure(client.chat.complete({ ...ask('hello'), temperature: 2 }))
    expect(error).toBeInstanceOf(HTTPValidationError)
    expect(JSON.stringify(Reflect.get(Object(error), 'body'))).toContain('less_than_equal')
  })

  it.each([
    [
      'a model that does not exist',
      { ...ask('hello'), model: 'gpt-4o' },
      400,
      'Invalid model: gpt-4o',
    ],
    ['a limit that is reached', ask('quota'), 429, 'rate_limited'],
  ])('throws its general error for %s', async (_, request, status, word) => {
    const error = await failure(client.chat.complete(request))
    if (!(error instanceof SDKError)) throw error
    expect([error.statusCode, error.body]).toEqual([status, expect.stringContaining(word)])
    expect(error.headers.get('mistral-correlation-id')).toMatch(/^[0-9a-f-]{36}$/)
    if (status === 429) expect(error.headers.get('retry-after')).toBe('7')
  })

  it('cannot read an error inside a stream, and says that it is no chunk', async () => {
    const texts: unknown[] = []
    const listening = (async () => {
      for await (const { data } of await client.chat.stream(ask('break'))) {
        texts.push(data.choices[0]?.delta.content)
      }
    })()
    expect(await failure(listening)).toMatchObject({ name: 'ZodError' })
    expect(texts).toEqual(['', 'Hi'])
  })
})
