import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../src/core/bytes.ts'
import { type Dialect, isApiError } from '../../src/core/dialect.ts'
import type { Event } from '../../src/core/event.ts'
import { type Headers, header } from '../../src/core/http.ts'
import { cutText } from '../../src/dialects/grain.ts'
import { dialectOf, shippedDialect } from './shipped.ts'
import { accepted, bytesOf, decode, encode, httpRequest, replyTo } from './wire.ts'

const chatapi = shippedDialect('chatapi')
const kernel2 = shippedDialect('kernel2')
const actual = shippedDialect('kernel2-actual')
const vanus = shippedDialect('vanus')

const ask = (path: string, body: unknown, headers: Headers = []) =>
  httpRequest({ path }, utf8(JSON.stringify(body)), headers)

const messages = [{ role: 'user', content: 'hello' }]
const vanusHeaders: Headers = [
  ['x-vanusai-model', 'gpt-4'],
  ['x-vanusai-sessionid', '2f1e'],
]

const says = (dialect: Dialect, text: string): Event[] => [
  { type: 'start' },
  ...cutText(text, dialect.grain).map((piece): Event => ({ type: 'text', text: piece })),
  { type: 'finish', reason: 'stop' },
]

function streamed(
  dialect: Dialect,
  http: ReturnType<typeof ask>,
  events: readonly Event[],
): string {
  return looseText(bytesOf(encode(dialect, events, replyTo(accepted(dialect, http)))))
}

const refusal = (dialect: Dialect, http: ReturnType<typeof ask>) => {
  const request = dialect.parseRequest(http)
  return isApiError(request) ? request : undefined
}

describe('chatapi', () => {
  it('streams the example of its document, byte for byte', () => {
    const text = 'I am an AI language model created by OpenAI. I am designed to assist.'
    const pieces = [
      'I',
      ' am',
      ' an',
      ' AI',
      ' language',
      ' model',
      ' created',
      ' by',
      ' Open',
      'AI',
    ]
    pieces.push('.', ' I', ' am', ' designed', ' to', ' assist', '.')
    expect(streamed(chatapi, ask('/chatapi', { messages }), says(chatapi, text))).toBe(
      `${pieces.map((piece) => `data:{"content":"${piece}"}\n\n`).join('')}data:[DONE]\n\n`,
    )
  })

  it('streams whatever the request says of streaming', () => {
    for (const extra of [{}, { stream: false }, { steam: true }]) {
      expect(accepted(chatapi, ask('/chatapi', { messages, ...extra })).stream).toBe(true)
    }
  })

  it('writes the space after the colon for the client that wants it', () => {
    const spaced = dialectOf('{ extends: chatapi, stream: { spaceAfterColon: true } }')
    expect(streamed(spaced, ask('/chatapi', { messages }), says(spaced, 'I'))).toBe(
      'data: {"content":"I"}\n\ndata: [DONE]\n\n',
    )
  })

  it('answers any other method with 405 and the one that is right', () => {
    const { status, headers } = chatapi.error({ code: 'method-not-allowed' })
    expect(status).toBe(405)
    expect(header(headers, 'allow')).toBe('POST')
  })

  it('says where in the messages a mistake is, and what would be right', () => {
    const request = ask('/chatapi', { messages: [...messages, { role: 'robot', content: '' }] })
    expect(refusal(chatapi, request)).toEqual({
      code: 'invalid-request',
      message: '"messages[1].role" must be one of "system", "user", "assistant", not "robot"',
      param: 'messages[1].role',
    })
  })

  it('reads a stream without a terminator as one without a finish', () => {
    expect(decode(chatapi, utf8('data: {"content":"I"}\n\n'))).toEqual([
      { type: 'text', text: 'I' },
    ])
  })

  it.each([
    ['no content type', undefined],
    ['a charset', 'application/json; charset=UTF-8'],
  ])('takes %s', (_, type) => {
    const headers: Headers = type === undefined ? [] : [['content-type', type]]
    expect(chatapi.parseRequest({ ...ask('/chatapi', { messages }), headers })).toMatchObject({
      user: 'hello',
    })
  })

  it.each([
    ['application/x-www-form-urlencoded', 'Content-Type must be application/json'],
    ['application/json; charset=latin1', 'charset must be utf-8'],
  ])('refuses the content type %s', (type, message) => {
    const headers: Headers = [['content-type', type]]
    const http = { ...ask('/chatapi', { messages }), headers }
    expect(refusal(chatapi, http)?.message).toContain(message)
  })
})

describe('kernel2', () => {
  const lines = (text: string): string[] => text.split('\n\n').filter((line) => line !== '')
  const chunk = (line: string): unknown => JSON.parse(line.slice('data: '.length))

  it('streams chunks with exactly the documented keys, in their order', () => {
    const [hello, last, done] = lines(
      streamed(kernel2, ask('/', { messages }), says(kernel2, 'Hello')),
    )
    expect(hello).toMatch(
      /^data: \{"id":"chatcmpl-\w{29}","object":"chat\.completion\.chunk","created":1700000000,"model":"gpt-3\.5-turbo","system_fingerprint":"fp_[0-9a-f]{10}","choices":\[\{"index":0,"delta":\{"content":"Hello"\},"finish_reason":null\}\]\}$/,
    )
    expect(chunk(last ?? '')).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
    expect(done).toBe('data: [DONE]')
  })

  it('keeps id and fingerprint through a reply, and changes them with the seed', () => {
    const request = accepted(kernel2, ask('/', { messages }))
    const head = (seed: string) =>
      encode(kernel2, says(kernel2, 'Hello there'), replyTo(request, seed))
        .flatMap(({ data }) => /"id":"[^"]+"|\[DONE\]/.exec(data ?? '') ?? [])
        .filter((id) => id !== '[DONE]')
    expect(new Set(head('a')).size).toBe(1)
    expect(head('a')).not.toEqual(head('b'))
  })

  it('understands the request as the service does, defaults and all', () => {
    const metadata = { enable_l0_retrieval: true, role_id: 'r-1' }
    expect(accepted(kernel2, ask('/', { messages, metadata }))).toMatchObject({
      stream: true,
      model: 'gpt-3.5-turbo',
      user: 'hello',
      body: { temperature: 0.1, max_tokens: 2000, stream: true, metadata },
    })
    expect(accepted(kernel2, ask('/', { messages, stream: false, model: 'lpm' }))).toMatchObject({
      stream: false,
      model: 'lpm',
    })
  })

  it('takes null for what may be left out', () => {
    const body = { messages, stream: null, metadata: null, max_tokens: null }
    expect(accepted(kernel2, ask('/', body))).toMatchObject({ stream: true })
  })

  it.each([
    ['invalid-request', 400, 'Bad Request'],
    ['unauthorized', 401, 'Unauthorized'],
    ['not-found', 404, 'Not Found'],
    ['server-error', 500, 'Internal Server Error'],
  ] as const)('answers %s as documented', (code, status, message) => {
    const reply = kernel2.error({ code })
    expect(reply.status).toBe(status)
    expect(reply.body).toBe(`{"success":false,"message":"${message}","code":${status}}`)
  })

  it('gives a completion of OpenAI when not streaming', () => {
    const reply = replyTo(accepted(kernel2, ask('/', { messages, stream: false })))
    const { body } = kernel2.whole(says(kernel2, 'Hello there'), reply)
    expect(JSON.parse(String(body))).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'gpt-3.5-turbo',
      system_fingerprint: expect.stringMatching(/^fp_/),
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Hello there' }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    })
  })
})

describe('kernel2-actual', () => {
  const http = ask('/', { messages })

  it('writes what the server writes: heartbeat, nulls, spaces, escapes, the time of each chunk', () => {
    const request = replyTo(accepted(actual, http))
    const encoder = actual.encoder(request)
    const frames = [
      ...encoder.push({ type: 'start' }, 0),
      ...encoder.push({ type: 'text', text: 'Grüße 👋' }, 2500),
      ...encoder.end(4000),
    ]
    const text = looseText(bytesOf(frames))
      .replace(/chatcmpl-\w{29}/g, 'ID')
      .replace(/fp_\w+/g, 'FP')
    const head = (created: number) =>
      `data: {"id": "ID", "object": "chat.completion.chunk", "created": ${created}, "model": "gpt-3.5-turbo", "system_fingerprint": "FP", "choices": [{"index": 0, "delta": {"content": `
    expect(text).toBe(
      [
        ': initial heartbeat',
        `${head(1_700_000_000)}null}, "finish_reason": null}]}`,
        `${head(1_700_000_002)}"Gr\\u00fc\\u00dfe \\ud83d\\udc4b"}, "finish_reason": null}]}`,
        `${head(1_700_000_004)}null}, "finish_reason": "stop"}]}`,
        'data: [DONE]',
        '',
      ].join('\n\n'),
    )
  })

  it('beats every ten seconds, with a number', () => {
    expect(actual.heartbeat?.everyMs).toBe(10_000)
    expect(looseText(actual.heartbeat?.frame(3).bytes ?? utf8(''))).toBe(': heartbeat #3\n\n')
  })

  it('answers a streaming request with status 200 and a stream that holds the error', () => {
    const reply = actual.error({ code: 'unavailable' }, http)
    expect(reply.status).toBe(200)
    expect(header(reply.headers, 'content-type')).toBe('text/event-stream; charset=utf-8')
    expect(looseText(Buffer.from(reply.body))).toBe(
      'data: {"error": {"message": "Service temporarily unavailable", "type": "server_error", "code": "service_unavailable"}}\n\ndata: [DONE]\n\n',
    )
  })

  it.each([
    [
      'unavailable',
      503,
      '{"code": 503, "message": "Service temporarily unavailable", "data": null}',
    ],
    [
      'server-error',
      500,
      '{"error": {"message": "Internal Server Error", "type": "server_error", "code": "internal_server_error"}}',
    ],
  ] as const)('answers %s with its status when not streaming', (code, status, body) => {
    const reply = actual.error({ code }, ask('/', { messages, stream: false }))
    expect(reply).toMatchObject({ status, body })
  })

  it('names the field that is wrong with status 400, streaming or not', () => {
    const wrong = ask('/', { messages: 'hello' })
    const error = refusal(actual, wrong)
    const reply = actual.error(error ?? { code: 'server-error' }, wrong)
    expect(reply.status).toBe(400)
    expect(JSON.parse(String(reply.body))).toMatchObject({
      validation_error: { body_params: [{ loc: ['messages'] }] },
    })
  })

  it('reads the bare error that its generator leaves behind', () => {
    expect(decode(actual, utf8('data: {"error": "it broke"}\n\ndata: [DONE]\n\n'))).toEqual([
      { type: 'error', error: { code: 'server-error', message: 'it broke' } },
    ])
  })
})

describe('vanus', () => {
  const stream = { prompt: 'hello', stream: true }

  it('streams tokens with the space after the colon and without [DONE]', () => {
    expect(streamed(vanus, ask('/', stream, vanusHeaders), says(vanus, 'Hi you'))).toBe(
      'data: {"token":"Hi","more":true}\n\ndata: {"token":" you","more":true}\n\ndata: {"token":"","more":false}\n\n',
    )
  })

  it('keeps the session as the dialogue, and takes the model from its header', () => {
    expect(accepted(vanus, ask('/', stream, vanusHeaders))).toMatchObject({
      dialogue: '2f1e',
      model: 'gpt-4',
      messages: [{ role: 'user', text: 'hello' }],
    })
  })

  it.each(['x-vanusai-model', 'x-vanusai-sessionid'])('refuses a request without %s', (name) => {
    const headers = vanusHeaders.filter(([key]) => key !== name)
    expect(refusal(vanus, ask('/', stream, headers))).toMatchObject({
      message: `The header ${name} is required`,
      param: name,
    })
  })

  it('has a list of models and answers others with 400', () => {
    const request = accepted(
      vanus,
      ask('/', stream, [['x-vanusai-model', 'gpt-5'], ...vanusHeaders]),
    )
    const known = vanus.models ?? []
    expect(known).toEqual(['gpt-3.5-turbo', 'ernie-3.0-bot', 'gpt-4'])
    const error = vanus.checkModel(request, known)
    expect(error && vanus.error(error).status).toBe(400)
    expect(vanus.checkModel(request, ['gpt-5'])).toBeUndefined()
  })

  it.each([
    ['the body asks for a stream', stream, 'text/event-stream', true],
    ['any type will do', stream, '*/*', true],
    ['axios lists its usual types', stream, 'application/json, text/plain, */*', true],
    ['the body asks for the whole', { ...stream, stream: false }, 'text/event-stream', false],
    ['the header asks for text', stream, 'text/plain', false],
    ['the header prefers text', stream, '*/*;q=0.1, text/plain', false],
  ])('decides whether to stream when %s', (_, body, accept, streams) => {
    const http = ask('/', body, [...vanusHeaders, ['accept', accept]])
    expect(accepted(vanus, http).stream).toBe(streams)
  })

  it.each([
    ['JSON', '*/*', 'application/json', '{"token":"Hi you","more":false}'],
    ['text', 'text/plain', 'text/plain; charset=utf-8', 'Hi you'],
  ])('answers in one piece as %s', (_, accept, type, body) => {
    const http = ask('/', { prompt: 'hello', stream: false }, [...vanusHeaders, ['accept', accept]])
    const reply = vanus.whole(says(vanus, 'Hi you'), replyTo(accepted(vanus, http)))
    expect(reply).toEqual({ status: 200, headers: [['content-type', type]], body })
    expect(vanus.decodeWhole(utf8(body))).toEqual([
      { type: 'text', text: 'Hi you' },
      { type: 'finish', reason: 'stop' },
    ])
  })

  it('reads what its public clients have seen: a time in each event, a last token to ignore', () => {
    const body =
      'data: {"token":"Hi","more":true,"time":1.5}\n\ndata: {"token":"x","more":false}\n\n'
    expect(decode(vanus, utf8(body))).toEqual([
      { type: 'text', text: 'Hi' },
      { type: 'finish', reason: 'stop' },
    ])
  })
})
