import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepImported } from '../../../src/recording/store-import.ts'
import { bring, bringOne } from './importing.ts'

const archive = (status: number, noted: object): string =>
  JSON.stringify({
    log: {
      entries: [
        {
          startedDateTime: '2026-03-01T10:00:00.000Z',
          request: { method: 'POST', url: 'https://h.example/v1/x', headers: [] },
          response: { status, headers: [], content: { size: 4, text: status === 0 ? '' : 'abcd' } },
          _stuntdouble: { about: { by: 'stuntdouble 0.1.0' }, endMs: 9.5, ...noted },
        },
      ],
    },
  })

const linesOf = (text: string): string[] => {
  const made = mkdtempSync(join(tmpdir(), 'stuntdouble-exact-'))
  try {
    const { path } = keepImported(made, bringOne(text), { by: 'another', source: 'a file' })
    return readFileSync(path, 'utf8').trimEnd().split('\n')
  } finally {
    rmSync(made, { recursive: true })
  }
}

const chunks = [
  [2, 1],
  [3, 3],
]

test.each([
  ['client-left', { end: 'client-left' }, '{"atMs":9.5,"end":"client-left"}'],
  ['reset', { end: 'reset' }, '{"atMs":9.5,"end":"reset"}'],
  ['cut off', {}, '{"atMs":3,"text":"bcd"}'],
])('a recording that we have exported comes back as it was: %s', (_, ending, last) => {
  const lines = linesOf(archive(200, { headMs: 1, chunks, ...ending }))
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    recording: 1,
    by: 'stuntdouble 0.1.0',
    at: '2026-03-01T10:00:00.000Z',
  })
  expect(lines.slice(2, 5)).toEqual([
    '{"atMs":1,"head":{"status":200,"headers":[]}}',
    '{"atMs":2,"text":"a"}',
    '{"atMs":3,"text":"bcd"}',
  ])
  expect(lines.at(-1)).toBe(last)
})

test('also one whose service was never reached', () => {
  const lines = linesOf(archive(0, { chunks: [], failed: 'connect ECONNREFUSED' }))
  expect(lines).toHaveLength(3)
  expect(lines[2]).toBe('{"atMs":9.5,"failed":"connect ECONNREFUSED"}')
})

test('what was noted is not believed where the body is another', () => {
  const { recordings } = bring(archive(200, { headMs: 1, chunks: [[2, 9]], end: 'reset' }))
  expect(recordings[0]?.words.join()).toContain('its chunks are not those of its body any more')
  expect(recordings[0]?.steps.at(-1)?.do).toBe('end')
})

test.each([['reset'], ['close'], ['client-left']])(
  'also one that ended before its head: %s',
  (end) => {
    const lines = linesOf(archive(0, { chunks: [], end }))
    expect(lines.slice(2)).toEqual([`{"atMs":9.5,"end":"${end}"}`])
  },
)
