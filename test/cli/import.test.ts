import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run, temporaryFolder } from './command.ts'

const cassette = `interactions:
- request: { method: POST, uri: 'https://api.openai.com/v1/chat/completions', body: '{}' }
  response:
    status: { code: 200 }
    headers: { content-type: [text/event-stream], date: ['Mon, 19 May 2025 09:26:59 GMT'] }
    body: { string: "data: {}\\n\\ndata: [DONE]\\n\\n" }
- request: { method: POST, uri: 'https://api.openai.com/v1/chat/completions', body: '{}' }
  response: { status: { code: 200 }, headers: { content-encoding: [lzma] }, body: { string: x } }
`

function folder(): { from: string; out: string } {
  const made = temporaryFolder()
  const from = join(made, 'cassettes')
  mkdirSync(join(from, 'deep'), { recursive: true })
  writeFileSync(join(from, 'deep', 'one.yaml'), cassette)
  writeFileSync(join(from, 'README.md'), 'About these.')
  return { from, out: join(made, 'recordings') }
}

test('import walks a folder, says what became of each exchange, and fails where one was broken', async () => {
  const { from, out } = folder()
  const first = await run(['import', from, '--out', out])
  expect(first.code).toBe(1)
  expect(first.stderr).toBe('')
  const [line = '', broken = '', ...rest] = first.stdout.trimEnd().split('\n')
  const [file = ''] = readdirSync(out)
  expect(file).toMatch(/^2025-05-19T09-26-59\.000Z-0001-post-v1-chat-completions-\w{8}\.jsonl$/)
  expect(line).toBe(
    `${from}/deep/one.yaml:2  200  openai-chat  2 chunks  24 bytes  -> ${join(out, file)}`,
  )
  expect(broken).toBe(
    `${from}/deep/one.yaml:7:3: the body is in the content coding "lzma", which is not known here`,
  )
  expect(rest).toEqual([
    '',
    `1 recording from 1 file in ${out}`,
    '1 without their chunk borders, which are put at frames',
    '1 without their times, which a profile sets when they are played',
    '1 x left out: files that are none of these: it begins like no file that is known: "About these."',
    '1 mistake',
  ])
})

test('import says the same as JSON, and refuses what is wrongly asked', async () => {
  const { from, out } = folder()
  const [json, wrong, foreign] = await Promise.all([
    run(['import', from, '--out', out, '--json', '--note', 'mine']),
    run(['import', from, '--from', 'vcrpi']),
    run(['import', join(from, 'README.md'), join(from, 'none'), '--out', out]),
  ])
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    files: 1,
    recordings: [{ state: 'written', format: 'vcrpy', line: 2, status: 200, chunks: 2, bytes: 24 }],
    mistakes: [{ line: 7 }],
  })
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    'stuntdouble: --from: there is no format "vcrpi"; did you mean "vcrpy"?\n',
  ])
  expect(foreign.code).toBe(1)
  expect(foreign.stdout).toContain('README.md:1:1: it begins like no file that is known')
  expect(foreign.stdout).toContain('none:1:1: there is no such file or folder')
})
