/** A hundred things that clients get wrong: each has one clear error, and the server goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { ask, chatPath } from '../support/ask.ts'
import { rawExchange, rawRequest } from '../support/raw-client.ts'

let double: Double

beforeAll(async () => {
  double = await start({ scenarios: [{ rules: [{ reply: 'hi' }] }], maxBodyBytes: 100_000 })
})

afterAll(() => double.close())

/** Whatever went wrong before, a good request is answered. */
async function goesOn(): Promise<void> {
  const reply = await ask(double, 'hi', { more: { stream: false } })
  expect(reply.status).toBe(200)
  await reply.arrayBuffer()
}

const user = { role: 'user', content: 'hi' }
const good = { model: 'm', messages: [user] }

/** Body, and what the error must name. */
const openAiBodies: readonly [string, unknown, RegExp][] = [
  ['no body', '', /no body/],
  ['no JSON', '{"model":', /not valid JSON/],
  ['a trailing comma', '{"model":"m",}', /not valid JSON/],
  ['single quotes', "{'model':'m'}", /not valid JSON/],
  ['an array', [], /must be a JSON object, not an array/],
  ['null', 'null', /not null/],
  ['a string', '"hi"', /not a string/],
  ['a number', '7', /not a number/],
  ['two documents', '{}{}', /not valid JSON/],
  ['a form', 'model=m&messages=hi', /not valid JSON/],
  ['no model', { messages: [user] }, /a model parameter/],
  ['a model that is no string', { ...good, model: 4 }, /'model'/],
  ['no messages', { model: 'm' }, /'messages'/],
  ['messages as text', { ...good, messages: 'hi' }, /'messages'/],
  ['no message in messages', { ...good, messages: [] }, /'messages'.*minimum length 1/],
  ['a message that is text', { ...good, messages: ['hi'] }, /'messages\[0\]'/],
  ['a message without a role', { ...good, messages: [{ content: 'hi' }] }, /messages\[0\]\.role/],
  ['an unknown role', { ...good, messages: [{ ...user, role: 'robot' }] }, /'robot'.*'user'/],
  ['no content', { ...good, messages: [{ role: 'user' }] }, /messages\[0\]\.content/],
  ['content null', { ...good, messages: [{ ...user, content: null }] }, /'content'.*got null/],
  ['content as a number', { ...good, messages: [{ ...user, content: 5 }] }, /content/],
  ['a part without a type', { ...good, messages: [{ ...user, content: [{}] }] }, /content/],
  ['a mistake in the third message', { ...good, messages: [user, user, 3] }, /'messages\[2\]'/],
  ['stream as text', { ...good, stream: 'true' }, /'stream'/],
  ['stream as a number', { ...good, stream: 1 }, /'stream'/],
  ['stream options without a stream', { ...good, stream_options: {} }, /stream_options/],
  ['stream options as text', { ...good, stream: true, stream_options: 'x' }, /stream_options/],
  ['n of 0', { ...good, n: 0 }, /'n'/],
  ['n of 129', { ...good, n: 129 }, /'n'/],
  ['n as text', { ...good, n: '2' }, /'n'/],
  ['temperature of 3', { ...good, temperature: 3 }, /'temperature'/],
  ['temperature as text', { ...good, temperature: 'hot' }, /'temperature'/],
  ['top_p of 2', { ...good, top_p: 2 }, /'top_p'/],
  ['max_tokens of 0', { ...good, max_tokens: 0 }, /'max_tokens'/],
  ['half a token', { ...good, max_completion_tokens: 1.5 }, /'max_completion_tokens'/],
  ['tools as an object', { ...good, tools: {} }, /'tools'/],
  ['a tool without a type', { ...good, tools: [{}] }, /tools\[0\]\.type/],
  ['a tool without a name', { ...good, tools: [{ type: 'function', function: {} }] }, /name/],
  ['logprobs as a number', { ...good, logprobs: 3 }, /'logprobs'/],
  ['top_logprobs of 21', { ...good, top_logprobs: 21 }, /'top_logprobs'/],
]

const otherBodies: readonly [string, string, unknown, RegExp][] = [
  ['chatapi', '/chatapi', '', /body/i],
  ['chatapi', '/chatapi', '{', /JSON/],
  ['chatapi', '/chatapi', {}, /messages/],
  ['chatapi', '/chatapi', { messages: 'hi' }, /messages/],
  ['chatapi', '/chatapi', { messages: [{ role: 'tool', content: 'x' }] }, /role/],
  ['chatapi', '/chatapi', { messages: [{ role: 'user' }] }, /content/],
  ['chatapi', '/chatapi', { messages: [{ role: 'user', content: 7 }] }, /content/],
  ['chatapi', '/chatapi', { messages: [{ ...user, name: 7 }] }, /name/],
  ['kernel2', '/api/kernel2/chat', '', /body/i],
  ['kernel2', '/api/kernel2/chat', [], /object/],
  ['kernel2', '/api/kernel2/chat', {}, /messages/],
  ['kernel2', '/api/kernel2/chat', { messages: [7] }, /messages/],
  ['kernel2', '/api/kernel2/chat', { messages: [user], stream: 'yes' }, /stream/],
  ['kernel2', '/api/kernel2/chat', { messages: [user], metadata: 'x' }, /metadata/],
  ['kernel2', '/api/kernel2/chat', { messages: [user], metadata: { role_id: 7 } }, /role_id/],
  [
    'kernel2',
    '/api/kernel2/chat',
    { messages: [user], metadata: { enable_l0_retrieval: 'yes' } },
    /enable_l0_retrieval/,
  ],
  ['kernel2', '/api/kernel2/chat', { messages: [user], temperature: 'hot' }, /temperature/],
  ['kernel2', '/api/kernel2/chat', { messages: [user], max_tokens: 'all' }, /max_tokens/],
]

const vanus = { 'x-vanusai-model': 'gpt-4', 'x-vanusai-sessionid': 's' }

const vanusRequests: readonly [string, Record<string, string>, unknown, RegExp][] = [
  ['no headers', {}, { prompt: 'hi' }, /x-vanusai-model/],
  ['no session', { 'x-vanusai-model': 'gpt-4' }, { prompt: 'hi' }, /x-vanusai-sessionid/],
  ['an unknown model', { ...vanus, 'x-vanusai-model': 'gpt-9' }, { prompt: 'hi' }, /gpt-9/],
  ['no prompt', vanus, {}, /prompt/],
  ['a prompt that is no text', vanus, { prompt: 7 }, /prompt/],
  ['stream as text', vanus, { prompt: 'hi', stream: 'true' }, /stream/],
  ['no body', vanus, '', /body/i],
  ['no JSON', vanus, 'prompt=hi', /JSON/],
]

const faultHeaders: readonly [string, RegExp][] = [
  ['', /fault/],
  ['explode', /explode/],
  ['rest; at=frame:4', /did you mean "reset"/],
  ['reset', /at/],
  ['reset; at=frame', /frame/],
  ['reset; at=frame:-1', /frame/],
  ['reset; at=frame:four', /frame/],
  ['reset; at=fraem:4', /frame/],
  ['reset; at=fraction:2', /fraction/],
  ['reset; at=event:texts', /did you mean "text"/],
  ['reset; at=frame:4; afer=20ms', /after/],
  ['reset; at=frame:4; after=soon', /after/],
  ['reset; at=frame:4; probability=2', /probability/],
  ['reset; at=frame:4; seed=x', /seed/],
  ['stall; at=frame:2', /for.*hang|hang/],
  ['slice', /bytes/],
  ['slice; bytes=0', /bytes/],
  ['delay; for=-1', /for/],
]

const rawRequests: readonly [string, string, number][] = [
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['a header without a colon', 'GET / HTTP/1.1\r\nhost\r\n\r\n', 400],
  ['a version of the future', 'GET / HTTP/9.9\r\nhost: x\r\n\r\n', 400],
  ['a method that is none', 'BREW / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['a bad length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n', 400],
  [
    'length and chunks',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
    400,
  ],
  [
    'a chunk size that is none',
    `POST ${chatPath} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    400,
  ],
  ['headers without end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
]

describe('a malformed request', () => {
  it.each(openAiBodies)('with %s gets the 400 of OpenAI', async (_, body, names) => {
    const reply = await rawRequest({ port: double.port, path: chatPath, body })
    const { error } = JSON.parse(reply.body)
    expect([reply.status, error.type]).toEqual([400, 'invalid_request_error'])
    expect(error.message).toMatch(names)
    await goesOn()
  })

  it.each(otherBodies)('to %s at %s gets its 400 (%j)', async (_, path, body, names) => {
    const reply = await rawRequest({ port: double.port, path, body })
    expect(reply.status).toBe(400)
    expect(JSON.stringify(JSON.parse(reply.body))).toMatch(names)
    await goesOn()
  })

  it.each(vanusRequests)('to Vanus with %s gets its 400', async (_, headers, body, names) => {
    const reply = await rawRequest({ port: double.port, path: '/api/v1/app', headers, body })
    expect(reply.status).toBe(400)
    expect(JSON.stringify(JSON.parse(reply.body))).toMatch(names)
    await goesOn()
  })

  it.each(faultHeaders)(
    'that asks for the fault "%s" is told what would be right',
    async (fault, names) => {
      const reply = await ask(double, 'hi', { headers: { 'x-stuntdouble-fault': fault } })
      expect([reply.status, reply.headers.get('x-stuntdouble-error')]).toEqual([400, 'bad-request'])
      const { error } = JSON.parse(await reply.text())
      expect(error.message).toMatch(names)
      await goesOn()
    },
  )

  it.each(rawRequests)(
    'that is %s is refused and the connection closed',
    async (_, sent, status) => {
      const reply = await rawExchange(double.port, sent)
      expect([reply.status, reply.socket === 'open']).toEqual([status, false])
      await goesOn()
    },
  )

  it('that is not UTF-8 is named as such', async () => {
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])
    const reply = await fetch(double.url(chatPath), { method: 'POST', body: bytes })
    expect(JSON.parse(await reply.text()).error.message).toMatch(/UTF-8/)
  })

  it('whose declared body is too large is refused before it is read', async () => {
    const sent = `POST ${chatPath} HTTP/1.1\r\nhost: x\r\ncontent-length: 100001\r\n\r\n`
    const reply = await rawExchange(double.port, sent)
    expect([reply.status, reply.headers['x-stuntdouble-error']]).toEqual([413, 'body-too-large'])
    expect(reply.headers['connection']).toBe('close')
    await goesOn()
  })

  it('whose body grows too large is refused', async () => {
    const chunk = `186a1\r\n${'x'.repeat(0x186a1)}\r\n0\r\n\r\n`
    const sent = `POST ${chatPath} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`
    const reply = await rawExchange(double.port, sent)
    expect(reply.status).toBe(413)
    await goesOn()
  })

  it('on a path that is known with another method gets a 405 that names it', async () => {
    for (const path of [chatPath, '/chatapi', '/api/kernel2/chat', '/api/v1/app']) {
      const reply = await fetch(double.url(path), { method: 'PUT', body: '{}' })
      expect([reply.status, reply.headers.get('allow')], path).toEqual([405, 'POST'])
      await reply.arrayBuffer()
    }
  })

  it('on an unknown path is told which are known', async () => {
    const reply = await fetch(double.url('/v9/chat/completions'), { method: 'POST', body: '{}' })
    expect([reply.status, reply.headers.get('x-stuntdouble-error')]).toEqual([404, 'no-route'])
    expect(JSON.parse(await reply.text()).error.message).toMatch(/POST \/v1\/chat\/completions/)
  })
})
