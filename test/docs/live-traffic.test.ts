import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { start } from '../../src/index.ts'

it('survives a reset, and the tape is whole', async () => {
  await using service = await start()
  await using double = await start({
    scenarios: [
      { rules: [{ reply: { upstream: true }, faults: [{ reset: { at: { frame: 3 } } }] }] },
    ],
    upstream: service.url(),
    tapes: mkdtempSync(join(tmpdir(), 'tapes-')),
  })
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'think' }] })
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(double.url('/chatapi'), { method: 'POST', headers, body })
  await expect(reply.text()).rejects.toThrow()

  await double.taped()
  const tape = double.journal[0]?.tape
  expect(readFileSync(tape?.path ?? '', 'utf8')).toMatch(/"end":"end"}\n$/)
})
