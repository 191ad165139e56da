import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askedOf, bodyOf, bring, bringOne, chunksOf, headerOf } from './importing.ts'

const payload = JSON.stringify({
  id: 'x',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [],
})
const stream = `data: ${payload}\n\ndata: [DONE]\n\n`
const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nX-Request-Id: 7\r\n\r\n'

test.each([
  ['HTTP/1.1', head],
  ['HTTP/2', 'HTTP/2 200 \r\ncontent-type: text/event-stream\r\nx-request-id: 7\r\n\r\n'],
  ['line ends that an editor has changed', head.replaceAll('\r\n', '\n')],
  [
    'informational answers',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${head}`,
  ],
  ['a redirect', `HTTP/1.1 307 Temporary Redirect\r\nlocation: /v2\r\n\r\n${head}`],
  ['a proxy', `HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n${head}`],
])('a dump with %s', (_, heads) => {
  const brought = bringOne(heads + stream)
  expect(brought.status).toBe(200)
  expect(chunksOf(brought)).toEqual([`data: ${payload}\n\n`, 'data: [DONE]\n\n'])
  expect(headerOf(brought, 'x-request-id')).toBe('7')
  expect(headerOf(brought, 'link')).toBeUndefined()
  expect(brought.dialect?.name).toBe('openai-chat')
  expect(brought.lost).toEqual(['chunks', 'times'])
})

test('what was asked is made up, unless it is told', () => {
  const made = bringOne(head + stream, { path: 'dumps/weather.txt' })
  expect(made.url).toBe('https://unknown.invalid/v1/chat/completions')
  expect(JSON.parse(askedOf(made))).toMatchObject({
    messages: [{ role: 'user', content: 'weather' }],
  })
  expect(made.words.join()).toContain('a plausible request is made up')
  const url = 'https://api.mistral.ai/v1/chat/completions'
  const told = bringOne(head + stream, { url, body: '{"q":1}' })
  expect([told.url, askedOf(told)]).toEqual([url, '{"q":1}'])
  expect(told.words.join()).not.toContain('made up')
})

describe('of a raw dump', () => {
  const chunked = head.replace('\r\n\r\n', '\r\ntransfer-encoding: chunked\r\n\r\n')
  const raw = (...parts: readonly string[]): string =>
    parts.map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`).join('')

  test('the chunks are kept as they were', () => {
    const parts = ['data: {"a', `":1}\n\ndata: caf\u00e9`, '\n\n']
    const brought = bringOne(`${chunked}${raw(...parts)}0\r\n\r\n`)
    expect(chunksOf(brought)).toEqual(parts)
    expect(brought.lost).toEqual(['times'])
    expect(brought.steps.at(-1)?.do).toBe('end')
    expect(headerOf(brought, 'transfer-encoding')).toBeUndefined()
  })

  test('that breaks off, the recording breaks off', () => {
    const brought = bringOne(`${chunked}${raw('data: 1\n\n')}20\r\ndata: `)
    expect(chunksOf(brought)).toEqual(['data: 1\n\n', 'data: '])
    expect(brought.steps.at(-1)?.do).toBe('close')
  })

  test('a body whose framing curl has taken away is a body', () => {
    expect(bodyOf(bringOne(chunked + stream)).toString()).toBe(stream)
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const brought = bringOne(Buffer.concat([Buffer.from(chunked), bytes]))
        const isOwn = bodyOf(brought).equals(Buffer.from(bytes))
        const isFramed = /^[0-9a-f]+\r\n/i.test(Buffer.from(bytes).toString('latin1'))
        expect(isOwn || isFramed).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})

test('a body that is shorter than its length was cut', () => {
  const brought = bringOne('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello')
  expect(brought.steps.at(-1)?.do).toBe('close')
  expect(brought.words.join()).toContain('ends before the body does')
  const whole = bringOne('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello')
  expect(whole.steps.at(-1)?.do).toBe('end')
  expect(headerOf(whole, 'content-length')).toBe('5')
})

test('a compressed body is decoded', () => {
  const coded = head.replace('\r\n\r\n', '\r\ncontent-encoding: gzip\r\n\r\n')
  const brought = bringOne(Buffer.concat([Buffer.from(coded), gzipSync(stream)]))
  expect(bodyOf(brought).toString()).toBe(stream)
  expect(headerOf(brought, 'content-encoding')).toBeUndefined()
})

test('what -v tells of the connection is no part of the answer', () => {
  const verbose = `* Host h.example:443 was resolved.
> GET /v1/models?page=2 HTTP/1.1
> Host: h.example
> Authorization: Bearer my-key
>${' '}
* Request completely sent off
< HTTP/1.1 200 OK
< content-type: application/json
<${' '}
{ [12 bytes data]
{"data":[]}
* Connection #0 to host h.example left intact
`
  const brought = bringOne(verbose)
  expect(bodyOf(brought).toString()).toBe('{"data":[]}\n')
  expect([brought.request.method, brought.url]).toEqual([
    'GET',
    'https://h.example/v1/models?page=2',
  ])
  expect(headerOf(brought, 'content-type')).toBe('application/json')
})

test('a head alone is an answer without a body, and no head is a mistake', () => {
  expect(bringOne('HTTP/1.1 204 No Content\r\n\r\n').steps.map((step) => step.do)).toEqual([
    'head',
    'end',
  ])
  const { mistakes } = bring('{"a":1}', { from: 'curl' })
  expect(mistakes).toEqual(['source:1:1: there is no head of an answer in it'])
})

describe('a dump of -i and -v', () => {
  const fields = 'content-type: text/event-stream\r\nset-cookie: sid=a-cookie\r\n'
  const own = `HTTP/1.1 200 OK\r\n${fields}\r\n`
  const quoted = own.replaceAll(/^(?=.*\r\n)/gm, '< ')
  const asked = '*   Trying 127.0.0.1:1...\n> POST /v1/chat/completions HTTP/1.1\r\n> \r\n'
  const sent = '} [13 bytes data]\n'
  const left = '* Connection #0 to host 127.0.0.1 left intact\n'
  const lines = (text: string): string[] => text.split(/(?<=\n)/)
  const mixed = lines(quoted)
    .flatMap((line, at) => [line, lines(own)[at] ?? ''])
    .join('')
  const moved = 'HTTP/1.1 307 Temporary Redirect\r\nlocation: /v2\r\n\r\n'
  const titles = `  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
`
  const meter = '\r100    89    0    76  100    13     63     10  0:00:01 --:--:--  0:00:01    74'
  const [first, second] = lines(stream.replace('\n\n', '\n\n\0')).join('').split('\0')

  test.each([
    [
      'one head after the other',
      `${asked}${sent}${quoted}{ [82 bytes data]\n${own}${stream}${left}`,
    ],
    ['both heads line by line', `${asked}${sent}${mixed}${stream}${left}`],
    [
      'heads of a redirect',
      `${asked}${moved.replaceAll(/^(?=.*\r\n)/gm, '< ')}* Ignoring the response-body\n${quoted}${moved}${own}${stream}${left}`,
    ],
    ['-i without -s', `${titles}${meter}${own}${first}${meter}${second}${meter}\n`],
    [
      '-i and -v without -s',
      `${titles}${meter}${asked}${sent}${quoted}{ [82 bytes data]\n${own}${first}${meter}${second}${meter}\n${left}`,
    ],
    [
      '-v without -s',
      `${titles}${meter}${asked}${sent}${quoted}${first}${meter}${second}${meter}\n${left}`,
    ],
  ])('has nothing but the body in its body: %s', (_, dump) => {
    const brought = bringOne(dump)
    expect(bodyOf(brought).toString()).toBe(stream)
    expect(brought.status).toBe(200)
    expect(headerOf(brought, 'content-type')).toBe('text/event-stream')
  })

  test('a meter of a form that is not known is a clear mistake', () => {
    const strange = '\r 50  1.2k  60  1.1k --:--:-- 7'
    const { recordings, mistakes } = bring(`${titles}${meter}${own}${first}${strange}${second}`)
    expect(recordings).toEqual([])
    expect(mistakes.join()).toContain('dump it again with -s')
  })
})
