import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Imported } from '../../../src/recording/import/imported.ts'
import { openRecording } from '../../../src/recording/store.ts'
import { keepImported } from '../../../src/recording/store-import.ts'
import { start } from '../../../src/testing/start.ts'
import { rawExchange } from '../../support/raw-client.ts'
import { bodyOf, bring } from './importing.ts'

const folders: string[] = []

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'stuntdouble-import-'))
  folders.push(made)
  return join(made, 'recordings')
}

afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true })
})

const key = 'sk-not-a-real-key-0123456789'

const cassette = `interactions:
- request:
    body: '{"model":"m","stream":true,"messages":[{"role":"user","content":"one"}]}'
    headers:
      content-type: [application/json]
      authorization: [Bearer ${key}]
      x-unknown: [dropped]
    method: POST
    uri: https://api.openai.com/v1/chat/completions
  response:
    body: { string: "data: {\\"key\\":\\"${key}\\"}\\n\\ndata: caf\\xE9\\n\\n" }
    headers: { Content-Type: [text/event-stream], Date: ['Mon, 19 May 2025 09:26:59 GMT'], Set-Cookie: [a=b] }
    status: { code: 200, message: OK }
- request:
    body: '{"model":"m","stream":true,"messages":[{"role":"user","content":"one"}]}'
    method: POST
    uri: https://api.openai.com/v1/chat/completions
  response:
    body: { string: !!binary gIGC }
    headers: { Content-Type: [application/octet-stream], date: ['Mon, 19 May 2025 09:26:59 GMT'] }
    status: { code: 200, message: OK }
- request: { method: GET, uri: 'https://api.openai.com/v1/files?api_key=DUMMY' }
  response:
    body: null
    headers: { retry-after: ['3'], date: ['Mon, 19 May 2025 09:26:58 GMT'] }
    status: { code: 429, message: Too Many Requests }
version: 1
`

const brought = (): readonly Imported[] => bring(cassette).recordings
const options = { by: 'stuntdouble 0.0.0', note: 'from a test' }

test('a brought recording is one of ours, and names what it lost', () => {
  const where = folder()
  const kept = brought().map((imported) => keepImported(where, imported, options))
  expect(kept.map(({ state }) => state)).toEqual(['written', 'written', 'written'])
  expect(kept.map(({ path }) => basename(path).replace(/-[0-9a-f]{8}\.jsonl$/, ''))).toEqual([
    '2025-05-19T09-26-59.000Z-0001-post-v1-chat-completions',
    '2025-05-19T09-26-59.000Z-0002-post-v1-chat-completions',
    '2025-05-19T09-26-58.000Z-0003-get-v1-files',
  ])
  const [first] = kept
  expect(statSync(first?.path ?? '').mode & 0o777).toBe(0o600)
  const recording = openRecording(first?.path ?? '')
  expect(recording).toMatchObject({
    by: 'stuntdouble 0.0.0',
    at: '2025-05-19T09:26:59.000Z',
    dialect: 'openai-chat',
    note: 'from a test',
    lost: ['chunks', 'times'],
    status: 200,
    ending: 'end',
  })
  expect([...recording.timeline()].map(({ do: what, atMs }) => [what, atMs])).toEqual([
    ['head', 0],
    ['write', 0],
    ['write', 0],
    ['end', 0],
  ])
})

test('secrets are masked, headers kept by the list of taping', () => {
  const where = folder()
  const [first] = brought().map((imported) => keepImported(where, imported, options))
  const text = readFileSync(first?.path ?? '', 'utf8')
  expect(text).not.toContain(key)
  expect(text).not.toMatch(/x-unknown|set-cookie|authorization/i)
  expect(text).toContain('text/event-stream')
})

test.each(['DUMMY', '<API_KEY>', 'REDACTED'])('a placeholder of a cassette is kept: %s', (word) => {
  const [, , third] = bring(cassette.replace('DUMMY', word)).recordings
  if (!third) throw new Error('nothing was brought')
  const { path } = keepImported(folder(), third, options)
  expect(openRecording(path).request.url).toBe(`https://api.openai.com/v1/files?api_key=${word}`)
})

test('the same import gives the same files, and changes none', () => {
  const [one, other] = [folder(), folder()]
  const all = (where: string) => brought().map((each) => keepImported(where, each, options))
  const names = all(one).map(({ path }) => basename(path))
  expect(all(other).map(({ path }) => basename(path))).toEqual(names)
  const another = { by: 'stuntdouble 9.9.9', note: 'another' }
  const again = brought().map((each) => keepImported(one, each, another))
  expect(again.map(({ state }) => state)).toEqual(['there', 'there', 'there'])
  expect(readdirSync(one).sort()).toEqual([...names].sort())
  for (const name of names) {
    expect(readFileSync(join(one, name))).toEqual(readFileSync(join(other, name)))
  }
})

test('what was changed since is left as it is, unless it is to be replaced', () => {
  const where = folder()
  const [first] = brought()
  if (!first) throw new Error('nothing was brought')
  const { path } = keepImported(where, first, options)
  const original = readFileSync(path, 'utf8')
  writeFileSync(path, `${original.replace('one', 'two')}`)
  expect(keepImported(where, first, options).state).toBe('differs')
  expect(readFileSync(path, 'utf8')).toContain('two')
  expect(keepImported(where, first, { ...options, force: true }).state).toBe('replaced')
  expect(readFileSync(path, 'utf8')).toBe(original)
  expect(keepImported(where, first, { ...options, force: true }).state).toBe('there')
})

test('a client of the replay receives the bytes of the cassette, in the order of its list', async () => {
  const where = folder()
  const imported = brought().map((each) => keepImported(where, each, options) && each)
  await using double = await start({ recordings: [where], pace: 'instant' })
  const ask = async (method: string, path: string, body: string) => {
    const head = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}`
    return await rawExchange(double.port, `${head}\r\n\r\n${body}`)
  }
  const question = '{"messages":[{"content":"one","role":"user"}],"stream":true,"model":"m"}'
  const [first, second] = imported
  const path = '/v1/chat/completions'
  const one = await ask('POST', path, question)
  // The key in the answer is masked by as many bytes.
  expect(Buffer.concat(one.chunks).length).toBe(first && bodyOf(first).length)
  expect(one.chunks.map((chunk) => chunk.toString()).at(-1)).toBe('data: caf\u00e9\n\n')
  expect(one.chunks).toHaveLength(2)
  const two = await ask('POST', path, question)
  expect(Buffer.concat(two.chunks)).toEqual(second && bodyOf(second))
  const limited = await ask('GET', '/v1/files?api_key=DUMMY', '')
  expect([limited.status, limited.headers['retry-after'], limited.body]).toEqual([429, '3', ''])
})
