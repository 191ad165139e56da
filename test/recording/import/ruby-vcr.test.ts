import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { askedOf, bodyOf, bring, bringOne, chunksOf, headerOf } from './importing.ts'

const stream = 'data: {"text":"caf\u00e9"}\n\ndata: [DONE]\n\n'

const cassette = (body: string, headers = ''): string => `---
http_interactions:
- request:
    method: post
    uri: https://api.anthropic.com/v1/messages
    body:
      encoding: UTF-8
      string: '{"model":"m","messages":[]}'
    headers:
      X-Api-Key:
      - "<ANTHROPIC_API_KEY>"
      Content-Type:
      - application/json
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - text/event-stream; charset=utf-8
${headers}    body:
${body.replaceAll(/^(?=.)/gm, '      ')}
  recorded_at: Fri, 19 Sep 2025 10:01:02 GMT
recorded_with: VCR 6.3.1
`

const binary = (bytes: Buffer): string =>
  `encoding: ASCII-8BIT\nstring: !binary |-\n  ${bytes.toString('base64').replaceAll(/.{30}/g, '$&\n  ')}`

test.each([
  ['a text', `encoding: UTF-8\nstring: |+\n  data: {"text":"caf\u00e9"}\n\n  data: [DONE]\n`, ''],
  [
    'a quoted text',
    `encoding: UTF-8\nstring: "data: {\\"text\\":\\"caf\\xE9\\"}\\n\\ndata: [DONE]\\n\\n"`,
    '',
  ],
  ['binary', binary(Buffer.from(stream)), ''],
  [
    'exact bytes',
    `encoding: UTF-8\nbase64_string: |\n  ${Buffer.from(stream).toString('base64')}`,
    '',
  ],
  ['gzip', binary(gzipSync(stream)), '      Content-Encoding:\n      - gzip\n'],
])('a body that is kept as %s', (_, body, headers) => {
  const { formats } = bring(cassette(body, headers))
  expect(formats).toEqual(['ruby-vcr'])
  const brought = bringOne(cassette(body, headers))
  expect(bodyOf(brought).toString()).toBe(stream)
  expect(chunksOf(brought)).toHaveLength(2)
  expect(headerOf(brought, 'content-encoding')).toBeUndefined()
  expect(brought.request.method).toBe('POST')
  expect(askedOf(brought)).toBe('{"model":"m","messages":[]}')
  expect(brought.dialect?.name).toBe('anthropic')
  expect(new Date(brought.wallMs).toISOString()).toBe('2025-09-19T10:01:02.000Z')
})

test('a text in an encoding of one byte a character is the bytes of that encoding', () => {
  const latin = cassette('encoding: ISO-8859-1\nstring: "caf\u00e9"')
  expect(bodyOf(bringOne(latin))).toEqual(Buffer.from('caf\xe9', 'latin1'))
  // The length settles what was meant.
  const counted = cassette(
    'encoding: ISO-8859-1\nstring: "caf\u00e9"',
    '      Content-Length:\n      - "5"\n',
  )
  expect(bodyOf(bringOne(counted)).toString()).toBe('caf\u00e9')
})

test('the cassette may be JSON', () => {
  const json = {
    http_interactions: [
      {
        request: { method: 'get', uri: 'http://h/v1/models', body: { string: '' }, headers: {} },
        response: {
          status: { code: 200 },
          headers: { 'Content-Type': ['application/json'] },
          body: { encoding: 'UTF-8', string: '{"data":[]}' },
        },
        recorded_at: 'Fri, 19 Sep 2025 10:01:02 GMT',
      },
    ],
  }
  const { formats, recordings } = bring(JSON.stringify(json))
  expect(formats).toEqual(['ruby-vcr'])
  expect(recordings.map((each) => bodyOf(each).toString())).toEqual(['{"data":[]}'])
})

test('a broken interaction is reported, and the next one imported', () => {
  const text = `http_interactions:
- request: { method: get, uri: 'http://h/' }
- request: { method: get, uri: 'http://h/' }
  response: { status: { code: 200 }, body: { string: sound } }
`
  const { mistakes, recordings } = bring(text)
  expect(mistakes).toEqual(['source:2:3: this interaction has no response'])
  expect(recordings).toHaveLength(1)
})
