import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run, temporaryFolder } from './command.ts'

const tape = (ending: string): string =>
  [
    { recording: 1, by: 'a test', at: '2026-11-22T10:00:00.000Z' },
    { request: { method: 'GET', url: 'http://h.example/a', headers: [] } },
    { atMs: 1, head: { status: 200, headers: [] } },
    { atMs: 2, text: 'one' },
    { atMs: 3, text: 'two' },
    { atMs: 4, ...(ending === 'failed' ? { failed: 'gone' } : { end: ending }) },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')

test('export writes a folder into one file, says what it cannot hold, and writes over nothing', async () => {
  const folder = temporaryFolder()
  const tapes = join(folder, 'tapes')
  const out = join(folder, 'cassette.yaml')
  mkdirSync(tapes)
  writeFileSync(join(tapes, 'a.jsonl'), tape('end'))
  writeFileSync(join(tapes, 'b.jsonl'), tape('reset'))
  writeFileSync(join(tapes, 'c.jsonl'), tape('failed'))
  const args = ['export', tapes, '--as', 'vcrpy', '--out', out]
  const [first, printed] = await Promise.all([run(args), run(['export', tapes, '--as', 'vcrpy'])])
  expect(first).toEqual({
    code: 0,
    stdout: '',
    stderr: [
      'stuntdouble: vcrpy cannot hold times, chunk borders, the ending (reset)',
      `stuntdouble: ${join(tapes, 'c.jsonl')} is left out: there was no answer: gone`,
      'stuntdouble: 2 of 3 written',
      '',
    ].join('\n'),
  })
  expect(printed.stdout).toBe(readFileSync(out, 'utf8'))
  expect(readdirSync(folder).sort()).toEqual(['cassette.yaml', 'tapes'])
  const again = await run(args)
  expect(again.code).toBe(2)
  expect(again.stderr).toBe(`stuntdouble: ${out} exists; take another name, or --force\n`)
})

test('export fails where nothing is left to write, and leaves no file behind', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'c.jsonl')
  writeFileSync(file, tape('failed'))
  const { code, stderr } = await run(['export', file, '--as', 'scenario', '--out', `${file}.yaml`])
  expect(code).toBe(1)
  expect(stderr).toContain('stuntdouble: nothing is left to write\n')
  expect(stderr).toContain('the service was never reached: gone')
  expect(readdirSync(folder)).toEqual(['c.jsonl'])
})
