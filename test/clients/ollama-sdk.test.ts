/** What is special in Ollama's API, as its own package sees it. */
import { Ollama } from 'ollama'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { failure } from './sdk.ts'

const rules = [
  {
    name: 'weather',
    when: { user: { contains: 'weather' } },
    reply: { tool: { name: 'get_weather', arguments: { city: 'Zürich', days: [1, 2] } } },
  },
  {
    name: 'think',
    when: { user: 'think' },
    reply: [{ reasoning: 'First a thought.' }, { text: 'Then an answer.' }],
  },
  {
    name: 'busy',
    when: { user: 'busy' },
    reply: { error: { code: 'overloaded' } },
  },
  {
    name: 'slow',
    when: { user: 'slow' },
    reply: [{ wait: '30ms' }, { text: ['One ', 'two.'] }, { wait: '40ms' }, { finish: 'length' }],
  },
  { name: 'endless', when: { user: 'endless' }, reply: [{ text: ['One ', 'two'] }, 'hang'] },
  { name: 'anything', reply: 'Hello there.' },
]

let double: Double
let client: Ollama

beforeAll(async () => {
  double = await start({
    scenarios: [{ name: 'ollama', models: ['llama3.2:latest', 'nomic-embed-text:v1.5'], rules }],
  })
  client = new Ollama({ host: double.url() })
})

afterAll(() => double.close())

const asks = (content: string) => ({
  model: 'llama3.2',
  messages: [{ role: 'user', content }],
})

describe('chat', () => {
  it('streams token by token, and ends with the counts and times', async () => {
    const lines = []
    for await (const line of await client.chat({ ...asks('hi'), stream: true })) lines.push(line)
    expect(lines.map(({ message }) => message.content).join('')).toBe('Hello there.')
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.at(-1)).toMatchObject({
      model: 'llama3.2',
      done: true,
      done_reason: 'stop',
      prompt_eval_count: expect.any(Number),
      eval_count: 3,
      total_duration: expect.any(Number),
    })
  })

  it('measures in nanoseconds what the script takes', async () => {
    const lines = []
    for await (const line of await client.chat({ ...asks('slow'), stream: true })) lines.push(line)
    const { total_duration = 0, eval_duration = 0, created_at } = lines.at(-1) ?? {}
    expect(Math.floor(total_duration / 1e6)).toBeOneOf([70, 71])
    expect(Math.floor(eval_duration / 1e6)).toBe(40)
    const [first, last] = [lines[0]?.created_at, created_at].map((at) => Date.parse(String(at)))
    expect((last ?? 0) - (first ?? 0)).toBe(40)
  })

  it('thinks beside the text', async () => {
    const { message } = await client.chat({ ...asks('think'), think: true })
    expect(message).toEqual({
      role: 'assistant',
      content: 'Then an answer.',
      thinking: 'First a thought.',
    })
  })

  it('calls a tool with arguments that are an object, and takes its result', async () => {
    const first = await client.chat(asks('the weather, please'))
    expect(first.message.tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_[a-z0-9]{8}$/),
        function: {
          index: 0,
          name: 'get_weather',
          arguments: { city: 'Zürich', days: [1, 2] },
        },
      },
    ])
    const second = await client.chat({
      model: 'llama3.2',
      messages: [
        { role: 'user', content: 'Is it wet?' },
        first.message,
        { role: 'tool', content: 'Rain', tool_name: 'get_weather' },
      ],
    })
    expect(second.message.content).toBe('Hello there.')
  })

  it('loads and unloads a model where nothing is said', async () => {
    const loaded = await client.chat({ model: 'llama3.2' })
    expect(loaded).toMatchObject({ done: true, done_reason: 'load', message: { content: '' } })
    const gone = await client.generate({ model: 'llama3.2', prompt: '', keep_alive: 0 })
    expect(gone).toMatchObject({ done: true, done_reason: 'unload', response: '' })
  })

  it('can be left in the middle of a stream', async () => {
    const stream = await client.chat({ ...asks('endless'), stream: true })
    const heard: string[] = []
    const error = await failure(
      (async () => {
        for await (const { message } of stream) {
          heard.push(message.content)
          if (heard.length === 2) client.abort()
        }
      })(),
    )
    expect(heard).toEqual(['One ', 'two'])
    expect(error).toMatchObject({ name: 'AbortError' })
  })
})

describe('generate', () => {
  it('answers a prompt, and gives back what the dialogue has become', async () => {
    const parts = []
    const question = { model: 'llama3.2', prompt: 'hi', stream: true } as const
    for await (const part of await client.generate(question)) parts.push(part)
    expect(parts.map(({ response }) => response).join('')).toBe('Hello there.')
    expect(parts.at(-1)?.context.every(Number.isInteger)).toBe(true)
    const { response, context } = await client.generate({ model: 'llama3.2', prompt: 'hi' })
    expect(response).toBe('Hello there.')
    expect(context).toEqual(parts.at(-1)?.context)
  })
})

describe('an error', () => {
  it.each([
    [
      'a model that does not exist',
      { ...asks('hi'), model: 'llama9' },
      404,
      "model 'llama9' not found",
    ],
    ['no model', { ...asks('hi'), model: '' }, 400, 'model is required'],
    ['a busy server', asks('busy'), 503, /^server busy/],
  ])('about %s is a ResponseError', async (_, question, status, sentence) => {
    for (const stream of [true, false]) {
      const error = await failure(client.chat({ ...question, stream: stream as never }))
      expect(error).toMatchObject({
        name: 'ResponseError',
        status_code: status,
        error: typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
      })
    }
  })
})

describe('models', () => {
  it('are those of the scenario', async () => {
    const { models } = await client.list()
    expect(models.map(({ name }) => name)).toEqual(['llama3.2:latest', 'nomic-embed-text:v1.5'])
    expect(models[0]).toMatchObject({
      model: 'llama3.2:latest',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: { format: 'gguf', family: 'llama3.2' },
    })
    expect((await client.ps()).models).toMatchObject([{ name: 'llama3.2:latest' }])
    expect(await client.version()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
  })

  it('are described one by one', async () => {
    const { details, capabilities } = await client.show({ model: 'llama3.2' })
    expect(details.format).toBe('gguf')
    expect(capabilities).toContain('tools')
    expect(await failure(client.show({ model: 'llama9' }))).toMatchObject({ status_code: 404 })
  })

  it('can be pulled, as if they were there already', async () => {
    const steps = []
    for await (const { status } of await client.pull({ model: 'llama3.2', stream: true })) {
      steps.push(status)
    }
    expect(steps.at(0)).toBe('pulling manifest')
    expect(steps.at(-1)).toBe('success')
    expect(await client.pull({ model: 'llama3.2' })).toEqual({ status: 'success' })
  })

  it('cannot be changed, and the error says so', async () => {
    for (const change of [
      () => client.delete({ model: 'llama3.2' }),
      () => client.create({ model: 'mine', from: 'llama3.2' }),
      () => client.copy({ source: 'llama3.2', destination: 'mine' }),
      () => client.push({ model: 'mine' }),
    ]) {
      expect(await failure(change())).toMatchObject({
        status_code: 501,
        error: expect.stringContaining('keeps no models'),
      })
    }
  })
})

describe('embeddings', () => {
  const model = 'nomic-embed-text:v1.5'

  it('are one vector of unit length for each text, the same for the same text', async () => {
    const { embeddings } = await client.embed({ model, input: ['one', 'two', 'one'] })
    expect(embeddings.map(({ length }) => length)).toEqual([768, 768, 768])
    expect(Math.hypot(...(embeddings[0] ?? []))).toBeCloseTo(1, 6)
    expect(embeddings[0]).toEqual(embeddings[2])
    expect(embeddings[0]).not.toEqual(embeddings[1])
    const single = await client.embed({ model, input: 'one' })
    expect(single.embeddings).toEqual([embeddings[0]])
  })

  it('can be shorter, and are none for no text', async () => {
    const { embeddings } = await client.embed({ model, input: 'one', dimensions: 64 })
    expect(embeddings[0]).toHaveLength(64)
    expect((await client.embed({ model, input: [] })).embeddings).toEqual([])
    const wrong = client.embed({ model, input: [7] as never })
    expect(await failure(wrong)).toMatchObject({ status_code: 400, error: 'invalid input type' })
  })

  it('come by the older route as well', async () => {
    const { embedding } = await client.embeddings({ model, prompt: 'one' })
    const { embeddings } = await client.embed({ model, input: 'one' })
    expect(embedding).toHaveLength(768)
    expect(embeddings).toHaveLength(1)
  })
})
