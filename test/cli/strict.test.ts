import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { launch, temporaryFolder } from './command.ts'

it('replay --strict ends with exit code 1, naming what was never used and what missed', async () => {
  const folder = join(temporaryFolder(), 'tapes')
  mkdirSync(folder)
  const shipped = readFileSync('recordings/openai-chat-hello.jsonl', 'utf8')
  const old = shipped.replace(/"at":"[^"]+"/, '"at":"2020-01-01T00:00:00.000Z"')
  writeFileSync(join(folder, 'unused.jsonl'), old)
  await using replaying = await launch('replay', folder, '--strict', '--stale-after', '1d')
  await fetch(replaying.url('/nowhere'), { method: 'POST', body: '{}' })
  replaying.signal('SIGINT')
  const { code, stderr } = await replaying.finished
  expect(code).toBe(1)
  expect(stderr).toContain('stuntdouble: 1 recording was never used:\n')
  expect(stderr).toContain('unused.jsonl\n1 request was answered by nothing:\n  POST /nowhere (')
  expect(stderr).toContain('1 recording is older than 1d; the oldest is')
})
