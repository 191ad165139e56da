/** The Responses API through the vendor's own SDK: what it hands out of our streams and answers. */
import OpenAI from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { failure, field, openAi } from './sdk.ts'

interface Heard {
  readonly events: readonly ResponseStreamEvent[]
  readonly error: unknown
}

async function hear(asked: PromiseLike<AsyncIterable<ResponseStreamEvent>>): Promise<Heard> {
  const events: ResponseStreamEvent[] = []
  try {
    for await (const event of await asked) events.push(event)
    return { events, error: undefined }
  } catch (error) {
    return { events, error }
  }
}

const typesOf = ({ events }: Heard): string[] =>
  events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1])

const textOf = ({ events }: Heard): string =>
  events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')

const numbersOf = ({ events }: Heard): number[] =>
  events.map(({ sequence_number }) => sequence_number)

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

const ask = (input: string) => ({ model: 'gpt-4o', input })

/** The response of a stream's last event. */
function lastResponse({ events }: Heard): OpenAI.Responses.Response {
  const last = events.at(-1)
  if (!last || !('response' in last)) throw new Error('the stream ended without a response')
  return last.response
}

const weatherTool = {
  type: 'function' as const,
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
}

const one = async (reply: unknown, more: object = {}): Promise<Double> =>
  start({ scenarios: [{ name: 'one', rules: [{ name: 'rule', reply, ...more }] }] })

const inCity = { name: 'get_weather', arguments: { city: 'Paris' } }

describe('a stream', () => {
  it('is a text, from created to completed', async () => {
    await using double = await one('Hello, you there.')
    const heard = await hear(openAi(double).responses.create({ ...ask('hi'), stream: true }))
    expect(heard.error).toBeUndefined()
    expect(typesOf(heard)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(numbersOf(heard)).toEqual(upTo(heard.events.length))
    expect(textOf(heard)).toBe('Hello, you there.')
    expect(lastResponse(heard)).toMatchObject({
      status: 'completed',
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    })
  })

  it.each([
    ['a text', 'Hello, you there.', { output_text: 'Hello, you there.', status: 'completed' }],
    ['a text that is too long', { text: 'So', finish: 'length' }, incomplete('max_output_tokens')],
    ['a text that is cut', { text: 'So', finish: 'content-filter' }, incomplete('content_filter')],
    ['a refusal', { refusal: 'I will not.' }, refused('I will not.')],
    ['nothing', { text: '' }, { output_text: '', status: 'completed' }],
  ])('of %s is put together by the helper as it is whole', async (_, reply, expected) => {
    await using double = await one(reply)
    const { responses } = openAi(double)
    const final = await responses.stream(ask('hi')).finalResponse()
    const whole = await responses.create(ask('hi'))
    expect(final).toMatchObject(expected)
    expect(whole).toMatchObject(expected)
  })

  it('thinks in a summary, before it speaks', async () => {
    await using double = await one([{ reasoning: 'First a thought.' }, { text: 'Done.' }])
    const { responses } = openAi(double)
    const heard = await hear(responses.create({ ...ask('hi'), stream: true }))
    expect(typesOf(heard).slice(2, 8)).toEqual([
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
    ])
    const summary = [{ type: 'summary_text', text: 'First a thought.' }]
    const include = ['reasoning.encrypted_content' as const]
    for (const response of [
      lastResponse(heard),
      await responses.stream(ask('hi')).finalResponse(),
      await responses.create({ ...ask('hi'), include }),
    ]) {
      expect(response.output_text ?? 'Done.').toBe('Done.')
      expect(response.output[0]).toMatchObject({ type: 'reasoning', summary })
    }
    const withSecret = await responses.create({ ...ask('hi'), include })
    expect(withSecret.output[0]).toHaveProperty('encrypted_content')
  })

  it('calls two tools, each whole before the next', async () => {
    const tools = [inCity, { name: 'get_time', arguments: { zone: 'CET' } }]
    await using double = await one({ tools })
    const { responses } = openAi(double)
    const heard = await hear(responses.create({ ...ask('hi'), tools: [weatherTool], stream: true }))
    const call = [
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
    ]
    expect(typesOf(heard).slice(2)).toEqual([...call, ...call, 'response.completed'])
    const final = await responses.stream(ask('hi')).finalResponse()
    expect(final.output).toMatchObject([
      { type: 'function_call', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call', name: 'get_time', arguments: '{"zone":"CET"}' },
    ])
    const ids = final.output.map((item) => item.type === 'function_call' && item.call_id)
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^call_[A-Za-z0-9]{24}$/)
  })

  it('calls a custom tool with plain text', async () => {
    await using double = await one({ tool: { name: 'run', arguments: 'ls -l\n' } })
    const tools = [{ type: 'custom' as const, name: 'run' }]
    const asked = { ...ask('hi'), tools }
    const heard = await hear(openAi(double).responses.create({ ...asked, stream: true }))
    expect(typesOf(heard)).toContain('response.custom_tool_call_input.delta')
    const { output } = await openAi(double).responses.stream(asked).finalResponse()
    expect(output).toMatchObject([{ type: 'custom_tool_call', name: 'run', input: 'ls -l\n' }])
  })

  it('brings citations as annotations of the text', async () => {
    const citation = { type: 'url_citation', url: 'https://example.com', title: 'A page' }
    await using double = await one([{ text: 'See there.' }, { citation }])
    const { responses } = openAi(double)
    const heard = await hear(responses.create({ ...ask('hi'), stream: true }))
    expect(heard.events).toContainEqual(
      expect.objectContaining({
        type: 'response.output_text.annotation.added',
        annotation: citation,
        annotation_index: 0,
      }),
    )
    const content = [{ type: 'output_text', text: 'See there.', annotations: [citation] }]
    expect(lastResponse(heard).output).toMatchObject([{ content }])
    expect((await responses.create(ask('hi'))).output).toMatchObject([{ content }])
  })

  it('is padded only where that is asked for', async () => {
    await using double = await one('Hello.')
    const { responses } = openAi(double)
    const padding = async (more: object): Promise<unknown[]> => {
      const { events } = await hear(responses.create({ ...ask('hi'), stream: true, ...more }))
      return events
        .filter(({ type }) => type === 'response.output_text.delta')
        .map((event) => Reflect.get(event, 'obfuscation'))
    }
    expect(await padding({})).toEqual([undefined, undefined])
    const padded = await padding({ stream_options: { include_obfuscation: true } })
    expect(padded.map((text) => String(text).length)).toEqual([11, 15])
  })

  it('has the same ids for the same seed, streamed or not', async () => {
    const ids: string[][] = []
    for (const stream of [true, false]) {
      await using double = await one([{ text: 'Hi.' }, { tool: inCity }])
      const { responses } = openAi(double)
      const response = stream
        ? await responses.stream(ask('hi')).finalResponse()
        : await responses.create(ask('hi'))
      ids.push([response.id, ...response.output.map((item) => String(item.id))])
    }
    expect(ids[1]).toEqual(ids[0])
    expect(ids[0]?.[0]).toMatch(/^resp_0[0-9a-f]{49}$/)
  })
})

function incomplete(reason: string): object {
  return { status: 'incomplete', incomplete_details: { reason }, output_text: 'So' }
}

function refused(refusal: string): object {
  return { output: [{ type: 'message', content: [{ type: 'refusal', refusal }] }] }
}

describe('an error inside the stream', () => {
  const reply = [{ text: 'He' }, { error: { code: 'server-error', message: 'It broke.' } }]

  it('is thrown in the form that the service sends', async () => {
    await using double = await one(reply)
    const heard = await hear(openAi(double).responses.create({ ...ask('hi'), stream: true }))
    expect(textOf(heard)).toBe('He')
    expect(heard.error).toBeInstanceOf(OpenAI.APIError)
    expect(heard.error).toMatchObject({ status: undefined, type: 'server_error', code: null })
    const final = openAi(double).responses.stream(ask('hi')).finalResponse()
    expect(await failure(final)).toMatchObject({ message: expect.stringContaining('It broke.') })
  })

  it('is an event like others in the form that is documented', async () => {
    await using double = await one(reply)
    const client = openAi(double, { baseURL: double.url('/openai-responses-flat/v1') })
    const heard = await hear(client.responses.create({ ...ask('hi'), stream: true }))
    expect(heard.error).toBeUndefined()
    expect(numbersOf(heard)).toEqual(upTo(heard.events.length))
    expect(heard.events.slice(-2)).toMatchObject([
      { type: 'error', code: null, message: 'It broke.', param: null },
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'It broke.' } },
      },
    ])
    // Its helper has a name for such an event, which happens to be that of its own errors.
    const final = client.responses.stream(ask('hi')).finalResponse()
    expect(await failure(final)).toMatchObject({ type: 'error', message: 'It broke.' })
  })

  it('is flat as well where the scenario writes it so', async () => {
    const body = { code: 'rate_limit_exceeded', message: 'Slow down.', param: null }
    await using double = await one([{ text: 'He' }, { error: { code: 'rate-limited', body } }])
    const heard = await hear(openAi(double).responses.create({ ...ask('hi'), stream: true }))
    expect(heard.events.at(-2)).toMatchObject({ type: 'error', ...body })
    expect(lastResponse(heard).error).toEqual({ code: body.code, message: 'Slow down.' })
  })

  it('becomes the whole answer where nothing streams', async () => {
    await using double = await one(reply)
    expect(await failure(openAi(double).responses.create(ask('hi')))).toMatchObject({
      status: 500,
      message: '500 It broke.',
    })
  })
})

describe('a refused request', () => {
  it('names the model as the field at fault', async () => {
    await using double = await start({
      scenarios: [{ models: ['gpt-4o'], rules: [{ reply: 'Hi.' }] }],
    })
    const asked = openAi(double).responses.create({ ...ask('hi'), model: 'gpt-9' })
    const error = await failure(asked)
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({
      status: 400,
      param: 'model',
      code: 'model_not_found',
      requestID: expect.stringMatching(/^req_[0-9a-f]{32}$/),
    })
  })

  it('was made for Chat Completions', async () => {
    await using double = await one('Hi.')
    const messages = [{ role: 'user', content: 'hi' }]
    const error = await failure(openAi(double).post('/responses', { body: { messages } }))
    expect(error).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'messages' })
  })
})

describe('a dialogue', () => {
  const rules = [
    {
      name: 'first',
      when: { turn: 1, tools: 'get_weather', messages: 1 },
      reply: { tool: inCity },
    },
    {
      name: 'result',
      when: {
        turn: 1,
        messages: [
          { role: 'user', text: 'weather?' },
          { role: 'tool', text: '21 degrees' },
        ],
      },
      reply: 'It is 21 degrees.',
    },
    { name: 'thanks', when: { turn: 2, user: 'thanks' }, reply: 'Welcome.' },
  ]
  const scenario = { name: 'talk', rules }

  it('goes on from the response before, over calls and turns', async () => {
    await using double = await start({ scenarios: [scenario] })
    const { responses } = openAi(double)
    const first = await responses.create({ ...ask('weather?'), tools: [weatherTool] })
    const [call] = first.output
    if (call?.type !== 'function_call') throw new Error('no call')
    const output = { type: 'function_call_output' as const, output: '21 degrees' }
    const second = await responses
      .stream({
        model: 'gpt-4o',
        previous_response_id: first.id,
        input: [{ ...output, call_id: call.call_id }],
      })
      .finalResponse()
    expect(second.output_text).toBe('It is 21 degrees.')
    expect(second.previous_response_id).toBe(first.id)
    const third = await responses.create({ ...ask('thanks'), previous_response_id: second.id })
    expect(third.output_text).toBe('Welcome.')
    const listed: string[] = []
    for await (const item of responses.inputItems.list(third.id, { order: 'asc', limit: 2 })) {
      listed.push(item.type)
    }
    expect(listed).toEqual([
      'message',
      'function_call',
      'function_call_output',
      'message',
      'message',
    ])
  })

  it('may bring all its items itself, or refer to them', async () => {
    await using double = await start({ scenarios: [scenario] })
    const { responses } = openAi(double)
    const first = await responses.create({ ...ask('weather?'), tools: [weatherTool] })
    const [call] = first.output
    if (call?.type !== 'function_call') throw new Error('no call')
    const question = { role: 'user' as const, content: 'weather?' }
    const { call_id } = call
    const output = { type: 'function_call_output' as const, call_id, output: '21 degrees' }
    for (const said of [call, { type: 'item_reference' as const, id: String(call.id) }]) {
      const { output_text } = await responses.create({
        model: 'gpt-4o',
        input: [question, said, output],
      })
      expect(output_text).toBe('It is 21 degrees.')
    }
  })

  it.each([
    [
      'a response that nobody knows',
      { ...ask('hi'), previous_response_id: 'resp_1' },
      'previous_response_not_found',
      'previous_response_id',
    ],
    [
      'an output without its call',
      {
        model: 'gpt-4o',
        input: [{ type: 'function_call_output' as const, call_id: 'call_1', output: '' }],
      },
      null,
      'input',
    ],
  ])('is refused with %s', async (_, body, code, param) => {
    await using double = await start({ scenarios: [scenario] })
    const error = await failure(openAi(double).responses.create(body))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ code, param, type: 'invalid_request_error' })
  })
})

describe('a response that is kept', () => {
  it('is retrieved as it was, and gone once it is deleted', async () => {
    await using double = await one([{ text: 'Hi.' }, { tool: inCity }])
    const { responses } = openAi(double)
    const streamed = lastResponse(await hear(responses.create({ ...ask('hi'), stream: true })))
    expect(await responses.retrieve(streamed.id)).toEqual({ ...streamed, output_text: 'Hi.' })
    await responses.delete(streamed.id)
    const error = await failure(responses.retrieve(streamed.id))
    expect(error).toBeInstanceOf(OpenAI.NotFoundError)
    expect(error).toMatchObject({ requestID: expect.stringMatching(/^req_/) })
    expect(await failure(responses.delete(streamed.id))).toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('streams again, byte for byte, also where it was not streamed at first', async () => {
    await using double = await one('Hello, you there.')
    const { responses } = openAi(double)
    const whole = await responses.create(ask('hi'))
    const streamed = await hear(responses.retrieve(whole.id, { stream: true }))
    expect(lastResponse(streamed)).toMatchObject({ id: whole.id, output: whole.output })
    expect(numbersOf(streamed)).toEqual(upTo(streamed.events.length))
    const helped = responses.stream({ response_id: whole.id, starting_after: 4 })
    expect((await helped.finalResponse()).output_text).toBe('Hello, you there.')
  })

  it.each([0, 1, 5, 9])('resumes after event %i with no gap and no repeat', async (frame) => {
    const cut = { faults: [{ reset: { at: { frame: frame + 1 }, after: '20ms' } }] }
    await using double = await one('Hello, you there. How are you?', cut)
    const { responses } = openAi(double)
    const first = await hear(responses.create({ ...ask('hi'), stream: true }))
    expect(first.error).toBeInstanceOf(Error)
    expect(numbersOf(first)).toEqual(upTo(frame + 1))
    const [created] = first.events
    if (created?.type !== 'response.created') throw new Error('no response was created')
    const { id } = created.response
    const rest = await hear(responses.retrieve(id, { stream: true, starting_after: frame }))
    expect(rest.error).toBeUndefined()
    const events = [...first.events, ...rest.events]
    expect(numbersOf({ events, error: undefined })).toEqual(upTo(events.length))
    expect(textOf({ events, error: undefined })).toBe('Hello, you there. How are you?')
    expect(events.at(-1)?.type).toBe('response.completed')
  })

  it('is not kept where the request says so, nor after a reset', async () => {
    await using double = await one('Hi.')
    const { responses } = openAi(double)
    const unstored = await responses.create({ ...ask('hi'), store: false })
    expect(field(unstored, 'store')).toBe(false)
    expect(await failure(responses.retrieve(unstored.id))).toBeInstanceOf(OpenAI.NotFoundError)
    const stored = await responses.create(ask('hi'))
    expect((await responses.retrieve(stored.id)).id).toBe(stored.id)
    await fetch(double.url('/_stuntdouble/reset'), { method: 'POST' })
    expect(await failure(responses.retrieve(stored.id))).toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('is shown only to those who have a key, where a scenario asks for keys', async () => {
    const scenario = { auth: { keys: ['good'] }, rules: [{ reply: 'Hi.' }] }
    await using double = await start({ scenarios: [scenario] })
    const { responses } = openAi(double, { apiKey: 'good' })
    const { id } = await responses.create(ask('hi'))
    const stranger = openAi(double, { apiKey: 'bad' }).responses
    expect(await failure(stranger.retrieve(id))).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(await failure(stranger.delete(id))).toBeInstanceOf(OpenAI.AuthenticationError)
    expect((await responses.retrieve(id)).id).toBe(id)
  })

  it('counts tokens without an answer', async () => {
    await using double = await one('Hi.')
    const counted = await openAi(double).responses.inputTokens.count({ input: 'one two three' })
    expect(counted).toEqual({ object: 'response.input_tokens', input_tokens: 9 })
  })
})

describe('a response in the background', () => {
  const slow = [{ text: 'One ' }, { wait: '500ms' }, { text: 'two.' }]

  it('is answered at once, and there when it is done', async () => {
    await using double = await one(slow)
    const { responses } = openAi(double)
    const asked = await responses.create({ ...ask('hi'), background: true })
    expect(asked).toMatchObject({ status: 'queued', output: [], background: true })
    expect((await responses.retrieve(asked.id)).status).toBe('in_progress')
    // The stream of what is not yet over ends when it is.
    await hear(responses.retrieve(asked.id, { stream: true }))
    expect(await responses.retrieve(asked.id)).toMatchObject({
      status: 'completed',
      output_text: 'One two.',
    })
  })

  it('goes on when its reader has left, for the next to come', async () => {
    await using double = await one(slow)
    const { responses } = openAi(double)
    const asked = await responses.create({ ...ask('hi'), background: true, stream: true })
    const first: ResponseStreamEvent[] = []
    for await (const event of asked) {
      first.push(event)
      if (event.type === 'response.output_text.delta') break
    }
    expect(first.slice(0, 3).map(({ type }) => type)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
    ])
    const [created] = first
    if (created?.type !== 'response.created') throw new Error('no response was created')
    const { id } = created.response
    expect((await responses.retrieve(id)).status).toBe('in_progress')
    const after = first.at(-1)?.sequence_number ?? 0
    const rest = await hear(responses.retrieve(id, { stream: true, starting_after: after }))
    expect(numbersOf(rest)[0]).toBe(after + 1)
    expect(textOf(rest)).toBe(' two.')
  })

  it('can be cancelled, and stays so', async () => {
    await using double = await one([{ text: 'One' }, 'hang'])
    const { responses } = openAi(double)
    const { id } = await responses.create({ ...ask('hi'), background: true })
    expect((await responses.retrieve(id)).status).toBe('in_progress')
    for (let time = 0; time < 2; time++) {
      expect(await responses.cancel(id)).toMatchObject({ status: 'cancelled', output: [] })
      expect(await responses.retrieve(id)).toMatchObject({ status: 'cancelled', output: [] })
    }
    // There is nothing more to come, for nobody.
    const streamed = await hear(responses.retrieve(id, { stream: true }))
    expect(streamed).toEqual({ events: [], error: undefined })
  })

  it('is the only one that can be cancelled', async () => {
    await using double = await one('Hi.')
    const { responses } = openAi(double)
    const { id } = await responses.create(ask('hi'))
    expect(await failure(responses.cancel(id))).toMatchObject({
      status: 400,
      message: '400 Cannot cancel a synchronous response.',
    })
    const done = await responses.create({ ...ask('hi'), background: true })
    expect(await responses.cancel(done.id)).toMatchObject({ status: 'completed' })
  })

  it('that fails is a response that failed', async () => {
    await using double = await one([{ text: 'He' }, { error: 'rate-limited' }])
    const { responses } = openAi(double)
    const { id } = await responses.create({ ...ask('hi'), background: true })
    expect(await responses.retrieve(id)).toMatchObject({
      status: 'failed',
      error: { code: 'rate_limit_exceeded' },
    })
  })
})
