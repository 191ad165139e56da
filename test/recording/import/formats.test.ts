import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { formatNamed, formats } from '../../../src/recording/import/formats.ts'
import { bodyOf, bring, bringOne, chunksOf, headerOf } from './importing.ts'

const exchange = 'request: { uri: "http://h/" }\n  response: { status: { code: 200 } }\n'

describe('a file is told by its content', () => {
  test.each([
    ['vcrpy', `interactions:\n- ${exchange}`],
    ['ruby-vcr', `---\nhttp_interactions:\n- ${exchange}`],
    [
      'har',
      '{"log":{"entries":[{"request":{"url":"http://h/","method":"POST"},"response":{"status":204}}]}}',
    ],
    ['curl', 'HTTP/2 204\n\n'],
    ['chunks', '{"type":"message_start"}'],
    ['chunks', 'data: {}\n\n'],
    ['aimock', '{"fixtures":[{"match":{},"response":{"content":"x"}}]}'],
    [
      'undici',
      '[{"hash":"h","snapshot":{"request":{"url":"http://h/"},"responses":[{"statusCode":204}]}}]',
    ],
  ])('%s', (name, text) => {
    for (const path of ['a.yaml', 'a.json', 'a']) {
      for (const bytes of [Buffer.from(text), gzipSync(text), Buffer.from(`\uFEFF${text}`)]) {
        if (bytes[0] === 0xef && name === 'curl') continue
        const { formats: told, mistakes } = bring(bytes, { path })
        expect(mistakes).toEqual([])
        expect(told).toEqual([name])
      }
    }
  })

  test.each([
    ['', /^source:1:1: it is empty; read are har, ruby-vcr, vcrpy, .*\(--from names one\)$/],
    ['PK\u0003\u0004', /it is a ZIP archive; unpack it first/],
    [
      '{"recording":1,"by":"stuntdouble 0.1.0"}\n{"request":{}}',
      /it is a recording of ours already/,
    ],
    [
      '{"source":"x","sessions":[]}',
      /it is JSON without an exchange in it \(its keys are source, sessions\)/,
    ],
    ['{"log":{"entries":[\n{"request":', /^source:2:\d+: it begins like JSON and is none: /],
    ['name: x\nrules: []\n', /it is YAML, and no cassette/],
    ['\u0000\u0001', /it is binary/],
    ['Dear reader,\nhello', /it begins like no file that is known: "Dear reader,/],
  ])('a file of another kind is refused in one sentence: %j', (text, message) => {
    const { mistakes, recordings } = bring(text)
    expect(recordings).toEqual([])
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toMatch(message)
  })
})

test('a format can be named, also by the tool that writes it', () => {
  for (const { name } of formats) expect(formatNamed(name)).toMatchObject({ name })
  expect(formatNamed('mitmproxy')).toMatchObject({ name: 'har' })
  expect(formatNamed('ai-sdk')).toMatchObject({ name: 'chunks' })
  expect(formatNamed('vcrpi')).toEqual({
    problem: 'there is no format "vcrpi"; did you mean "vcrpy"?',
  })
})

describe('what every format has in common', () => {
  const cassette = (uri: string, headers: string, body = 'x', more = ''): string =>
    `interactions:\n- request: { method: POST, uri: '${uri}', headers: {}, body: '{}' ${more}}\n  response: { status: { code: 200 }, headers: {${headers}}, body: { string: ${JSON.stringify(body)} } }\n`

  test.each([
    ['https://api.openai.com/v1/chat/completions', 'openai-chat'],
    ['https://api.mistral.ai/v1/chat/completions#stream', 'mistral'],
    ['https://api.groq.com/openai/v1/chat/completions', 'groq'],
    [
      'https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1',
      'azure-openai',
    ],
    ['https://gateway.example/team/anthropic/v1/messages', 'anthropic'],
    [
      'https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent?alt=sse',
      'gemini',
    ],
    [
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/a.b-v1%3A0/converse-stream',
      'bedrock-converse',
    ],
    ['http://localhost:11434/api/generate', 'ollama'],
    ['https://h.example/nothing/known', undefined],
  ])('the dialect is that of the path and the host: %s', (uri, name) => {
    expect(bringOne(cassette(uri, '')).dialect?.name).toBe(name)
  })

  test('or that of the answer, or the one that is named', () => {
    const body = 'data: {"type":"message_start"}\n\n'
    expect(bringOne(cassette('https://h.example/x', '', body)).dialect?.name).toBe('anthropic')
    const named = bringOne(cassette('https://h.example/x', '', body), { dialect: 'cohere' })
    expect(named.dialect?.name).toBe('cohere')
  })

  test('borders are put where the content type, or the body itself, has its frames', () => {
    const type = (value: string): string => `content-type: ['${value}']`
    const uri = 'https://h.example/x'
    const chunks = (headers: string, body: string): string[] =>
      chunksOf(bringOne(cassette(uri, headers, body)))
    expect(chunks(type('text/event-stream'), 'data: 1\r\n\r\ndata: 2')).toEqual([
      'data: 1\r\n\r\n',
      'data: 2',
    ])
    expect(chunks(type('application/x-ndjson'), '{"a":1}\n{"b":2}\n')).toEqual([
      '{"a":1}\n',
      '{"b":2}\n',
    ])
    expect(chunks(type('application/json'), '{"a":1}\n{"b":2}\n')).toEqual(['{"a":1}\n{"b":2}\n'])
    expect(chunks('', 'data: 1\n\ndata: 2\n\n')).toEqual(['data: 1\n\n', 'data: 2\n\n'])
    expect(chunks('', '{"a":1}\n{"b":2}\n')).toEqual(['{"a":1}\n', '{"b":2}\n'])
    expect(chunks('', 'any text\nof two lines')).toEqual(['any text\nof two lines'])
    const gemini = 'https://g.example/v1beta/models/g:streamGenerateContent'
    expect(
      chunksOf(bringOne(cassette(gemini, type('application/json'), '[{"a":1}\n,{"b":2}]'))),
    ).toEqual(['[{"a":1}', '\n,{"b":2}', ']'])
  })

  test('headers that would lie, or that HTTP cannot carry, are left out with a word', () => {
    const brought = bringOne(
      cassette(
        'http://h/',
        `content-length: ['99'], transfer-encoding: [chunked], 'bad name': [x], x-ratelimit: ["a\\nb"], x-request-id: [' 7 ']`,
      ),
    )
    expect(headerOf(brought, 'content-length')).toBeUndefined()
    expect(headerOf(brought, 'transfer-encoding')).toBeUndefined()
    expect(headerOf(brought, 'x-request-id')).toBe('7')
    expect(brought.words.join()).toContain('content-length says 99, the body has 1 bytes')
    expect(brought.words.join()).toContain('2 headers are none that HTTP can carry')
  })

  test('a body that is compressed without a word is decoded with one', () => {
    const gz = gzipSync('{"a":1}').toString('base64')
    const text = cassette('http://h/', 'content-type: [application/json]').replace(
      '"x"',
      `!!binary ${gz}`,
    )
    const brought = bringOne(text)
    expect(bodyOf(brought).toString()).toBe('{"a":1}')
    expect(brought.words.join()).toContain('the body was gzip though no header said so')
  })

  test('several codings are undone in turn', () => {
    const twice = deflateSync(gzipSync('{"a":1}')).toString('base64')
    const text = cassette('http://h/', "content-encoding: ['gzip, deflate']").replace(
      '"x"',
      `!!binary ${twice}`,
    )
    expect(bodyOf(bringOne(text)).toString()).toBe('{"a":1}')
  })

  test('a status that no answer has is a mistake', () => {
    const text = cassette('http://h/', '').replace('200', '99')
    expect(bring(text).mistakes.join()).toContain('the status 99 is none that an answer can have')
  })
})
