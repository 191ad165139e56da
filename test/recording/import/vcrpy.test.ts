import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askedOf, bodyOf, bring, bringOne, chunksOf, headerOf } from './importing.ts'

const request = `  request:
    body: '{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    headers: { content-type: [application/json], authorization: [Bearer <KEY>] }
    method: POST
    uri: https://api.openai.com/v1/chat/completions`

const cassette = (response: string, asked = request): string =>
  `interactions:\n- response:\n${response.replaceAll(/^(?=.)/gm, '    ')}\n${asked}\nversion: 1\n`

const status = 'status: { code: 200, message: OK }\n'
const events = 'headers: { Content-Type: [text/event-stream] }\n'
const answered = (body: string, more = events): string => cassette(`${status}${more}${body}`)

describe('a body is the bytes that were written', () => {
  const hello = 'data: {"a":1}\n\ndata: [DONE]\n\n'
  const base64 = Buffer.from(hello).toString('base64')
  const gzipped = `headers: { Content-Encoding: [gzip], Content-Type: [text/event-stream] }\n`
  const wrapped = gzipSync(hello).toString('base64').replaceAll(/.{20}/g, '$&\n    ')

  test.each([
    [
      'in single quotes',
      answered(`body:\n  string: 'data: {"a":1}\n\n\n    data: [DONE]\n\n\n    '`),
    ],
    [
      'in double quotes',
      answered(`body: { string: "data: {\\"a\\":1}\\n\\ndata: [DO\\\n  NE]\\n\\n" }`),
    ],
    ['as a block', answered('body:\n  string: |+\n    data: {"a":1}\n\n    data: [DONE]\n')],
    ['as binary', answered(`body:\n  string: !!binary |\n    ${base64}`)],
    ['as binary in one line', answered(`body: { string: !!binary "${base64}" }`)],
    ['as base64_string', answered(`body: { base64_string: ${base64} }`)],
    [
      'as the content of old httpx',
      answered(`content: "data: {\\"a\\":1}\\n\\ndata: [DONE]\\n\\n"`),
    ],
    [
      'as a Python string',
      answered(`body: { string: !!python/unicode "data: {\\"a\\":1}\\n\\ndata: [DONE]\\n\\n" }`),
    ],
    ['as gzip', answered(`body:\n  string: !!binary |\n    ${wrapped}`, gzipped)],
    [
      'as plain text that claims to be gzip',
      answered(`body: { string: "data: {\\"a\\":1}\\n\\ndata: [DONE]\\n\\n" }`, gzipped),
    ],
  ])('%s', (_, text) => {
    const brought = bringOne(text)
    expect(bodyOf(brought).toString()).toBe(hello)
    expect(chunksOf(brought)).toEqual(['data: {"a":1}\n\n', 'data: [DONE]\n\n'])
    expect(headerOf(brought, 'content-encoding')).toBeUndefined()
    expect(brought.dialect?.name).toBe('openai-chat')
    expect(brought.lost).toEqual(['chunks', 'times'])
  })

  const quoted = (text: string): string => JSON.stringify(text)

  test('whatever text it is, also in a file that is JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(bodyOf(bringOne(answered(`body: { string: ${quoted(text)} }`))).toString()).toBe(
          text,
        )
        const json = {
          interactions: [
            {
              request: { method: 'POST', uri: 'http://h/p', body: text, headers: {} },
              response: { status: { code: 200 }, headers: {}, body: { string: text } },
            },
          ],
        }
        const brought = bringOne(JSON.stringify(json))
        expect(bodyOf(brought).toString()).toBe(text)
        expect(askedOf(brought)).toBe(text)
      }),
      { numRuns: 60 },
    )
  })

  test('whatever bytes they are, coded or not', () => {
    const codings = [
      ['identity', (bytes: Uint8Array) => Buffer.from(bytes)],
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['deflate', deflateRawSync],
    ] as const
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.constantFrom(...codings), (bytes, coding) => {
        const [name, code] = coding
        const headers = `headers: { Content-Encoding: [${name}] }\n`
        const text = answered(
          `body: { string: !!binary ${code(bytes).toString('base64')} }`,
          headers,
        )
        expect(bodyOf(bringOne(text))).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 60 },
    )
  })

  test('a byte that Python kept as a lone surrogate is that byte', () => {
    const brought = bringOne(answered('body: { string: "caf\\udce9" }'))
    expect(bodyOf(brought)).toEqual(Buffer.from('caf\xe9', 'latin1'))
  })

  test('none, where there is none', () => {
    for (const body of ['body: null', 'body: { string: null }', "body: { string: '' }", '']) {
      expect(bodyOf(bringOne(answered(body)))).toHaveLength(0)
    }
  })
})

describe('a value that was parsed is written as vcrpy writes it', () => {
  const value = `parsed_body:
  id: x
  text: "caf\\xE9 \\U0001F600"
  empty: null
  no: 'no'
  list: [1, 2.50, 12345678901234567890, true, {}]
`
  const json =
    '{"id": "x", "text": "caf\\u00e9 \\ud83d\\ude00", "empty": null, "no": "no", "list": [1, 2.50, 12345678901234567890, true, {}]}'

  test('in the answer, which says so', () => {
    const brought = bringOne(answered(value, 'headers: { content-type: [application/json] }\n'))
    expect(bodyOf(brought).toString()).toBe(json)
    expect(brought.words.join()).toContain('its bytes are written as vcrpy writes them')
  })

  test('and in the request', () => {
    const asked = `  request:\n    uri: https://h/p\n    method: POST\n    ${value.trim().replaceAll('\n', '\n    ')}`
    expect(askedOf(bringOne(cassette(`${status}body: null\n`, asked)))).toBe(json)
  })
})

describe('all forms of cassettes', () => {
  const one = (n: number): string =>
    `{ request: { method: GET, uri: 'http://h/${n}' }, response: { status: { code: 200 }, body: { string: '${n}' } } }`

  test.each([
    ['interactions', `interactions: [${one(1)}, ${one(2)}]`],
    ['with a comment and a document mark', `# mine\n---\ninteractions: [${one(1)}, ${one(2)}]`],
    ['in braces', `{interactions: [${one(1)}, ${one(2)}]}`],
    ['with names in quotes', `"interactions": [${one(1)}, ${one(2)}]`],
    [
      'the list alone, as of the first version',
      [1, 2]
        .map(
          (n) =>
            `- request: { method: GET, uri: 'http://h/${n}' }\n  response: { status: { code: 200 }, body: { string: '${n}' } }\n`,
        )
        .join(''),
    ],
    [
      'the two lists of LangChain',
      `requests: [{ method: GET, uri: 'http://h/1' }, { method: GET, uri: 'http://h/2' }]\nresponses:\n- { status: { code: 200 }, body: { string: '1' } }\n- { status: { code: 200 }, body: { string: '2' } }`,
    ],
  ])('%s', (_, text) => {
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const { recordings, formats, mistakes } = bring(bytes)
      expect(mistakes).toEqual([])
      expect(formats).toEqual(['vcrpy', 'vcrpy'])
      expect(recordings.map((each) => [each.url, bodyOf(each).toString()])).toEqual([
        ['http://h/1', '1'],
        ['http://h/2', '2'],
      ])
    }
  })

  test('an anchor that several headers share is followed', () => {
    const text = `interactions:
- request: { method: GET, uri: 'http://h/', headers: { accept: &same ['*/*'], x-b: *same } }
  response: { status: { code: 200 }, headers: { vary: *same }, body: { string: '' } }
`
    expect(headerOf(bringOne(text), 'vary')).toBe('*/*')
  })

  test('objects of Python are looked through', () => {
    const text = `interactions:
- request:
    method: POST
    uri: http://h/
    headers: !!python/object/new:requests.structures.CaseInsensitiveDict
      dictitems: { content-type: !!python/tuple [application/json] }
      state: { _store: {} }
    body: !!python/object/new:_io.BytesIO
      state: !!python/tuple
      - !!binary |
        eyJhIjoxfQ==
      - 0
      - null
  response:
    status_code: 404
    headers: { x-request-id: [!!binary YWJj] }
    body: { string: !!python/unicode 'gone' }
`
    const brought = bringOne(text)
    expect(askedOf(brought)).toBe('{"a":1}')
    expect(brought.status).toBe(404)
    expect(headerOf(brought, 'x-request-id')).toBe('abc')
  })
})

describe('what is broken is reported with its place, and the rest is imported', () => {
  const sound = `- request: { method: GET, uri: 'http://h/' }
  response: { status: { code: 200 }, body: { string: sound } }
`
  test.each([
    [
      'gzip that is cut',
      `- request: { method: GET, uri: 'http://h/' }
  response:
    status: { code: 200 }
    headers: { content-encoding: [gzip] }
    body: { string: !!binary ${gzipSync('a long enough text').subarray(0, 20).toString('base64')} }
`,
      /^source:2:3: the body cannot be decoded from gzip: unexpected end of file$/,
    ],
    [
      'base64 that is none',
      `- request: { method: GET, uri: 'http://h/' }
  response:
    status: { code: 200 }
    body:
      string: !!binary |
        a b c !
`,
      /^source:6:\d+: this is no base64$/,
    ],
    [
      'no uri',
      '- request: { method: GET }\n  response: { status: { code: 200 } }\n',
      /^source:2:12: this request has no uri$/,
    ],
    [
      'no response',
      "- request: { uri: 'http://h/' }\n",
      /^source:2:3: this interaction has no response$/,
    ],
    [
      'no status',
      "- request: { uri: 'http://h/' }\n  response: { body: { string: x } }\n",
      /^source:3:13: this response has no status code$/,
    ],
    [
      'a URL that is none',
      '- request: { uri: /chat }\n  response: { status: { code: 200 } }\n',
      /"\/chat" is no absolute URL; --url says what stands for it$/,
    ],
    [
      'an unknown coding',
      "- request: { uri: 'http://h/' }\n  response: { status: { code: 200 }, headers: { content-encoding: [lzma] }, body: { string: x } }\n",
      /content coding "lzma", which is not known here$/,
    ],
    [
      'half a character',
      '- request: { uri: \'http://h/\' }\n  response: { status: { code: 200 }, body: { string: "\\ud83d" } }\n',
      /^source:3:\d+: this text holds half of a character$/,
    ],
  ])('%s', (_, interaction, message) => {
    const { recordings, mistakes } = bring(`interactions:\n${interaction}${sound}`)
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toMatch(message)
    expect(recordings.map((each) => bodyOf(each).toString())).toEqual(['sound'])
  })

  test('YAML that is none names its line', () => {
    const { mistakes } = bring('interactions:\n- request: {\n  response: "\n')
    expect(mistakes.join()).toMatch(/^source:\d+:\d+: it is no YAML: /)
  })
})

test('an event stream of AWS is cut at its messages', async () => {
  const { awsEventStream } = await import('../../../src/framing/index.ts')
  const framing = awsEventStream()
  const bytes = ['{"a":1}', '{"b":2}'].map(
    (data) => framing.encode({ event: 'contentBlockDelta', data })?.bytes ?? Buffer.alloc(0),
  )
  const text = answered(
    `body:\n  string: !!binary |\n    ${Buffer.concat(bytes).toString('base64')}`,
    'headers: { Content-Type: [application/vnd.amazon.eventstream] }\n',
  ).replace('api.openai.com/v1/chat/completions', 'b.example/model/x%3A0/converse-stream')
  const brought = bringOne(text)
  expect(brought.dialect?.name).toBe('bedrock-converse')
  expect(brought.steps.flatMap((step) => (step.do === 'write' ? [step.bytes] : []))).toEqual(bytes)
})

test('errors, empty answers and whole answers are recordings like any other', () => {
  const { recordings } = bring(`interactions:
- request: { method: POST, uri: https://api.openai.com/v1/chat/completions, body: '{}' }
  response:
    status: { code: 429, message: Too Many Requests }
    headers: { retry-after: ['7'], content-type: [application/json], Content-Length: ['14'] }
    body: { string: '{"error": {}} ' }
- request: { method: HEAD, uri: https://api.openai.com/v1/models }
  response: { status: { code: 200 }, headers: { content-length: ['99'] }, body: { string: '' } }
- request: { method: DELETE, uri: https://api.openai.com/v1/x }
  response: { status: { code: 204 }, headers: {}, body: null }
`)
  expect(recordings.map(({ status, request }) => [request.method, status])).toEqual([
    ['POST', 429],
    ['HEAD', 200],
    ['DELETE', 204],
  ])
  const [limited, head, gone] = recordings
  expect(limited && headerOf(limited, 'retry-after')).toBe('7')
  expect(limited && headerOf(limited, 'content-length')).toBe('14')
  expect(head && headerOf(head, 'content-length')).toBe('99')
  expect(gone?.steps.map((step) => step.do)).toEqual(['head', 'end'])
  expect(gone?.lost).toEqual(['times'])
})

test('when it was made is told by the answer, or by the one before it', () => {
  const of = (headers: string, body: string): string =>
    `- request: { uri: 'http://h/' }\n  response: { status: { code: 200 }, headers: {${headers}}, body: { string: '${body}' } }\n`
  const { recordings } = bring(
    `interactions:\n${of('', 'nothing')}${of('date: ["Mon, 19 May 2025 09:26:59 GMT"]', '')}${of('', '')}${of('', '{"created": 1715692262, "x": 1}')}`,
  )
  expect(recordings.map(({ wallMs }) => new Date(wallMs).toISOString())).toEqual([
    '1970-01-01T00:00:00.000Z',
    '2025-05-19T09:26:59.000Z',
    '2025-05-19T09:26:59.000Z',
    '2024-05-14T13:11:02.000Z',
  ])
  expect(recordings[0]?.words.join()).toContain('nothing tells when it was made')
})

describe('of a cassette whose owner has masked values', () => {
  const masked = (uri: string, coding: string, type = 'application/json'): string =>
    JSON.stringify({
      interactions: [
        {
          request: { method: 'POST', uri, headers: {}, body: '{}' },
          response: {
            status: { code: 200 },
            headers: { 'content-encoding': [coding], 'content-type': [type] },
            body: { base64_string: gzipSync('{"a":1}').toString('base64') },
          },
        },
      ],
      version: 1,
    })
  const url = 'https://api.mistral.ai/v1/chat/completions'

  test.each(['**REDACTED**', '<REDACTED>', '[FILTERED]', '***'])(
    'a coding written over with %s is told by the body',
    (coding) => {
      const brought = bringOne(masked(url, coding))
      expect(bodyOf(brought).toString()).toBe('{"a":1}')
      expect(headerOf(brought, 'content-encoding')).toBeUndefined()
      expect(brought.words.join()).toContain('the body was gzip')
    },
  )

  test('an address is the one that is named, or a mistake that says how to name it', () => {
    const brought = bringOne(masked('**REDACTED**', 'gzip'), { url })
    expect([brought.url, brought.dialect?.name]).toEqual([url, 'mistral'])
    expect(bringOne(masked('/v1/models', 'gzip'), { url }).url).toBe(
      'https://api.mistral.ai/v1/models',
    )
    expect(bring(masked('**REDACTED**', 'gzip')).mistakes.join()).toContain('--url')
  })
})
