/** What is left of a client is nothing, also where its answers had not had their turn. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { chatBody, chatPath } from '../support/ask.ts'
import { rawRequest, requestBytes } from '../support/raw-client.ts'

/** Read by us, and by Node's server. */
const lanes = [
  ['us', {}],
  ['Node', { te: 'trailers' }],
] as const

/** A head that no HTTP can carry. */
function unwritable(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'stuntdouble-')), 'evil.jsonl')
  const lines = [
    { recording: 1, by: 'a test', at: '2026-01-01T00:00:00.000Z' },
    { request: { method: 'POST', url: 'http://localhost/', headers: [], body: '{}' } },
    { atMs: 0, head: { status: 200, headers: [['x-evil', '日本']] } },
    { atMs: 0, end: 'end' },
  ]
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'))
  return file
}

let double: Double

beforeAll(async () => {
  double = await start({
    scenarios: [
      {
        rules: [
          { name: 'slow', when: { user: 'slow' }, reply: [{ text: 'a' }, { wait: '10m' }] },
          { name: 'evil', when: { user: 'evil' }, reply: { recording: unwritable() } },
          { name: 'empty', when: { user: 'empty' }, reply: 'x', faults: ['head; status=205'] },
          { name: 'short', reply: 'Hi.' },
        ],
      },
    ],
  })
})

afterAll(() => double.close())

describe.each(lanes)('where requests are read by %s', (_, headers) => {
  const asked = (user: string) => ({ path: chatPath, body: chatBody(user), headers })

  it('a client that leaves while answers of it wait for their turn keeps no place', async () => {
    const socket = connect(double.port, '127.0.0.1')
    const said = ['slow', 'short', 'short'].map((user) =>
      requestBytes({ port: double.port, ...asked(user) }),
    )
    socket.write(said.join(''))
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await expect.poll(() => double.open).toBe(0)
  })

  it('a 205 says that it has no body, and the connection goes on', async () => {
    const reply = await rawRequest({ port: double.port, ...asked('empty') })
    expect([reply.status, reply.headers['content-length'], reply.wire]).toEqual([205, '0', ''])
    expect([reply.headers['transfer-encoding'], reply.socket]).toEqual([undefined, 'open'])
  })

  it('a head that cannot be written is an error of ours, and no silence', async () => {
    const reply = await rawRequest({ port: double.port, ...asked('evil') })
    expect([reply.status, reply.headers['x-stuntdouble-error']]).toEqual([500, 'internal'])
    expect(reply.body).toContain('x-evil')
  })
})
