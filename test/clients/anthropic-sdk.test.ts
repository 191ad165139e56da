/** Anthropic's own SDK against a double: its raw streams, its helpers, its other calls. */
import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { anthropic, ask, replying } from './anthropic.ts'
import { failure } from './sdk.ts'

type StreamEvent = Anthropic.RawMessageStreamEvent

interface Heard {
  readonly events: readonly StreamEvent[]
  readonly error: unknown
}

/** Listens to the end, whichever it is. */
async function hear(double: Double, more: object = {}): Promise<Heard> {
  const events: StreamEvent[] = []
  try {
    const stream = await anthropic(double).messages.create({ ...ask('hi', more), stream: true })
    for await (const event of stream) events.push(event)
    return { events, error: undefined }
  } catch (error) {
    return { events, error }
  }
}

const textOf = (events: readonly StreamEvent[]): string =>
  events
    .map((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'text_delta'
        ? event.delta.text
        : '',
    )
    .join('')

const tool = (name: string): Anthropic.Tool => ({
  name,
  input_schema: { type: 'object', properties: { city: { type: 'string' } } },
})

const words = ['one ', 'two ', 'three']

describe('a raw stream', () => {
  it('hands out each event of the grammar, and no ping', async () => {
    const reply = [{ reasoning: 'Hm.' }, { text: ['It is ', 'blue.'] }]
    await using double = await replying(reply)
    const { events, error } = await hear(double)
    expect(error).toBeUndefined()
    expect(
      events.map((event) =>
        'delta' in event && 'type' in event.delta ? event.delta.type : event.type,
      ),
    ).toEqual([
      'message_start',
      'content_block_start',
      'thinking_delta',
      'signature_delta',
      'content_block_stop',
      'content_block_start',
      'text_delta',
      'text_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(textOf(events)).toBe('It is blue.')
  })

  it('counts input at its start, and everything at its end', async () => {
    await using double = await replying({ text: 'one two three' })
    const { events } = await hear(double)
    const [first] = events
    const last = events.at(-2)
    expect(first).toMatchObject({ message: { usage: { input_tokens: 7, output_tokens: 1 } } })
    expect(last).toMatchObject({ usage: { input_tokens: 7, output_tokens: 3 } })
  })

  it('comes with headers: the id of the request, rate limits, the rule', async () => {
    await using double = await replying('Hello')
    const asked = anthropic(double).messages.create({ ...ask('hi'), stream: true })
    const { data, response, request_id } = await asked.withResponse()
    for await (const _ of data);
    expect(request_id).toMatch(/^req_011C\w{20}$/)
    expect(response.headers.get('x-stuntdouble-rule')).toBe('one/rule')
    expect(response.headers.get('anthropic-ratelimit-requests-limit')).toBe('4000')
    const reset = response.headers.get('anthropic-ratelimit-tokens-reset') ?? ''
    expect(new Date(reset).toISOString()).toBe(reset.replace('Z', '.000Z'))
  })

  it('has blocks of server tools as the scenario writes them', async () => {
    const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }
    const frame = (data: { type: string }): string =>
      `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
    const raw = [
      frame({ type: 'content_block_start', ...{ index: 1, content_block: search } }),
      frame({ type: 'content_block_stop', ...{ index: 1 } }),
    ]
    await using double = await replying([{ text: 'Searching.' }, { raw }, { text: 'Found.' }])
    const { content } = await anthropic(double).messages.stream(ask('hi')).finalMessage()
    expect(content).toMatchObject([
      { type: 'text', text: 'Searching.' },
      search,
      { type: 'text', text: 'Found.' },
    ])
  })
})

describe('the helper messages.stream()', () => {
  it('tells of text, thinking and tool input as they grow', async () => {
    const reply = [
      { reasoning: 'The user is in Oslo.' },
      { text: words },
      { tool: { name: 'get_weather', arguments: { city: 'Oslo' } } },
    ]
    await using double = await replying(reply)
    const stream = anthropic(double).messages.stream(ask('hi', { tools: [tool('get_weather')] }))
    const texts: string[] = []
    let [thought, json, signature] = ['', '', '']
    stream
      .on('text', (delta) => texts.push(delta))
      .on('thinking', (delta) => {
        thought += delta
      })
      .on('signature', (given) => {
        signature = given
      })
      .on('inputJson', (delta) => {
        json += delta
      })
    const message = await stream.finalMessage()
    expect(texts).toEqual(words)
    expect(thought).toBe('The user is in Oslo.')
    expect(JSON.parse(json)).toEqual({ city: 'Oslo' })
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: thought, signature },
      { type: 'text', text: words.join('') },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Oslo' } },
    ])
    expect(message.stop_reason).toBe('tool_use')
    expect(await stream.finalText()).toBe(words.join(''))
  })

  it('says the same as an answer in one piece, ids included', async () => {
    const reply = [{ reasoning: 'Hm.' }, { text: 'Yes' }, { tool: { name: 'look' } }]
    const messages: unknown[] = []
    for (const stream of [true, false]) {
      await using double = await replying(reply)
      const { messages: api } = anthropic(double)
      const asked = ask('hi', { tools: [tool('look')] })
      messages.push(stream ? await api.stream(asked).finalMessage() : await api.create(asked))
    }
    // The helper adds a field of its own.
    expect(messages[0]).toEqual({ ...Object(messages[1]), parsed_output: null })
  })

  it('walks a dialogue with two calls at once, over two rounds', async () => {
    const rules = [
      {
        name: 'answer',
        when: { body: { '$.messages[-1].content[0].type': 'tool_result' } },
        reply: 'Oslo has 21 degrees, Rome has 30.',
      },
      {
        name: 'call',
        when: { tools: 'get_weather', user: { contains: 'weather' } },
        reply: {
          tools: ['Oslo', 'Rome'].map((city) => ({ name: 'get_weather', arguments: { city } })),
        },
      },
    ]
    await using double = await start({ scenarios: [{ rules }] })
    const { messages } = anthropic(double)
    const question = ask('weather?', { tools: [tool('get_weather')] })
    const first = await messages.stream(question).finalMessage()
    const calls = first.content.filter((block) => block.type === 'tool_use')
    expect(calls.map(({ input }) => input)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    const results = ['21 degrees', '30 degrees'].map((content, i) => ({
      type: 'tool_result' as const,
      tool_use_id: calls[i]?.id ?? '',
      content,
    }))
    const second = await messages
      .stream({
        ...question,
        messages: [
          ...question.messages,
          { role: 'assistant', content: first.content },
          { role: 'user', content: results },
        ],
      })
      .finalMessage()
    expect(second.content).toMatchObject([{ text: 'Oslo has 21 degrees, Rome has 30.' }])
    expect(second.stop_reason).toBe('end_turn')
  })

  it('explains why it was refused', async () => {
    await using double = await replying({ refusal: 'That I will not do.' })
    const message = await anthropic(double).messages.stream(ask('hi')).finalMessage()
    expect(message.content).toEqual([])
    expect(message.stop_reason).toBe('refusal')
    expect(message.stop_details).toEqual({
      type: 'refusal',
      category: null,
      explanation: 'That I will not do.',
    })
  })

  it.each(['pause_turn', 'model_context_window_exceeded'])(
    "stops for the vendor's own reason %s",
    async (finish) => {
      await using double = await replying({ text: 'Well', finish })
      const message = await anthropic(double).messages.stream(ask('hi')).finalMessage()
      expect(message.stop_reason).toBe(finish)
    },
  )

  it('tells the sequence that stopped it', async () => {
    await using double = await replying({ text: 'Well', finish: 'stop_sequence' })
    const asked = ask('hi', { stop_sequences: ['END'] })
    const message = await anthropic(double).messages.stream(asked).finalMessage()
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' })
  })

  it('can be left in the middle', async () => {
    await using double = await replying([{ text: words }], {
      faults: [{ hang: { at: { frame: 5 } } }],
    })
    const stream = anthropic(double).messages.stream(ask('hi'))
    stream.on('text', (_, all) => {
      if (all === 'one two ') stream.abort()
    })
    expect(await failure(stream.finalMessage())).toBeInstanceOf(Anthropic.APIUserAbortError)
    await expect.poll(() => double.journal[0]?.ended).toBe('client-left')
  })
})

describe('a stream that breaks', () => {
  /** The head, the first block and the ping come before the words. */
  const before = 3

  it.each(['server-error', 'overloaded', 'rate-limited'] as const)(
    'by the error %s throws it after the text, without a status',
    async (code) => {
      await using double = await replying([{ text: words }, { error: { code, message: 'Oh.' } }])
      const { events, error } = await hear(double)
      expect(textOf(events)).toBe(words.join(''))
      expect(error).toBeInstanceOf(Anthropic.APIError)
      const types = {
        'server-error': 'api_error',
        overloaded: 'overloaded_error',
        'rate-limited': 'rate_limit_error',
      }
      expect(error).toMatchObject({ status: undefined, type: types[code], apiMessage: 'Oh.' })
      if (!(error instanceof Anthropic.APIError)) return
      expect(error.error).toMatchObject({ request_id: error.requestID })
    },
  )

  const cut = (fault: string, frame: number): Promise<Double> =>
    replying([{ text: words }], { faults: [{ [fault]: { at: { frame } } }] })

  it('by a clean end is a success for the raw stream, and an error for the helper', async () => {
    await using double = await cut('end', before + 2)
    const { events, error } = await hear(double)
    expect(error).toBeUndefined()
    expect(textOf(events)).toBe('one two ')
    const helped = anthropic(double).messages.stream(ask('hi')).finalMessage()
    expect(String(await failure(helped))).toContain('ended without producing a Message')
  })

  it('by a close is terminated after what came before', async () => {
    await using double = await cut('close', before + 1)
    const { events, error } = await hear(double)
    expect(textOf(events)).toBe('one ')
    expect(String(error)).toContain('terminated')
  })

  it('before the head is a connection error, which is worth another attempt', async () => {
    await using double = await start({
      scenarios: [
        {
          rules: [{ times: 1, reply: 'Never heard', faults: ['refuse'] }, { reply: 'Here I am' }],
        },
      ],
    })
    const retrying = anthropic(double, { maxRetries: 1 })
    const { content } = await retrying.messages.create(ask('hi'))
    expect(content).toMatchObject([{ text: 'Here I am' }])
    expect(double.journal.map(({ ended }) => ended)).toHaveLength(2)
  })
})

describe('the rest of the API', () => {
  it('counts the tokens that an answer then tells as its input', async () => {
    await using double = await replying('Hello')
    const { messages } = anthropic(double)
    const { max_tokens: _, ...question } = ask('How long is this?', { system: 'Be brief.' })
    const { input_tokens } = await messages.countTokens(question)
    const { usage } = await messages.create({ ...question, max_tokens: 10 })
    expect(input_tokens).toBe(usage.input_tokens)
  })

  it('answers the beta client, with fields that are not known here', async () => {
    await using double = await replying('Hello')
    const { beta } = anthropic(double)
    const { content } = await beta.messages.create({
      ...ask('hi'),
      context_management: { edits: [] },
      betas: ['context-management-2025-06-27'],
    })
    expect(content).toMatchObject([{ text: 'Hello' }])
  })

  it('lists models over all pages, from either side, and describes one', async () => {
    const names = ['claude-a', 'claude-b', 'claude-c', 'claude-d', 'claude-e']
    await using double = await start({
      scenarios: [{ models: names, rules: [{ reply: 'Hello' }] }],
    })
    const { models } = anthropic(double)
    const listed: string[] = []
    for await (const { id } of models.list({ limit: 2 })) listed.push(id)
    expect(listed).toEqual(names)
    const before = await models.list({ limit: 2, before_id: 'claude-e' })
    expect(before.data.map(({ id }) => id)).toEqual(['claude-c', 'claude-d'])
    expect(await models.retrieve('claude-b')).toMatchObject({ type: 'model', id: 'claude-b' })
    expect(await failure(models.retrieve('gpt-4o'))).toBeInstanceOf(Anthropic.NotFoundError)
  })
})
