/** What is special in Google's formats, as the @google/genai SDK and a reader of arrays see it. */
import { ApiError, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { geminiClient, vertexClient } from './readers/gemini.ts'
import { tools } from './readers/tools.ts'

const model = 'gemini-3-flash-preview'
const long = 'A sentence of some length that says nothing at all. '.repeat(12)

const rules = [
  { when: { user: 'story' }, reply: long },
  {
    when: { user: 'cited' },
    reply: { text: 'So it is.', citation: { uri: 'https://example.com/' } },
  },
  { when: { user: 'blocked' }, reply: { text: '', finish: 'content-filter' } },
  {
    when: { user: 'two' },
    reply: { choices: [{ text: 'This.' }, { text: 'That.', finish: 'length' }] },
  },
  { when: { user: 'limited' }, reply: { error: { code: 'rate-limited', retryAfter: '48s' } } },
  {
    when: { user: 'breaks' },
    reply: [{ text: 'It be' }, { wait: '30ms' }, { error: { code: 'overloaded' } }],
  },
  {
    when: { user: 'stalls' },
    reply: [{ text: ['a', 'b'] }],
    faults: [{ stall: { at: { frame: 1 }, for: '5s' } }],
  },
]

let double: Double
let client: GoogleGenAI

beforeAll(async () => {
  double = await start({ scenarios: [{ name: 'google', rules }] })
  client = geminiClient(double.url())
})

afterAll(() => double.close())

async function hear(contents: string, config = {}) {
  const chunks = []
  for await (const chunk of await client.models.generateContentStream({
    model,
    contents,
    config,
  })) {
    chunks.push(chunk)
  }
  return chunks
}

async function failure(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  )
}

/** The body that the SDK puts into its message, and the status that it shows. */
async function refusal(asked: Promise<unknown>) {
  const error = await failure(asked)
  if (!(error instanceof ApiError)) throw error
  return { status: error.status, ...JSON.parse(error.message).error }
}

describe('a stream as @google/genai reads it', () => {
  it('comes in paragraphs, with one id, and counts more in each chunk', async () => {
    const chunks = await hear('story')
    expect(chunks.map(({ text }) => text ?? '').join('')).toBe(long)
    expect(chunks.length).toBeLessThan(10)
    expect(new Set(chunks.map(({ responseId }) => responseId)).size).toBe(1)
    expect(chunks[0]?.modelVersion).toBe(model)
    const counts = chunks.map(({ usageMetadata }) => usageMetadata?.candidatesTokenCount ?? 0)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(chunks.at(-1)?.usageMetadata?.promptTokenCount).toBe(7)
  })

  it('is cut by an error that comes apart from the rest', async () => {
    const heard: string[] = []
    const error = await failure(
      (async () => {
        for await (const { text } of await client.models.generateContentStream({
          model,
          contents: 'breaks',
        })) {
          heard.push(text ?? '')
        }
      })(),
    )
    expect(heard).toEqual(['It be'])
    // Where the network has joined both, the SDK sees a rest that it cannot read.
    expect(String(error)).toMatch(/UNAVAILABLE|Incomplete JSON segment/)
  })

  it('is given up where it stalls for longer than the timeout', async () => {
    const impatient = new GoogleGenAI({
      apiKey: 'none',
      httpOptions: { baseUrl: double.url(), timeout: 150 },
    })
    const error = await failure(
      (async () => {
        const stream = await impatient.models.generateContentStream({ model, contents: 'stalls' })
        for await (const chunk of stream) expect(chunk.text).toBe('a')
      })(),
    )
    expect(String(error)).toMatch(/abort|timeout/i)
  })
})

describe('an answer as @google/genai reads it', () => {
  it('is none where the prompt is blocked', async () => {
    const answer = await client.models.generateContent({ model, contents: 'blocked' })
    expect(answer.text).toBeUndefined()
    expect(answer.promptFeedback).toEqual({ blockReason: 'SAFETY' })
  })

  it('has as many candidates as were asked for', async () => {
    const config = { candidateCount: 2 }
    const { candidates } = await client.models.generateContent({ model, contents: 'two', config })
    expect(candidates).toMatchObject([
      { content: { parts: [{ text: 'This.' }] }, finishReason: 'STOP' },
      { content: { parts: [{ text: 'That.' }] }, finishReason: 'MAX_TOKENS' },
    ])
  })

  it('cites', async () => {
    const answer = await client.models.generateContent({ model, contents: 'cited' })
    expect(answer.candidates?.[0]?.citationMetadata).toEqual({
      citations: [{ uri: 'https://example.com/' }],
    })
  })
})

describe('a chat of @google/genai', () => {
  const functionDeclarations = tools.map(({ name, parameters }) => ({
    name,
    parametersJsonSchema: parameters,
  }))

  it('sends a call back as it came, and the result of the function with its id', async () => {
    await using own = await start({
      scenarios: [
        {
          name: 'turns',
          rules: [
            {
              when: { body: { '$.contents[2].parts[0].functionResponse.response.output': 'Rain' } },
              reply: 'Take an umbrella.',
            },
            {
              when: { user: 'weather' },
              reply: [
                { reasoning: 'I should look.' },
                { tool: { name: 'get_weather', arguments: { city: 'Oslo' } } },
              ],
            },
          ],
        },
      ],
    })
    const chat = geminiClient(own.url()).chats.create({
      model,
      config: {
        tools: [{ functionDeclarations }],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } },
      },
    })
    const { functionCalls } = await chat.sendMessage({ message: 'weather' })
    const id = functionCalls?.[0]?.id
    expect(functionCalls).toEqual([{ name: 'get_weather', args: { city: 'Oslo' }, id }])
    expect(id).toMatch(/^call_\d{6}$/)
    const response = { name: 'get_weather', response: { output: 'Rain' }, ...(id ? { id } : {}) }
    const answer = await chat.sendMessage({ message: { functionResponse: response } })
    expect(answer.text).toBe('Take an umbrella.')
    expect(JSON.stringify(chat.getHistory()[1])).toContain('thoughtSignature')
  })
})

describe('an error as @google/genai throws it', () => {
  it('says when to come back', async () => {
    expect(
      await refusal(client.models.generateContent({ model, contents: 'limited' })),
    ).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      code: 429,
      details: [{ violations: [{ quotaDimensions: { model } }] }, { retryDelay: '48s' }],
    })
  })

  it('is 400 for a bad key, and 404 for a model that is not there', async () => {
    await using guarded = await start({
      scenarios: [
        {
          name: 'guarded',
          auth: { keys: ['good'] },
          models: ['gemini-2.5-pro'],
          rules: [{ reply: 'Hi' }],
        },
      ],
    })
    const ask = (apiKey: string, name: string) =>
      geminiClient(guarded.url(), apiKey).models.generateContent({ model: name, contents: 'hello' })
    expect(await refusal(ask('bad', 'gemini-2.5-pro'))).toMatchObject({
      code: 400,
      details: [{ reason: 'API_KEY_INVALID' }, {}],
    })
    expect(await refusal(ask('good', model))).toMatchObject({
      code: 404,
      message: expect.stringContaining(`models/${model} is not found for API version v1beta`),
    })
    expect((await ask('good', 'gemini-2.5-pro')).text).toBe('Hi')
  })
})

describe('what else Google has', () => {
  it('lists models and describes one', async () => {
    const listed = []
    for await (const { name } of await client.models.list()) listed.push(name)
    expect(listed).toContain('models/gemini-2.5-flash')
    const found = await client.models.get({ model: 'gemini-2.5-flash' })
    expect(found).toMatchObject({ displayName: 'Gemini 2.5 Flash', inputTokenLimit: 1_048_576 })
    expect(await refusal(client.models.get({ model: 'gpt-4o' }))).toMatchObject({ code: 404 })
  })

  it('lists models at /v1 to those who ask as Google does', async () => {
    const headers = { 'x-goog-api-key': 'none' }
    const list = async (init: RequestInit) => (await fetch(double.url('/v1/models'), init)).json()
    expect(await list({ headers })).toEqual({ models: expect.any(Array) })
    expect(await list({})).toMatchObject({ object: 'list' })
  })

  it('counts tokens as its replies do', async () => {
    const { totalTokens } = await client.models.countTokens({ model, contents: 'story' })
    expect(totalTokens).toBe((await hear('story'))[0]?.usageMetadata?.promptTokenCount)
    expect(
      await vertexClient(double.url()).models.countTokens({ model, contents: 'story' }),
    ).toMatchObject({
      totalTokens,
    })
  })

  it.each([
    ['the Gemini API', geminiClient, 'gemini-embedding-001'],
    ['Vertex AI, by predict', vertexClient, 'text-embedding-005'],
  ])('embeds texts on %s, each its own way and always the same', async (_, connect, name) => {
    const embed = async (dimensions?: number) => {
      const { embeddings } = await connect(double.url()).models.embedContent({
        model: name,
        contents: ['one', 'two', 'one'],
        config: dimensions === undefined ? {} : { outputDimensionality: dimensions },
      })
      return (embeddings ?? []).map(({ values }) => values ?? [])
    }
    const [one = [], two, again] = await embed(256)
    expect(one).toHaveLength(256)
    expect(Math.hypot(...one)).toBeCloseTo(1, 5)
    expect(again).toEqual(one)
    expect(two).not.toEqual(one)
    expect((await embed()).map(({ length }) => length)).toEqual(
      name === 'text-embedding-005' ? [768, 768, 768] : [3072, 3072, 3072],
    )
  })

  it('embeds one content on Vertex AI', async () => {
    const { embeddings } = await vertexClient(double.url()).models.embedContent({
      model: 'gemini-embedding-2',
      contents: 'one',
    })
    expect(embeddings?.[0]?.values).toHaveLength(3072)
  })

  it('is reached on Vertex AI with a key alone, without a project', async () => {
    const express = new GoogleGenAI({
      vertexai: true,
      apiKey: 'none',
      httpOptions: { baseUrl: double.url() },
    })
    const answer = await express.models.generateContent({ model, contents: 'story' })
    expect(answer.text).toBe(long)
    expect(answer.usageMetadata?.trafficType).toBe('ON_DEMAND')
  })
})

describe('a stream without alt=sse', () => {
  const ask = (user: string, query = '') =>
    fetch(double.url(`/v1beta/models/${model}:streamGenerateContent${query}`), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': 'none' },
      body: JSON.stringify({ contents: [{ parts: [{ text: user }] }] }),
    })

  it('is one JSON array, which can be read as it grows', async () => {
    const response = await ask('story')
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8')
    const texts: string[] = []
    let body = ''
    let rest = ''
    for await (const bytes of response.body ?? []) {
      const piece = Buffer.from(bytes).toString()
      body += piece
      rest += piece
      // As simple readers do: an element ends with a brace at the beginning of a line.
      for (let end = rest.indexOf('\n}'); end >= 0; end = rest.indexOf('\n}')) {
        const element = JSON.parse(rest.slice(rest.indexOf('{'), end + 2))
        texts.push(element.candidates[0].content.parts[0].text)
        rest = rest.slice(end + 2)
      }
    }
    expect(texts.join('')).toBe(long)
    expect(rest).toBe('\n]')
    expect(JSON.parse(body)).toHaveLength(texts.length)
  })

  it('ends by an element that is an error, and is an array of one where it never began', async () => {
    expect(await (await ask('breaks', '?alt=json')).json()).toMatchObject([
      { candidates: [{ content: { parts: [{ text: 'It be' }] } }] },
      { error: { code: 503, status: 'UNAVAILABLE' } },
    ])
    const limited = await ask('limited')
    expect(limited.status).toBe(429)
    expect(await limited.json()).toMatchObject([{ error: { code: 429 } }])
  })

  it('is cut by a fault at a frame, which is an element', async () => {
    await using cut = await start({
      scenarios: [
        {
          name: 'cut',
          rules: [{ reply: { text: long }, faults: [{ end: { at: { frame: 2 } } }] }],
        },
      ],
    })
    const response = await fetch(cut.url(`/v1beta/models/${model}:streamGenerateContent`), {
      method: 'POST',
      body: JSON.stringify({ contents: [{ parts: [{ text: 'hello' }] }] }),
    })
    const body = await response.text()
    expect(JSON.parse(`${body}]`)).toHaveLength(2)
  })
})
