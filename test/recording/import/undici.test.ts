import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { SnapshotAgent, request as undiciRequest } from 'undici'
import { expect, test } from 'vitest'
import { start } from '../../../src/index.ts'
import { askedOf, bodyOf, bring, bringOne, headerOf } from './importing.ts'

const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64')

const request = {
  method: 'POST',
  url: 'https://api.openai.com/v1/responses',
  headers: { 'content-type': 'application/json' },
  body: '{"model":"m","input":"hi"}',
}

const response = (body: string | Uint8Array, headers: object = {}): object => ({
  statusCode: 200,
  headers: { 'content-type': 'text/event-stream', 'x-ratelimit': ['1', '2'], ...headers },
  body: base64(body),
  trailers: {},
})

const snapshot = (...responses: readonly object[]): object => ({
  request,
  responses,
  callCount: 0,
  timestamp: '2026-02-03T04:05:06.000Z',
})

test('each answer of a snapshot is a recording, in their order', () => {
  const file = JSON.stringify([{ hash: 'h1', snapshot: snapshot(response('a'), response('b')) }])
  const { recordings, formats } = bring(file)
  expect(formats).toEqual(['undici', 'undici'])
  expect(recordings.map((each) => bodyOf(each).toString())).toEqual(['a', 'b'])
  for (const each of recordings) {
    expect(askedOf(each)).toBe(request.body)
    expect(each.url).toBe(request.url)
    expect(each.dialect?.name).toBe('openai-responses')
    expect(headerOf(each, 'x-ratelimit')).toBe('1')
    expect(each.lost).toEqual(['chunks', 'times'])
    expect(new Date(each.wallMs).toISOString()).toBe('2026-02-03T04:05:06.000Z')
  }
})

test('the older form is read as well: an object of snapshots, with one response each', () => {
  const file = JSON.stringify({ h1: { request, response: response('a') } })
  expect(bodyOf(bringOne(file)).toString()).toBe('a')
})

test('the body is what was sent, whatever bytes it has', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const plain = JSON.stringify([{ hash: 'h', snapshot: snapshot(response(bytes)) }])
      expect(bodyOf(bringOne(plain))).toEqual(Buffer.from(bytes))
      const headers = { 'content-encoding': 'gzip' }
      const coded = snapshot(response(gzipSync(bytes), headers))
      expect(bodyOf(bringOne(JSON.stringify([{ hash: 'h', snapshot: coded }])))).toEqual(
        Buffer.from(bytes),
      )
    }),
    { numRuns: 30 },
  )
})

test('trailers are left out with a word, a broken answer is reported with its line', () => {
  const file = JSON.stringify(
    [
      {
        hash: 'h',
        snapshot: snapshot(
          { ...response('a'), trailers: { 'x-end': '1' } },
          { ...response('a'), body: '???' },
        ),
      },
    ],
    undefined,
    1,
  )
  const { recordings, ignored, mistakes } = bring(file)
  const line = file.split('\n').findIndex((one) => one.includes('???')) + 1
  expect(recordings).toHaveLength(1)
  expect(ignored).toEqual(['trailers'])
  expect(mistakes).toEqual([`source:${line}:14: this is no base64`])
})

test('what undici itself records of a stream comes back byte for byte', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'stuntdouble-')), 'snapshots.json')
  await using double = await start()
  const agent = new SnapshotAgent({ mode: 'record', snapshotPath: file })
  const body = '{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello"}]}'
  const reply = await undiciRequest(double.url('/v1/chat/completions'), {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const heard = await reply.body.text()
  await agent.close()
  const recording = bringOne(readFileSync(file, 'utf8'))
  expect(bodyOf(recording).toString()).toBe(heard)
  expect([askedOf(recording), recording.dialect?.name]).toEqual([body, 'openai-chat'])
})
