/** When two requests are the same as they are written: nothing is masked here. */
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Headers, HttpRequest } from '../../src/core/http.ts'
import { defaultSettings } from '../../src/core/recording-settings.ts'
import { keysOf, Matching } from '../../src/recording/match/match.ts'
import { differences, inContext } from '../../src/recording/match/match-difference.ts'
import { compared, jsonType, request, taped, withMatch } from './asking.ts'

const form: Headers = [['content-type', 'application/x-www-form-urlencoded']]

const multipart = (boundary: string, ...parts: readonly [head: string, text: string][]) =>
  request(
    [
      ...parts.map(([head, text]) => `--${boundary}\r\n${head}\r\n\r\n${text}\r\n`),
      `--${boundary}--\r\n`,
    ].join(''),
    '/v1/audio/transcriptions',
    [['content-type', `multipart/form-data; boundary=${boundary}`]],
  )

const named = (name: string): string => `content-disposition: form-data; name="${name}"`

describe('the same request', () => {
  const key = 'sk-proj-Ab3dEf6hIj9kLmN0pQrStUvWxYz_1234567890-abcdef'
  const bearer = (token: string): Headers => [...jsonType, ['authorization', `Bearer ${token}`]]
  const cases: readonly (readonly [string, HttpRequest, HttpRequest])[] = [
    [
      'keys in another order, and other spaces',
      request('{"a":1,"b":{"c":[1,2],"d":null}}'),
      request('{ "b":{"d":null,"c":[1,2]},\n "a":1.0}'),
    ],
    ['parameters in another order', request('{}', '/v1?a=1&b=2'), request('{}', '/v1?b=2&a=1')],
    [
      'a colon in the path, written in two ways',
      request('{}', '/model/anthropic.claude-v1%3A0/converse'),
      request('{}', '/model/anthropic.claude-v1:0/converse'),
    ],
    [
      'a query, written in two ways',
      request('{}', '/v1?q=a+b%3Ac'),
      request('{}', '/v1?q=a%20b:c'),
    ],
    [
      'another key in a header',
      request('{}', '/v1', bearer(key)),
      request('{}', '/v1', bearer('x')),
    ],
    ['another key in the query', request('{}', `/v1?key=${key}`), request('{}', '/v1?key=none')],
    [
      'a key in the query of one side',
      request('{}', `/v1?a=1&key=${key}`),
      request('{}', '/v1?a=1'),
    ],
    [
      'a signature in the query of one side',
      request('{}', '/v1?X-Amz-Date=20261122T100000Z&X-Amz-Signature=abcdef0123456789'),
      request('{}', '/v1'),
    ],
    ['another key in the body', request(`{"api_key":"${key}"}`), request('{"api_key":"x"}')],
    [
      'another key in a text',
      request(`{"q":"use ${key}!"}`),
      request(`{"q":"use ${key.replace('1', '7')}!"}`),
    ],
    [
      'a body once compressed',
      request(gzipSync('{"a":1}'), '/v1', [...jsonType, ['content-encoding', 'gzip']]),
      request('{"a":1}', '/v1'),
    ],
    ['JSON, once called a form', request('{"a": 1}', '/', form), request('{"a":1}', '/')],
    [
      'JSON, once called a text',
      request('{"a": 1}', '/', [['content-type', 'text/plain']]),
      request('{"a":1}', '/'),
    ],
    ['JSON without a content type', request('{"a": 1}', '/', []), request('{"a":1}', '/')],
    [
      'JSON in a form',
      request('payload=%7B%22a%22%3A1%7D&x=1', '/', form),
      request('x=1&payload=%7B+%22a%22%3A+1+%7D', '/', form),
    ],
    [
      'a form with another secret',
      request('a=1&client_secret=abcdefghi', '/', form),
      request('client_secret=b&a=1', '/', form),
    ],
    [
      'parts between other boundaries',
      multipart(
        '----one',
        [named('model'), 'whisper-1'],
        [`${named('file')}; filename="a.wav"`, 'RIFF'],
      ),
      multipart(
        'two',
        [named('model'), 'whisper-1'],
        [`${named('file')}; filename="a.wav"`, 'RIFF'],
      ),
    ],
    [
      'bytes that are no text',
      request(Uint8Array.of(255, 0, 1)),
      request(Uint8Array.of(255, 0, 1)),
    ],
    ['no body', request(''), request('')],
  ]
  test.each(cases)('%s', (_, first, second) => {
    expect(compared(first, second)).toBe('exact')
  })

  test('any JSON body is the same on tape as it was asked', () => {
    fc.assert(
      fc.property(fc.json(), (body) => {
        expect(compared(request(body), request(body))).toBe('exact')
      }),
    )
  })

  test('is found whatever the order of keys and the spaces between them', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled)
      if (typeof value !== 'object' || value === null) return value
      const entries = Object.entries(value).map(([name, inner]) => [name, shuffled(inner)])
      return Object.fromEntries(entries.reverse())
    }
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const other = request(JSON.stringify(shuffled(body), undefined, 3))
        expect(compared(request(JSON.stringify(body)), other)).toBe('exact')
      }),
    )
  })

  test('a base path of the upstream does not change what the client asked', () => {
    const asked = request('{}', '/v1/chat?x=1')
    const recorded = taped(asked, { base: 'https://api.example.com/openai' })
    expect(recorded.request.url).toBe('https://api.example.com/openai/v1/chat?x=1')
    expect(compared(recorded, asked)).toBe('exact')
  })

  test('a body too deep to walk is compared as it stands', () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    expect(compared(request(deep), request(deep))).toBe('exact')
    expect(compared(request(deep), request(`${deep} `))).toBe('other')
  })
})

describe('another request', () => {
  const base = '{"model":"m","messages":[{"role":"user","content":"weather in Paris"}],"n":1}'
  const cases: readonly (readonly [string, HttpRequest, string])[] = [
    ['another method', { ...request(base), method: 'PUT' }, 'method: "POST" -> "PUT"'],
    ['another path', request(base, '/v2/chat'), 'path: "/v1/chat" -> "/v2/chat"'],
    ['another query', request(base, '/v1/chat?x=1'), 'query: "" -> "x=1"'],
    [
      'another text',
      request(base.replace('Paris', 'Rome')),
      '$.messages[0].content: "weather in Paris" -> "weather in Rome"',
    ],
    [
      'one more message',
      request(base.replace('}]', '},{"role":"x"}]')),
      '$.messages[1]: nothing -> {"role":"x"}',
    ],
    ['one field less', request(base.replace(',"n":1', '')), '$.n: 1 -> nothing'],
    ['a number for a text', request(base.replace('1}', '"1"}')), '$.n: 1 -> "1"'],
    ['a key that is no name', request(base.replace('1}', '1,"x-y":2}')), '$["x-y"]: nothing -> 2'],
    ['no JSON', request('hello'), '$: {"messages"'],
  ]
  const matching = new Matching(defaultSettings)
  test.each(cases)('%s, with the first difference', (_, asked, expected) => {
    expect(compared(request(base), asked)).toBe('other')
    const [first] = differences(matching.taped(taped(request(base))), matching.asked(asked, 0))
    if (!first) throw new Error('there is no difference')
    const { taped: left, asked: right } = inContext(first)
    expect(`${first.where}: ${left} -> ${right}`).toContain(expected)
  })

  test.each<[string, HttpRequest, HttpRequest]>([
    ['messages in another order', request('[1,2]'), request('[2,1]')],
    ['a slash that is no border', request('{}', '/a%2Fb'), request('{}', '/a/b')],
    [
      'a part with other bytes',
      multipart('a', [named('f'), 'x']),
      multipart('a', [named('f'), 'y']),
    ],
    ['a form and the JSON of its fields', request('a=1', '/', form), request('{"a":"1"}', '/')],
    [
      'a number that differs past what a double holds',
      request('{"n":12345678901234567890}'),
      request('{"n":12345678901234567891}'),
    ],
  ])('%s', (_, first, second) => {
    expect(compared(first, second)).toBe('other')
  })

  test('long values are cut around the place where they part', () => {
    const [left, right] = ['X', 'Y'].map((one) => `${'a'.repeat(500)}${one}${'b'.repeat(500)}`)
    const { taped: shown, asked } = inContext({ where: '$', taped: left, asked: right })
    expect(shown).toMatch(/^…a+Xb+…$/)
    expect(asked).toMatch(/^…a+Yb+…$/)
    expect(shown.length).toBeLessThan(80)
  })

  test('two requests have the same exact key just where nothing differs', () => {
    const plain = new Matching({ ...defaultSettings, match: withMatch({ volatile: [] }) })
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [first, second] = [a, b].map((one) => plain.asked(request(JSON.stringify(one)), 0))
        if (!first || !second) throw new Error('two were mapped')
        const isSame = keysOf(first).exact === keysOf(second).exact
        expect([...differences(first, second)].length === 0).toBe(isSame)
      }),
    )
  })
})

describe('settings', () => {
  test.each<[ignored: string, first: HttpRequest, second: HttpRequest]>([
    ['$.user', request('{"user":"a","q":1}'), request('{"user":"b","q":1}')],
    ['$.user', request('{"user":"a","q":1}'), request('{"q":1}')],
    ['$..seed', request('{"a":{"seed":1},"q":1}'), request('{"a":{"seed":2},"q":1}')],
    [
      '$.messages[*].name',
      request('{"messages":[{"name":"a","c":1}]}'),
      request('{"messages":[{"name":"b","c":1}]}'),
    ],
    [
      "$.messages[?@.role=='system']",
      request('{"messages":[{"role":"system"},{"c":1}]}'),
      request('{"messages":[{"c":1}]}'),
    ],
    [
      '$[1].value',
      multipart('a', [named('m'), 'x'], [named('f'), 'y']),
      multipart('a', [named('m'), 'x'], [named('f'), 'z']),
    ],
    ['query:page', request('{}', '/v1?page=1&a=2'), request('{}', '/v1?a=2')],
  ])('%s is not compared', (place, first, second) => {
    expect(compared(first, second)).toBe('other')
    expect(compared(first, second, { settings: withMatch({ ignore: [place] }) })).toBe('exact')
  })

  test('what is not ignored still counts', () => {
    const settings = withMatch({ ignore: ['$.user'] })
    const [first, second] = [request('{"user":"a","q":1}'), request('{"user":"a","q":2}')]
    expect(compared(first, second, { settings })).toBe('other')
  })

  test('headers are compared only where they are named, in any case', () => {
    const [first, second] = ['a', 'b'].map((tenant) => request('{}', '/v1', [['X-Tenant', tenant]]))
    if (!first || !second) throw new Error('two were mapped')
    const settings = withMatch({ headers: ['x-TENANT'] })
    expect(compared(first, second)).toBe('exact')
    expect(compared(first, second, { settings })).toBe('other')
    expect(compared(first, first, { settings })).toBe('exact')
  })
})
