import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askedOf, bodyOf, bring, bringOne, chunksOf, headerOf } from './importing.ts'

const stream = 'data: {"n":1}\n\n: still here\n\ndata: {"n":2}\n\n'

interface Parts {
  readonly request?: object
  readonly response?: object
  readonly content?: object
  readonly more?: object
}

const entry = ({ request, response, content, more }: Parts = {}): object => ({
  startedDateTime: '2026-03-01T10:00:00.000Z',
  request: {
    method: 'POST',
    url: 'https://api.openai.com/v1/chat/completions?x=1',
    headers: [{ name: 'content-type', value: 'application/json' }],
    postData: { mimeType: 'application/json', text: '{"model":"m"}' },
    ...request,
  },
  response: {
    status: 200,
    headers: [{ name: 'content-type', value: 'text/event-stream' }],
    content: { size: stream.length, mimeType: 'text/event-stream', text: stream, ...content },
    ...response,
  },
  timings: { blocked: 1, dns: -1, connect: 2, send: 3, wait: 300, receive: 500, ssl: 2 },
  ...more,
})

const archive = (...entries: readonly object[]): string =>
  JSON.stringify({ log: { version: '1.2', creator: { name: 'test' }, entries } }, undefined, 1)

const times = (brought: ReturnType<typeof bringOne>): unknown[] =>
  brought.steps.map(({ atMs, do: what }) => [what, Math.round(atMs)])

test('an entry is a recording with the time of its head, and borders at its frames', () => {
  const brought = bringOne(archive(entry()))
  expect(brought.url).toBe('https://api.openai.com/v1/chat/completions?x=1')
  expect(askedOf(brought)).toBe('{"model":"m"}')
  expect(brought.dialect?.name).toBe('openai-chat')
  expect(chunksOf(brought)).toEqual(['data: {"n":1}\n\n', ': still here\n\n', 'data: {"n":2}\n\n'])
  expect(times(brought)).toEqual([
    ['head', 306],
    ['write', 306],
    ['write', 306],
    ['write', 306],
    ['end', 806],
  ])
  expect(brought.lost).toEqual(['chunks', 'times'])
  expect(new Date(brought.wallMs).toISOString()).toBe('2026-03-01T10:00:00.000Z')
})

test('a whole answer has all its times', () => {
  const brought = bringOne(
    archive(
      entry({
        response: { headers: [{ name: 'content-type', value: 'application/json' }] },
        content: { size: 2, mimeType: 'application/json', text: '{}' },
      }),
    ),
  )
  expect(times(brought)).toEqual([
    ['head', 306],
    ['write', 806],
    ['end', 806],
  ])
  expect(brought.lost).toEqual(['chunks'])
})

describe('messages of an event stream', () => {
  const startedS = Date.parse('2026-03-01T10:00:00.000Z') / 1000
  const noted = (...texts: readonly string[]): object => ({
    _eventSourceMessages: texts.map((data, at) => ({
      time: startedS + 0.4 + at / 10,
      eventName: at === 0 ? 'message' : 'more',
      eventId: '',
      data,
    })),
  })

  test('give the frames of the body their times', () => {
    const brought = bringOne(archive(entry({ more: noted('{"n":1}', '{"n":2}') })))
    expect(bodyOf(brought).toString()).toBe(stream)
    expect(times(brought)).toEqual([
      ['head', 306],
      ['write', 400],
      ['write', 400],
      ['write', 500],
      ['end', 806],
    ])
    expect(brought.lost).toEqual(['chunks'])
  })

  test('are the body where it was not kept, which is said', () => {
    const content = { size: 0, text: undefined }
    const brought = bringOne(archive(entry({ content, more: noted('{"n":1}', '{"n":2}') })))
    expect(bodyOf(brought).toString()).toBe('data: {"n":1}\n\nevent: more\ndata: {"n":2}\n\n')
    expect(brought.lost).toEqual(['chunks'])
    expect(brought.words.join()).toContain('written anew from its messages')
  })

  test('are left out with a word where they are not those of the body', () => {
    const brought = bringOne(archive(entry({ more: noted('{"n":1}', 'other') })))
    expect(bodyOf(brought).toString()).toBe(stream)
    expect(brought.lost).toEqual(['chunks', 'times'])
    expect(brought.words.join()).toContain('are not those of its body')
  })
})

describe('a body is the bytes that were sent', () => {
  const brHeaders = { headers: [{ name: 'content-encoding', value: 'br' }] }

  test('whatever text or bytes they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, bytes) => {
        const size = Buffer.byteLength(text)
        const asText = bringOne(archive(entry({ content: { text, size } })))
        expect(bodyOf(asText).toString()).toBe(text)
        const coded = { text: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
        const asBase64 = bringOne(archive(entry({ content: { ...coded, size: bytes.length } })))
        expect(bodyOf(asBase64)).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 40 },
    )
  })

  test('decoded, whatever its headers still say', () => {
    const brought = bringOne(archive(entry({ response: brHeaders })))
    expect(bodyOf(brought).toString()).toBe(stream)
    expect(headerOf(brought, 'content-encoding')).toBeUndefined()
    const text = gzipSync(stream).toString('base64')
    const response = { headers: [{ name: 'content-encoding', value: 'gzip' }] }
    const coded = bringOne(archive(entry({ response, content: { text, encoding: 'base64' } })))
    expect(bodyOf(coded).toString()).toBe(stream)
  })

  test('in the character set that its type names', () => {
    const content = { text: 'caf\u00e9', size: 4, mimeType: 'text/plain; charset=iso-8859-1' }
    expect(bodyOf(bringOne(archive(entry({ content }))))).toEqual(Buffer.from('caf\xe9', 'latin1'))
  })

  test('from a file beside the archive, and from nowhere else', () => {
    const content = { _file: 'a1b2.txt', text: undefined }
    const files: Record<string, string> = { 'a1b2.txt': stream }
    const beside = (_: string, name: string) =>
      files[name] === undefined ? undefined : Buffer.from(files[name])
    expect(bodyOf(bringOne(archive(entry({ content })), { beside })).toString()).toBe(stream)
    expect(bring(archive(entry({ content }))).mistakes.join()).toContain(
      'there is no file a1b2.txt beside it (log.entries[0])',
    )
  })

  test('said to be cut where it is shorter than its size', () => {
    const brought = bringOne(archive(entry({ content: { size: 999 } })))
    expect(brought.words.join()).toContain('content.size says 999 bytes, the text has 44')
  })
})

describe('what is no exchange is left out with a word', () => {
  const get = (url: string, mimeType: string, type?: string): object =>
    entry({
      request: { method: 'GET', url },
      content: { mimeType, text: 'x', size: 1 },
      ...(type === undefined ? {} : { more: { _resourceType: type } }),
    })

  test.each([
    ['a script', get('https://h/app.js', 'text/javascript'), /parts of a page/],
    ['a document', get('https://h/', 'application/json', 'document'), /parts of a page/],
    ['a WebSocket', entry({ more: { _webSocketMessages: [] } }), /WebSocket connections/],
    ['a preflight', entry({ request: { method: 'OPTIONS' } }), /preflights/],
    ['a request without an answer', entry({ response: { status: 0 } }), /never answered/],
    ['a data URL', entry({ request: { url: 'data:text/plain,hello' } }), /requests for data: URLs/],
  ])('%s', (_, left, why) => {
    const { recordings, ignored, mistakes } = bring(archive(left, entry()))
    expect(mistakes).toEqual([])
    expect(recordings).toHaveLength(1)
    expect(ignored.join()).toMatch(why)
  })

  test('unless all is asked for', () => {
    const page = get('https://h/app.js', 'text/javascript')
    expect(bring(archive(page), { all: true }).recordings).toHaveLength(1)
    const fetched = get('https://h/v1/models', 'application/json', 'fetch')
    expect(bring(archive(fetched)).recordings).toHaveLength(1)
  })

  test('extensions that nobody reads are named', () => {
    const { ignored, recordings } = bring(archive(entry({ more: { _chunks: [], _initiator: {} } })))
    expect(recordings).toHaveLength(1)
    expect(ignored).toEqual(['the extension _chunks', 'the extension _initiator'])
  })
})

test('a body that was not saved is reported with its line, and the rest is imported', () => {
  const text = archive(entry(), entry({ content: { text: undefined, size: 7 } }), entry())
  const { mistakes, recordings } = bring(text)
  const line = text.split('\n').findLastIndex((one) => one.includes('"size": 7'))
  expect(mistakes).toEqual([
    `source:${line}:17: the body was not saved in this archive (log.entries[1])`,
  ])
  expect(recordings).toHaveLength(2)
})

test('entries are numbered in the order of their times', () => {
  const at = (second: number): object =>
    entry({
      request: { url: `https://h/${second}` },
      more: { startedDateTime: `2026-03-01T10:00:0${second}.000Z` },
    })
  const { recordings } = bring(archive(at(3), at(1), at(2)))
  expect(recordings.map(({ url, number }) => [number, url])).toEqual([
    [1, 'https://h/1'],
    [2, 'https://h/2'],
    [3, 'https://h/3'],
  ])
})

test('a form, and what HTTP/2 says by headers of its own, are read as well', () => {
  const brought = bringOne(
    archive(
      entry({
        request: {
          headers: [
            { name: ':authority', value: 'api.groq.com' },
            { name: ':path', value: '/openai/v1/chat/completions' },
          ],
          postData: { params: [{ name: 'a b', value: '1&2' }] },
        },
      }),
    ),
  )
  expect(askedOf(brought)).toBe('a+b=1%262')
  expect(brought.request.headers).toEqual([['host', 'api.groq.com']])
})

test('an archive of WebSockets alone says in one sentence that nothing was imported', () => {
  const entry = { request: { method: 'GET', url: 'wss://h.example/live', headers: [] } }
  const { recordings, mistakes } = bring(JSON.stringify({ log: { entries: [entry, entry] } }))
  expect(recordings).toEqual([])
  expect(mistakes).toHaveLength(1)
  expect(mistakes[0]).toContain('nothing was imported: its exchanges are WebSocket connections')
})
