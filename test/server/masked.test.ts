/** What is said of an exchange beside its recording holds no secret either. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'
import type { Log } from '../../src/server/log.ts'
import { chunk, lastChunk, rawUpstream, streamHead } from '../sources/raw-upstream.ts'

const key = 'sk-proj-Ab3dEf6hIj9kLmN0pQrSt'
const own = 'cust-123456'
const mail = 'jo.doe@example.org'

/** Everything that is logged, as text. */
function hearingLog(): { log: Log; said: string[] } {
  const said: string[] = []
  const write = (fields: object, message: string): void => {
    said.push(`${JSON.stringify(fields)} ${message}`)
  }
  return { said, log: { debug: write, info: write, warn: write, error: write } }
}

const settings = { secrets: ['/cust-\\d{6}/'], redactEmails: true }
const secrets = /Ab3dEf6|123456|jo\.doe/

const ask = (url: string, text = `${key} ${own} ${mail}`): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }] }),
  })

describe('what is said of an exchange', () => {
  it('holds no secret where nothing answers: in the answer, the journal and the log', async () => {
    const { log, said } = hearingLog()
    const scenario = { rules: [{ when: { user: 'hello' }, reply: 'hi' }] }
    await using double = await start({ scenarios: [scenario], log, ...settings })
    const misses = [
      await ask(double.url('/v1/chat/completions')),
      await ask(double.url(`/v9/keys/${key}/${own}/${mail}?q=${key}&key=${own}`)),
    ]
    const answers = await Promise.all(misses.map((reply) => reply.text()))
    const journal = await (await fetch(double.url('/_stuntdouble/journal'))).text()
    expect(misses.map(({ status }) => status)).toEqual([404, 404])
    expect(JSON.parse(journal)).toHaveLength(2)
    for (const text of [...answers, journal, ...said]) expect(text).not.toMatch(secrets)
    expect(journal).toMatch(/REDACTED/)
  })

  it('holds none where the service answers, however it deals them out', async () => {
    const { log, said } = hearingLog()
    const pieces = [
      'is sk-',
      'proj-Ab3d',
      'Ef6hIj9kLmN0pQrSt and ',
      'cust-1',
      '23456, jo.d',
      'oe@example.org.',
    ]
    const frames = pieces.map((content) =>
      chunk(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`),
    )
    const upstream = await rawUpstream([streamHead, ...frames, lastChunk])
    const tapes = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
    await using double = await start({ upstream: upstream.url, tapes, log, ...settings })
    const heard = await (await ask(double.url(`/v1/chat/completions?key=${own}`))).text()
    const { journal } = double
    await double.close()
    await upstream.close()
    const [file = ''] = readdirSync(tapes).filter((name) => name.endsWith('.jsonl'))
    const tape = readFileSync(join(tapes, file), 'utf8')
    expect(heard).toContain('Ef6hIj9kLmN0pQrSt')
    for (const text of [tape, file, JSON.stringify(journal), ...said])
      expect(text).not.toMatch(secrets)
    expect(tape.split('\n').filter((line) => line.includes('"text"'))).toHaveLength(pieces.length)
    await using again = await start({ recordings: [tapes], pace: 'instant', ...settings })
    const other = await ask(
      again.url('/v1/chat/completions?key=cust-654321'),
      `sk-proj-Zz3dEf6hIj9kLmN0pQrSt cust-000000 anna@example.org`,
    )
    expect(other.status).toBe(200)
    expect((await other.text()).length).toBe(heard.length)
  })
})
