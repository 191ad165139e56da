/** The SDK's helpers, its list of models, and the ways in which a client finds the server. */
import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'
import { ask, failure, hear, openAi, textOf } from './sdk.ts'

const weatherRules = [
  {
    name: 'answer from the result',
    when: { body: { '$.messages[-1].role': 'tool' } },
    reply: 'It is 21 degrees in Paris.',
  },
  {
    name: 'call',
    when: { tools: 'get_weather' },
    reply: { tool: { name: 'get_weather', arguments: { city: 'Paris' } } },
  },
  { name: 'plain', reply: 'Just some words.' },
]

/** A tool for the runner, which notes what it is called with. */
function weatherTool(askedFor: unknown[]) {
  return {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      description: 'The weather in a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
      parse: (text: string): unknown => JSON.parse(text),
      function: (given: unknown): string => {
        askedFor.push(given)
        return '21 degrees'
      },
    },
  }
}

describe('helpers of the SDK', () => {
  it('stream() tells of every delta and puts the whole answer together', async () => {
    await using double = await start({ scenarios: [{ rules: weatherRules }] })
    const stream = openAi(double).chat.completions.stream({
      ...ask('words'),
      stream_options: { include_usage: true },
    })
    const deltas: string[] = []
    stream.on('content', (delta) => deltas.push(delta))
    const { choices, usage } = await stream.finalChatCompletion()
    expect(choices[0]?.message.content).toBe('Just some words.')
    expect(choices[0]?.finish_reason).toBe('stop')
    expect(deltas.join('')).toBe('Just some words.')
    expect(usage?.completion_tokens).toBeGreaterThan(0)
  })

  it.each([true, false])('runTools() walks the whole dialogue, streamed: %s', async (stream) => {
    await using double = await start({ scenarios: [{ rules: weatherRules }] })
    const askedFor: unknown[] = []
    const { completions } = openAi(double).chat
    const request = { ...ask('weather?'), tools: [weatherTool(askedFor)] }
    const runner = stream
      ? completions.runTools({ ...request, stream: true })
      : completions.runTools(request)
    expect(await runner.finalContent()).toBe('It is 21 degrees in Paris.')
    expect(askedFor).toEqual([{ city: 'Paris' }])
  })

  it('hands out the headers with the stream, and gives the same bytes for the same seed', async () => {
    const scenario = { name: 'seeded', rules: weatherRules }
    const ids: string[] = []
    for (const seed of [5, 5, 6]) {
      await using double = await start({ scenarios: [scenario], seed })
      const asked = openAi(double).chat.completions.create({ ...ask('words'), stream: true })
      const { data, response, request_id } = await asked.withResponse()
      const { chunks } = await hear(Promise.resolve(data))
      expect(response.headers.get('x-stuntdouble-rule')).toBe('seeded/plain')
      expect(response.headers.get('x-stuntdouble-seed')).toBe(`${seed}`)
      expect(request_id).toMatch(/^req_[0-9a-f]{32}$/)
      ids.push(chunks[0]?.id ?? '')
    }
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })
})

describe('models', () => {
  const named = { models: ['llama-9', 'gpt-4o'], rules: [{ reply: 'Hello.' }] }

  it('lists and retrieves the models that a scenario names', async () => {
    await using double = await start({ scenarios: [named] })
    const client = openAi(double)
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toEqual(['llama-9', 'gpt-4o'])
    expect(await client.models.retrieve('llama-9')).toMatchObject({
      id: 'llama-9',
      object: 'model',
    })
    expect(await failure(client.models.retrieve('gpt-2'))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })

  it('lists the usual ones where no scenario names any', async () => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'Hello.' }] }] })
    const { data } = await openAi(double).models.list()
    expect(data.map(({ id }) => id)).toContain('gpt-4o')
  })

  it('answers for a model that exists, and with 404 for one that does not', async () => {
    await using double = await start({ scenarios: [named] })
    const { completions } = openAi(double).chat
    const ok = await completions.create({ ...ask('hi'), model: 'llama-9' })
    expect(ok.choices[0]?.message.content).toBe('Hello.')
    const refused = await failure(
      completions.create({ ...ask('hi'), model: 'gpt-2', stream: true }),
    )
    expect(refused).toMatchObject({
      name: 'Error',
      status: 404,
      code: 'model_not_found',
      type: 'invalid_request_error',
    })
  })
})

describe('the way to the server', () => {
  it.each(['/v1', '/openai-chat/v1'])('may lead over %s', async (path) => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'Found.' }] }] })
    const client = openAi(double, { baseURL: double.url(path) })
    const { chunks } = await hear(client.chat.completions.create({ ...ask('hi'), stream: true }))
    expect(textOf(chunks)).toBe('Found.')
    expect((await client.models.list()).data.length).toBeGreaterThan(0)
  })

  it('keeps sessions apart that name themselves', async () => {
    const rules = [{ times: 1, reply: 'First.' }, { reply: 'Again.' }]
    await using double = await start({ scenarios: [{ rules }] })
    const inSession = (name: string): OpenAI =>
      openAi(double, { defaultHeaders: { 'x-stuntdouble-session': name } })
    const said: (string | null | undefined)[] = []
    for (const client of [inSession('a'), inSession('b'), inSession('a')]) {
      const { choices } = await client.chat.completions.create(ask('hi'))
      said.push(choices[0]?.message.content)
    }
    expect(said).toEqual(['First.', 'First.', 'Again.'])
  })
})
