/** Answers of every kind, as the vendor's own SDK reads them: streamed and whole. */
import type OpenAI from 'openai'
import { ContentFilterFinishReasonError, LengthFinishReasonError } from 'openai/error'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { ask, callsOf, deltaFieldOf, field, hear, openAi, reasonsOf, textOf } from './sdk.ts'

const story = 'Once upon a time, in a naïve café, 漢字 met 👩‍👩‍👧 and "quotes"\nover two lines.'

const rules = [
  { when: { user: 'story' }, reply: story },
  {
    when: { user: 'think' },
    reply: [{ reasoning: 'First the thoughts.' }, { text: 'Then the answer.' }],
  },
  {
    when: { user: 'one tool' },
    reply: { tool: { name: 'get_weather', arguments: { city: 'Zürich', days: [1, 2] } } },
  },
  {
    when: { user: 'two tools' },
    reply: {
      text: 'One moment.',
      tools: [
        { name: 'get_weather', arguments: { city: 'Oslo' }, id: 'call_of_my_own' },
        { name: 'get_time', arguments: { zone: 'Europe/Oslo' } },
      ],
    },
  },
  { when: { user: 'no arguments' }, reply: { tool: { name: 'get_time' } } },
  { when: { user: 'refuse' }, reply: { refusal: 'I will not do that.' } },
  {
    when: { user: 'two choices' },
    reply: { choices: [{ text: 'This one.' }, { text: 'Or that.', finish: 'length' }] },
  },
  {
    when: { user: 'counted' },
    reply: { text: 'Five.', usage: { inputTokens: 11, outputTokens: 5 } },
  },
  { when: { user: 'nothing' }, reply: { text: '' } },
  ...['stop', 'length', 'tool-calls', 'content-filter'].map((finish) => ({
    when: { user: `finish ${finish}` },
    reply: { text: 'Done', finish },
  })),
]

let double: Double
let client: OpenAI

beforeAll(async () => {
  double = await start({ scenarios: [{ name: 'answers', rules }] })
  client = openAi(double)
})

afterAll(() => double.close())

type Options = Partial<OpenAI.ChatCompletionCreateParamsStreaming>

const streamed = (content: string, options: Options = {}) =>
  hear(client.chat.completions.create({ ...ask(content), ...options, stream: true }))

const whole = (content: string, options: Partial<OpenAI.ChatCompletionCreateParams> = {}) =>
  client.chat.completions.create({ ...ask(content), ...options, stream: false })

describe('a streamed answer', () => {
  it('has the text of the script, delta by delta', async () => {
    const { chunks, error } = await streamed('story')
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe(story)
    expect(chunks.length).toBeGreaterThan(10)
    expect(reasonsOf(chunks)).toEqual(['stop'])
  })

  it('names one id, time and model in all of its chunks, and the role in the first', async () => {
    const { chunks } = await streamed('story')
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
    expect(new Set(chunks.map(({ created }) => created)).size).toBe(1)
    expect(new Set(chunks.map(({ model, object }) => `${model} ${object}`))).toEqual(
      new Set(['gpt-4o chat.completion.chunk']),
    )
    expect(chunks[0]?.id).toMatch(/^chatcmpl-[A-Za-z0-9]{29}$/)
    const roles = chunks.map(({ choices }) => choices[0]?.delta.role)
    expect(roles).toEqual(['assistant', ...roles.slice(1).map(() => undefined)])
  })

  it('brings thoughts apart from the text', async () => {
    const { chunks } = await streamed('think')
    expect(deltaFieldOf(chunks, 'reasoning_content')).toBe('First the thoughts.')
    expect(textOf(chunks)).toBe('Then the answer.')
  })

  it('calls one tool', async () => {
    const { chunks } = await streamed('one tool')
    const [call, another] = callsOf(chunks)
    expect(another).toBeUndefined()
    expect(call?.name).toBe('get_weather')
    expect(call?.id).toMatch(/^call_[A-Za-z0-9]{24}$/)
    expect(JSON.parse(call?.arguments ?? '')).toEqual({ city: 'Zürich', days: [1, 2] })
    expect(textOf(chunks)).toBe('')
    expect(reasonsOf(chunks)).toEqual(['tool_calls'])
  })

  it('calls two tools in parallel, after some text', async () => {
    const { chunks } = await streamed('two tools')
    const [first, second, third] = callsOf(chunks)
    expect(third).toBeUndefined()
    expect(first).toEqual({
      id: 'call_of_my_own',
      name: 'get_weather',
      arguments: '{"city":"Oslo"}',
    })
    expect(second).toMatchObject({ name: 'get_time', arguments: '{"zone":"Europe/Oslo"}' })
    expect(second?.id).toMatch(/^call_/)
    expect(textOf(chunks)).toBe('One moment.')
    expect(reasonsOf(chunks)).toEqual(['tool_calls'])
  })

  it('refuses', async () => {
    const { chunks } = await streamed('refuse')
    expect(deltaFieldOf(chunks, 'refusal')).toBe('I will not do that.')
    expect(textOf(chunks)).toBe('')
  })

  it('has two choices, each with its text and its end', async () => {
    const { chunks } = await streamed('two choices', { n: 2 })
    expect([textOf(chunks, 0), reasonsOf(chunks, 0)]).toEqual(['This one.', ['stop']])
    expect([textOf(chunks, 1), reasonsOf(chunks, 1)]).toEqual(['Or that.', ['length']])
  })

  it('says the same in each choice that is asked for, where the script tells them not apart', async () => {
    const { chunks } = await streamed('story', { n: 3 })
    expect([0, 1, 2, 3].map((choice) => textOf(chunks, choice))).toEqual([story, story, story, ''])
  })

  it('counts tokens in one last chunk without choices, where usage is asked for', async () => {
    const { chunks } = await streamed('counted', { stream_options: { include_usage: true } })
    const last = chunks.at(-1)
    expect(last?.choices).toEqual([])
    expect(last?.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 })
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(1).map(() => null))
  })

  it('says nothing of usage where it is not asked for', async () => {
    const { chunks } = await streamed('counted')
    expect(chunks.filter((chunk) => 'usage' in chunk)).toEqual([])
    expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([])
  })

  it('carries log probabilities of the text, where they are asked for', async () => {
    const { chunks } = await streamed('story', { logprobs: true })
    const tokens = chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? [])
    expect(tokens.map(({ token }) => token).join('')).toBe(story)
    expect(tokens.filter(({ logprob }) => !(logprob <= 0))).toEqual([])
    const { chunks: without } = await streamed('story')
    expect(new Set(without.map(({ choices }) => choices[0]?.logprobs))).toEqual(new Set([null]))
  })

  it('is padded only where obfuscation is asked for', async () => {
    const { chunks } = await streamed('story', { stream_options: { include_obfuscation: true } })
    const paddings = chunks.map((chunk) => field(chunk, 'obfuscation'))
    expect(paddings.filter((padding) => typeof padding !== 'string')).toEqual([])
    expect(new Set(paddings).size).toBeGreaterThan(1)
    expect(textOf(chunks)).toBe(story)
    const { chunks: plain } = await streamed('story')
    expect(plain.filter((chunk) => 'obfuscation' in chunk)).toEqual([])
  })

  it('may say nothing at all', async () => {
    const { chunks, error } = await streamed('nothing')
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe('')
    expect(reasonsOf(chunks)).toEqual(['stop'])
  })
})

describe('a whole answer', () => {
  it('has the text of the script', async () => {
    const { choices, object, usage } = await whole('story')
    expect(object).toBe('chat.completion')
    expect(choices[0]?.message).toMatchObject({ role: 'assistant', content: story, refusal: null })
    expect(choices[0]?.finish_reason).toBe('stop')
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
    expect(usage?.completion_tokens).toBeGreaterThan(10)
  })

  it('brings thoughts apart from the text', async () => {
    const { choices } = await whole('think')
    expect(choices[0]?.message).toMatchObject({
      content: 'Then the answer.',
      reasoning_content: 'First the thoughts.',
    })
  })

  it('calls one tool and says nothing', async () => {
    const { choices } = await whole('one tool')
    expect(choices[0]?.message.content).toBeNull()
    expect(choices[0]?.message.tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_[A-Za-z0-9]{24}$/),
        type: 'function',
        function: { name: 'get_weather', arguments: '{"city":"Zürich","days":[1,2]}' },
      },
    ])
    expect(choices[0]?.finish_reason).toBe('tool_calls')
  })

  it('calls two tools after some text', async () => {
    const { choices } = await whole('two tools')
    expect(choices[0]?.message.content).toBe('One moment.')
    expect(choices[0]?.message.tool_calls).toMatchObject([
      { id: 'call_of_my_own', function: { name: 'get_weather' } },
      { function: { name: 'get_time', arguments: '{"zone":"Europe/Oslo"}' } },
    ])
  })

  it('refuses', async () => {
    const { choices } = await whole('refuse')
    expect(choices[0]?.message).toMatchObject({ content: null, refusal: 'I will not do that.' })
  })

  it('has two choices', async () => {
    const { choices } = await whole('two choices', { n: 2 })
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'This one.'],
      [1, 'Or that.'],
    ])
    expect(choices.map(({ finish_reason }) => finish_reason)).toEqual(['stop', 'length'])
  })

  it('reports the usage of the script', async () => {
    const { usage } = await whole('counted')
    expect(usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 })
  })

  it('carries log probabilities, where they are asked for', async () => {
    const { choices } = await whole('story', { logprobs: true })
    const tokens = choices[0]?.logprobs?.content ?? []
    expect(tokens.map(({ token }) => token).join('')).toBe(story)
  })
})

describe('the reason why it ended', () => {
  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool-calls', 'tool_calls'],
    ['content-filter', 'content_filter'],
  ])('%s is %s to the SDK, streamed and whole', async (ours, theirs) => {
    const { chunks } = await streamed(`finish ${ours}`)
    expect(reasonsOf(chunks)).toEqual([theirs])
    const { choices } = await whole(`finish ${ours}`)
    expect(choices.map(({ finish_reason }) => finish_reason)).toEqual([theirs])
  })

  it.each([
    ['length', LengthFinishReasonError],
    ['content-filter', ContentFilterFinishReasonError],
  ])('%s makes the parsing helper give up', async (finish, ErrorClass) => {
    const parsed = client.chat.completions.parse(ask(`finish ${finish}`))
    await expect(parsed).rejects.toBeInstanceOf(ErrorClass)
  })
})
