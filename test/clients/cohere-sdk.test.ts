/** What is special in Cohere's API, as its own package sees it. */
import { type Cohere, CohereClient, CohereClientV2, CohereError } from 'cohere-ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { failure } from './sdk.ts'

const citation = { start: 0, end: 5, text: 'Hello', sources: [{ type: 'document', id: 'doc:0' }] }

const rules = [
  {
    name: 'weather',
    when: { user: 'weather' },
    reply: [
      { reasoning: 'I will look.' },
      { tool: { name: 'get_weather', arguments: { city: 'Oslo' } } },
    ],
  },
  { name: 'cited', when: { user: 'cited' }, reply: [{ text: 'Hello.' }, { citation }] },
  { name: 'done', when: { user: 'done' }, reply: [{ text: ['Say ', '[DONE]', ' and go on'] }] },
  {
    name: 'broken',
    when: { user: 'broken' },
    reply: [{ text: ['One ', 'two'] }, { error: { code: 'server-error', message: 'It broke' } }],
  },
  { name: 'silent', when: { user: 'silent' }, reply: ['hang'] },
  {
    name: 'limited',
    when: { user: 'limited' },
    reply: { error: { code: 'rate-limited', retryAfter: '7s' } },
  },
  { name: 'anything', reply: 'Hello there.' },
]

let double: Double
let client: CohereClientV2
let older: CohereClient

beforeAll(async () => {
  double = await start({ scenarios: [{ name: 'cohere', rules }] })
  client = new CohereClientV2({ environment: double.url(), token: 'none' })
  older = new CohereClient({ environment: double.url(), token: 'none' })
})

afterAll(() => double.close())

const tools: Cohere.ToolV2[] = [
  { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } },
]

const asks = (content: string): Cohere.V2ChatRequest => ({
  model: 'command-a-03-2025',
  messages: [{ role: 'user', content }],
})

const once = { maxRetries: 0 }

async function hear<T>(asked: PromiseLike<AsyncIterable<T>>): Promise<T[]> {
  const events: T[] = []
  for await (const event of await asked) events.push(event)
  return events
}

describe('chat of version 2', () => {
  it('streams its grammar, token by token', async () => {
    const events = await hear(client.chatStream(asks('hi'), once))
    expect(events.map(({ type }) => type)).toEqual([
      'message-start',
      'content-start',
      'content-delta',
      'content-delta',
      'content-delta',
      'content-end',
      'message-end',
    ])
  })

  it('says the same id and ids of calls in one piece as in a stream of the same seed', async () => {
    const question = { ...asks('weather'), tools }
    const ask = async (stream: boolean) => {
      await using fresh = await start({ scenarios: [{ name: 'cohere', rules }] })
      const asked = new CohereClientV2({ environment: fresh.url(), token: 'none' })
      if (!stream) {
        const { id, message } = await asked.chat(question, once)
        return [id, message.toolCalls?.[0]?.id]
      }
      const events = await hear(asked.chatStream(question, once))
      const [begun] = events.filter((event) => event.type === 'message-start')
      const [called] = events.filter((event) => event.type === 'tool-call-start')
      return [begun?.id, called?.delta?.message?.toolCalls?.id]
    }
    const streamed = await ask(true)
    expect(streamed[1]).toMatch(/^get_weather_[a-z0-9]{12}$/)
    expect(await ask(false)).toEqual(streamed)
  })

  it('plans before a call where the model may not think', async () => {
    const question = { ...asks('weather'), tools, thinking: { type: 'disabled' } as const }
    const { message } = await client.chat(question, once)
    expect(message).toMatchObject({ toolPlan: 'I will look.' })
    expect(message.content).toBeUndefined()
    const events = await hear(client.chatStream(question, once))
    const plan = events.map((event) =>
      event.type === 'tool-plan-delta' ? event.delta?.message?.toolPlan : '',
    )
    expect(plan.join('')).toBe('I will look.')
  })

  it('cites within its content', async () => {
    const events = await hear(client.chatStream(asks('cited'), once))
    const [begun] = events.filter((event) => event.type === 'citation-start')
    expect(begun?.delta?.message?.citations).toMatchObject({ start: 0, end: 5, text: 'Hello' })
    const { message } = await client.chat(asks('cited'), once)
    expect(message.citations).toMatchObject([{ start: 0, end: 5, text: 'Hello' }])
  })

  it('ends early at a text that holds the terminator, which the package mistakes for it', async () => {
    const events = await hear(client.chatStream(asks('done'), once))
    const heard = events.map((event) =>
      event.type === 'content-delta' ? event.delta?.message?.content?.text : '',
    )
    expect(heard.join('')).toBe('Say ')
    const { message } = await client.chat(asks('done'), once)
    expect(message.content).toEqual([{ type: 'text', text: 'Say [DONE] and go on' }])
  })

  it('hands out an error in the stream as its last event', async () => {
    const events = await hear(client.chatStream(asks('broken'), once))
    expect(events.at(-1)).toMatchObject({
      type: 'message-end',
      delta: { finishReason: 'ERROR', error: 'It broke' },
    })
  })

  it('refuses a mistaken request with the class of its status', async () => {
    const error = await failure(client.chat({ ...asks('hi'), temperature: 3 }, once))
    expect(error).toMatchObject({
      name: 'BadRequestError',
      statusCode: 400,
      body: { message: 'invalid request: temperature must be between 0 and 2' },
    })
  })

  it('says with a rate limit when to come back, and that no call is left', async () => {
    const error = await failure(client.chat(asks('limited'), once))
    if (!(error instanceof CohereError)) throw error
    expect(error).toMatchObject({ name: 'TooManyRequestsError', statusCode: 429 })
    expect(error.rawResponse?.headers.get('retry-after')).toBe('7')
    expect(error.rawResponse?.headers.get('x-trial-endpoint-call-remaining')).toBe('0')
  })

  it('runs into the timeout of the package where nothing comes', async () => {
    const asked = client.chat(asks('silent'), { ...once, timeoutInSeconds: 0.2 })
    expect(await failure(asked)).toMatchObject({
      name: 'CohereError',
      message: expect.stringContaining('timeout'),
    })
  })
})

describe('chat of version 1', () => {
  it('streams its events, and the whole answer with the last', async () => {
    const events = await hear(older.chatStream({ message: 'hi' }, once))
    expect(events.map(({ eventType }) => eventType)).toEqual([
      'stream-start',
      'text-generation',
      'text-generation',
      'text-generation',
      'stream-end',
    ])
    expect(events.at(-1)).toMatchObject({
      finishReason: 'COMPLETE',
      response: {
        text: 'Hello there.',
        chatHistory: [
          { role: 'USER', message: 'hi' },
          { role: 'CHATBOT', message: 'Hello there.' },
        ],
      },
    })
  })

  it('goes on with a dialogue by its id', async () => {
    const asked = { message: 'hi', conversationId: 'talk-1' }
    await older.chat(asked, once)
    expect(double.journal.at(-1)?.session).toBe('talk-1')
  })

  it('plans before its calls', async () => {
    const offered = [{ name: 'get_weather', description: 'Tells the weather' }]
    const events = await hear(older.chatStream({ message: 'weather', tools: offered }, once))
    const [generated] = events.filter((event) => event.eventType === 'tool-calls-generation')
    expect(generated).toMatchObject({
      text: 'I will look.',
      toolCalls: [{ name: 'get_weather', parameters: { city: 'Oslo' } }],
    })
  })
})

describe('beside chat', () => {
  const texts = ['one', 'two', 'one']

  it('embeds texts in each of the forms that are asked for', async () => {
    const forms = ['float', 'int8', 'uint8', 'binary', 'ubinary', 'base64'] as const
    const { embeddings } = await client.embed({
      model: 'embed-v4.0',
      texts,
      inputType: 'search_document',
      embeddingTypes: [...forms],
      outputDimension: 256,
    })
    const { float = [], int8, uint8, binary, ubinary, base64 } = embeddings
    expect(float.map(({ length }) => length)).toEqual([256, 256, 256])
    expect(float[0]).toEqual(float[2])
    expect(float[0]).not.toEqual(float[1])
    expect(Math.hypot(...(float[0] ?? []))).toBeCloseTo(1, 6)
    expect(int8?.[0]?.every((value) => value >= -128 && value <= 127)).toBe(true)
    expect(uint8?.[0]).toEqual(int8?.[0]?.map((value) => value + 128))
    expect(ubinary?.[0]).toHaveLength(32)
    expect(binary?.[0]).toEqual(ubinary?.[0]?.map((byte) => byte - 128))
    const bytes = Buffer.from(base64?.[0] ?? '', 'base64')
    expect(bytes.readFloatLE(4)).toBeCloseTo(float[0]?.[1] ?? 0, 6)
    expect((ubinary?.[0]?.[0] ?? 0) >= 128).toBe((float[0]?.[0] ?? 0) > 0)
  })

  it('embeds as plain lists for version 1', async () => {
    const answer = await older.embed({
      texts,
      model: 'embed-english-v3.0',
      inputType: 'clustering',
    })
    expect(answer).toMatchObject({ responseType: 'embeddings_floats', texts })
    expect(answer.embeddings).toHaveLength(3)
  })

  it('ranks by shared words, the best first', async () => {
    const documents = ['A recipe for bread', 'The capital of Norway is Oslo', 'Oslo in winter']
    const question = { query: 'What is the capital of Norway?', documents, topN: 2 }
    const { results } = await client.rerank({ model: 'rerank-v3.5', ...question })
    expect(results.map(({ index }) => index)).toEqual([1, expect.any(Number)])
    expect(results[0]?.relevanceScore).toBeGreaterThan(results[1]?.relevanceScore ?? 1)
    const first = await older.rerank({ ...question, returnDocuments: true })
    expect(first.results[0]?.document).toEqual({ text: documents[1] })
  })

  it('cuts a text into tokens', async () => {
    const { tokens, tokenStrings } = await older.tokenize({ text: 'one two', model: 'command-r' })
    expect(tokenStrings).toEqual(['one', ' two'])
    expect(tokens).toHaveLength(2)
  })

  it('lists its own models on a path that other dialects have, too', async () => {
    const { models } = await older.models.list()
    expect(models.map(({ name }) => name)).toContain('command-a-03-2025')
    expect(await older.models.get('command-a-03-2025')).toMatchObject({ endpoints: ['chat'] })
    const ranking = await older.models.list({ endpoint: 'rerank' })
    expect(ranking.models.map(({ name }) => name)).toEqual(['rerank-v3.5'])
    expect(await older.checkApiKey()).toMatchObject({ valid: true })
  })

  it.each([
    ['no text to embed', () => client.embed({ model: 'm', inputType: 'clustering', texts: [] })],
    ['nothing to rank', () => client.rerank({ model: 'm', query: 'q', documents: [] })],
  ])('refuses %s', async (_, ask) => {
    expect(await failure(ask())).toMatchObject({ name: 'BadRequestError', statusCode: 400 })
  })
})
