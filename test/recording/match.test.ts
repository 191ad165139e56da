import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Headers, HttpRequest } from '../../src/core/http.ts'
import type { RecordedRequest } from '../../src/recording/format.ts'
import {
  comparable,
  comparableOf,
  differences,
  explainDifference,
  keyOf,
} from '../../src/recording/match.ts'
import { parseRecording } from '../../src/recording/read.ts'
import { Transcriber } from '../../src/recording/transcribe.ts'

const json: Headers = [['content-type', 'application/json']]

function request(body: string | Uint8Array, url = '/v1/chat', headers = json): HttpRequest {
  const at = new URL(url, 'http://x')
  return {
    ...{ method: 'POST', url, headers, params: {} },
    path: at.pathname,
    query: at.searchParams,
    body: Buffer.from(body),
  }
}

/** The request as it would be read back from a tape. */
function taped(asked: HttpRequest, base = 'https://api.example.com'): RecordedRequest {
  const { opening } = new Transcriber({
    by: 't',
    arrivedMs: 0,
    request: asked,
    url: base + asked.url,
  })
  const parsed = parseRecording(opening, 'r.jsonl')
  if ('mistakes' in parsed) throw new Error(parsed.mistakes[0]?.message)
  return parsed.recording.request
}

const same = (a: HttpRequest, b: HttpRequest): boolean =>
  keyOf(comparableOf(taped(a))) === keyOf(comparable(b))

describe('the same request', () => {
  const key = 'sk-proj-Ab3dEf6hIj9kLmN0pQrStUvWxYz_1234567890-abcdef'
  const bearer = (token: string): Headers => [...json, ['authorization', `Bearer ${token}`]]
  const cases: readonly (readonly [string, HttpRequest, HttpRequest])[] = [
    [
      'keys in another order',
      request('{"a":1,"b":{"c":[1,2],"d":null}}'),
      request('{ "b":{"d":null,"c":[1,2]}, "a":1.0}'),
    ],
    ['parameters in another order', request('{}', '/v1?a=1&b=2'), request('{}', '/v1?b=2&a=1')],
    [
      'another key in a header',
      request('{}', '/v1', bearer(key)),
      request('{}', '/v1', bearer('none')),
    ],
    ['another key in the query', request('{}', `/v1?key=${key}`), request('{}', '/v1?key=none')],
    ['another key in the body', request(`{"api_key":"${key}"}`), request('{"api_key":"x"}')],
    [
      'another key in a text',
      request(`{"q":"use ${key}!"}`),
      request(`{"q":"use ${key.replace('1', '7')}!"}`),
    ],
    [
      'a body once compressed',
      request(gzipSync('{"a":1}'), '/v1', [...json, ['content-encoding', 'gzip']]),
      request('{"a":1}', '/v1'),
    ],
    [
      'a form with another secret',
      request('a=1&client_secret=abcdefghi', '/', [
        ['content-type', 'application/x-www-form-urlencoded'],
      ]),
      request('a=1&client_secret=b', '/', [['content-type', 'application/x-www-form-urlencoded']]),
    ],
    [
      'bytes that are no text',
      request(Uint8Array.of(255, 0, 1)),
      request(Uint8Array.of(255, 0, 1)),
    ],
    ['no body', request(''), request('')],
  ]
  test.each(cases)('%s', (_, first, second) => {
    expect(same(first, second)).toBe(true)
  })

  test('any JSON body is the same on tape as it was asked', () => {
    fc.assert(
      fc.property(fc.json(), (body) => {
        expect(same(request(body), request(body))).toBe(true)
      }),
    )
  })

  test('a base path of the upstream does not change what the client asked', () => {
    const asked = request('{}', '/v1/chat?x=1')
    const recorded = taped(asked, 'https://api.example.com/openai')
    expect(recorded.url).toBe('https://api.example.com/openai/v1/chat?x=1')
    expect(keyOf(comparableOf(recorded))).toBe(keyOf(comparable(asked)))
  })

  test('a body too deep to walk is compared as it stands', () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    expect(same(request(deep), request(deep))).toBe(true)
    expect(same(request(deep), request(`${deep} `))).toBe(false)
  })
})

describe('another request', () => {
  const base = '{"model":"m","messages":[{"role":"user","content":"weather in Paris"}],"n":1}'
  const cases: readonly (readonly [string, HttpRequest, string])[] = [
    [
      'another method',
      { ...request(base), method: 'PUT' },
      'method\n  taped: "POST"\n  asked: "PUT"',
    ],
    ['another path', request(base, '/v2/chat'), 'path\n  taped: "/v1/chat"\n  asked: "/v2/chat"'],
    ['another query', request(base, '/v1/chat?x=1'), 'query\n  taped: ""\n  asked: "x=1"'],
    [
      'another text',
      request(base.replace('Paris', 'Rome')),
      '$.messages[0].content\n  taped: "weather in Paris"\n  asked: "weather in Rome"',
    ],
    [
      'one more message',
      request(base.replace('}]', '},{"role":"x"}]')),
      '$.messages[1]\n  taped: nothing\n  asked: {"role":"x"}',
    ],
    ['one field less', request(base.replace(',"n":1', '')), '$.n\n  taped: 1\n  asked: nothing'],
    ['a number for a text', request(base.replace('1}', '"1"}')), '$.n\n  taped: 1\n  asked: "1"'],
    [
      'a key that is no name',
      request(base.replace('1}', '1,"x-y":2}')),
      '$["x-y"]\n  taped: nothing\n  asked: 2',
    ],
    ['no JSON', request('hello'), '$\n  taped: {"messages"'],
  ]
  test.each(cases)('%s, with the first difference', (_, asked, expected) => {
    expect(same(request(base), asked)).toBe(false)
    const [first] = differences(comparableOf(taped(request(base))), comparable(asked))
    expect(first && explainDifference(first)).toContain(expected)
  })

  test('long values are cut around the place where they part', () => {
    const [left, right] = [
      `${'a'.repeat(500)}X${'b'.repeat(500)}`,
      `${'a'.repeat(500)}Y${'b'.repeat(500)}`,
    ]
    const shown = explainDifference({ where: '$', taped: left, asked: right })
    expect(shown).toMatch(/taped: …a+Xb+…\n {2}asked: …a+Yb+…$/)
    expect(shown.length).toBeLessThan(200)
  })

  test('two requests have the same key exactly where they have no difference', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [first, second] = [a, b].map((value) => comparable(request(JSON.stringify(value))))
        if (!first || !second) throw new Error('two were mapped')
        expect([...differences(first, second)].length === 0).toBe(keyOf(first) === keyOf(second))
      }),
    )
  })
})
